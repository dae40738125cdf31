//! What takes the place of enum values that go.

use std::collections::BTreeMap;

use super::{Loss, LossKind};
use crate::change::{Change, EnumReplacement};
use crate::diff::lists_enum;

/// Why a replacement of an enum value cannot be.
///
/// ```
/// use miette::Diagnostic;
/// use whimbrel_core::resolve::ReplacementProblem;
///
/// let problem = ReplacementProblem::Null {
///     column: "users.status".into(),
///     value: "pending".into(),
///     available: "`active` and `inactive`".into(),
/// };
/// assert_eq!(
///     problem.to_string(),
///     "`users.status` does not take NULL, so NULL cannot replace `pending`"
/// );
/// assert_eq!(problem.help().unwrap().to_string(), "take one of `active` and `inactive`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum ReplacementProblem {
    /// A value goes and nothing takes its place.
    #[error("nothing takes the place of `{value}` in `{column}`")]
    #[diagnostic(code(whimbrel::replacement::missing), help("say what does: {available}"))]
    Missing {
        /// The column, with its table.
        column: String,
        /// The value that goes.
        value: String,
        /// What is possible.
        available: String,
    },
    /// The replacement is no value of the enum.
    #[error("`{value}` is not a value that `{column}` will have")]
    #[diagnostic(code(whimbrel::replacement::unknown), help("take one of {available}"))]
    Unknown {
        /// The column, with its table.
        column: String,
        /// The replacement.
        value: String,
        /// What is possible.
        available: String,
    },
    /// The replacement is NULL, which the column does not take.
    #[error("`{column}` does not take NULL, so NULL cannot replace `{value}`")]
    #[diagnostic(code(whimbrel::replacement::null), help("take one of {available}"))]
    Null {
        /// The column, with its table.
        column: String,
        /// The value that goes.
        value: String,
        /// What is possible.
        available: String,
    },
}

/// Puts the answer to a question about removed enum values into the change that
/// removes them: `values` says for each what the rows get instead, `None` being
/// NULL. For any other loss nothing is done.
///
/// ```
/// use whimbrel_core::change::{AlterEnum, Change};
/// use whimbrel_core::resolve::{Loss, LossKind, replace_enum_values};
///
/// let mut changes = [Change::AlterEnum(AlterEnum {
///     enum_name: "status".into(),
///     add_values: vec![],
///     remove_values: vec!["pending".into()],
///     new_values: vec!["active".into()],
///     reorders: false,
///     replacements: vec![],
/// })];
/// let kind = LossKind::RemoveEnumValues {
///     column: "status".into(),
///     enum_name: "status".into(),
///     removed: vec!["pending".into()],
///     available: vec!["active".into()],
///     nullable: false,
/// };
/// let loss = Loss { table: "users".into(), kind };
/// let nulls = [("pending".to_owned(), None)].into();
/// assert!(replace_enum_values(&mut changes, &loss, &nulls).is_err());
/// let values = [("pending".to_owned(), Some("active".to_owned()))].into();
/// replace_enum_values(&mut changes, &loss, &values).unwrap();
/// let Change::AlterEnum(alter) = &changes[0] else { panic!("it is still that change") };
/// assert_eq!(alter.replacements[0].to.as_deref(), Some("active"));
/// ```
///
/// # Errors
///
/// All that is wrong with the answer; the changes are then as they were.
pub fn replace_enum_values(
    changes: &mut [Change],
    loss: &Loss,
    values: &BTreeMap<String, Option<String>>,
) -> Result<(), Vec<ReplacementProblem>> {
    let LossKind::RemoveEnumValues { column, enum_name, removed, available, nullable } = &loss.kind else {
        return Ok(());
    };
    let choice = Choice { column: format!("{}.{column}", loss.table), available, nullable: *nullable };
    let problems: Vec<_> =
        removed.iter().filter_map(|value| choice.problem(value, values.get(value))).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let replacements = removed.iter().map(|value| EnumReplacement {
        table_name: loss.table.clone(),
        column_name: column.clone(),
        from: value.clone(),
        to: values.get(value).cloned().flatten(),
    });
    let is_type =
        |change: &Change| matches!(change, Change::AlterEnum(alter) if alter.enum_name == *enum_name);
    // Where there is a type of the name, a check that happens to list values is not meant.
    let altered = changes.iter().position(is_type);
    let altered = altered.or_else(|| changes.iter().position(|change| lists_enum(change, enum_name)));
    if let Some(all) = altered.and_then(|at| changes[at].replacements_mut()) {
        all.extend(replacements);
    }
    Ok(())
}

