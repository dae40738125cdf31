//! What a statement is: enough of it to decide whether, where and how it may
//! run.

use crate::name::ObjectName;

/// The class of a statement, told by its leading words.
///
/// ```
/// use whimbrel_core::name::ObjectName;
/// use whimbrel_core::sql::{Beyond, Class, Data, DataVerb, Lexicon, Pragma, TransactionVerb, split};
///
/// let text = "PRAGMA foreign_keys = OFF; BEGIN; DELETE FROM app.users; .tables\nATTACH 'b.db' AS b; GRANT";
/// let classes: Vec<_> = split(text, Lexicon::SQLITE).into_iter().map(|statement| statement.class).collect();
/// assert_eq!(
///     classes,
///     [
///         Class::Pragma(Pragma { name: "foreign_keys".into(), value: Some("OFF".into()) }),
///         Class::Transaction(TransactionVerb::Begin),
///         Class::Data(Data { verb: DataVerb::Delete, target: Some(ObjectName::qualified("app", "users")) }),
///         Class::DotCommand { name: "tables".into() },
///         Class::Attach,
///         Class::Privilege,
///     ]
/// );
/// let role = &split("CREATE ROLE reader", Lexicon::POSTGRES)[0];
/// assert_eq!(role.class, Class::Beyond(Beyond::Role));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// CREATE, ALTER or DROP of an object of the database.
    Ddl(Ddl),
    /// Reads or writes rows.
    Data(Data),
    /// BEGIN, COMMIT, SAVEPOINT and their kin.
    Transaction(TransactionVerb),
    /// SQLite's PRAGMA.
    Pragma(Pragma),
    /// ATTACH or DETACH.
    Attach,
    /// Loads code into the engine: `load_extension(...)` anywhere, LOAD.
    ExtensionLoading,
    /// Tends storage and statistics, not the schema.
    Maintenance(MaintenanceVerb),
    /// Changes nothing but the session: SET, RESET, `set_config(...)`, PREPARE,
    /// cursors, LISTEN.
    Session,
    /// `ALTER ... OWNER TO`, REASSIGN OWNED.
    Ownership,
    /// GRANT, REVOKE, ALTER DEFAULT PRIVILEGES.
    Privilege,
    /// Reaches beyond the database.
    Beyond(Beyond),
    /// COMMENT ON.
    Comment,
    /// DO: a block of procedural code.
    Do,
    /// EXPLAIN.
    Explain,
    /// A psql meta-command; the name is without its backslash.
    MetaCommand {
        /// The name of the command.
        name: String,
    },
    /// A command of the `sqlite3` shell; the name is without its dot.
    DotCommand {
        /// The name of the command.
        name: String,
    },
    /// None of the above.
    Unknown,
}

/// A statement that creates, alters or drops an object.
///
/// ```
/// use whimbrel_core::name::ObjectName;
/// use whimbrel_core::sql::{Class, Ddl, DdlKind, DdlVerb, Lexicon, classify};
///
/// let (class, _) = classify("CREATE INDEX IF NOT EXISTS by_name ON Users (name)", Lexicon::POSTGRES);
/// let expected = Ddl {
///     verb: DdlVerb::Create,
///     kind: DdlKind::Index,
///     name: Some(ObjectName::new("by_name")),
///     on: Some(ObjectName::new("users")),
///     temporary: false,
///     or_replace: false,
///     conditional: true,
/// };
/// assert_eq!(class, Class::Ddl(expected));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ddl {
    /// What it does.
    pub verb: DdlVerb,
    /// To what kind of object.
    pub kind: DdlKind,
    /// Which object (the first, where DROP lists several), as the catalogue
    /// would keep the name; the default namespace (`main`, `public`) is absent.
    /// `None` for what has no name, such as a cast, or an index the engine is to
    /// name.
    pub name: Option<ObjectName>,
    /// The table that an index, trigger, policy or rule stands on, where the
    /// statement says so.
    pub on: Option<ObjectName>,
    /// Whether it is TEMP or TEMPORARY.
    pub temporary: bool,
    /// Whether it is OR REPLACE.
    pub or_replace: bool,
    /// Whether it is IF EXISTS or IF NOT EXISTS.
    pub conditional: bool,
}

