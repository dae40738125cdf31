//! SQL text: tokens, statements, their classes, and quoting.
//!
//! Every file, source or migration, is read by this lexer, told by a
//! [`Lexicon`] how the engine's text falls into tokens. It never fails: what is
//! no token is [`TokenKind::Other`], and an open quote ends with the text.

mod annotation;
pub(crate) mod array_cast;
mod canonical;
mod class;
mod classify;
mod columns;
mod cursor;
mod directive;
mod hint;
mod identifiers;
mod keyword;
mod lexer;
mod lexicon;
mod position;
mod quote;
mod statement;
mod token;
mod transaction;
mod word;

pub use annotation::{AnnotationProblem, AnnotationProblemKind};
pub use canonical::{canonical, same};
pub use class::{
    Beyond, Class, Data, DataVerb, Ddl, DdlKind, DdlVerb, MaintenanceVerb, Pragma, Run, TransactionVerb,
};
pub use classify::classify;
pub use columns::rename_columns;
pub use cursor::Cursor;
pub use directive::{Directives, directives};
pub use hint::{Hint, HintTarget, Hints, hints};
pub use identifiers::{Identifier, Identifiers, Role, identifiers, mentions, rename_identifiers};
pub use lexer::{Tokens, tokens};
pub use lexicon::{Grammar, Lexicon};
pub use position::{Position, position};
pub use quote::{quote_ident, quote_literal};
pub use statement::{Statement, split};
pub use token::{Token, TokenKind};
pub use transaction::{TransactionControl, unwrap_transaction};
pub use word::word_at;

pub(crate) use identifiers::rename_qualifier;
pub(crate) use keyword::{is_keyword, is_reserved};
pub(crate) use quote::plain_ident;
