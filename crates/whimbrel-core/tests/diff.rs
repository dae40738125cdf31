//! Properties of the differ, on random schemas with awkward names.

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{Model, Names, model, names, schema};
use whimbrel_core::change::Change;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Diff, Rename, Renames, diff};
use whimbrel_core::name::ObjectName;
use whimbrel_core::pair::Pair;
use whimbrel_core::resolve::{Answer, Policy, RenameKind, losses};
use whimbrel_core::schema::Schema;

fn dialects() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(Dialect::Sqlite), Just(Dialect::Postgres)]
}

/// A dialect, a model that it can have, and names.
fn one() -> impl Strategy<Value = (Dialect, Model, Names)> {
    dialects().prop_flat_map(|dialect| (Just(dialect), model(dialect), names()))
}

/// Two models under the same names, which hence share some.
fn two() -> impl Strategy<Value = (Dialect, Pair<Model>, Names)> {
    let pair = |dialect| (model(dialect), model(dialect)).prop_map(|(from, to)| Pair::new(from, to));
    dialects().prop_flat_map(move |dialect| (Just(dialect), pair(dialect), names()))
}

fn compare(dialect: Dialect, from: &Schema, to: &Schema) -> Diff {
    diff(dialect, Pair::new(from, to), &Renames::default())
}

/// Turns every list round whose order says nothing.
fn shuffled(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    schema.tables.reverse();
    schema.enums.reverse();
    schema.sequences.reverse();
    schema.objects.reverse();
    for table in &mut schema.tables {
        table.indexes.reverse();
        table.unique_constraints.reverse();
        table.checks.reverse();
        table.foreign_keys.reverse();
    }
    schema
}

/// The changes, each new table with its lists in one order: it keeps the one
/// that it is written in.
fn in_order(mut changes: Vec<Change>) -> Vec<Change> {
    for change in &mut changes {
        if let Change::CreateTable { table } = change {
            table.indexes.sort_by_key(|one| format!("{one:?}"));
            table.unique_constraints.sort_by_key(|one| format!("{one:?}"));
            table.checks.sort_by_key(|one| format!("{one:?}"));
            table.foreign_keys.sort_by_key(|one| format!("{one:?}"));
        }
    }
    changes
}

/// The renames between two sets of names of one model.
fn renames(model: &Model, names: &Pair<&Names>) -> Vec<Rename> {
    let mut renames = Vec::new();
    let mut learn = |kind, parent: Option<&String>, from: &str, to: &str| {
        if from != to {
            renames.push(Rename {
                kind,
                parent: parent.map(ObjectName::new),
                from: from.into(),
                to: to.into(),
            });
        }
    };
    for (at, table) in model.tables.iter().enumerate() {
        let tables = names.map(|names| &names.tables[at]);
        learn(RenameKind::Table, None, tables.from, tables.to);
        for column in 0..table.columns.len() {
            let columns = names.map(|names| &names.columns[at][column]);
            learn(RenameKind::Column, Some(tables.to), columns.from, columns.to);
        }
    }
    for (at, values) in model.enums.iter().enumerate() {
        let enums = names.map(|names| &names.enums[at]);
        learn(RenameKind::Enum, None, enums.from, enums.to);
        for &value in values {
            let values = names.map(|names| &names.values[value]);
            learn(RenameKind::EnumValue, Some(enums.to), values.from, values.to);
        }
    }
    renames
}

/// Changes as text, quotes left out: the engine and whimbrel may quote a name
/// in an expression or not.
fn told(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| format!("{change:?}").replace(['"', '\\'], "")).collect()
}

