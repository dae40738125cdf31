//! What a statement is: enough of it to decide whether, where and how it may
//! run.

use crate::name::ObjectName;

/// The class of a statement, told by its leading words.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// What it does.
    pub verb: DataVerb,
    /// The table it writes to (or copies from), where it says so up front.
    pub target: Option<ObjectName>,
}

/// What a statement does to rows.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pragma {
    /// The name, in lower case.
    pub name: String,
    /// The value, as written; `None` where it only asks.
    pub value: Option<String>,
}

/// What a maintenance statement does.
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
    pub fn ddl(&self, verb: DdlVerb, kind: DdlKind) -> Option<&Ddl> {
        match self {
            Self::Ddl(ddl) if ddl.verb == verb && ddl.kind == kind => Some(ddl),
            _ => None,
        }
    }

    /// Says whether it is a command to the client, not to the engine.
    pub fn is_client_command(&self) -> bool {
        matches!(self, Self::MetaCommand { .. } | Self::DotCommand { .. })
    }
}
