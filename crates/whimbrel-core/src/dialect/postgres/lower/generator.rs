//! Columns that give themselves values: serial and identity.
//!
//! A number once given is never given again: whatever the way from one kind to
//! the other, the new sequence goes on where the old one stopped, or where the
//! rows do if there was none.

use super::super::ddl;
use super::super::keys;
use super::super::mention::mentions;
use super::super::rules::{hidden_sequence, ident, name, object_name, regclass};
use super::Lowering;
use super::columns::Altered;
use crate::name::ObjectName;
use crate::plan::{Action, Step};
use crate::schema::{Column, Sequence};

/// Where a column's values come from if an INSERT gives none.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// Its default, or nowhere.
    Default,
    /// The sequence of a serial column.
    Serial(Sequence),
    /// The sequence of an identity column.
    Identity { always: bool, sequence: Sequence },
}

impl Source {
    pub(super) fn of(table: &ObjectName, column: &Column) -> Self {
        match (&column.identity, hidden_sequence(table, column)) {
            (Some(identity), Some(sequence)) => Self::Identity { always: identity.always, sequence },
            (None, Some(sequence)) => Self::Serial(sequence),
            (_, None) => Self::Default,
        }
    }
}

impl Lowering<'_> {
    /// Lets go of the old source, unless the new one takes over from it.
    pub(super) fn release(&self, altered: &Altered<'_>, from: &Source, to: &Source, action: &mut Action) {
        match (from, to) {
            (Source::Serial(sequence), Source::Default) => {
                // A sequence that stays is let go of by a change of its own.
                let stays = self.to.sequence(&sequence.name).is_some();
                if !stays || altered.to.default.is_none() {
                    action.steps.push(altered.step("DROP DEFAULT"));
                }
                if !stays {
                    action.steps.push(drop_sequence(&sequence.name));
                    action.drops.push(keys::relation(&sequence.name));
                }
            }
            (Source::Identity { sequence, .. }, Source::Default) => {
                action.steps.push(altered.step("DROP IDENTITY"));
                action.drops.push(keys::relation(&sequence.name));
            }
            (Source::Serial(_), Source::Identity { .. }) => action.steps.push(altered.step("DROP DEFAULT")),
            (Source::Default | Source::Serial(_) | Source::Identity { .. }, _) => {}
        }
    }

    /// Makes a column serial that was not.
    pub(super) fn become_serial(
        &self,
        altered: &Altered<'_>,
        from: &Source,
        sequence: &Sequence,
        action: &mut Action,
    ) {
        let set_default = altered.step(&format!("SET DEFAULT nextval({})", regclass(&sequence.name)));
        let own = owned_by(sequence);
        match from {
            Source::Serial(_) => return,
            Source::Identity { sequence: old, .. } => {
                let aside = aside(&old.name);
                action.steps.push(rename_sequence(&old.name, &aside));
                action.steps.push(Step::new(ddl::create_sequence(sequence)));
                action.steps.push(go_on_from(&sequence.name, &aside));
                action.steps.push(altered.step("DROP IDENTITY"));
            }
            Source::Default => match self.from.sequence(&sequence.name) {
                // A sequence of its own becomes that of the column.
                Some(old) => action.steps.extend(options(old, sequence)),
                None => {
                    action.steps.push(Step::new(ddl::create_sequence(sequence)));
                    action.steps.push(go_on_from_rows(altered, sequence));
                }
            },
        }
        action.creates.push(keys::relation(&sequence.name));
        action.steps.extend([own, set_default]);
    }

    /// Makes a column an identity that was not.
    pub(super) fn become_identity(&self, altered: &Altered<'_>, from: &Source, action: &mut Action) {
        let Altered { table, to, .. } = *altered;
        let Some(identity) = &to.identity else { return };
        let sequence = &identity.sequence;
        let add = altered.step(&format!("ADD {}", ddl::identity(table, to, identity)));
        let old = match from {
            Source::Identity { .. } => return,
            Source::Serial(old) => Some(old.name.clone()),
            Source::Default => self.sequence_of_default(altered.from),
        };
        match old {
            // The old sequence may have the name of the new one, and must not stay.
            Some(old) if self.to.sequence(&old).is_none() => {
                let aside = aside(&old);
                action.steps.push(rename_sequence(&old, &aside));
                action.steps.push(add);
                action.steps.push(go_on_from(&sequence.name, &aside));
                action.steps.push(drop_sequence(&aside));
                action.drops.push(keys::relation(&old));
            }
            Some(old) => action.steps.extend([add, go_on_from(&sequence.name, &old)]),
            None => action.steps.extend([add, go_on_from_rows(altered, sequence)]),
        }
        action.creates.push(keys::relation(&sequence.name));
    }

    /// The sequence whose next value a column defaults to.
    fn sequence_of_default(&self, column: &Column) -> Option<ObjectName> {
        let found = mentions(column.default.as_ref()?.as_str());
        let mut names = found.relations.into_iter().filter(|name| self.from.sequence(name).is_some());
        names.next()
    }

    /// Says whether a column takes a sequence over, or away, that a change of its
    /// own would otherwise create or drop.
    pub(super) fn is_taken_over(&self, sequence: &ObjectName) -> bool {
        let stays = |table: &ObjectName, column: &str| {
            self.from.column(table, column).is_some() && self.to.column(table, column).is_some()
        };
        let becomes = self
            .to
            .generator(sequence)
            .is_some_and(|(table, column)| column.auto_increment && stays(&table.name, &column.name));
        let replaced = || {
            self.to.schema.tables.iter().any(|table| {
                table.columns.iter().filter(|column| column.identity.is_some()).any(|column| {
                    self.from.column(&table.name, &column.name).is_some_and(|old| {
                        old.identity.is_none() && self.sequence_of_default(old).as_ref() == Some(sequence)
                    })
                })
            })
        };
        becomes || replaced()
    }
}

