//! Tells the class of a statement from its leading words.

use super::class::{
    Beyond, Class, Data, DataVerb, Ddl, DdlKind, DdlVerb, MaintenanceVerb, Pragma, Run, TransactionVerb,
};
use super::{Cursor, Grammar, Lexicon, Token, TokenKind};
use crate::name::ObjectName;

/// Tells what one statement is, and what it asks of the transaction it runs in.
///
/// ```
/// use whimbrel_core::sql::{Class, DdlKind, DdlVerb, Lexicon, Run, classify};
/// let (class, run) = classify("CREATE INDEX CONCURRENTLY i ON app.t (a)", Lexicon::POSTGRES);
/// let index = class.ddl(DdlVerb::Create, DdlKind::Index).unwrap();
/// assert_eq!(index.name.as_ref().unwrap().name, "i");
/// assert_eq!(index.on.as_ref().unwrap().to_string(), "app.t");
/// assert_eq!(run, Run::Alone);
/// ```
pub fn classify(statement: &str, lexicon: Lexicon) -> (Class, Run) {
    let mut reader =
        Reader { cursor: Cursor::new(statement, lexicon), grammar: lexicon.grammar, run: Run::InTransaction };
    let class = reader.class();
    let code = matches!(class, Class::Data(_) | Class::Ddl(_) | Class::Explain | Class::Unknown);
    if code && lexicon.grammar == Grammar::Sqlite && loads_extension(statement, lexicon) {
        return (Class::ExtensionLoading, reader.run);
    }
    (class, reader.run)
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    grammar: Grammar,
    run: Run,
}

/// What a statement acts upon.
enum Target {
    Object(DdlKind),
    Beyond(Beyond),
}

