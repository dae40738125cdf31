//! Values as programs give and get them: with their types.
//!
//! | type | SQLite | PostgreSQL |
//! |---|---|---|
//! | [`Datum::Boolean`] | bound as 1 or 0, never read | `boolean` |
//! | [`Datum::Small`] | never read | `smallint`, `integer` |
//! | [`Datum::Integer`] | INTEGER | `bigint`, `oid` |
//! | [`Datum::Real`] | REAL | `real`, `double precision` |
//! | [`Datum::Bytes`] | BLOB | `bytea` |
//! | [`Datum::Json`] | refused | bound where `json` or `jsonb` is wanted, never read |
//! | [`Datum::Text`] | TEXT | every other type, spelled as the session has it |

use crate::error::{DbError, StatementError};

/// One value, with its type.
///
/// ```
/// use whimbrel_db::Datum;
/// assert_eq!(Datum::from("Ann"), Datum::Text("Ann".into()));
/// assert_eq!(Datum::from(None::<i64>), Datum::Null);
/// assert_eq!(Datum::from(true).kind(), "a boolean");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// NULL.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number of at most 32 bits.
    Small(i32),
    /// A whole number of 64 bits.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// JSON, as text.
    Json(String),
}

/// What a statement brought.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::{Connection, Datum, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// let fetched = connection.fetch("SELECT ? AS name", &["Ann".into()]).await?;
/// assert_eq!(fetched.columns, ["name"]);
/// assert_eq!(fetched.rows, [[Datum::from("Ann")]]);
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fetched {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, as wide as there are columns.
    pub rows: Vec<Vec<Datum>>,
    /// How many rows the statement affected.
    pub affected: u64,
}

impl Datum {
    /// What people call a value of its type.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Boolean(_) => "a boolean",
            Self::Small(_) | Self::Integer(_) => "a whole number",
            Self::Real(_) => "a number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Json(_) => "JSON",
        }
    }

    /// About how many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        let own = match self {
            Self::Null | Self::Boolean(_) | Self::Small(_) | Self::Integer(_) | Self::Real(_) => 0,
            Self::Text(text) | Self::Json(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        };
        size_of::<Self>() + own
    }
}

/// Lets a type be given where a value is wanted.
macro_rules! from {
    ($($type:ty => |$value:ident| $datum:expr;)*) => {$(
        impl From<$type> for Datum {
            fn from($value: $type) -> Self {
                $datum
            }
        }
    )*};
}

from! {
    bool => |value| Self::Boolean(value);
    i32 => |value| Self::Small(value);
    i64 => |value| Self::Integer(value);
    f64 => |value| Self::Real(value);
    &str => |value| Self::Text(value.to_owned());
    String => |value| Self::Text(value);
    Vec<u8> => |value| Self::Bytes(value);
    &[u8] => |value| Self::Bytes(value.to_owned());
}

impl<T: Into<Datum>> From<Option<T>> for Datum {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The room that the rows of one result may take, lest a program that asks for a
/// whole table take all memory.
#[derive(Debug)]
pub(crate) struct Room {
    left: usize,
}

impl Room {
    /// 64 MiB.
    const BYTES: usize = 64 << 20;

    pub(crate) fn new() -> Self {
        Self { left: Self::BYTES }
    }

    /// Takes what a row needs; `false` where there is no more.
    pub(crate) fn take(&mut self, row: &[Datum]) -> bool {
        let size: usize = row.iter().map(Datum::size).sum();
        let left = self.left.checked_sub(size);
        self.left = left.unwrap_or_default();
        left.is_some()
    }
}

/// The error of a result that takes more room than there is.
pub(crate) fn too_large(sql: &str) -> DbError {
    let hint =
        "read page by page: `WHERE id > ... ORDER BY id LIMIT 1000`, with the last id of the page before";
    StatementError::ours("the result takes more than 64 MiB", Some(hint), sql).into()
}

/// The error of a number of values that is not that of the parameters.
pub(crate) fn wrong_number(wanted: usize, given: usize, sql: &str) -> DbError {
    let values = if given == 1 { "1 value is".to_owned() } else { format!("{given} values are") };
    let message = match wanted {
        0 => format!("the statement has no parameter, and {values} given"),
        1 => format!("the statement has 1 parameter, and {values} given"),
        _ => format!("the statement has {wanted} parameters, and {values} given"),
    };
    StatementError::ours(message, None, sql).into()
}

/// The error of a value that a parameter cannot take.
pub(crate) fn unfit(number: usize, value: &Datum, wanted: &str, hint: Option<&str>, sql: &str) -> DbError {
    let message = format!("parameter {number} is {}, and {wanted}", value.kind());
    StatementError::ours(message, hint, sql).into()
}
