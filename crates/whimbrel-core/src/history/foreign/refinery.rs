//! Refinery: `V1__name.sql`, and `U1__name.sql` for what may come out of order.
//! A migration that is a Rust module has no SQL that could be taken over.

use super::digest::siphash13;
use super::{Foreign, ForeignError, Texts, Tool};

/// Version and name of a file.
pub(super) fn parts(path: &str) -> Option<(i64, &str)> {
    let (_, file) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, extension) = file.rsplit_once('.')?;
    let (version, name) = stem.strip_prefix(['V', 'U'])?.split_once("__")?;
    let is_name = !name.is_empty() && name.chars().all(|one| one.is_alphanumeric() || one == '_');
    if !is_name || !["sql", "rs"].contains(&extension) {
        return None;
    }
    Some((version.parse().ok()?, name))
}

pub(super) fn read(texts: &Texts) -> Result<Vec<Foreign>, ForeignError> {
    let mut migrations = Vec::new();
    for (path, text) in texts {
        let Some((version, name)) = parts(path) else { continue };
        if path.ends_with(".rs") {
            let reason = "it is a Rust module; write the SQL that it makes into a file of the same name";
            return Err(Tool::Refinery.error(path, reason));
        }
        let checksums = checksums(name, version, text);
        let migration = Foreign { checksums, ..Foreign::new(version.to_string(), name, path, text) };
        migrations.push((version, migration));
    }
    migrations.sort_by_key(|(version, _)| *version);
    if let Some(pair) = migrations.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let reason = format!("`{}` has the same version", pair[0].1.file);
        return Err(Tool::Refinery.error(&pair[1].1.file, reason));
    }
    Ok(migrations.into_iter().map(|(_, migration)| migration).collect())
}

/// The hash of name, version and text, with a version of 32 bits and, as a
/// feature of refinery has it, of 64.
fn checksums(name: &str, version: i64, text: &str) -> Vec<String> {
    let short = i32::try_from(version).map(|version| version.to_le_bytes().to_vec()).ok();
    let versions = short.into_iter().chain([version.to_le_bytes().to_vec()]);
    // A byte that is in no text ends one.
    let hashed = |version: Vec<u8>| [name.as_bytes(), &[0xff], &version, text.as_bytes(), &[0xff]].concat();
    versions.map(|version| siphash13(&hashed(version)).to_string()).collect()
}