impl Reader<'_> {
    fn class(&mut self) -> Class {
        let Some(first) = self.cursor.next() else { return Class::Unknown };
        match first.kind {
            TokenKind::MetaCommand => client_command(first.text),
            TokenKind::Punct if first.text == "(" => data(DataVerb::Select, None),
            TokenKind::Word => self.by_first_word(&first.text.to_ascii_lowercase()),
            _ => Class::Unknown,
        }
    }

    fn by_first_word(&mut self, word: &str) -> Class {
        match word {
            "create" => self.create(),
            "alter" => self.alter(),
            "drop" => self.drop(),
            "select" => self.select(),
            "values" | "table" => data(DataVerb::Select, None),
            "with" => data(DataVerb::With, None),
            "insert" | "replace" => self.insert(),
            "update" => self.update(),
            "delete" => self.after(&["from", "only"], DataVerb::Delete),
            "merge" => self.after(&["into", "only"], DataVerb::Merge),
            "truncate" => self.after(&["table", "only"], DataVerb::Truncate),
            "copy" => self.copy(),
            "refresh" => self.refresh(),
            "call" => data(DataVerb::Call, None),
            "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release" => {
                self.transaction(word)
            }
            "pragma" => self.pragma(),
            "attach" | "detach" => self.alone(Class::Attach),
            "load" => Class::ExtensionLoading,
            "vacuum" | "analyze" | "analyse" | "reindex" | "cluster" | "checkpoint" => self.maintenance(word),
            "prepare" if self.cursor.at_word("transaction") => {
                self.alone(Class::Transaction(TransactionVerb::TwoPhase))
            }
            "discard" if self.cursor.at_word("all") => self.alone(Class::Session),
            "set" | "reset" | "show" | "discard" | "prepare" | "execute" | "deallocate" | "declare"
            | "fetch" | "move" | "close" | "listen" | "unlisten" | "notify" | "lock" => Class::Session,
            "reassign" => Class::Ownership,
            "grant" | "revoke" => Class::Privilege,
            "comment" => self.comment(),
            "security" => Class::Beyond(Beyond::SecurityLabel),
            "import" => Class::Beyond(Beyond::ForeignServer),
            "do" => Class::Do,
            "explain" => Class::Explain,
            _ => Class::Unknown,
        }
    }

    fn alone(&mut self, class: Class) -> Class {
        self.run = Run::Alone;
        class
    }

    fn beyond(&mut self, beyond: Beyond) -> Class {
        use Beyond::{Database, Subscription, System, Tablespace};
        if matches!(beyond, Database | Tablespace | Subscription | System) {
            self.run = Run::Alone;
        }
        Class::Beyond(beyond)
    }

    fn create(&mut self) -> Class {
        let mut temporary = false;
        let mut or_replace = false;
        loop {
            if self.cursor.eat_any(&["temp", "temporary"]) {
                temporary = true;
            } else if self.cursor.eat_all(&["or", "replace"]) {
                or_replace = true;
            } else if !self.cursor.eat_any(&[
                "global",
                "local",
                "unlogged",
                "unique",
                "recursive",
                "constraint",
                "trusted",
                "procedural",
                "default",
            ]) {
                break;
            }
        }
        self.ddl(DdlVerb::Create, |ddl| Ddl { temporary, or_replace, ..ddl })
    }

    fn drop(&mut self) -> Class {
        if self.cursor.at_word("owned") {
            return self.beyond(Beyond::Role);
        }
        self.cursor.eat("procedural");
        self.ddl(DdlVerb::Drop, |ddl| ddl)
    }

    fn alter(&mut self) -> Class {
        if self.cursor.at_word("system") {
            return self.beyond(Beyond::System);
        }
        if self.cursor.eat_all(&["default", "privileges"]) {
            return Class::Privilege;
        }
        self.cursor.eat("procedural");
        let class = self.ddl(DdlVerb::Alter, |ddl| ddl);
        let Class::Ddl(ddl) = &class else { return class };
        if ddl.kind == DdlKind::Type && self.cursor.eat_all(&["add", "value"]) {
            self.run = Run::OwnTransaction;
        } else if ddl.kind == DdlKind::Table && self.cursor.at_word("detach") {
            let last = self.cursor.by_ref().last();
            if last.is_some_and(|token| token.is_word("concurrently")) {
                self.run = Run::Alone;
            }
        } else if changes_owner(self.cursor.clone()) {
            return Class::Ownership;
        }
        class
    }

    /// Reads the kind and the name, and what stands around them.
    fn ddl(&mut self, verb: DdlVerb, finish: impl FnOnce(Ddl) -> Ddl) -> Class {
        let kind = match self.target() {
            Some(Target::Object(kind)) => kind,
            Some(Target::Beyond(beyond)) => return self.beyond(beyond),
            None => return Class::Unknown,
        };
        if self.cursor.eat("concurrently") {
            self.run = Run::Alone;
        }
        let conditional =
            self.cursor.eat_all(&["if", "not", "exists"]) || self.cursor.eat_all(&["if", "exists"]);
        let name = self.name(kind);
        let on = self.stands_on(verb, kind);
        let ddl = Ddl { verb, kind, name, on, temporary: false, or_replace: false, conditional };
        Class::Ddl(finish(ddl))
    }

    fn target(&mut self) -> Option<Target> {
        const OBJECTS: &[(&[&str], DdlKind)] = &[
            (&["table"], DdlKind::Table),
            (&["virtual", "table"], DdlKind::VirtualTable),
            (&["foreign", "table"], DdlKind::ForeignTable),
            (&["foreign", "data", "wrapper"], DdlKind::ForeignDataWrapper),
            (&["index"], DdlKind::Index),
            (&["view"], DdlKind::View),
            (&["materialized", "view"], DdlKind::MaterializedView),
            (&["trigger"], DdlKind::Trigger),
            (&["event", "trigger"], DdlKind::EventTrigger),
            (&["sequence"], DdlKind::Sequence),
            (&["type"], DdlKind::Type),
            (&["domain"], DdlKind::Domain),
            (&["schema"], DdlKind::Namespace),
            (&["extension"], DdlKind::Extension),
            (&["function"], DdlKind::Function),
            (&["procedure"], DdlKind::Procedure),
            (&["routine"], DdlKind::Routine),
            (&["aggregate"], DdlKind::Aggregate),
            (&["rule"], DdlKind::Rule),
            (&["policy"], DdlKind::Policy),
            (&["operator", "class"], DdlKind::OperatorClass),
            (&["operator", "family"], DdlKind::OperatorFamily),
            (&["operator"], DdlKind::Operator),
            (&["cast"], DdlKind::Cast),
            (&["collation"], DdlKind::Collation),
            (&["conversion"], DdlKind::Conversion),
            (&["statistics"], DdlKind::Statistics),
            (&["text", "search", "configuration"], DdlKind::TextSearch),
            (&["text", "search", "dictionary"], DdlKind::TextSearch),
            (&["text", "search", "parser"], DdlKind::TextSearch),
            (&["text", "search", "template"], DdlKind::TextSearch),
            (&["publication"], DdlKind::Publication),
            (&["language"], DdlKind::Language),
            (&["transform"], DdlKind::Transform),
            (&["access", "method"], DdlKind::AccessMethod),
            (&["server"], DdlKind::Server),
            (&["user", "mapping"], DdlKind::UserMapping),
            (&["large", "object"], DdlKind::LargeObject),
        ];
        const BEYOND: &[(&str, Beyond)] = &[
            ("role", Beyond::Role),
            ("user", Beyond::Role),
            ("group", Beyond::Role),
            ("database", Beyond::Database),
            ("tablespace", Beyond::Tablespace),
            ("subscription", Beyond::Subscription),
        ];
        if let Some((_, kind)) = OBJECTS.iter().find(|(words, _)| self.cursor.eat_all(words)) {
            return Some(Target::Object(*kind));
        }
        BEYOND.iter().find(|(word, _)| self.cursor.eat(word)).map(|(_, beyond)| Target::Beyond(*beyond))
    }

    fn name(&mut self, kind: DdlKind) -> Option<ObjectName> {
        use DdlKind::{Cast, LargeObject, Operator, Transform, UserMapping};
        if matches!(kind, Cast | LargeObject | Operator | Transform | UserMapping) {
            return None;
        }
        if kind == DdlKind::Index && self.cursor.at_word("on") {
            return None;
        }
        if kind == DdlKind::Namespace {
            self.cursor.eat("authorization");
        }
        if self.grammar == Grammar::Postgres {
            self.cursor.eat("only");
        }
        self.cursor.object_name()
    }

    /// The table that the object stands on, looked for in a copy: what follows
    /// the name is read again by others.
    fn stands_on(&self, verb: DdlVerb, kind: DdlKind) -> Option<ObjectName> {
        let word = match (kind, verb) {
            (DdlKind::Index, DdlVerb::Create) | (DdlKind::Trigger | DdlKind::Policy, _) => "on",
            (DdlKind::Rule, DdlVerb::Create) => "to",
            (DdlKind::Rule, DdlVerb::Alter | DdlVerb::Drop) => "on",
            _ => return None,
        };
        let mut cursor = self.cursor.clone();
        cursor.by_ref().find(|token| token.is_word(word))?;
        if self.grammar == Grammar::Postgres {
            cursor.eat("only");
        }
        cursor.object_name()
    }

    fn select(&mut self) -> Class {
        let mut trial = self.cursor.clone();
        if trial.eat("pg_catalog") {
            trial.eat_punct(".");
        }
        if self.grammar == Grammar::Postgres && trial.eat("set_config") && trial.at_punct("(") {
            return Class::Session;
        }
        data(DataVerb::Select, None)
    }

    fn insert(&mut self) -> Class {
        if self.cursor.eat("or") {
            self.cursor.next();
        }
        self.after(&["into"], DataVerb::Insert)
    }

    fn update(&mut self) -> Class {
        if self.cursor.eat("or") {
            self.cursor.next();
        }
        self.after(&["only"], DataVerb::Update)
    }

    fn after(&mut self, words: &[&str], verb: DataVerb) -> Class {
        for word in words {
            self.cursor.eat(word);
        }
        data(verb, self.cursor.object_name())
    }

    fn refresh(&mut self) -> Class {
        self.cursor.eat_all(&["materialized", "view"]);
        self.cursor.eat("concurrently");
        data(DataVerb::Refresh, self.cursor.object_name())
    }

    fn copy(&mut self) -> Class {
        self.cursor.eat("binary");
        let table = if self.cursor.at_punct("(") { None } else { self.cursor.object_name() };
        self.cursor.skip_parentheses();
        let reads = self.cursor.at_word("from");
        self.cursor.next();
        if self.cursor.at_word("program") {
            Class::Beyond(Beyond::Program)
        } else if reads && self.cursor.at_word("stdin") {
            data(DataVerb::CopyFromStdin, table)
        } else if self.cursor.at_word("stdout") {
            data(DataVerb::CopyToStdout, table)
        } else {
            Class::Beyond(Beyond::File)
        }
    }

    fn transaction(&mut self, word: &str) -> Class {
        let prepared = self.cursor.at_word("prepared");
        let verb = match word {
            "commit" | "rollback" if prepared => TransactionVerb::TwoPhase,
            "begin" | "start" => TransactionVerb::Begin,
            "commit" | "end" => TransactionVerb::Commit,
            "savepoint" => TransactionVerb::Savepoint,
            "release" => TransactionVerb::Release,
            _ if self.rolls_back_to() => TransactionVerb::RollbackTo,
            _ => TransactionVerb::Rollback,
        };
        self.alone(Class::Transaction(verb))
    }

    fn rolls_back_to(&mut self) -> bool {
        self.cursor.eat_any(&["work", "transaction"]);
        self.cursor.at_word("to")
    }

    fn maintenance(&mut self, word: &str) -> Class {
        let verb = match word {
            "vacuum" => {
                self.run = Run::Alone;
                // `VACUUM main INTO 'file'`, `VACUUM INTO 'file'`.
                let into = self.grammar == Grammar::Sqlite && self.cursor.any(|token| token.is_word("into"));
                if into { MaintenanceVerb::VacuumInto } else { MaintenanceVerb::Vacuum }
            }
            "reindex" => {
                self.reindex();
                MaintenanceVerb::Reindex
            }
            "cluster" => {
                self.cursor.eat("verbose");
                self.cursor.skip_parentheses();
                if self.cursor.peek().is_none() {
                    self.run = Run::Alone;
                }
                MaintenanceVerb::Cluster
            }
            "checkpoint" => MaintenanceVerb::Checkpoint,
            _ => MaintenanceVerb::Analyze,
        };
        Class::Maintenance(verb)
    }

    fn reindex(&mut self) {
        if self.grammar == Grammar::Sqlite {
            return;
        }
        let mut options = self.cursor.clone();
        self.cursor.skip_parentheses();
        let in_options = options.eat_punct("(")
            && options.take_while(|token| !token.is_punct(")")).any(|token| token.is_word("concurrently"));
        let whole = self.cursor.eat_any(&["database", "system", "schema"]);
        self.cursor.eat_any(&["index", "table"]);
        if in_options || whole || self.cursor.at_word("concurrently") {
            self.run = Run::Alone;
        }
    }

    fn pragma(&mut self) -> Class {
        let Some(name) = self.cursor.object_name() else { return Class::Unknown };
        let name = name.name.to_ascii_lowercase();
        let equals = self.cursor.peek().is_some_and(|token| token.text == "=");
        let value = if equals || self.cursor.at_punct("(") {
            self.cursor.next();
            let words = self.cursor.by_ref().take_while(|token| !token.is_punct(")"));
            Some(words.map(|token| token.string().unwrap_or(token.text.into())).collect())
        } else {
            None
        };
        if matches!(name.as_str(), "foreign_keys" | "journal_mode" | "synchronous") {
            self.run = Run::Alone;
        }
        Class::Pragma(Pragma { name, value })
    }

    fn comment(&mut self) -> Class {
        self.cursor.eat("on");
        match self.target() {
            Some(Target::Beyond(beyond)) => Class::Beyond(beyond),
            Some(Target::Object(_)) | None => Class::Comment,
        }
    }
}

