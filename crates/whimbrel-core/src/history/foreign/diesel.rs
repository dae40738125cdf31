//! Diesel: a folder a migration, `2026-01-31-102030_name`, with `up.sql`, and
//! `down.sql` where there is a way back. It keeps no checksums.

use super::{Foreign, ForeignError, Texts, Tool, folders};

pub(super) fn read(texts: &Texts) -> Result<Vec<Foreign>, ForeignError> {
    let mut migrations = Vec::new();
    for (folder, text) in folders(texts, "up.sql") {
        let file = format!("{folder}/up.sql");
        let (version, name) = folder.split_once('_').unwrap_or((folder, folder));
        let version = version.replace('-', "");
        if version.is_empty() {
            return Err(Tool::Diesel.error(&file, "its folder begins with no version"));
        }
        let metadata = texts.get(&format!("{folder}/metadata.toml")).map(String::as_str).unwrap_or_default();
        migrations.push(Foreign {
            down: texts.get(&format!("{folder}/down.sql")).cloned(),
            is_atomic: !is_untransacted(metadata),
            ..Foreign::new(version, name, &file, text)
        });
    }
    migrations.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(migrations)
}

/// Says whether `metadata.toml` holds `run_in_transaction = false`.
fn is_untransacted(metadata: &str) -> bool {
    let settings = metadata.lines().filter_map(|line| line.split_once('='));
    settings.into_iter().any(|(key, value)| {
        let value = value.split('#').next().unwrap_or_default();
        key.trim() == "run_in_transaction" && value.trim() == "false"
    })
}
