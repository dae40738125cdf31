//! Edits: what is done to a schema.

use std::ops::Range;

use proptest::prelude::*;
use whimbrel_core::dialect::Dialect;

use super::model::{
    Action, Check, Column, DefaultValue, EnumModel, ForeignKey, Id, IndexModel, Kind, Model, TableModel,
    Trigger, Unique, View,
};
use super::postgres::{PostgresEdit, postgres_edit};

/// Numbers that choose: taken modulo whatever there is to choose from.
pub type Seed = [u8; 6];

/// One thing done to a schema.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the variants say what they do")]
pub enum Edit {
    CreateTable(Seed),
    DropTable(Seed),
    RenameTable(Seed),
    AddColumn(Seed),
    AddGenerated(Seed),
    DropColumn(Seed),
    RenameColumn(Seed),
    ChangeKind(Seed),
    ChangeNullability(Seed),
    ChangeDefault(Seed),
    ChangeCollation(Seed),
    SetPrimaryKey(Seed),
    ChangeOptions(Seed),
    AddUnique(Seed),
    DropUnique(Seed),
    AddCheck(Seed),
    DropCheck(Seed),
    AddForeignKey(Seed),
    DropForeignKey(Seed),
    AddIndex(Seed),
    DropIndex(Seed),
    AddView(Seed),
    DropView(Seed),
    ChangeView(Seed),
    AddTrigger(Seed),
    DropTrigger(Seed),
    AddEnum(Seed),
    AddEnumValue(Seed),
    RemoveEnumValue(Seed),
    RenameEnum(Seed),
    Postgres(PostgresEdit),
}

/// Lists of edits of a length in a range.
pub fn edits(dialect: Dialect, length: Range<usize>) -> BoxedStrategy<Vec<Edit>> {
    match dialect {
        Dialect::Sqlite => prop::collection::vec(common(), length).boxed(),
        Dialect::Postgres => {
            let edit = prop_oneof![5 => common(), 1 => postgres_edit().prop_map(Edit::Postgres)];
            prop::collection::vec(edit, length).boxed()
        }
    }
}

/// What is done on any engine.
fn common() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => any::<Seed>().prop_map(Edit::CreateTable),
        1 => any::<Seed>().prop_map(Edit::DropTable),
        2 => any::<Seed>().prop_map(Edit::RenameTable),
        4 => any::<Seed>().prop_map(Edit::AddColumn),
        2 => any::<Seed>().prop_map(Edit::AddGenerated),
        2 => any::<Seed>().prop_map(Edit::DropColumn),
        2 => any::<Seed>().prop_map(Edit::RenameColumn),
        2 => any::<Seed>().prop_map(Edit::ChangeKind),
        2 => any::<Seed>().prop_map(Edit::ChangeNullability),
        2 => any::<Seed>().prop_map(Edit::ChangeDefault),
        1 => any::<Seed>().prop_map(Edit::ChangeCollation),
        1 => any::<Seed>().prop_map(Edit::SetPrimaryKey),
        1 => any::<Seed>().prop_map(Edit::ChangeOptions),
        2 => any::<Seed>().prop_map(Edit::AddUnique),
        1 => any::<Seed>().prop_map(Edit::DropUnique),
        2 => any::<Seed>().prop_map(Edit::AddCheck),
        1 => any::<Seed>().prop_map(Edit::DropCheck),
        4 => any::<Seed>().prop_map(Edit::AddForeignKey),
        1 => any::<Seed>().prop_map(Edit::DropForeignKey),
        3 => any::<Seed>().prop_map(Edit::AddIndex),
        1 => any::<Seed>().prop_map(Edit::DropIndex),
        3 => any::<Seed>().prop_map(Edit::AddView),
        1 => any::<Seed>().prop_map(Edit::DropView),
        1 => any::<Seed>().prop_map(Edit::ChangeView),
        2 => any::<Seed>().prop_map(Edit::AddTrigger),
        1 => any::<Seed>().prop_map(Edit::DropTrigger),
        1 => any::<Seed>().prop_map(Edit::AddEnum),
        1 => any::<Seed>().prop_map(Edit::AddEnumValue),
        1 => any::<Seed>().prop_map(Edit::RemoveEnumValue),
        1 => any::<Seed>().prop_map(Edit::RenameEnum),
    ]
}

impl Model {
    /// The schema after some edits.
    pub fn edited(&self, edits: &[Edit]) -> Self {
        let mut model = self.clone();
        for edit in edits {
            // An edit that finds nothing to do is none.
            let _ = model.edit(*edit);
            model.repair();
        }
        model
    }

