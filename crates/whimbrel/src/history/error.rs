//! What can be wrong with a history.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{HistoryProblem, NameProblem};
use whimbrel_core::lockfile::{FolderProblem, UnknownType};

/// Why a history cannot be worked with.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.generate().name("users").await?;
/// use miette::Diagnostic;
/// use whimbrel::{Error, HistoryError};
///
/// let Err(Error::History(error)) = migrator.apply().to("orders").await else { panic!("it is not there") };
/// assert!(matches!(*error, HistoryError::NoSuchMigration { .. }));
/// assert_eq!(error.to_string(), "there is no migration `orders`");
/// assert!(error.help().unwrap().to_string().starts_with("`whimbrel migrate status` lists them"));
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum HistoryError {
    /// The verb needs migrations, and nobody said where they are.
    #[error("no folder of migrations is given")]
    #[diagnostic(
        code(whimbrel::history::no_store),
        help("name one with `--dir migrations`, or give the library a store")
    )]
    NoStore,
    /// The migrations are for another engine.
    #[error("`{file}` is of migrations for {journal}, and the database is {database}")]
    #[diagnostic(
        code(whimbrel::history::dialect),
        help("give each engine a folder of its own, with `--dir`")
    )]
    OtherDialect {
        /// The journal.
        file: String,
        /// What it is for.
        journal: Dialect,
        /// What the database speaks.
        database: Dialect,
    },
    /// The file of a migration is not there.
    #[error("`{file}` is missing, and the journal names it")]
    #[diagnostic(code(whimbrel::history::missing), help("restore the file from version control"))]
    Missing {
        /// The file.
        file: String,
    },
    /// Folder and lock file are no history.
    #[error("{}", folder_headline(problems))]
    #[diagnostic(code(whimbrel::lockfile::folder), help("nothing was done"))]
    Folder {
        /// What must be put right first, all of it.
        #[related]
        problems: Vec<FolderProblem>,
    },
    /// The lock file has fields of types that have no column.
    #[error("the lock file has fields of a type that is not known")]
    #[diagnostic(code(whimbrel::lockfile::unknown_type), help("nothing was done"))]
    UnknownTypes {
        /// Each of them.
        #[related]
        problems: Vec<UnknownType>,
    },
    /// The tables of the source cannot be given the names that they have in the
    /// database.
    #[error("the tables cannot get the names that the lock file has for them: {reason}")]
    #[diagnostic(
        code(whimbrel::lockfile::physical_names),
        help("call the tables in the schema as the `ptr` of each in the lock file")
    )]
    NotRenamed {
        /// Why not.
        reason: String,
    },
    /// A migration does not replay in a scratch database.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Replay(Box<super::ReplayProblem>),
    /// A program does not replay in a scratch database.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Program(Box<whimbrel_db::apply::ProgramProblem>),
    /// A migration is a closure that nobody has registered.
    #[error("`{migration}` is a closure of a program, and this one does not have it")]
    #[diagnostic(
        code(whimbrel::program::unregistered),
        help(
            "nothing was run; run it with the program that gives its migrator `Migration::new(\"{migration}\")`"
        )
    )]
    Unregistered {
        /// The migration.
        migration: String,
    },
    /// The registered closure is not the one that the history means.
    #[error("the program has version {registered} of `{migration}`, and `{file}` speaks of {}", written.map_or("none".to_owned(), |version| format!("version {version}")))]
    #[diagnostic(
        code(whimbrel::program::version),
        help(
            "nothing was run; build the program anew, or write the version into the file and run `whimbrel migrate verify --accept {migration}` with it"
        )
    )]
    OtherVersion {
        /// The migration.
        migration: String,
        /// Its file.
        file: String,
        /// The version of the closure.
        registered: u32,
        /// The version in the file, if it says one.
        written: Option<u32>,
    },
    /// A migration is a script, and nothing here runs scripts.
    #[error("`{file}` is a script, and this whimbrel runs none")]
    #[diagnostic(
        code(whimbrel::program::no_scripts),
        help("nothing was run; write what it does in SQL, or as a closure with `--format rust`")
    )]
    NoScripts {
        /// The file.
        file: String,
    },
    /// Journal, files and database do not agree.
    #[error("{}", headline(problems))]
    #[diagnostic(code(whimbrel::history::problems), help("nothing was done"))]
    Problems {
        /// What must be put right first, all of it.
        #[related]
        problems: Vec<HistoryProblem>,
    },
    /// The database does not have what the migrations lead to.
    #[error(
        "the database does not have the schema that the migrations lead to{}:\n{difference}",
        after(last)
    )]
    #[diagnostic(code(whimbrel::history::not_the_baseline), help("nothing was recorded; {}", advice(fits.as_deref())))]
    NotTheBaseline {
        /// The last of the migrations.
        last: String,
        /// What would have to change in the database.
        difference: String,
        /// An earlier migration after which the schema is that of the database.
        fits: Option<String>,
    },
    /// A file is where a new one would go.
    #[error("`{path}` is there, and the journal does not know it")]
    #[diagnostic(
        code(whimbrel::history::orphan),
        help("nothing was written; remove the file, or give the migration another name with `--name`")
    )]
    Orphan {
        /// The file.
        path: String,
    },
    /// There are migrations, and nothing says which they are.
    #[error("`{store}` holds migrations, such as `{file}`, and no `{journal}` that says which they are")]
    #[diagnostic(
        code(whimbrel::history::no_journal),
        help(
            "nothing was done; restore `{journal}` from version control, and deploy it with the files. What another \
             tool wrote is taken over with `whimbrel migrate adopt`, into another `--dir`"
        )
    )]
    NoJournal {
        /// The store.
        store: String,
        /// Where its journal would be.
        journal: &'static str,
        /// The first of the files.
        file: String,
    },
    /// No migration answers to a name or number.
    #[error("there is no migration `{wanted}`")]
    #[diagnostic(
        code(whimbrel::history::no_such_migration),
        help(
            "`whimbrel migrate status` lists them; a migration is named `add-users`, `0003_add-users` or `3`"
        )
    )]
    NoSuchMigration {
        /// What was asked for.
        wanted: String,
    },
    /// A migration was created, and nothing was written into it.
    #[error("`{migration}` holds no statement yet")]
    #[diagnostic(
        code(whimbrel::history::empty),
        help(
            "nothing was run; write its statements into `{file}`, then run `whimbrel migrate verify --accept {migration}`"
        )
    )]
    Empty {
        /// The migration.
        migration: String,
        /// Its file.
        file: String,
    },
    /// A migration was not proved, and proof is required.
    #[error("`{migration}` is not proved: {reason}")]
    #[diagnostic(
        code(whimbrel::history::unproved),
        help(
            "nothing was run; prove it with `whimbrel migrate verify --accept {migration}`, or leave `--require-proof` away"
        )
    )]
    Unproved {
        /// The migration.
        migration: String,
        /// Why not.
        reason: String,
    },
    /// Proof is required of a program, and nothing keeps it.
    #[error("`{migration}` is a program, and a lock file has no place for its proof")]
    #[diagnostic(
        code(whimbrel::history::no_place_for_proof),
        help(
            "nothing was run; leave `--require-proof` away, or have a journal written with `whimbrel migrate adopt`"
        )
    )]
    NoPlaceForProof {
        /// The migration.
        migration: String,
    },
    /// A migration has no way back.
    #[error("`{migration}` has no way back")]
    #[diagnostic(
        code(whimbrel::history::no_way_back),
        help(
            "nothing was run; write one into `{file}` and run `whimbrel migrate verify --accept {migration}`, or, once it is the last one applied, forget it with `whimbrel migrate drop --last`"
        )
    )]
    NoWayBack {
        /// The migration.
        migration: String,
        /// Where its down file is, or would be.
        file: String,
    },
    /// While it was being decided what to take back, something was applied.
    #[error("`{migration}` was applied in the meantime")]
    #[diagnostic(code(whimbrel::history::overtaken), help("nothing was taken back; run the command again"))]
    Overtaken {
        /// The migration.
        migration: String,
    },
    /// There are not two migrations to make one of.
    #[error("there are not two migrations to squash")]
    #[diagnostic(
        code(whimbrel::squash::too_few),
        help("name the first and the last of at least two with `--from` and `--to`")
    )]
    NothingToSquash,
    /// The database has applied a part of what is to be squashed.
    #[error("the database has applied {} but not {}", names(applied), names(pending))]
    #[diagnostic(
        code(whimbrel::squash::half_applied),
        help(
            "nothing was written; apply the rest first with `whimbrel migrate apply`, or squash only what is applied"
        )
    )]
    HalfSquashed {
        /// What it has applied of the range.
        applied: Vec<String>,
        /// What it has not.
        pending: Vec<String>,
    },
    /// The lock file has a part of what is to be squashed.
    #[error("the lock file has {} but not {}", names(recorded), names(others))]
    #[diagnostic(
        code(whimbrel::squash::half_recorded),
        help(
            "nothing was written; apply the rest first with `whimbrel migrate apply`, or squash only what is applied"
        )
    )]
    HalfRecorded {
        /// What it has of the range.
        recorded: Vec<String>,
        /// What it has not.
        others: Vec<String>,
    },
    /// The squashed migration leads elsewhere than those that it replaces.
    #[error("as one migration they lead to another schema:\n{difference}")]
    #[diagnostic(
        code(whimbrel::squash::differs),
        help("nothing was written; one of them depends on a commit or a setting in between: squash fewer")
    )]
    SquashDiffers {
        /// What would have to change.
        difference: String,
    },
    /// A file was edited, and the edit is not recorded yet.
    #[error("the files of `{migration}` are not what the journal says")]
    #[diagnostic(
        code(whimbrel::history::edited),
        help(
            "nothing was written; restore them, or record the edit with `whimbrel migrate verify --accept {migration}`"
        )
    )]
    EditedBefore {
        /// The migration.
        migration: String,
    },
    /// A migration is applied that would come after one that is not.
    #[error("the database has applied `{applied}`, and not `{pending}`, which would come before it")]
    #[diagnostic(
        code(whimbrel::rebase::applied),
        help("nothing was written; let the others come last, with `whimbrel migrate rebase --keep {keep}`")
    )]
    RebaseApplied {
        /// The migration that is applied.
        applied: String,
        /// The migration that is not.
        pending: String,
        /// The side to keep.
        keep: &'static str,
    },
    /// A name cannot be that of a migration.
    #[error("`{}` {problem}", name.escape_debug())]
    #[diagnostic(code(whimbrel::history::name), help("give the migration another name, such as `add-users`"))]
    BadName {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: NameProblem,
    },
    /// A migration that is to come last does not run there.
    #[error(transparent)]
    #[diagnostic(transparent)]
    RebaseReplay(Box<super::RebaseProblem>),
    /// A name gives no file name.
    #[error("`{name}` holds no letter and no digit to name a migration by")]
    #[diagnostic(code(whimbrel::history::name), help("use ASCII letters or digits, such as `add-users`"))]
    NoName {
        /// The name.
        name: String,
    },
}

fn headline(problems: &[HistoryProblem]) -> String {
    match problems {
        [one] => one.to_string(),
        several => format!("{} things must be put right first", several.len()),
    }
}

fn folder_headline(problems: &[FolderProblem]) -> String {
    match problems {
        [one] => one.to_string(),
        several => format!("{} things are wrong with the folder of migrations", several.len()),
    }
}

fn after(last: &str) -> String {
    if last.is_empty() { String::new() } else { format!(" up to `{last}`") }
}

fn advice(fits: Option<&str>) -> String {
    match fits {
        Some(name) => format!(
            "it has the schema that they have after `{name}`: `whimbrel migrate baseline --to {name}`"
        ),
        None => {
            "take the database's schema into the migrations first: `whimbrel inspect > schema.sql`, then \
                 `whimbrel migrate generate`"
                .to_owned()
        }
    }
}

fn names(list: &[String]) -> String {
    list.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
