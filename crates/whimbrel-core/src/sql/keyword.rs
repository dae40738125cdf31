//! Key words.
//!
//! A word is *reserved* here if it may mean something else than the identifier
//! it spells when it stands bare where an identifier may: those no engine takes
//! for a name, but also `CURRENT_DATE` or `LEFT`, which an engine takes for a name
//! only where nothing else makes sense.

use super::Grammar;

/// Says whether the word, in either case, is a key word, reserved or not. For
/// PostgreSQL only reserved ones are known: all its bare words fold to one case.
pub(crate) fn is_keyword(word: &str, grammar: Grammar) -> bool {
    is_reserved(word, grammar) || (grammar == Grammar::Sqlite && SQLITE_FREE.contains(word))
}

/// Says whether the word, in either case, must be quoted to be an identifier.
pub(crate) fn is_reserved(word: &str, grammar: Grammar) -> bool {
    match grammar {
        Grammar::Sqlite => SQLITE_RESERVED.contains(word),
        Grammar::Postgres => POSTGRES_RESERVED.contains(word),
    }
}

/// A list of words in lower case, sorted, with the place where each first
/// letter begins: this is asked for every word of every text.
struct List {
    words: &'static [&'static str],
    starts: [u8; 27],
}

impl List {
    const fn new(words: &'static [&'static str]) -> Self {
        let mut starts = [0; 27];
        let mut at = 0;
        while at < words.len() {
            let mut letter = (words[at].as_bytes()[0] - b'a') as usize + 1;
            while letter < starts.len() {
                starts[letter] = at as u8 + 1;
                letter += 1;
            }
            at += 1;
        }
        Self { words, starts }
    }

    fn contains(&self, word: &str) -> bool {
        let Some(first) = word.bytes().next() else { return false };
        let letter = usize::from(first.to_ascii_lowercase().wrapping_sub(b'a'));
        let (Some(&from), Some(&to)) = (self.starts.get(letter), self.starts.get(letter + 1)) else {
            return false;
        };
        self.words[usize::from(from)..usize::from(to)].iter().any(|known| known.eq_ignore_ascii_case(word))
    }
}

/// SQLite's key words (<https://sqlite.org/lang_keywords.html>) that its parser
/// does not take for a column in an expression, found by asking it; the words of
/// a join, which it takes for one only away from joins; and TRUE and FALSE, which
/// are constants unless they are quoted.
static SQLITE_RESERVED: List = List::new(&[
    "add",
    "all",
    "alter",
    "and",
    "as",
    "autoincrement",
    "between",
    "case",
    "cast",
    "check",
    "collate",
    "commit",
    "constraint",
    "create",
    "cross",
    "current_date",
    "current_time",
    "current_timestamp",
    "default",
    "deferrable",
    "delete",
    "distinct",
    "drop",
    "else",
    "escape",
    "except",
    "exists",
    "false",
    "foreign",
    "from",
    "full",
    "group",
    "having",
    "if",
    "in",
    "index",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "left",
    "limit",
    "natural",
    "not",
    "nothing",
    "notnull",
    "null",
    "on",
    "or",
    "order",
    "outer",
    "primary",
    "raise",
    "references",
    "returning",
    "right",
    "select",
    "set",
    "table",
    "then",
    "to",
    "transaction",
    "true",
    "union",
    "unique",
    "update",
    "using",
    "values",
    "when",
    "where",
]);

/// SQLite's other key words, which fall back to identifiers.
static SQLITE_FREE: List = List::new(&[
    "abort",
    "action",
    "after",
    "always",
    "analyze",
    "asc",
    "attach",
    "before",
    "begin",
    "by",
    "cascade",
    "column",
    "conflict",
    "current",
    "database",
    "deferred",
    "desc",
    "detach",
    "do",
    "each",
    "end",
    "exclude",
    "exclusive",
    "explain",
    "fail",
    "filter",
    "first",
    "following",
    "for",
    "generated",
    "glob",
    "groups",
    "ignore",
    "immediate",
    "indexed",
    "initially",
    "instead",
    "key",
    "last",
    "like",
    "match",
    "materialized",
    "no",
    "nulls",
    "of",
    "offset",
    "others",
    "over",
    "partition",
    "plan",
    "pragma",
    "preceding",
    "query",
    "range",
    "recursive",
    "regexp",
    "reindex",
    "release",
    "rename",
    "replace",
    "restrict",
    "rollback",
    "row",
    "rows",
    "savepoint",
    "temp",
    "temporary",
    "ties",
    "trigger",
    "unbounded",
    "vacuum",
    "view",
    "virtual",
    "window",
    "with",
    "within",
    "without",
]);

/// PostgreSQL's key words that `quote_ident` quotes: all but the unreserved ones
/// of `pg_get_keywords()`, up to PostgreSQL 18.
static POSTGRES_RESERVED: List = List::new(&[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_in_lower_case_and_find_their_words() {
        for list in [&SQLITE_RESERVED, &SQLITE_FREE, &POSTGRES_RESERVED] {
            assert!(list.words.is_sorted_by(|a, b| a < b));
            assert!(list.words.iter().all(|word| *word == word.to_ascii_lowercase()));
            assert!(list.words.iter().all(|word| list.contains(word) && list.contains(&word.to_uppercase())));
            assert!(!list.contains("") && !list.contains("zz") && !list.contains("{") && !list.contains("é"));
        }
    }

    #[test]
    fn sqlite_has_all_its_key_words() {
        // 147 in the manual, WITHIN (3.47), and the two constants.
        assert_eq!(SQLITE_RESERVED.words.len() + SQLITE_FREE.words.len(), 147 + 1 + 2);
        assert!(is_keyword("Without", Grammar::Sqlite) && is_keyword("CURRENT_TIMESTAMP", Grammar::Sqlite));
        assert!(!is_keyword("rowid", Grammar::Sqlite) && !is_keyword("größe", Grammar::Sqlite));
    }
}
