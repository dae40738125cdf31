//! Actions: steps that belong together, with the facts that order them.

use std::collections::BTreeSet;

use super::{Batch, ForeignKeys, Step};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::schema::ObjectKind;

/// What a fact speaks of: one object of the database.
///
/// ```
/// use whimbrel_core::plan::Key;
/// use whimbrel_core::schema::ObjectKind;
/// let users = Key::new(ObjectKind::Table, &"users".into());
/// assert_eq!((users.kind, users.part.as_str()), (ObjectKind::Table, ""));
/// let age = Key::part(ObjectKind::Table, &"users".into(), "age");
/// assert_ne!(users, age);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What it is. Tables, views and other relations share one kind of key
    /// ([`ObjectKind::Table`]) where the engine gives them one name space.
    pub kind: ObjectKind,
    /// Its name; for a function with the argument types, for a column, index,
    /// constraint or trigger whatever makes it one of its kind.
    pub name: ObjectName,
    /// A part of the object, such as a column; empty for the whole.
    pub part: String,
}

impl Key {
    /// The whole object.
    pub fn new(kind: ObjectKind, name: &ObjectName) -> Self {
        Self { kind, name: name.clone(), part: String::new() }
    }

    /// A part of the object.
    pub fn part(kind: ObjectKind, name: &ObjectName, part: impl Into<String>) -> Self {
        Self { kind, name: name.clone(), part: part.into() }
    }

    /// The key under which the engine's rule for names finds it.
    pub(super) fn folded(&self, dialect: Dialect) -> Self {
        let part = dialect.fold_ident(&self.part).into_owned();
        Self { kind: self.kind, name: dialect.fold_name(&self.name), part }
    }
}

/// Steps that run one after the other without anything between, and facts that
/// say what must run before what:
///
/// | first | then |
/// |---|---|
/// | who drops `k` | who creates `k` |
/// | who creates `k` | who alters `k` |
/// | who creates or alters `k` | who uses `k` |
/// | who frees `k` | who alters or drops `k` |
///
/// A fact about an object says nothing of its parts, nor the other way round:
/// name both where both are meant. Of several facts that one action states for
/// one key the first counts, in this order: creates, alters, drops, frees, uses.
///
/// ```
/// use whimbrel_core::plan::{Action, Key, Mode};
/// use whimbrel_core::schema::ObjectKind;
///
/// let users = Key::new(ObjectKind::Table, &"users".into());
/// let view = Key::new(ObjectKind::View, &"adults".into());
/// let action = Action {
///     creates: vec![view],
///     uses: vec![users],
///     ..Action::sql("CREATE VIEW adults AS SELECT * FROM users")
/// };
/// assert_eq!((action.steps.len(), action.mode), (1, Mode::Transaction));
/// assert_eq!(Action::about(&"users".into()).subject, Some("users".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Action {
    /// The table or other object that it is about. Where the facts leave a
    /// choice, actions run sorted by this name; of those with the same name the
    /// ones that only drop come first, then the SQL decides.
    pub subject: Option<ObjectName>,
    /// The steps.
    pub steps: Vec<Step>,
    /// What exists only after it.
    pub creates: Vec<Key>,
    /// What is gone after it.
    pub drops: Vec<Key>,
    /// What exists before and after, but not the same.
    pub alters: Vec<Key>,
    /// What of that is another object of the same name afterwards.
    pub replaces: Vec<Key>,
    /// What it needs in its final form.
    pub uses: Vec<Key>,
    /// What it would be good to have in its final form, where no cycle forbids.
    pub prefers: Vec<Key>,
    /// What it stops using.
    pub frees: Vec<Key>,
    /// How the steps want to run.
    pub mode: Mode,
}

/// What an action asks of the batch it runs in.
///
/// ```
/// use whimbrel_core::plan::{Action, Mode};
/// let index = Action { mode: Mode::Alone, ..Action::sql("CREATE INDEX CONCURRENTLY i ON t (a)") };
/// assert_ne!(index.mode, Mode::default());
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Mode {
    /// Any transaction will do.
    #[default]
    Transaction,
    /// A transaction with foreign keys suspended; these tables are checked.
    ForeignKeysSuspended(Vec<ObjectName>),
    /// A transaction of its own, committed before anything else runs.
    OwnTransaction,
    /// No transaction.
    Alone,
}

impl Action {
    /// An action of one statement.
    pub fn sql(sql: impl Into<String>) -> Self {
        Self { steps: vec![Step::new(sql)], ..Self::default() }
    }

    /// An action about an object, without steps yet.
    pub fn about(subject: &ObjectName) -> Self {
        Self { subject: Some(subject.clone()), ..Self::default() }
    }
}

/// What is another object afterwards, in the order of its keys.
pub(super) fn recreated(actions: &[Action]) -> Vec<Key> {
    let all = |part: fn(&Action) -> &Vec<Key>| actions.iter().flat_map(part).collect::<BTreeSet<_>>();
    let (dropped, created) = (all(|action| &action.drops), all(|action| &action.creates));
    let replaced = all(|action| &action.replaces);
    dropped
        .intersection(&created)
        .copied()
        .chain(replaced)
        .cloned()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Gathers ordered actions into batches: as few as the modes allow.
pub(super) fn batches(actions: Vec<Action>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut open = false;
    for action in actions {
        let shared = matches!(action.mode, Mode::Transaction | Mode::ForeignKeysSuspended(_));
        if !(shared && open) {
            let transaction = action.mode != Mode::Alone;
            batches.push(Batch { transaction, foreign_keys: ForeignKeys::AsIs, steps: Vec::new() });
        }
        open = shared;
        let batch = batches.last_mut().expect("one was just made if there was none");
        batch.steps.extend(action.steps);
        if let Mode::ForeignKeysSuspended(tables) = action.mode {
            suspend(&mut batch.foreign_keys, tables);
        }
    }
    batches.retain(|batch| !batch.steps.is_empty());
    batches
}

fn suspend(foreign_keys: &mut ForeignKeys, tables: Vec<ObjectName>) {
    let mut all = match std::mem::take(foreign_keys) {
        ForeignKeys::AsIs => Vec::new(),
        ForeignKeys::Suspended { check } => check,
    };
    all.extend(tables);
    all.sort();
    all.dedup();
    *foreign_keys = ForeignKeys::Suspended { check: all };
}
