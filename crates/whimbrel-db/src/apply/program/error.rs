//! What can go wrong in a program.

use std::fmt;
use std::sync::Arc;

use whimbrel_core::history::ScriptError;

use super::TransactionEnd;
use crate::error::{DbError, StatementError};

/// A statement of a program that failed.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use async_trait::async_trait;
/// use whimbrel_db::SqliteConnection;
/// use whimbrel_db::apply::{Program, ProgramError, Transaction, run_program};
///
/// struct Impatient;
///
/// #[async_trait]
/// impl Program for Impatient {
///     fn name(&self) -> &str {
///         "impatient"
///     }
///
///     fn file(&self) -> &str {
///         "0001_impatient.rs"
///     }
///
///     async fn run(&self, transaction: Transaction) -> Result<(), ProgramError> {
///         let refused = transaction.execute("COMMIT", []).await.unwrap_err();
///         assert_eq!(refused.to_string(), "a program may not control its transaction");
///         assert_eq!(refused.sql, "COMMIT");
///         Err(ProgramError::of_sql(&refused))
///     }
/// }
///
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// let failure = run_program(&mut connection, &Impatient, &|_, _| true, &mut |_| {}).await.unwrap_err();
/// assert_eq!(failure.error.sql.as_deref(), Some("COMMIT"));
/// assert_eq!(
///     failure.sql.unwrap().detail(),
///     Some("hint: remove it: all that a migration does is one transaction, with its record")
/// );
/// # });
/// ```
#[derive(Debug, Clone, thiserror::Error, miette::Diagnostic)]
#[error("{error}")]
pub struct SqlError {
    /// The statement.
    pub sql: String,
    /// What the engine said, or what whimbrel has against it.
    pub error: Arc<DbError>,
}

/// What a program can do about rows that a drop would take with it.
const OF_DROPS: &str = "hint: to keep them, write a migration in SQL that drops the table with foreign keys off \
     (`PRAGMA foreign_keys=OFF;`); to lose them, delete them first, or use `--accept-data-loss`";

impl SqlError {
    fn ours(sql: &str, message: impl Into<String>, hint: Option<&str>) -> Self {
        let error = StatementError::ours(message, hint, sql);
        Self { sql: sql.to_owned(), error: Arc::new(error.into()) }
    }

    pub(super) fn refused(sql: &str, error: &ScriptError) -> Self {
        let first = error.problems.first();
        let message = first.map_or_else(|| error.to_string(), |problem| problem.kind.to_string());
        Self::ours(sql, message, first.map(|problem| problem.kind.help()))
    }

    pub(super) fn not_one(sql: &str, count: usize) -> Self {
        let message = match count {
            0 => "there is no statement in it".to_owned(),
            count => {
                format!("there are {count} statements in it, and with rows or parameters there must be one")
            }
        };
        Self::ours(sql, message, Some("give each statement a call of its own"))
    }

    pub(super) fn ended(sql: &str) -> Self {
        Self::ours(sql, TransactionEnd.to_string(), Some("wait for every statement before the program ends"))
    }

    /// What the engine added, if it did.
    pub fn detail(&self) -> Option<&str> {
        match &*self.error {
            DbError::Touched { .. } => Some(OF_DROPS),
            error => error.statement()?.detail.as_deref(),
        }
    }
}

/// Where in the source of a program something happened.
///
/// ```
/// use std::sync::Arc;
/// use whimbrel_core::sql::position;
/// use whimbrel_db::apply::Place;
///
/// let text: Arc<str> = "export default {\n  version: 1,\n};\n".into();
/// let offset = text.find("version").unwrap();
/// let place = Place { file: "0001_users.ts".into(), text, offset, length: "version".len() };
/// assert_eq!(position(&place.text, place.offset).to_string(), "2:3");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What errors call the file.
    pub file: String,
    /// All of its text.
    pub text: Arc<str>,
    /// Where it is in the text, in bytes.
    pub offset: usize,
    /// How long it is, in bytes.
    pub length: usize,
}

/// Why a program ended early, in its own words.
///
/// ```
/// use whimbrel_db::apply::{Place, ProgramError};
///
/// let text = "export default {\n  version: 1,\n};\n";
/// let place = Place { file: "0001_users.ts".into(), text: text.into(), offset: 19, length: 7 };
/// let error = ProgramError::new("there is no `up`").at(Some(place));
/// assert_eq!(error.to_string(), "there is no `up`");
/// assert_eq!(error.place.unwrap().file, "0001_users.ts");
/// assert!(ProgramError::stopped().is_stopped);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramError {
    /// What happened.
    pub message: String,
    /// Where, if that is known.
    pub place: Option<Box<Place>>,
    /// The SQL that it ran, if it failed there.
    pub sql: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether it was told to stop.
    pub is_stopped: bool,
}

impl ProgramError {
    /// An error that says nothing but this.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, sql: None, help: None, is_stopped: false }
    }

    /// The error of a program that did not notice that a statement had failed.
    pub fn of_sql(error: &SqlError) -> Self {
        let help = error.detail().map(|detail| detail.strip_prefix("hint: ").unwrap_or(detail).to_owned());
        Self { sql: Some(error.sql.clone()), help, ..Self::new(error.to_string()) }
    }

    /// The error of a program that was told to stop.
    pub fn stopped() -> Self {
        Self { is_stopped: true, ..Self::new("it was stopped") }
    }

    /// The same, with where it happened.
    #[must_use]
    pub fn at(self, place: Option<Place>) -> Self {
        Self { place: place.map(Box::new), ..self }
    }
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Programs in Rust fail with whatever they like.
impl From<Box<dyn std::error::Error + Send + Sync>> for ProgramError {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        if let Some(sql) = error.downcast_ref::<SqlError>() {
            return Self::of_sql(sql);
        }
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(source) = cause {
            let words = source.to_string();
            if !message.contains(&words) {
                message = format!("{message}: {words}");
            }
            cause = source.source();
        }
        Self::new(message)
    }
}

impl miette::SourceCode for Place {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let contents = self.text.read_span(span, before, after)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.file.clone(),
            contents.data(),
            *contents.span(),
            contents.line(),
            contents.column(),
            contents.line_count(),
        )))
    }
}
