//! sqlx: `VERSION_DESCRIPTION.sql`, or two files that end in `.up.sql` and
//! `.down.sql`. What is named otherwise it overlooks.

use super::digest::sha384;
use super::{Foreign, ForeignError, Texts, Tool};

/// Version and description of an up file.
pub(super) fn parts(path: &str) -> Option<(&str, &str)> {
    let (version, rest) = path.split_once('_')?;
    let description = rest.strip_suffix(".up.sql").or_else(|| rest.strip_suffix(".sql"))?;
    let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !path.contains('/') && !rest.ends_with(".down.sql")).then_some((version, description))
}

pub(super) fn read(texts: &Texts) -> Result<Vec<Foreign>, ForeignError> {
    let mut migrations = Vec::new();
    for (path, text) in texts {
        let Some((version, description)) = parts(path) else { continue };
        let number: i64 =
            version.parse().map_err(|_| Tool::Sqlx.error(path, "its version is too large a number"))?;
        let down = path.strip_suffix(".up.sql").map(|stem| format!("{stem}.down.sql"));
        let migration = Foreign {
            down: down.and_then(|down| texts.get(&down).cloned()),
            is_atomic: !text.starts_with("-- no-transaction"),
            checksums: vec![sha384(text)],
            ..Foreign::new(number.to_string(), description.replace('_', " "), path, text)
        };
        migrations.push((number, migration));
    }
    migrations.sort_by_key(|(number, _)| *number);
    if let Some(pair) = migrations.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(Tool::Sqlx.error(&pair[1].1.file, format!("`{}` has the same version", pair[0].1.file)));
    }
    Ok(migrations.into_iter().map(|(_, migration)| migration).collect())
}