/// What a column can have in place of a value that goes.
struct Choice<'a> {
    column: String,
    available: &'a [String],
    nullable: bool,
}

impl Choice<'_> {
    fn problem(&self, value: &str, replacement: Option<&Option<String>>) -> Option<ReplacementProblem> {
        let (column, available) = (self.column.clone(), self.told());
        match replacement {
            None => Some(ReplacementProblem::Missing { column, value: value.to_owned(), available }),
            Some(None) if !self.nullable => {
                Some(ReplacementProblem::Null { column, value: value.to_owned(), available })
            }
            Some(Some(new)) if !self.available.contains(new) => {
                Some(ReplacementProblem::Unknown { column, value: new.clone(), available })
            }
            Some(_) => None,
        }
    }

    fn told(&self) -> String {
        let values = self.available.iter().map(|value| format!("`{value}`"));
        let null = self.nullable.then(|| "NULL".to_owned());
        values.chain(null).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::AlterEnum;
    use crate::name::ObjectName;
    use crate::schema::Check;

    fn check(nullable: bool, answer: &[(&str, Option<&str>)]) -> Result<Vec<EnumReplacement>, Vec<String>> {
        let text = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        let alter = AlterEnum {
            enum_name: "status".into(),
            add_values: Vec::new(),
            remove_values: text(&["old", "older"]),
            new_values: text(&["on", "off"]),
            reorders: false,
            replacements: Vec::new(),
        };
        let kind = LossKind::RemoveEnumValues {
            column: "state".into(),
            enum_name: "status".into(),
            removed: alter.remove_values.clone(),
            available: alter.new_values.clone(),
            nullable,
        };
        let loss = Loss { table: "users".into(), kind };
        let mut changes = [Change::AlterEnum(alter)];
        let values = answer.iter().map(|(from, to)| ((*from).to_owned(), to.map(str::to_owned))).collect();
        let told =
            |problems: Vec<ReplacementProblem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>();
        replace_enum_values(&mut changes, &loss, &values).map_err(told)?;
        match changes {
            [Change::AlterEnum(alter)] => Ok(alter.replacements),
            [other] => panic!("unexpected {other:?}"),
        }
    }

    #[test]
    fn an_answer_goes_into_its_change() {
        let replacement = |from: &str, to: Option<&str>| EnumReplacement {
            table_name: "users".into(),
            column_name: "state".into(),
            from: from.into(),
            to: to.map(str::to_owned),
        };
        let expected = vec![replacement("old", Some("off")), replacement("older", None)];
        assert_eq!(check(true, &[("older", None), ("old", Some("off"))]), Ok(expected));
    }

    #[test]
    fn a_type_is_meant_before_a_check_of_the_same_name() {
        let enum_name = ObjectName::qualified("orders", "status");
        let alter = AlterEnum {
            enum_name: enum_name.clone(),
            add_values: Vec::new(),
            remove_values: vec!["old".to_owned()],
            new_values: vec!["new".to_owned()],
            reorders: false,
            replacements: Vec::new(),
        };
        let check = Check {
            name: None,
            expression: "status IN ('new')".into(),
            no_inherit: false,
            not_valid: false,
            comment: None,
        };
        let check = Change::AddCheck { table_name: "orders".into(), check, replacements: Vec::new() };
        let kind = LossKind::RemoveEnumValues {
            column: "status".into(),
            enum_name,
            removed: alter.remove_values.clone(),
            available: alter.new_values.clone(),
            nullable: false,
        };
        let loss = Loss { table: "orders".into(), kind };
        let mut changes = [check, Change::AlterEnum(alter)];
        let values = [("old".to_owned(), Some("new".to_owned()))].into();
        replace_enum_values(&mut changes, &loss, &values).unwrap();
        assert_eq!(changes.map(|change| change.replacements().len()), [0, 1]);
    }

    #[test]
    fn what_cannot_be_is_told_and_changes_nothing() {
        assert_eq!(
            check(false, &[("old", None)]),
            Err(vec![
                "`users.state` does not take NULL, so NULL cannot replace `old`".to_owned(),
                "nothing takes the place of `older` in `users.state`".to_owned(),
            ])
        );
        assert_eq!(
            check(true, &[("old", Some("of")), ("older", Some("older"))]),
            Err(vec![
                "`of` is not a value that `users.state` will have".to_owned(),
                "`older` is not a value that `users.state` will have".to_owned(),
            ])
        );
    }
}