/// What a DDL statement does.
///
/// ```
/// use whimbrel_core::sql::{Class, DdlVerb, Lexicon, split};
///
/// let verbs = |text| {
///     split(text, Lexicon::POSTGRES).into_iter().filter_map(|statement| match statement.class {
///         Class::Ddl(ddl) => Some(ddl.verb),
///         _ => None,
///     })
/// };
/// let text = "CREATE TABLE a (); INSERT INTO a DEFAULT VALUES; ALTER TABLE a ADD b int; DROP TABLE a";
/// assert_eq!(verbs(text).collect::<Vec<_>>(), [DdlVerb::Create, DdlVerb::Alter, DdlVerb::Drop]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DdlVerb {
    /// CREATE.
    Create,
    /// ALTER.
    Alter,
    /// DROP.
    Drop,
}

/// The kinds of objects that DDL statements speak of.
///
/// ```
/// use whimbrel_core::sql::{Class, DdlKind, Lexicon, classify};
///
/// let kind = |statement| match classify(statement, Lexicon::POSTGRES).0 {
///     Class::Ddl(ddl) => Some(ddl.kind),
///     _ => None,
/// };
/// assert_eq!(kind("CREATE UNLOGGED TABLE a ()"), Some(DdlKind::Table));
/// assert_eq!(kind("DROP SCHEMA app"), Some(DdlKind::Namespace));
/// assert_eq!(kind("CREATE TEXT SEARCH PARSER p (START = f)"), Some(DdlKind::TextSearch));
/// assert_eq!(kind("CREATE TABLESPACE t LOCATION '/x'"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DdlKind {
    /// A table.
    Table,
    /// SQLite's virtual table.
    VirtualTable,
    /// A foreign table.
    ForeignTable,
    /// An index.
    Index,
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
    /// A trigger.
    Trigger,
    /// A trigger on DDL itself.
    EventTrigger,
    /// A sequence.
    Sequence,
    /// A type.
    Type,
    /// A domain.
    Domain,
    /// What PostgreSQL calls a schema.
    Namespace,
    /// An extension.
    Extension,
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// A function or procedure.
    Routine,
    /// An aggregate.
    Aggregate,
    /// A rewrite rule.
    Rule,
    /// A row-security policy.
    Policy,
    /// An operator.
    Operator,
    /// An operator class.
    OperatorClass,
    /// An operator family.
    OperatorFamily,
    /// A cast.
    Cast,
    /// A collation.
    Collation,
    /// A conversion between encodings.
    Conversion,
    /// Extended statistics.
    Statistics,
    /// A text search configuration, dictionary, parser or template.
    TextSearch,
    /// A publication.
    Publication,
    /// A procedural language.
    Language,
    /// A transform.
    Transform,
    /// An access method.
    AccessMethod,
    /// A foreign-data wrapper.
    ForeignDataWrapper,
    /// A foreign server.
    Server,
    /// A user mapping.
    UserMapping,
    /// A large object.
    LargeObject,
}

/// A statement that reads or writes rows.
///
/// ```
/// use whimbrel_core::name::ObjectName;
/// use whimbrel_core::sql::{Class, Data, DataVerb, Lexicon, classify};
///
/// let (class, _) = classify("TRUNCATE TABLE ONLY audit.users", Lexicon::POSTGRES);
/// let target = Some(ObjectName::qualified("audit", "users"));
/// assert_eq!(class, Class::Data(Data { verb: DataVerb::Truncate, target }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// What it does.
    pub verb: DataVerb,
    /// The table it writes to (or copies from), where it says so up front.
    pub target: Option<ObjectName>,
}

