//! What is there besides a [`Schema`](super::Schema): kinds that whimbrel does
//! not manage, known by name and left alone.
//!
//! Most are told by the catalogue. What a source never has run, so that no
//! catalogue can tell it, is told by its statements.

use serde::{Deserialize, Serialize};

use crate::name::ObjectName;
use crate::sql::{Class, Cursor, Ddl, DdlKind, DdlVerb, Lexicon, Pragma};

/// An object of a kind that whimbrel does not manage, as people call it.
///
/// ```
/// use whimbrel_core::schema::LeftAlone;
/// let policy = LeftAlone { on: Some("orders".into()), ..LeftAlone::new("policy", "own_rows") };
/// assert_eq!(policy.to_string(), "own_rows on orders");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeftAlone {
    /// What people call its kind, such as `policy`.
    pub kind: String,
    /// Its name; of a grant, that of the object that it is on, or `role a to b`; of
    /// a pragma, what it sets: `user_version = 7`.
    pub name: String,
    /// The table or view that it stands on, if it does.
    pub on: Option<ObjectName>,
}

impl LeftAlone {
    /// What people call that rights are given on an object.
    ///
    /// ```
    /// use whimbrel_core::schema::LeftAlone;
    /// use whimbrel_core::sql::{Class, Lexicon};
    ///
    /// let sql = "GRANT editors TO anna";
    /// let found = LeftAlone::of_statement(&Class::Privilege, sql, Lexicon::POSTGRES);
    /// assert_eq!(found, [LeftAlone::new(LeftAlone::GRANT, "role editors to anna")]);
    /// ```
    pub const GRANT: &str = "grant";
    /// What people call that an object belongs to a role.
    ///
    /// ```
    /// use whimbrel_core::schema::LeftAlone;
    /// use whimbrel_core::sql::{Lexicon, classify};
    ///
    /// let sql = "ALTER TABLE orders OWNER TO web";
    /// let (class, _) = classify(sql, Lexicon::POSTGRES);
    /// let found = LeftAlone::of_statement(&class, sql, Lexicon::POSTGRES);
    /// assert_eq!(found, [LeftAlone::new(LeftAlone::OWNER, "web")]);
    /// ```
    pub const OWNER: &str = "owner";
    /// What people call a setting that a file of SQLite keeps.
    ///
    /// ```
    /// use whimbrel_core::schema::LeftAlone;
    /// use whimbrel_core::sql::{Lexicon, classify};
    ///
    /// let found = |sql| LeftAlone::of_statement(&classify(sql, Lexicon::SQLITE).0, sql, Lexicon::SQLITE);
    /// assert_eq!(found("PRAGMA user_version = 7"), [LeftAlone::new(LeftAlone::PRAGMA, "user_version = 7")]);
    /// assert_eq!(found("PRAGMA foreign_keys = OFF"), [], "it ends with the session");
    /// ```
    pub const PRAGMA: &str = "pragma";
    /// What people call rights on what is yet to be made.
    const DEFAULT_PRIVILEGE: &str = "default privilege";
    /// How the name of a grant begins that is on many objects.
    const MANY: &str = "all ";

