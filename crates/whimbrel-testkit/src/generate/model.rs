//! A schema as a tester thinks of it.

use std::collections::BTreeSet;

use whimbrel_core::dialect::Dialect;

/// What stays with a thing when its name changes.
pub type Id = u32;

/// A schema.
#[derive(Debug, Clone)]
pub struct Model {
    /// The engine that it is for.
    pub dialect: Dialect,
    /// The tables.
    pub tables: Vec<TableModel>,
    /// The views, each after those it reads from.
    pub views: Vec<View>,
    /// The triggers.
    pub triggers: Vec<Trigger>,
    /// The enums.
    pub enums: Vec<EnumModel>,
    /// The domains (PostgreSQL).
    pub domains: Vec<DomainModel>,
    /// The functions (PostgreSQL).
    pub functions: Vec<Function>,
    pub(super) next: Id,
    /// Every name that was ever given, as engines that ignore case see it.
    pub(super) used: BTreeSet<String>,
}

/// A table.
#[derive(Debug, Clone)]
pub struct TableModel {
    /// Its identity.
    pub id: Id,
    /// Its namespace, if that is not the usual one (PostgreSQL).
    pub namespace: Option<&'static str>,
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The columns of the primary key; none if there is no key.
    pub primary_key: Vec<Id>,
    /// AUTOINCREMENT, or an identity.
    pub numbers_itself: bool,
    /// Whether it numbers itself as a serial does (PostgreSQL).
    pub serial: bool,
    /// STRICT (SQLite).
    pub strict: bool,
    /// WITHOUT ROWID (SQLite).
    pub without_rowid: bool,
    /// Unique constraints.
    pub uniques: Vec<Unique>,
    /// Checks.
    pub checks: Vec<Check>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Indexes.
    pub indexes: Vec<IndexModel>,
}

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its identity.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Its default.
    pub default: Option<DefaultValue>,
    /// Whether it compares in another way than its type does.
    pub collated: bool,
    /// The column that it is computed from, and whether it is stored.
    pub generated: Option<(Id, bool)>,
}

/// A type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// INTEGER
    Integer,
    /// BIGINT
    Bigint,
    /// TEXT
    Text,
    /// VARCHAR of a length
    Varchar(u8),
    /// REAL, or double precision
    Real,
    /// NUMERIC(10, 2)
    Numeric,
    /// BLOB, or bytea
    Blob,
    /// An enum
    Enum(Id),
    /// INTEGER[] (PostgreSQL)
    Integers,
    /// TEXT[] (PostgreSQL)
    Texts,
    /// An array of an enum (PostgreSQL)
    Enums(Id),
    /// A domain (PostgreSQL)
    Domain(Id),
}

impl Kind {
    /// Whether values are numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Bigint | Self::Real | Self::Numeric)
    }

    /// Whether values are texts.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Varchar(_))
    }

    /// Whether values can be put into a column of another such type.
    pub fn converts(self) -> bool {
        self.is_number() || self.is_text()
    }

    /// Whether rows hold different values.
    pub fn is_distinct(self) -> bool {
        !matches!(self, Self::Enum(_) | Self::Enums(_))
    }
}

/// A default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// A literal, one of several.
    Literal(u8),
    /// An expression.
    Expression,
    /// The time, as text.
    Now,
}

/// A unique constraint.
#[derive(Debug, Clone)]
pub struct Unique {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its columns.
    pub columns: Vec<Id>,
}

/// A check on a column.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its column.
    pub column: Id,
    /// Which of several conditions it is.
    pub variant: u8,
}

/// A foreign key.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The referencing column.
    pub column: Id,
    /// The referenced table.
    pub table: Id,
    /// The referenced column.
    pub target: Id,
    /// What happens on delete.
    pub action: Action,
    /// Whether it is checked at commit.
    pub deferred: bool,
}

/// What a foreign key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Refuse.
    None,
    /// Delete.
    Cascade,
    /// Forget.
    SetNull,
}

