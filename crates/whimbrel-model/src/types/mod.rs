//! The type tables: what each scalar is called on each engine.
//!
//! One file an engine, one row a scalar. A new dialect is a new file and an arm
//! in [`sql_type`]; the compiler asks for every row.

mod postgres;
mod sqlite;

use whimbrel_core::dialect::Dialect;

use crate::item::{Scalar, TableFlags, Type};

/// The type of a column in the engine's words.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::item::{Scalar, TableFlags, Type};
/// use whimbrel_model::types::sql_type;
/// let name = Type::Scalar(Scalar::Varchar(80));
/// assert_eq!(sql_type(Dialect::Postgres, &name, TableFlags::default()).unwrap(), "varchar(80)");
/// ```
///
/// # Errors
///
/// What is wrong, and what to do about it.
pub fn sql_type(dialect: Dialect, ty: &Type, flags: TableFlags) -> Result<String, (String, String)> {
    match ty {
        Type::Scalar(scalar) => Ok(scalar_type(dialect, *scalar, flags)),
        Type::Enum(def) => Ok(match dialect {
            Dialect::Sqlite => sqlite::ENUM.to_owned(),
            Dialect::Postgres => dialect.quote_name(&def.name),
        }),
        Type::List(of) => Ok(match dialect {
            Dialect::Sqlite => sqlite::list(flags).to_owned(),
            Dialect::Postgres => format!("{}[]", sql_type(dialect, of, flags)?),
        }),
        Type::Native(words) => words.get(dialect).map(str::to_owned).ok_or_else(|| {
            (
                format!("nothing says what the column is on {dialect}"),
                "add a text for it: `type(sqlite = \"...\", postgres = \"...\")`".to_owned(),
            )
        }),
        Type::Named { path, .. } => Err((
            format!("it is not known what `{path}` is"),
            "say what the column is: `#[column(type = text)]`".to_owned(),
        )),
    }
}

/// The type of a scalar in the engine's words.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::item::{Scalar, TableFlags};
/// use whimbrel_model::types::scalar_type;
/// assert_eq!(scalar_type(Dialect::Postgres, Scalar::Double, TableFlags::default()), "double precision");
/// ```
pub fn scalar_type(dialect: Dialect, scalar: Scalar, flags: TableFlags) -> String {
    match dialect {
        Dialect::Sqlite => sqlite::scalar(scalar, flags).to_owned(),
        Dialect::Postgres => postgres::scalar(scalar),
    }
}