/// What a statement does to rows.
///
/// ```
/// use whimbrel_core::sql::{Class, DataVerb, Lexicon, classify};
///
/// let verb = |statement| match classify(statement, Lexicon::POSTGRES).0 {
///     Class::Data(data) => Some(data.verb),
///     _ => None,
/// };
/// // What comes after WITH may write, so it is told apart from a mere SELECT.
/// assert_eq!(verb("WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone"), Some(DataVerb::With));
/// assert_eq!(verb("SELECT * FROM a"), Some(DataVerb::Select));
/// assert_eq!(verb("COPY a FROM stdin"), Some(DataVerb::CopyFromStdin));
/// // A file on the server is beyond the database.
/// assert_eq!(verb("COPY a FROM '/tmp/rows'"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataVerb {
    /// SELECT, VALUES, TABLE.
    Select,
    /// WITH, whatever comes after it.
    With,
    /// INSERT, and SQLite's REPLACE.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// MERGE.
    Merge,
    /// TRUNCATE.
    Truncate,
    /// `COPY ... FROM stdin`.
    CopyFromStdin,
    /// `COPY ... TO stdout`.
    CopyToStdout,
    /// REFRESH MATERIALIZED VIEW.
    Refresh,
    /// CALL.
    Call,
}

/// What a statement does to the transaction.
///
/// ```
/// use whimbrel_core::sql::{Class, Lexicon, TransactionVerb, classify};
///
/// let verb = |statement| match classify(statement, Lexicon::POSTGRES).0 {
///     Class::Transaction(verb) => Some(verb),
///     _ => None,
/// };
/// assert_eq!(verb("ROLLBACK"), Some(TransactionVerb::Rollback));
/// assert_eq!(verb("ROLLBACK TO SAVEPOINT before"), Some(TransactionVerb::RollbackTo));
/// assert_eq!(verb("COMMIT PREPARED 'a'"), Some(TransactionVerb::TwoPhase));
/// assert_eq!(verb("END"), Some(TransactionVerb::Commit));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransactionVerb {
    /// BEGIN, START TRANSACTION.
    Begin,
    /// COMMIT, END.
    Commit,
    /// ROLLBACK, ABORT.
    Rollback,
    /// SAVEPOINT.
    Savepoint,
    /// RELEASE.
    Release,
    /// ROLLBACK TO.
    RollbackTo,
    /// PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED.
    TwoPhase,
}

/// A PRAGMA.
///
/// ```
/// use whimbrel_core::sql::{Class, Lexicon, Pragma, classify};
///
/// let pragma = |statement| classify(statement, Lexicon::SQLITE).0;
/// let sets = Pragma { name: "foreign_keys".into(), value: Some("ON".into()) };
/// assert_eq!(pragma("PRAGMA main.Foreign_Keys(ON)"), Class::Pragma(sets));
/// let asks = Pragma { name: "foreign_keys".into(), value: None };
/// assert_eq!(pragma("PRAGMA foreign_keys"), Class::Pragma(asks));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pragma {
    /// The name, in lower case.
    pub name: String,
    /// The value, as written; `None` where it only asks.
    pub value: Option<String>,
}

/// What a maintenance statement does.
///
/// ```
/// use whimbrel_core::sql::{Class, Lexicon, MaintenanceVerb, Run, classify};
///
/// let vacuum = classify("VACUUM", Lexicon::SQLITE);
/// assert_eq!(vacuum, (Class::Maintenance(MaintenanceVerb::Vacuum), Run::Alone));
/// let copy = classify("VACUUM INTO 'copy.db'", Lexicon::SQLITE);
/// assert_eq!(copy, (Class::Maintenance(MaintenanceVerb::VacuumInto), Run::Alone));
/// let analyze = classify("ANALYZE", Lexicon::SQLITE);
/// assert_eq!(analyze, (Class::Maintenance(MaintenanceVerb::Analyze), Run::InTransaction));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MaintenanceVerb {
    /// VACUUM.
    Vacuum,
    /// VACUUM INTO: writes another file.
    VacuumInto,
    /// ANALYZE.
    Analyze,
    /// REINDEX.
    Reindex,
    /// CLUSTER.
    Cluster,
    /// CHECKPOINT.
    Checkpoint,
}