/// An index.
#[derive(Debug, Clone)]
pub struct IndexModel {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Id>,
    /// Whether it is unique.
    pub unique: bool,
    /// Whether its first part is descending.
    pub descending: bool,
    /// Whether its first part is an expression.
    pub expression: bool,
    /// The column that must not be NULL in an indexed row, if there is one.
    pub partial: Option<Id>,
    /// Whether it is a hash index, if it can be (PostgreSQL).
    pub hash: bool,
    /// A column that it only carries along (PostgreSQL).
    pub include: Option<Id>,
}

/// A view of some columns of a table or of another view.
#[derive(Debug, Clone)]
pub struct View {
    /// Its identity.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// What it reads from.
    pub base: Id,
    /// The columns, and what the view calls them.
    pub columns: Vec<(Id, String)>,
    /// Whether it leaves out rows.
    pub filtered: bool,
    /// Whether it keeps its rows (PostgreSQL).
    pub materialized: bool,
}

/// A trigger on a table that does nothing, at length.
#[derive(Debug, Clone)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The table it stands on.
    pub table: Id,
    /// INSERT, UPDATE or DELETE.
    pub event: u8,
    /// A table and column that its body names.
    pub mentions: Option<(Id, Id)>,
}

/// An enum.
#[derive(Debug, Clone)]
pub struct EnumModel {
    /// Its identity.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
}

/// A domain.
#[derive(Debug, Clone)]
pub struct DomainModel {
    /// Its identity.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Whether it is over texts, not numbers.
    pub is_text: bool,
    /// Whether it has a condition.
    pub checked: bool,
}

/// A function that reads a column of a table.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The table.
    pub table: Id,
    /// The column.
    pub column: Id,
    /// Which of several ways it is written in.
    pub variant: u8,
}

impl Model {
    /// The empty schema.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            tables: Vec::new(),
            views: Vec::new(),
            triggers: Vec::new(),
            enums: Vec::new(),
            domains: Vec::new(),
            functions: Vec::new(),
            next: 1,
            used: BTreeSet::new(),
        }
    }

    /// The table of an identity.
    pub fn table(&self, id: Id) -> Option<&TableModel> {
        self.tables.iter().find(|table| table.id == id)
    }

    /// The view of an identity.
    pub fn view(&self, id: Id) -> Option<&View> {
        self.views.iter().find(|view| view.id == id)
    }

    /// The enum of an identity.
    pub fn enum_of(&self, id: Id) -> Option<&EnumModel> {
        self.enums.iter().find(|one| one.id == id)
    }

    /// The domain of an identity.
    pub fn domain(&self, id: Id) -> Option<&DomainModel> {
        self.domains.iter().find(|one| one.id == id)
    }

    /// Whether the values of a column survive a change of its type.
    pub(super) fn becomes(&self, from: Kind, to: Kind) -> bool {
        let is_text = |id| self.domain(id).is_some_and(|domain| domain.is_text);
        match (from, to) {
            (Kind::Integers, Kind::Texts) | (Kind::Texts, Kind::Integers) | (Kind::Enum(_), Kind::Text) => {
                true
            }
            (Kind::Domain(id), plain) | (plain, Kind::Domain(id)) => match is_text(id) {
                true => plain.is_text(),
                false => plain.is_number(),
            },
            (from, to) => from == to || (from.converts() && to.converts()),
        }
    }

    pub(super) fn id(&mut self) -> Id {
        self.next += 1;
        self.next
    }
}

impl TableModel {
    /// The column of an identity.
    pub fn column(&self, id: Id) -> Option<&Column> {
        self.columns.iter().find(|column| column.id == id)
    }

    /// Whether a column alone is a key that others may refer to.
    pub fn is_key(&self, id: Id) -> bool {
        self.primary_key == [id] || self.uniques.iter().any(|unique| unique.columns == [id])
    }
}