    /// An object that stands for itself.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.into(), name: name.into(), on: None }
    }

    /// Says whether it is among these. Of a grant on all objects of a namespace
    /// nothing is left but grants on some.
    ///
    /// ```
    /// use whimbrel_core::schema::LeftAlone;
    /// let others = [LeftAlone::new("policy", "own_rows")];
    /// assert!(LeftAlone::new("policy", "own_rows").is_among(&others));
    /// assert!(!LeftAlone::new(LeftAlone::GRANT, "own_rows").is_among(&others));
    /// ```
    pub fn is_among(&self, others: &[Self]) -> bool {
        let is_on_many = self.kind == Self::GRANT && self.name.starts_with(Self::MANY);
        others.iter().any(|one| one == self || is_on_many && one.kind == Self::GRANT)
    }

    /// What a statement asks for that no catalogue will tell, since it is not run,
    /// or ends with the session.
    ///
    /// ```
    /// use whimbrel_core::schema::LeftAlone;
    /// use whimbrel_core::sql::{Lexicon, classify};
    ///
    /// let sql = "GRANT SELECT ON orders, app.items TO web";
    /// let (class, _) = classify(sql, Lexicon::POSTGRES);
    /// let found = LeftAlone::of_statement(&class, sql, Lexicon::POSTGRES);
    /// assert_eq!(found, [LeftAlone::new("grant", "orders"), LeftAlone::new("grant", "app.items")]);
    /// ```
    pub fn of_statement(class: &Class, sql: &str, lexicon: Lexicon) -> Vec<Self> {
        match class {
            Class::Privilege => of_privilege(Cursor::new(sql, lexicon)),
            Class::Ownership => {
                let role = Cursor::new(sql, lexicon).last().and_then(|token| token.name(lexicon));
                role.map(|role| Self::new(Self::OWNER, role)).into_iter().collect()
            }
            Class::Ddl(ddl) => Self::temporary(ddl).into_iter().collect(),
            Class::Pragma(pragma) => Self::kept_setting(pragma).into_iter().collect(),
            Class::Data(_)
            | Class::Transaction(_)
            | Class::Attach
            | Class::ExtensionLoading
            | Class::Maintenance(_)
            | Class::Session
            | Class::Beyond(_)
            | Class::Comment
            | Class::Do
            | Class::Explain
            | Class::MetaCommand { .. }
            | Class::DotCommand { .. }
            | Class::Unknown => Vec::new(),
        }
    }

    /// What a database keeps of a pragma. The others end with the session, whoever
    /// runs them: `foreign_keys=OFF`, with which every dump begins, loses nothing
    /// where it is passed over.
    fn kept_setting(Pragma { name, value }: &Pragma) -> Option<Self> {
        const KEPT: [&str; 6] =
            ["application_id", "auto_vacuum", "encoding", "journal_mode", "page_size", "user_version"];
        let value = value.as_ref().filter(|_| KEPT.contains(&name.as_str()))?;
        Some(Self::new(Self::PRAGMA, format!("{name} = {value}")))
    }

    /// What is made for the session alone.
    fn temporary(ddl: &Ddl) -> Option<Self> {
        const OTHERS: [(DdlKind, &str); 3] = [
            (DdlKind::View, "temporary view"),
            (DdlKind::Sequence, "temporary sequence"),
            (DdlKind::Trigger, "temporary trigger"),
        ];
        let kind =
            OTHERS.iter().find(|(kind, _)| *kind == ddl.kind).map_or("temporary table", |(_, noun)| noun);
        let name = ddl.name.as_ref().filter(|_| ddl.verb == DdlVerb::Create && ddl.temporary)?;
        Some(Self::new(kind, name.to_string()))
    }
}