fn data(verb: DataVerb, target: Option<ObjectName>) -> Class {
    Class::Data(Data { verb, target })
}

fn client_command(text: &str) -> Class {
    let words = text.get(1..).unwrap_or_default();
    let name = words.split(|c: char| c.is_whitespace() || c == '\\').next().unwrap_or_default().to_owned();
    if text.starts_with('.') { Class::DotCommand { name } } else { Class::MetaCommand { name } }
}

/// Says whether an ALTER ends in `OWNER TO role` as its only action.
fn changes_owner(rest: Cursor<'_>) -> bool {
    let mut last: [Option<Token<'_>>; 4] = [None; 4];
    for token in rest {
        last.rotate_left(1);
        last[3] = Some(token);
    }
    let [before, owner, to, role] = last;
    let is = |token: Option<Token<'_>>, word| token.is_some_and(|token| token.is_word(word));
    let other_action =
        is(before, "rename") || is(before, "column") || before.is_some_and(|token| token.is_punct(","));
    role.is_some() && is(to, "to") && is(owner, "owner") && !other_action
}

/// Says whether a statement calls SQLite's `load_extension` function, however
/// it is quoted.
fn loads_extension(statement: &str, lexicon: Lexicon) -> bool {
    const NAME: &str = "load_extension";
    if !statement.as_bytes().windows(NAME.len()).any(|bytes| bytes.eq_ignore_ascii_case(NAME.as_bytes())) {
        return false;
    }
    let mut cursor = Cursor::new(statement, lexicon);
    let mut before = None;
    while let Some(token) = cursor.next() {
        let named = token.ident().is_some_and(|name| name.eq_ignore_ascii_case(NAME));
        if named && cursor.at_punct("(") && !before.is_some_and(names_object) {
            return true;
        }
        before = Some(token);
    }
    false
}

/// Says whether the name of a table or the like follows the token, which may
/// have a parenthesis after it and yet be no call.
fn names_object(token: Token<'_>) -> bool {
    ["into", "table", "exists", "references", "on", "view", "as"].iter().any(|word| token.is_word(word))
        || token.is_punct(".")
}
