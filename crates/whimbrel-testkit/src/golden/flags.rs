//! Answers, as the flags of the command line spell them.

use whimbrel_core::diff::Rename;
use whimbrel_core::resolve::{EnumMapping, RenameKind, parse_enum_mapping, parse_rename};

/// The answers of a case. Every gained name that none of them speaks of is new,
/// and every loss is accepted.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// What was renamed.
    pub renamed: Vec<Rename>,
    /// What takes the place of enum values that go.
    pub mappings: Vec<EnumMapping>,
}

/// Reads flags, one a line.
///
/// # Panics
///
/// If a flag does not read: a case with such a flag is wrong.
pub fn answers(text: &str) -> Answers {
    let mut answers = Answers::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (flag, value) = line.split_once(' ').unwrap_or_else(|| panic!("`{line}` needs a value"));
        let kinds = [RenameKind::Table, RenameKind::Column, RenameKind::Enum, RenameKind::EnumValue];
        if let Some(kind) = kinds.into_iter().find(|kind| kind.flag() == flag) {
            answers.renamed.extend(parse_rename(value, kind).unwrap_or_else(|error| panic!("{error}")));
        } else if flag == "--map-enum" {
            answers.mappings.push(parse_enum_mapping(value).unwrap_or_else(|error| panic!("{error}")));
        } else {
            panic!("there is no flag `{flag}`");
        }
    }
    answers
}