    fn edit(&mut self, edit: Edit) -> Option<()> {
        match edit {
            Edit::CreateTable(seed) => self.create_table(seed),
            Edit::DropTable(seed) => {
                let at = self.pick_table(seed[0])?;
                self.tables.remove(at);
            }
            Edit::RenameTable(seed) => {
                let at = self.pick_table(seed[0])?;
                self.tables[at].name = self.name(seed[1]);
            }
            Edit::AddColumn(seed) => {
                let at = self.pick_table(seed[0])?;
                let column = self.column(seed);
                self.tables[at].columns.push(column);
            }
            Edit::AddGenerated(seed) => self.add_generated(seed)?,
            Edit::DropColumn(seed) => {
                let (table, column) = self.pick_column(seed)?;
                self.tables[table].columns.remove(column);
            }
            Edit::RenameColumn(seed) => {
                let (table, column) = self.pick_column(seed)?;
                self.tables[table].columns[column].name = self.name(seed[2]);
            }
            Edit::ChangeKind(seed) => {
                let kind = self.kind(seed[2]);
                let old = self.plain_column(seed)?.kind;
                if self.becomes(old, kind) {
                    self.plain_column(seed)?.kind = kind;
                }
            }
            Edit::ChangeNullability(seed) => {
                let column = self.plain_column(seed)?;
                column.nullable = !column.nullable;
            }
            Edit::ChangeDefault(seed) => {
                let column = self.plain_column(seed)?;
                column.default = default(column.kind, seed[2]);
            }
            Edit::ChangeCollation(seed) => {
                let column = self.plain_column(seed)?;
                column.collated = !column.collated && column.kind.is_text();
            }
            Edit::SetPrimaryKey(seed) => {
                let at = self.pick_table(seed[0])?;
                self.tables[at].primary_key = self.tables[at].pick_columns(seed[1] % 3, seed[2]);
            }
            Edit::ChangeOptions(seed) => {
                let at = self.pick_table(seed[0])?;
                let table = &mut self.tables[at];
                match seed[1] % 3 {
                    0 => table.strict = !table.strict,
                    1 => table.without_rowid = !table.without_rowid,
                    _ => table.numbers_itself = !table.numbers_itself,
                }
            }
            Edit::AddUnique(seed) => {
                let at = self.pick_table(seed[0])?;
                let name = self.optional_name(seed[1]);
                let columns = self.tables[at].pick_columns(1 + seed[2] % 2, seed[3]);
                self.tables[at].uniques.push(Unique { name, columns });
            }
            Edit::DropUnique(seed) => {
                let at = self.pick_table(seed[0])?;
                take(&mut self.tables[at].uniques, seed[1])?;
            }
            Edit::AddCheck(seed) => {
                let (table, column) = self.pick_column(seed)?;
                let name = self.optional_name(seed[2]);
                let column = self.tables[table].columns[column].id;
                self.tables[table].checks.push(Check { name, column, variant: seed[3] });
            }
            Edit::DropCheck(seed) => {
                let at = self.pick_table(seed[0])?;
                take(&mut self.tables[at].checks, seed[1])?;
            }
            Edit::AddForeignKey(seed) => self.add_foreign_key(seed)?,
            Edit::DropForeignKey(seed) => {
                let at = self.pick_table(seed[0])?;
                take(&mut self.tables[at].foreign_keys, seed[1])?;
            }
            Edit::AddIndex(seed) => self.add_index(seed)?,
            Edit::DropIndex(seed) => {
                let at = self.pick_table(seed[0])?;
                take(&mut self.tables[at].indexes, seed[1])?;
            }
            Edit::AddView(seed) => self.add_view(seed)?,
            Edit::DropView(seed) => {
                take(&mut self.views, seed[0])?;
            }
            Edit::ChangeView(seed) => {
                let at = pick(self.views.len(), seed[0])?;
                let view = &mut self.views[at];
                if seed[1].is_multiple_of(2) || view.columns.len() < 2 {
                    view.filtered = !view.filtered;
                } else {
                    view.columns.pop();
                }
            }
            Edit::AddTrigger(seed) => {
                let at = self.pick_table(seed[0])?;
                let mentions = self.pick_column([seed[1], seed[2], 0, 0, 0, 0]);
                let mentions = mentions
                    .map(|(table, column)| (self.tables[table].id, self.tables[table].columns[column].id));
                let (name, table) = (self.name(seed[3]), self.tables[at].id);
                self.triggers.push(Trigger { name, table, event: seed[4], mentions });
            }
            Edit::DropTrigger(seed) => {
                take(&mut self.triggers, seed[0])?;
            }
            Edit::AddEnum(seed) => self.add_enum(seed),
            Edit::AddEnumValue(seed) => {
                let at = pick(self.enums.len(), seed[0])?;
                let value = self.name(seed[1]);
                let values = &mut self.enums[at].values;
                let place = usize::from(seed[2]) % (values.len() + 1);
                values.insert(place, value);
            }
            Edit::RemoveEnumValue(seed) => {
                let at = pick(self.enums.len(), seed[0])?;
                if self.enums[at].values.len() > 1 {
                    take(&mut self.enums[at].values, seed[1])?;
                }
            }
            Edit::RenameEnum(seed) => {
                let at = pick(self.enums.len(), seed[0])?;
                self.enums[at].name = self.name(seed[1]);
            }
            Edit::Postgres(edit) => self.postgres_edit(edit)?,
        }
        Some(())
    }