/// What lies beyond the database that a statement reaches for.
///
/// ```
/// use whimbrel_core::sql::{Beyond, Class, Lexicon, classify};
///
/// let beyond = |statement| match classify(statement, Lexicon::POSTGRES).0 {
///     Class::Beyond(beyond) => Some(beyond),
///     _ => None,
/// };
/// let role = beyond("CREATE USER reader").unwrap();
/// assert_eq!(role, Beyond::Role);
/// assert_eq!(format!("this statement reaches for {}", role.noun()), "this statement reaches for a role");
/// assert_eq!(beyond("COPY a TO PROGRAM 'gzip'"), Some(Beyond::Program));
/// assert_eq!(beyond("COPY a TO stdout"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Beyond {
    /// Roles, users, groups, and what they own.
    Role,
    /// Databases.
    Database,
    /// Tablespaces.
    Tablespace,
    /// Subscriptions.
    Subscription,
    /// The server's configuration (ALTER SYSTEM).
    System,
    /// A file on the server (COPY).
    File,
    /// A program on the server (COPY).
    Program,
    /// Another server (IMPORT FOREIGN SCHEMA).
    ForeignServer,
    /// A security label, which needs a provider loaded into the server.
    SecurityLabel,
}

impl Beyond {
    /// What people call it.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Role => "a role",
            Self::Database => "a database",
            Self::Tablespace => "a tablespace",
            Self::Subscription => "a subscription",
            Self::System => "the server's configuration",
            Self::File => "a file on the server",
            Self::Program => "a program on the server",
            Self::ForeignServer => "another server",
            Self::SecurityLabel => "a security label",
        }
    }
}

/// What a statement asks of the transaction it runs in.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, Run, classify};
///
/// let run = |statement| classify(statement, Lexicon::POSTGRES).1;
/// assert_eq!(run("ALTER TABLE a ADD b int"), Run::InTransaction);
/// assert_eq!(run("ALTER TYPE mood ADD VALUE 'fine'"), Run::OwnTransaction);
/// assert_eq!(run("DROP INDEX CONCURRENTLY i"), Run::Alone);
/// // SQLite would ignore it in a transaction.
/// assert_eq!(classify("PRAGMA foreign_keys = OFF", Lexicon::SQLITE).1, Run::Alone);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Run {
    /// Any transaction will do.
    InTransaction,
    /// Runs in a transaction, but what it makes can be used only after a commit
    /// (`ALTER TYPE ... ADD VALUE`).
    OwnTransaction,
    /// The engine refuses it in a transaction, or ignores it there.
    Alone,
}

impl Class {
    /// The DDL statement of this verb and kind, if it is one.
    ///
    /// ```
    /// use whimbrel_core::sql::{DdlKind, DdlVerb, Lexicon, split};
    ///
    /// let text = "CREATE TABLE a (b); CREATE INDEX i ON a (b); CREATE TABLE c (d)";
    /// let tables: Vec<_> = split(text, Lexicon::SQLITE)
    ///     .iter()
    ///     .filter_map(|statement| statement.class.ddl(DdlVerb::Create, DdlKind::Table)?.name.clone())
    ///     .map(|name| name.to_string())
    ///     .collect();
    /// assert_eq!(tables, ["a", "c"]);
    /// ```
    pub fn ddl(&self, verb: DdlVerb, kind: DdlKind) -> Option<&Ddl> {
        match self {
            Self::Ddl(ddl) if ddl.verb == verb && ddl.kind == kind => Some(ddl),
            _ => None,
        }
    }

    /// Says whether it is a command to the client, not to the engine.
    pub(crate) fn is_client_command(&self) -> bool {
        matches!(self, Self::MetaCommand { .. } | Self::DotCommand { .. })
    }
}