/// Alters the sequence of a column that keeps its kind of source.
pub(super) fn keep(altered: &Altered<'_>, from: &Source, to: &Source, action: &mut Action) {
    match (from, to) {
        (Source::Serial(old), Source::Serial(new)) => action.steps.extend(options(old, new)),
        (Source::Identity { always, sequence: old }, Source::Identity { always: now, sequence: new }) => {
            if always != now {
                let kind = if *now { "ALWAYS" } else { "BY DEFAULT" };
                action.steps.push(altered.step(&format!("SET GENERATED {kind}")));
            }
            // The type of an identity's sequence follows that of its column.
            let old = Sequence { sql_type: new.sql_type.clone(), ..old.clone() };
            let set = ddl::alter_sequence(&old, new).into_iter().map(|option| format!("SET {option}"));
            let set: Vec<_> = set.collect();
            if !set.is_empty() {
                action.steps.push(altered.step(&set.join(" ")));
            }
        }
        (Source::Default | Source::Serial(_) | Source::Identity { .. }, _) => {}
    }
}

/// The statement that turns one sequence into another, if they differ.
pub(super) fn options(from: &Sequence, to: &Sequence) -> Option<Step> {
    let options = ddl::alter_sequence(from, to);
    (!options.is_empty())
        .then(|| Step::new(format!("ALTER SEQUENCE {} {}", name(&to.name), options.join(" "))))
}

/// The statement that says who owns a sequence.
pub(super) fn owned_by(sequence: &Sequence) -> Step {
    let owner = match &sequence.owned_by {
        Some((table, column)) => format!("{}.{}", name(table), ident(column)),
        None => "NONE".to_owned(),
    };
    Step::new(format!("ALTER SEQUENCE {} OWNED BY {owner}", name(&sequence.name)))
}

/// Lets a sequence go on where the rows of its column stop.
fn go_on_from_rows(altered: &Altered<'_>, sequence: &Sequence) -> Step {
    go_on_after(altered.table, &altered.to.name, sequence)
}

/// Lets a sequence go on where the rows of a column stop; without rows, or with
/// none that it reaches, it starts where it starts.
pub(super) fn go_on_after(table: &ObjectName, column: &str, sequence: &Sequence) -> Step {
    let column = ident(column);
    let (last, beyond) = if sequence.increment < 0 { ("min", "<=") } else { ("max", ">=") };
    Step::new(format!(
        "SELECT setval({}, {last}({column})) FROM {} HAVING {last}({column}) {beyond} {}",
        regclass(&sequence.name),
        name(table),
        sequence.start,
    ))
}

/// Lets a sequence go on where another stopped.
fn go_on_from(sequence: &ObjectName, other: &ObjectName) -> Step {
    Step::new(format!("SELECT setval({}, last_value, is_called) FROM {}", regclass(sequence), name(other)))
}

fn drop_sequence(sequence: &ObjectName) -> Step {
    Step::new(format!("DROP SEQUENCE {}", name(sequence)))
}

fn rename_sequence(from: &ObjectName, to: &ObjectName) -> Step {
    Step::new(format!("ALTER SEQUENCE {} RENAME TO {}", name(from), ident(&to.name)))
}

/// A name that something bears for the length of a plan.
pub(super) fn aside(of: &ObjectName) -> ObjectName {
    of.with_name(object_name(&of.name, "", "whimbrel_old"))
}