proptest! {
    #[test]
    fn a_schema_does_not_differ_from_itself((dialect, model, names) in one()) {
        let schema = schema(dialect, &model, &names);
        prop_assert_eq!(compare(dialect, &schema, &schema), Diff::default());
        prop_assert_eq!(compare(dialect, &schema, &shuffled(&schema)), Diff::default());
    }

    #[test]
    fn the_order_of_lists_says_nothing((dialect, models, names) in two()) {
        let pair = models.as_ref().map(|model| schema(dialect, model, &names));
        let other = pair.as_ref().map(shuffled);
        let (one, two) = (compare(dialect, &pair.from, &pair.to), compare(dialect, &other.from, &other.to));
        prop_assert_eq!(in_order(one.changes), in_order(two.changes));
        prop_assert_eq!(one.questions, two.questions);
    }

    #[test]
    fn changes_lead_from_one_schema_to_the_other((dialect, models, names) in two()) {
        let pair = models.as_ref().map(|model| schema(dialect, model, &names));
        let changes = compare(dialect, &pair.from, &pair.to).changes;
        let changed = support::apply(pair.from, &changes);
        let mut left = compare(dialect, &changed, &pair.to).changes;
        left.retain(|change| {
            !matches!(change, Change::RenameConstraint { from, to, .. } if from.is_none() || to.is_none())
        });
        prop_assert_eq!(left, []);
    }

    #[test]
    fn renames_are_all_there_is_to_a_renamed_schema(
        (dialect, model, names) in one(),
        which in vec(any::<bool>(), 1..40),
        hinted in any::<bool>(),
    ) {
        let new_names = names.renamed(&which);
        let pair = Pair::new(&names, &new_names);
        let schemas = pair.map(|names| schema(dialect, &model, names));
        let all = renames(&model, &pair);
        let known = match hinted {
            true => Renames { hints: all.clone(), ..Renames::default() },
            false => Renames { renamed: all.clone(), ..Renames::default() },
        };
        prop_assert_eq!(known.problems(dialect, schemas.as_ref()), []);
        let found = diff(dialect, schemas.as_ref(), &known);
        prop_assert!(found.changes.iter().all(Change::is_rename), "{:#?}", found.changes);
        prop_assert_eq!(found.changes.len(), all.len());
        prop_assert_eq!(&found.questions, &[]);
        prop_assert!(losses(dialect, schemas.as_ref(), &found.changes).is_empty());

        let back = diff(dialect, schemas.as_ref().reversed(), &known.reversed());
        prop_assert!(back.changes.iter().all(Change::is_rename), "{:#?}", back.changes);
        prop_assert_eq!(back.changes.len(), all.len());
        prop_assert_eq!(Renames::of_changes(&back.changes).reversed().renamed.len(), all.len());
    }

    #[test]
    fn what_was_renamed_is_compared_further(
        (dialect, models, names) in two(),
        which in vec(any::<bool>(), 1..40),
    ) {
        let to_model = models.to.with_all_of(&models.from);
        let new_names = names.renamed(&which);
        let all = renames(&models.from, &Pair::new(&names, &new_names));
        let from = schema(dialect, &models.from, &names);
        let from_by_hand = schema(dialect, &models.from, &new_names);
        let to = schema(dialect, &to_model, &new_names);

        let known = Renames { renamed: all.clone(), ..Renames::default() };
        prop_assert_eq!(known.problems(dialect, Pair::new(&from, &to)), []);
        let changes = diff(dialect, Pair::new(&from, &to), &known).changes;
        let (renamed, changes) = changes.split_at(all.len());
        prop_assert_eq!(Renames::of_changes(renamed).renamed.len(), all.len());
        prop_assert_eq!(told(changes), told(&compare(dialect, &from_by_hand, &to).changes));
    }

    #[test]
    fn any_answers_lead_to_an_end((dialect, models, names) in two(), picks in vec(0..4_usize, 1..20)) {
        let pair = models.as_ref().map(|model| schema(dialect, model, &names));
        let mut picks = picks.iter().cycle();
        let mut known = Renames::default();
        let mut rounds = 0;
        let found = loop {
            let found = diff(dialect, pair.as_ref(), &known);
            let Some(question) = found.questions.first() else { break found };
            let candidate = picks.next().and_then(|pick| question.candidates.get(*pick));
            known.learn(question, &candidate.map_or(Answer::New, |one| Answer::RenamedFrom(one.name.clone())));
            rounds += 1;
            prop_assert!(rounds < 200, "{question:?} is asked for ever");
        };
        prop_assert_eq!(known.problems(dialect, pair.as_ref()), []);
        prop_assert_eq!(Renames::of_changes(&found.changes).renamed.len(), known.renamed.len());
        let refused = Policy::Additive.violations(&found.changes);
        prop_assert!(known.renamed.is_empty() || !refused.is_empty());
    }
}