impl std::fmt::Display for LeftAlone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.on {
            Some(on) => write!(f, "{} on {on}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// What a GRANT, a REVOKE or an ALTER DEFAULT PRIVILEGES is about.
fn of_privilege(mut cursor: Cursor<'_>) -> Vec<LeftAlone> {
    let of_defaults = cursor.eat("alter");
    let whole = cursor.clone();
    let is_end = |cursor: &Cursor<'_>| cursor.at_word("on") || cursor.peek().is_none();
    // Columns stand in parentheses, and may be called anything.
    while !is_end(&cursor) && (of_defaults || !cursor.at_word("to") && !cursor.at_word("from")) {
        if cursor.at_punct("(") {
            cursor.skip_parentheses();
            continue;
        }
        cursor.next();
    }
    if !cursor.eat("on") {
        return memberships(whole);
    }
    if of_defaults {
        let what = cursor.next().map(|token| token.text.to_ascii_lowercase()).unwrap_or_default();
        let what = if what == "routines" { "functions" } else { &what };
        return vec![LeftAlone::new(LeftAlone::DEFAULT_PRIVILEGE, what)];
    }
    let on = |name: String| LeftAlone::new(LeftAlone::GRANT, name);
    if cursor.eat("all") {
        let what = cursor.next().map(|token| token.text.to_ascii_lowercase()).unwrap_or_default();
        cursor.eat_all(&["in", "schema"]);
        let many = |name| on(format!("{}{what} in {name}", LeftAlone::MANY));
        return names(&mut cursor).into_iter().map(many).collect();
    }
    let kind = object_kind(&mut cursor);
    names(&mut cursor).into_iter().map(|name| on(format!("{kind}{name}"))).collect()
}

/// The roles that become members of roles, or are no longer: `role a to b`.
fn memberships(mut cursor: Cursor<'_>) -> Vec<LeftAlone> {
    cursor.next();
    for option in ["admin", "inherit", "set"] {
        cursor.eat_all(&[option, "option", "for"]);
    }
    let roles = names(&mut cursor);
    let Some(way) = ["to", "from"].into_iter().find(|way| cursor.eat(way)) else { return Vec::new() };
    cursor.eat("group");
    let members = names(&mut cursor);
    let all = roles.iter().flat_map(|role| {
        let one = move |member| LeftAlone::new(LeftAlone::GRANT, format!("role {role} {way} {member}"));
        members.iter().map(one)
    });
    all.collect()
}

/// The words before the names, where they are needed to know the names apart:
/// tables, sequences, types and functions have names of their own.
fn object_kind(cursor: &mut Cursor<'_>) -> &'static str {
    if cursor.eat_any(&["table", "sequence", "function", "procedure", "routine", "type", "domain"]) {
        return "";
    }
    let apart: [(&[&str], &str); 8] = [
        (&["schema"], "schema "),
        (&["database"], "database "),
        (&["language"], "language "),
        (&["foreign", "data", "wrapper"], "foreign-data wrapper "),
        (&["foreign", "server"], "foreign server "),
        (&["large", "object"], "large object "),
        (&["tablespace"], "tablespace "),
        (&["parameter"], "parameter "),
    ];
    apart.iter().find(|(words, _)| cursor.eat_all(words)).map_or("", |(_, kind)| kind)
}

/// Names with commas between, the arguments of routines left out.
fn names(cursor: &mut Cursor<'_>) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(name) = cursor.object_name() {
        names.push(name.to_string());
        cursor.skip_parentheses();
        if !cursor.eat_punct(",") {
            break;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::classify;

    #[track_caller]
    fn check(sql: &str, expected: &[(&str, &str)]) {
        let found = LeftAlone::of_statement(&classify(sql, Lexicon::POSTGRES).0, sql, Lexicon::POSTGRES);
        let found: Vec<_> = found.iter().map(|one| (one.kind.as_str(), one.name.as_str())).collect();
        assert_eq!(found, expected, "{sql}");
    }

    #[test]
    fn pragmas_are_told_that_a_database_keeps() {
        for (sql, expected) in [
            ("PRAGMA user_version = 7", Some("user_version = 7")),
            ("PRAGMA main.journal_mode('wal')", Some("journal_mode = wal")),
            ("PRAGMA user_version", None),
            ("PRAGMA foreign_keys=OFF", None),
            ("PRAGMA writable_schema=ON", None),
        ] {
            let found = LeftAlone::of_statement(&classify(sql, Lexicon::SQLITE).0, sql, Lexicon::SQLITE);
            let expected = expected.map(|name| LeftAlone::new("pragma", name));
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{sql}");
        }
    }

    #[test]
    fn grants_are_known_by_what_they_are_on() {
        check("GRANT SELECT, INSERT ON TABLE public.orders TO web", &[("grant", "orders")]);
        check(
            "GRANT ALL ON app.orders, \"My Items\" TO web",
            &[("grant", "app.orders"), ("grant", "My Items")],
        );
        check("GRANT SELECT (\"on\", b), UPDATE (on_hand) ON items TO web", &[("grant", "items")]);
        check(
            "REVOKE ALL ON FUNCTION public.f(integer, text), g() FROM PUBLIC",
            &[("grant", "f"), ("grant", "g")],
        );
        check("GRANT USAGE ON SCHEMA app TO web", &[("grant", "schema app")]);
        check("REVOKE GRANT OPTION FOR SELECT ON orders FROM web CASCADE", &[("grant", "orders")]);
        check(
            "GRANT SELECT ON ALL TABLES IN SCHEMA app, x TO web",
            &[("grant", "all tables in app"), ("grant", "all tables in x")],
        );
        check("GRANT staff TO ann WITH ADMIN OPTION", &[("grant", "role staff to ann")]);
        check("REVOKE ADMIN OPTION FOR staff FROM ann", &[("grant", "role staff from ann")]);
        check(
            "GRANT staff, \"On Call\" TO ann, ben",
            &[
                ("grant", "role staff to ann"),
                ("grant", "role staff to ben"),
                ("grant", "role On Call to ann"),
                ("grant", "role On Call to ben"),
            ],
        );
    }

    #[test]
    fn rights_on_what_is_yet_to_be_made() {
        let defaults = "ALTER DEFAULT PRIVILEGES FOR ROLE ann IN SCHEMA app";
        check(&format!("{defaults} GRANT SELECT ON TABLES TO web"), &[("default privilege", "tables")]);
        check(&format!("{defaults} REVOKE ALL ON ROUTINES FROM web"), &[("default privilege", "functions")]);
    }

    #[test]
    fn owners_and_what_ends_with_the_session() {
        check("ALTER TABLE public.orders OWNER TO \"Shop Keeper\"", &[("owner", "Shop Keeper")]);
        check("CREATE TEMP TABLE t (a int)", &[("temporary table", "t")]);
        check("CREATE TABLE t (a int)", &[]);
        check("DROP TABLE t", &[]);
    }

    #[test]
    fn a_grant_on_many_is_there_where_some_are() {
        let many = LeftAlone::new("grant", "all tables in app");
        assert!(!many.is_among(&[LeftAlone::new("policy", "own")]));
        assert!(many.is_among(&[LeftAlone::new("grant", "app.orders")]));
        assert!(!LeftAlone::new("grant", "orders").is_among(&[LeftAlone::new("grant", "items")]));
    }
}
