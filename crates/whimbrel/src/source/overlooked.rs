//! What would get lost without a word: the engine passes it over, or never sees
//! it since the statement around it is skipped.

use std::collections::BTreeMap;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::dialect::postgres::{MAX_IDENT, clip_ident};
use whimbrel_core::sql::{self, Class, Cursor, DataVerb, Ddl, DdlKind, DdlVerb, Statement, TokenKind};

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
    /// Of a table, whose name stands in place of the namespace.
    Columns,
    Others(DdlKind),
}

impl Names {
    /// Finds a statement that would make what is there already, since another name
    /// is the same once the server has cut both: with IF NOT EXISTS it makes
    /// nothing, with OR REPLACE it takes the place of the other.
    pub(super) fn collision(&mut self, dialect: Dialect, statement: &Statement<'_>) -> Option<Overlooked> {
        let Class::Ddl(ddl) = &statement.class else { return None };
        if dialect != Dialect::Postgres {
            return None;
        }
        let (one, other) = self.of_object(ddl).or_else(|| self.of_columns(dialect, ddl, statement))?;
        let cut = clip_ident(&one);
        Some(Overlooked {
            offset: statement.offset,
            length: statement.text.len(),
            message: format!("`{one}` and `{other}` are one name to PostgreSQL: `{cut}`"),
            help: "shorten one of them: the server keeps 63 bytes of a name",
        })
    }

    fn of_object(&mut self, ddl: &Ddl) -> Option<(String, String)> {
        let Ddl { verb: DdlVerb::Create, kind, name: Some(name), on, conditional, or_replace, .. } = ddl
        else {
            return None;
        };
        let namespace = on.as_ref().unwrap_or(name).namespace.as_deref().map(clip_ident);
        let within = namespace.map(str::to_owned);
        self.other(Family::of(*kind), within, &name.name, *conditional || *or_replace)
    }

    fn of_columns(
        &mut self,
        dialect: Dialect,
        ddl: &Ddl,
        statement: &Statement<'_>,
    ) -> Option<(String, String)> {
        let table = ddl.name.as_ref().filter(|_| ddl.kind == DdlKind::Table)?;
        let cursor = Cursor::new(statement.text, dialect.lexicon());
        let columns = match ddl.verb {
            DdlVerb::Create => created_columns(cursor),
            DdlVerb::Alter => added_columns(cursor),
            DdlVerb::Drop => Vec::new(),
        };
        let mut found = columns.iter().filter_map(|(column, conditional)| {
            self.other(Family::Columns, Some(table.to_string()), column, *conditional)
        });
        found.next()
    }

    /// The other name that is the same once cut, where the server says nothing of it.
    fn other(
        &mut self,
        family: Family,
        within: Option<String>,
        name: &str,
        is_silent: bool,
    ) -> Option<(String, String)> {
        if name.len() < MAX_IDENT {
            return None;
        }
        let key = (family, within, clip_ident(name).to_owned());
        let other = self.0.entry(key).or_insert_with(|| name.to_owned());
        (*other != name && is_silent).then(|| (name.to_owned(), other.clone()))
    }
}

/// The columns of a CREATE TABLE, among the first words of its other items.
fn created_columns(mut cursor: Cursor<'_>) -> Vec<(String, bool)> {
    while cursor.peek().is_some() && !cursor.eat_punct("(") {
        cursor.next();
    }
    let mut found = Vec::new();
    loop {
        found.extend(cursor.name().map(|name| (name.into_owned(), false)));
        if !cursor.skip_past_comma() {
            return found;
        }
    }
}

/// The columns that an ALTER TABLE adds, and whether only where they are not there.
fn added_columns(mut cursor: Cursor<'_>) -> Vec<(String, bool)> {
    cursor.eat_all(&["alter", "table"]);
    cursor.eat_all(&["if", "exists"]);
    cursor.eat("only");
    cursor.object_name();
    let mut found = Vec::new();
    loop {
        if cursor.eat("add") {
            cursor.eat("column");
            let conditional = cursor.eat_all(&["if", "not", "exists"]);
            found.extend(cursor.name().map(|name| (name.into_owned(), conditional)));
        }
        if !cursor.skip_past_comma() {
            return found;
        }
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
