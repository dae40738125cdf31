//! What keeps the history of another tool from being adopted.

use whimbrel_core::history::{ForeignError, Tool};

/// Why the history of another tool cannot be adopted. Nothing was written then.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum AdoptError {
    /// The folder is no tool's that is known.
    #[error("`{folder}` holds no migrations of a tool that is known")]
    #[diagnostic(
        code(whimbrel::adopt::unknown),
        help(
            "diesel has `VERSION_NAME/up.sql`, drizzle `meta/_journal.json`, prisma `VERSION_NAME/migration.sql`, refinery `V1__NAME.sql`, sqlx `VERSION_NAME.sql`; for files of other tools use `whimbrel migrate create` and `whimbrel migrate baseline`"
        )
    )]
    UnknownTool {
        /// The folder.
        folder: String,
    },
    /// The folder holds no migration.
    #[error("`{folder}` holds no migration of {tool}")]
    #[diagnostic(code(whimbrel::adopt::nothing), help("name the folder in which {tool} keeps them"))]
    Nothing {
        /// The folder.
        folder: String,
        /// The tool.
        tool: Tool,
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
    /// They would go into a folder with a lock file.
    #[error("the migrations of other tools become a folder with a journal, and the layout is `lockfile`")]
    #[diagnostic(code(whimbrel::adopt::layout), help("nothing was written; run it with `--layout journal`"))]
    LockFile,
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