    fn create_table(&mut self, seed: Seed) {
        let (id, name) = (self.id(), self.name(seed[0]));
        let key = Column {
            id: self.id(),
            name: self.name(seed[1]),
            kind: if seed[2].is_multiple_of(3) { Kind::Bigint } else { Kind::Integer },
            nullable: seed[2].is_multiple_of(2),
            default: None,
            collated: false,
            generated: None,
        };
        let mut columns = vec![key];
        for index in 0..seed[3] % 4 {
            let seed = seed.map(|byte| byte.wrapping_mul(31).wrapping_add(index));
            columns.push(self.column(seed));
        }
        let primary_key = if seed[4].is_multiple_of(5) { Vec::new() } else { vec![columns[0].id] };
        self.tables.push(TableModel {
            id,
            namespace: None,
            name,
            columns,
            primary_key,
            numbers_itself: seed[4].is_multiple_of(3),
            serial: false,
            strict: seed[5].is_multiple_of(4),
            without_rowid: seed[5].is_multiple_of(7),
            uniques: Vec::new(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            indexes: Vec::new(),
        });
    }

    fn column(&mut self, seed: Seed) -> Column {
        let kind = self.kind(seed[2]);
        Column {
            id: self.id(),
            name: self.name(seed[1]),
            kind,
            nullable: !seed[3].is_multiple_of(3),
            default: default(kind, seed[4]),
            collated: kind.is_text() && seed[5].is_multiple_of(5),
            generated: None,
        }
    }

    fn add_generated(&mut self, seed: Seed) -> Option<()> {
        let (table, source) = self.pick_column(seed)?;
        let source = &self.tables[table].columns[source];
        let (source, kind) = (source.id, source.kind);
        let column = Column {
            id: self.id(),
            name: self.name(seed[2]),
            kind,
            nullable: true,
            default: None,
            collated: false,
            generated: Some((source, seed[3].is_multiple_of(2))),
        };
        self.tables[table].columns.push(column);
        Some(())
    }

    fn add_foreign_key(&mut self, seed: Seed) -> Option<()> {
        let from = self.pick_table(seed[0])?;
        let to = self.pick_table(seed[1])?;
        let keys: Vec<Id> = self.tables[to].columns.iter().map(|column| column.id).collect();
        let keys: Vec<Id> = keys.into_iter().filter(|id| self.tables[to].is_key(*id)).collect();
        let target = keys[pick(keys.len(), seed[2])?];
        let kind = self.tables[to].column(target)?.kind;
        let fitting = self.tables[from].columns.iter().filter(|column| column.kind == kind);
        let fitting: Vec<Id> = fitting.map(|column| column.id).collect();
        let column = match pick(fitting.len(), seed[3]) {
            Some(at) if !seed[4].is_multiple_of(2) => fitting[at],
            _ => {
                let (id, name) = (self.id(), self.name(seed[3]));
                let (nullable, default) = (true, None);
                self.tables[from].columns.push(Column {
                    id,
                    name,
                    kind,
                    nullable,
                    default,
                    collated: false,
                    generated: None,
                });
                id
            }
        };
        let (name, table) = (self.optional_name(seed[5]), self.tables[to].id);
        let action = [Action::None, Action::Cascade, Action::SetNull][usize::from(seed[4] % 3)];
        let deferred = seed[5].is_multiple_of(3);
        self.tables[from].foreign_keys.push(ForeignKey { name, column, table, target, action, deferred });
        Some(())
    }

    fn add_index(&mut self, seed: Seed) -> Option<()> {
        let at = self.pick_table(seed[0])?;
        let columns = self.tables[at].pick_columns(1 + seed[1] % 3, seed[2]);
        let partial = columns.last().copied().filter(|_| seed[4].is_multiple_of(3));
        let name = self.name(seed[3]);
        self.tables[at].indexes.push(IndexModel {
            name,
            columns,
            unique: seed[5].is_multiple_of(3),
            descending: seed[5].is_multiple_of(2),
            expression: seed[4].is_multiple_of(4),
            partial,
            hash: false,
            include: None,
        });
        Some(())
    }

    fn add_view(&mut self, seed: Seed) -> Option<()> {
        let at = pick(self.tables.len() + self.views.len(), seed[0])?;
        let (base, available): (Id, Vec<Id>) = match self.tables.get(at) {
            Some(table) => (table.id, table.columns.iter().map(|column| column.id).collect()),
            None => {
                let view = &self.views[at - self.tables.len()];
                (view.id, view.columns.iter().map(|(id, _)| *id).collect())
            }
        };
        let (id, name) = (self.id(), self.name(seed[1]));
        let wanted = 1 + usize::from(seed[2]) % 3;
        let columns = available.into_iter().cycle().skip(usize::from(seed[3])).take(wanted).enumerate();
        let mut chosen: Vec<(Id, String)> = Vec::new();
        for (index, column) in columns {
            if chosen.iter().all(|(id, _)| *id != column) {
                chosen
                    .push((column, if index == 0 { "out \"0\"".to_owned() } else { format!("out{index}") }));
            }
        }
        self.views.push(View {
            id,
            name,
            base,
            columns: chosen,
            filtered: seed[4].is_multiple_of(2),
            materialized: false,
        });
        Some(())
    }

    fn add_enum(&mut self, seed: Seed) {
        if self.dialect == Dialect::Postgres {
            let (id, name) = (self.id(), self.name(seed[0]));
            let values = (0..1 + seed[1] % 4).map(|at| self.name(seed[2].wrapping_add(at))).collect();
            self.enums.push(EnumModel { id, name, values });
        }
    }

    fn kind(&self, seed: u8) -> Kind {
        if let Some(kind) = self.postgres_kind(seed) {
            return kind;
        }
        match seed % 9 {
            0 | 1 => Kind::Integer,
            2 => Kind::Bigint,
            3 | 4 => Kind::Text,
            5 => Kind::Varchar(40 + seed / 8),
            6 => Kind::Real,
            7 => Kind::Numeric,
            _ => match pick(self.enums.len(), seed / 9) {
                Some(at) => Kind::Enum(self.enums[at].id),
                None => Kind::Blob,
            },
        }
    }

    fn optional_name(&mut self, seed: u8) -> Option<String> {
        (!seed.is_multiple_of(3)).then(|| self.name(seed))
    }

    pub(super) fn pick_table(&self, seed: u8) -> Option<usize> {
        pick(self.tables.len(), seed)
    }

    pub(super) fn pick_column(&self, seed: Seed) -> Option<(usize, usize)> {
        let table = self.pick_table(seed[0])?;
        Some((table, pick(self.tables[table].columns.len(), seed[1])?))
    }

    /// A column that is not computed.
    fn plain_column(&mut self, seed: Seed) -> Option<&mut Column> {
        let (table, column) = self.pick_column(seed)?;
        Some(&mut self.tables[table].columns[column]).filter(|column| column.generated.is_none())
    }
}

impl TableModel {
    /// Some columns, none of them twice.
    fn pick_columns(&self, count: u8, seed: u8) -> Vec<Id> {
        let all = self.columns.iter().map(|column| column.id);
        let count = usize::from(count).min(self.columns.len());
        all.cycle().skip(usize::from(seed) % self.columns.len().max(1)).take(count).collect()
    }
}

fn default(kind: Kind, seed: u8) -> Option<DefaultValue> {
    match (kind, seed % 6) {
        (_, 0 | 1) => None,
        (kind, 3..) if !kind.converts() => None,
        (Kind::Text, 4) => Some(DefaultValue::Now),
        (_, 5) if kind.converts() => Some(DefaultValue::Expression),
        _ => Some(DefaultValue::Literal(seed / 6)),
    }
}

pub(super) fn pick(length: usize, seed: u8) -> Option<usize> {
    (length > 0).then(|| usize::from(seed) % length)
}

pub(super) fn take<T>(list: &mut Vec<T>, seed: u8) -> Option<T> {
    pick(list.len(), seed).map(|at| list.remove(at))
}
