//! Prisma: a folder a migration, `20260131102030_name`, with `migration.sql`.

use super::digest::sha256;
use super::{Foreign, ForeignError, Texts, folders};

pub(super) fn read(texts: &Texts) -> Result<Vec<Foreign>, ForeignError> {
    let migration = |(folder, text): (&str, &str)| {
        let name = folder.split_once('_').map_or(folder, |(_, name)| name);
        let file = format!("{folder}/migration.sql");
        Foreign { checksums: vec![sha256(text)], ..Foreign::new(folder, name, &file, text) }
    };
    Ok(folders(texts, "migration.sql").into_iter().map(migration).collect())
}
