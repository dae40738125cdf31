//! What keeps the history of another tool from being adopted.

use whimbrel_core::history::{ForeignError, Tool};

use super::Origin;
use crate::history::Layout;

/// Why the history of another tool cannot be adopted. Nothing was written then.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::Migrator;
/// # let builder = Migrator::builder("sqlite::memory:")?.store(whimbrel::MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// use whimbrel::{AdoptError, Error, MemoryStore};
///
/// let readme = MemoryStore::from([("README.md", "Nothing here yet.")]);
/// let Err(Error::Adopt(error)) = migrator.adopt(readme).await else { panic!("nothing is adopted") };
/// assert!(matches!(*error, AdoptError::UnknownTool { .. }));
/// assert_eq!(error.to_string(), "`memory` holds no migrations of a tool that is known");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum AdoptError {
    /// The folder is no tool's that is known.
    #[error("`{folder}` holds no migrations of a tool that is known")]
    #[diagnostic(
        code(whimbrel::adopt::unknown),
        help(
            "diesel has `VERSION_NAME/up.sql`, drizzle `meta/_journal.json`, Kontract `kontract.lock.json`, prisma `VERSION_NAME/migration.sql`, refinery `V1__NAME.sql`, sqlx `VERSION_NAME.sql`; for files of other tools use `whimbrel migrate create` and `whimbrel migrate baseline`"
        )
    )]
    UnknownTool {
        /// The folder.
        folder: String,
    },
    /// The folder holds no migration.
    #[error("`{folder}` holds no migration of {origin}")]
    #[diagnostic(code(whimbrel::adopt::nothing), help("name the folder in which they are"))]
    Nothing {
        /// The folder.
        folder: String,
        /// Whose it is.
        origin: Origin,
    },
    /// The tool could not have read the folder.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Foreign(Box<ForeignError>),
    /// Folder and tracking table do not agree.
    #[error("what {tool} has applied and what its folder holds do not agree")]
    #[diagnostic(code(whimbrel::adopt::problems), help("nothing was written"))]
    Problems {
        /// The tool.
        tool: Tool,
        /// What must be put right first, all of it.
        #[related]
        problems: Vec<AdoptProblem>,
    },
    /// The database does not have what the applied migrations lead to.
    #[error(
        "the database does not have the schema that the migrations lead to{}:\n{difference}",
        after(last)
    )]
    #[diagnostic(code(whimbrel::adopt::differs), help("nothing was written; {}", advice(*origin, fits.as_deref())))]
    Differs {
        /// Whose migrations they are.
        origin: Origin,
        /// The last that was applied.
        last: String,
        /// What would have to change in the database.
        difference: String,
        /// Another migration after which the schema is that of the database.
        fits: Option<String>,
    },
    /// Somebody said what was applied, and the database says it itself.
    #[error("what was applied is told by the table of {origin}")]
    #[diagnostic(
        code(whimbrel::adopt::told),
        help(
            "nothing was written; leave `--to` away: it is for a lock file, and a database without a table"
        )
    )]
    Told {
        /// Whose history it is.
        origin: Origin,
    },
    /// A journal has to begin with what a lock file takes for granted.
    #[error("what the database had before its first migration cannot be made out: {reason}")]
    #[diagnostic(
        code(whimbrel::adopt::base),
        help(
            "nothing was written; the tables that no migration made come first in a journal: write the ways back of all migrations, or stay with `--layout lockfile`"
        )
    )]
    NoBase {
        /// Why not.
        reason: String,
    },
    /// There are migrations already where they would go.
    #[error("`{store}` holds migrations already")]
    #[diagnostic(
        code(whimbrel::adopt::not_empty),
        help("nothing was written; name an empty place with `--dir`")
    )]
    NotEmpty {
        /// The store.
        store: String,
    },
}

/// Something that folder and tracking table do not agree on.
///
/// ```
/// use miette::Diagnostic;
/// use whimbrel::AdoptProblem;
/// use whimbrel::core::history::Tool;
///
/// let problem = AdoptProblem::Edited { tool: Tool::Sqlx, file: "20260131102030_users.sql".to_owned() };
/// assert_eq!(problem.to_string(), "`20260131102030_users.sql` was edited after sqlx applied it");
/// assert!(problem.help().unwrap().to_string().starts_with("restore the file from version control"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum AdoptProblem {
    /// A migration was begun and did not end well.
    #[error("{tool} began `{migration}`, and it did not end well")]
    #[diagnostic(
        code(whimbrel::adopt::failed),
        help("put the database right and let {tool} finish it, or take its row out of `{}`", tool.tracking_table())
    )]
    Failed {
        /// The tool.
        tool: Tool,
        /// What the tool knows it by.
        migration: String,
    },
    /// A file is not what was applied.
    #[error("`{file}` was edited after {tool} applied it")]
    #[diagnostic(
        code(whimbrel::adopt::edited),
        help("restore the file from version control; what is to change belongs into a new migration")
    )]
    Edited {
        /// The tool.
        tool: Tool,
        /// The file.
        file: String,
    },
    /// A migration was applied, and its file is not there.
    #[error("{tool} applied `{migration}`, and there is no file of it")]
    #[diagnostic(
        code(whimbrel::adopt::missing),
        help("restore the file from version control, or adopt from the version that was deployed last")
    )]
    Missing {
        /// The tool.
        tool: Tool,
        /// What the tool knows it by.
        migration: String,
    },
    /// A migration was applied, and one before it was not.
    #[error("{tool} applied `{file}`, and not `{before}`, which comes before it")]
    #[diagnostic(
        code(whimbrel::adopt::out_of_order),
        help("let {tool} apply it first; whimbrel takes the order of the journal as it is")
    )]
    OutOfOrder {
        /// The tool.
        tool: Tool,
        /// The file that was applied.
        file: String,
        /// The file that was not.
        before: String,
    },
}

fn after(last: &str) -> String {
    if last.is_empty() { String::new() } else { format!(" up to `{last}`") }
}

fn advice(origin: Origin, fits: Option<&str>) -> String {
    match (origin, fits) {
        (Origin::Layout(Layout::LockFile), Some(name)) => {
            format!("it has the schema that they have after `{name}`: if that was the last, add `--to {name}`")
        }
        (Origin::Layout(Layout::LockFile), None) => {
            "put the database right; a table that no migration makes belongs into `tables` of the lock file, with \
             its name as `ptr`"
                .to_owned()
        }
        (Origin::Tool(_) | Origin::Layout(Layout::Journal), Some(name)) => {
            format!("it has the schema that they have after `{name}`, and {origin} says otherwise")
        }
        (Origin::Tool(_) | Origin::Layout(Layout::Journal), None) => {
            format!("put the database right, or take what it has besides into the migrations of {origin}")
        }
    }
}
