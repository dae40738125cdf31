//! What would get lost without a word: the engine passes it over, or never sees
//! it since the statement around it is skipped.

use std::collections::BTreeMap;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::dialect::postgres::{MAX_IDENT, clip_ident};
use whimbrel_core::sql::{self, Class, DataVerb, Ddl, DdlKind, DdlVerb, Statement, TokenKind};

/// Something that may not stand in a source.
pub(super) struct Overlooked {
    /// Where in the text, and how much of it.
    pub(super) offset: usize,
    pub(super) length: usize,
    pub(super) message: String,
    pub(super) help: &'static str,
}

/// Finds a command to psql that ends a query (`SELECT ... \gexec`): the query is
/// skipped, and with it whatever follows up to the next semicolon.
pub(super) fn command_in_query(dialect: Dialect, statement: &Statement<'_>) -> Option<Overlooked> {
    let Class::Data(data) = &statement.class else { return None };
    let is_query = matches!(data.verb, DataVerb::Select | DataVerb::With);
    if dialect != Dialect::Postgres || !is_query {
        return None;
    }
    let is_backslash = |token: &sql::Token<'_>| token.kind == TokenKind::Other && token.text == "\\";
    let at = sql::tokens(statement.text, dialect.lexicon()).find(is_backslash)?.offset;
    let name: String = statement.text[at + 1..].chars().take_while(char::is_ascii_alphanumeric).collect();
    Some(Overlooked {
        offset: statement.offset + at,
        length: name.len() + 1,
        message: format!("`\\{name}` is a command to psql, which does not read this"),
        help: "write the statements that it would run",
    })
}

/// The names that were made so far, by what they share a catalogue with and as
/// the server cuts them.
#[derive(Default)]
pub(super) struct Names(BTreeMap<(Family, Option<String>, String), String>);

/// Kinds whose names must differ from each other.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Relations,
    Routines,
    Others(DdlKind),
}

impl Names {
    /// Finds a statement that would make what is there already, since another name
    /// is the same once the server has cut both: with IF NOT EXISTS it makes
    /// nothing, with OR REPLACE it takes the place of the other.
    pub(super) fn collision(&mut self, dialect: Dialect, statement: &Statement<'_>) -> Option<Overlooked> {
        let Class::Ddl(Ddl {
            verb: DdlVerb::Create,
            kind,
            name: Some(name),
            on,
            conditional,
            or_replace,
            ..
        }) = &statement.class
        else {
            return None;
        };
        if dialect != Dialect::Postgres || name.name.len() < MAX_IDENT {
            return None;
        }
        let namespace = on.as_ref().unwrap_or(name).namespace.as_deref().map(clip_ident);
        let cut = clip_ident(&name.name);
        let key = (Family::of(*kind), namespace.map(str::to_owned), cut.to_owned());
        let other = self.0.entry(key).or_insert_with(|| name.name.clone());
        let collides = *other != name.name && (*conditional || *or_replace);
        collides.then(|| Overlooked {
            offset: statement.offset,
            length: statement.text.len(),
            message: format!("`{}` and `{other}` are one name to PostgreSQL: `{cut}`", name.name),
            help: "shorten one of them: the server keeps 63 bytes of a name",
        })
    }
}

impl Family {
    fn of(kind: DdlKind) -> Self {
        let relations = [
            DdlKind::Table,
            DdlKind::ForeignTable,
            DdlKind::View,
            DdlKind::MaterializedView,
            DdlKind::Index,
            DdlKind::Sequence,
        ];
        let routines = [DdlKind::Function, DdlKind::Procedure, DdlKind::Aggregate];
        if relations.contains(&kind) {
            Self::Relations
        } else if routines.contains(&kind) {
            Self::Routines
        } else {
            Self::Others(kind)
        }
    }
}
