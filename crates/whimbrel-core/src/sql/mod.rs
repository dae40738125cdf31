//! SQL text: tokens, statements, their classes, and quoting.
//!
//! Every file, source or migration, is read by this lexer, told by a
//! [`Lexicon`] how the engine's text falls into tokens. It never fails: what is
//! no token is [`TokenKind::Other`], and an open quote ends with the text.
