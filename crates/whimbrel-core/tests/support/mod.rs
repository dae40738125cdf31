//! Schemas for property tests: a [`Model`] says everything about a schema but
//! its names, so that the same one can be written down under two sets of names.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use whimbrel_core::change::{Change, CommentTarget};
use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{
    Check, Column, EnumType, ForeignKey, Generated, Index, KeyPart, Object, ObjectKind, PrimaryKey,
    ReferentialAction, Schema, Sequence, SqlExpr, Table, Unique,
};

/// Everything about a schema but its names. Columns and tables are numbers, to
/// be taken modulo how many there are.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) tables: Vec<TableModel>,
    pub(crate) enums: Vec<Vec<usize>>,
    pub(crate) views: Vec<usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct TableModel {
    pub(crate) columns: Vec<ColumnModel>,
    pub(crate) primary_key: Option<usize>,
    pub(crate) uniques: Vec<(usize, bool)>,
    pub(crate) checks: Vec<(usize, bool)>,
    pub(crate) foreign_keys: Vec<(usize, usize, bool)>,
    pub(crate) indexes: Vec<IndexModel>,
}

#[derive(Debug, Clone)]
pub(crate) struct ColumnModel {
    pub(crate) sql_type: usize,
    pub(crate) nullable: bool,
    pub(crate) default: Option<usize>,
    pub(crate) computed_from: Option<usize>,
    pub(crate) serial: bool,
    pub(crate) commented: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct IndexModel {
    pub(crate) column: usize,
    pub(crate) expression: bool,
    pub(crate) unique: bool,
    pub(crate) partial: Option<usize>,
}

/// The names of a model's tables, enums, and of their columns and values.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) tables: Vec<String>,
    pub(crate) columns: Vec<Vec<String>>,
    pub(crate) enums: Vec<String>,
    pub(crate) values: Vec<String>,
}

/// How many of each kind of name there are at most.
const MOST: usize = 6;

/// Names that are hard to quote, to split, or to tell apart.
pub(crate) const AWKWARD: [&str; 18] = [
    "a", "b", "users", "user_id", "Order", "select", "a b", "a.b", "it's", "\"q\"", "x;--", "ünï", "a=b",
    "[x]", "`y`", "$1", "public", "🦀",
];

pub(crate) fn model(dialect: Dialect) -> impl Strategy<Value = Model> {
    let enums = if dialect == Dialect::Postgres { 0..3_usize } else { 0..1 };
    (vec(table(dialect), 0..5), vec(vec(0..MOST, 1..4), enums), vec(0..4_usize, 0..3)).prop_map(
        |(tables, mut enums, views)| {
            for values in &mut enums {
                values.sort_unstable();
                values.dedup();
            }
            Model { tables, enums, views }
        },
    )
}

fn table(dialect: Dialect) -> impl Strategy<Value = TableModel> {
    let place = 0..MOST;
    let index = (place.clone(), any::<bool>(), any::<bool>(), option::of(place.clone()))
        .prop_map(|(column, expression, unique, partial)| IndexModel { column, expression, unique, partial });
    (
        vec(column(dialect), 1..MOST),
        option::of(place.clone()),
        vec((place.clone(), any::<bool>()), 0..3),
        vec((place.clone(), any::<bool>()), 0..3),
        vec((place.clone(), place, any::<bool>()), 0..3),
        vec(index, 0..3),
    )
        .prop_map(|(columns, primary_key, uniques, checks, foreign_keys, indexes)| TableModel {
            columns,
            primary_key,
            uniques,
            checks,
            foreign_keys,
            indexes,
        })
}

fn column(dialect: Dialect) -> impl Strategy<Value = ColumnModel> {
    let serial = any::<bool>().prop_map(move |serial| serial && dialect == Dialect::Postgres);
    (0..5_usize, any::<bool>(), option::of(0..3_usize), option::weighted(0.2, 0..MOST), serial, any::<bool>())
        .prop_map(|(sql_type, nullable, default, computed_from, serial, commented)| ColumnModel {
            sql_type,
            nullable,
            default,
            computed_from,
            serial,
            commented,
        })
}

impl Model {
    /// The same model with every table, column, enum and value that `other` has.
    pub(crate) fn with_all_of(mut self, other: &Self) -> Self {
        self.tables.extend(other.tables.iter().skip(self.tables.len()).cloned());
        for (table, other) in self.tables.iter_mut().zip(&other.tables) {
            table.columns.extend(other.columns.iter().skip(table.columns.len()).cloned());
        }
        self.enums.extend(other.enums.iter().skip(self.enums.len()).cloned());
        for (values, other) in self.enums.iter_mut().zip(&other.enums) {
            values.extend(other);
            values.sort_unstable();
            values.dedup();
        }
        self
    }
}

/// Names for any model, each once in its scope, also for those who do not
/// tell upper from lower case.
pub(crate) fn names() -> impl Strategy<Value = Names> {
    let scope = || Just(AWKWARD.map(str::to_owned).to_vec()).prop_shuffle();
    (scope(), vec(scope(), MOST), scope(), scope()).prop_map(|(tables, columns, enums, values)| Names {
        tables,
        columns,
        enums,
        values,
    })
}

impl Names {
    /// The same names with `-2` behind those that `which` picks.
    pub(crate) fn renamed(&self, which: &[bool]) -> Self {
        let mut which = which.iter().cycle();
        let mut rename = |name: &String| match which.next() {
            Some(true) => format!("{name}-2"),
            Some(false) | None => name.clone(),
        };
        Self {
            tables: self.tables.iter().map(&mut rename).collect(),
            columns: self.columns.iter().map(|names| names.iter().map(&mut rename).collect()).collect(),
            enums: self.enums.iter().map(&mut rename).collect(),
            values: self.values.iter().map(&mut rename).collect(),
        }
    }
}

/// Writes a model down under `names`.
pub(crate) fn schema(dialect: Dialect, model: &Model, names: &Names) -> Schema {
    let writer = Writer { dialect, model, names };
    let tables = (0..model.tables.len()).map(|table| writer.table(table)).collect();
    let mut views = model.views.clone();
    views.sort_unstable();
    views.dedup();
    Schema {
        tables,
        enums: (0..model.enums.len()).map(|index| writer.enum_type(index)).collect(),
        sequences: writer.sequences(),
        objects: views.into_iter().map(view).collect(),
        ..Schema::default()
    }
}

fn view(number: usize) -> Object {
    Object {
        kind: ObjectKind::View,
        name: ObjectName::new(format!("v{number}")),
        signature: None,
        table: None,
        definition: SqlExpr(format!("CREATE VIEW v{number} AS SELECT {number}")),
        depends_on: Vec::new(),
        columns: Vec::new(),
        comment: None,
    }
}

struct Writer<'a> {
    dialect: Dialect,
    model: &'a Model,
    names: &'a Names,
}

impl Writer<'_> {
    fn table(&self, table: usize) -> Table {
        let model = &self.model.tables[table];
        let column = |number: usize| self.column_name(table, number);
        Table {
            columns: (0..model.columns.len()).map(|number| self.column(table, number)).collect(),
            primary_key: model.primary_key.map(|number| PrimaryKey {
                columns: vec![KeyPart::column(column(number))],
                name: (self.dialect == Dialect::Postgres).then(|| "pk".to_owned()),
                ..PrimaryKey::default()
            }),
            indexes: model
                .indexes
                .iter()
                .enumerate()
                .map(|(at, index)| self.index(table, at, index))
                .collect(),
            foreign_keys: model.foreign_keys.iter().map(|key| self.foreign_key(table, key)).collect(),
            unique_constraints: model
                .uniques
                .iter()
                .enumerate()
                .map(|(at, (number, named))| Unique {
                    name: named.then(|| format!("unique{at}")),
                    columns: vec![KeyPart::column(column(*number))],
                    ..Unique::default()
                })
                .collect(),
            checks: model
                .checks
                .iter()
                .enumerate()
                .map(|(at, (number, named))| Check {
                    name: named.then(|| format!("check{at}")),
                    expression: SqlExpr(format!(
                        "length({}) > {at} AND 'nick' <> 'x'",
                        self.ident(&column(*number))
                    )),
                    no_inherit: false,
                    not_valid: false,
                    comment: None,
                })
                .collect(),
            ..Table::new(self.names.tables[table].clone())
        }
    }

    fn column_name(&self, table: usize, number: usize) -> String {
        self.names.columns[table][number % self.model.tables[table].columns.len()].clone()
    }

    fn ident(&self, name: &str) -> String {
        self.dialect.quote_ident(name)
    }

    fn column(&self, table: usize, number: usize) -> Column {
        let model = &self.model.tables[table].columns[number];
        let name = self.column_name(table, number);
        let enum_type = self.model.enums.len().checked_sub(1).filter(|_| model.sql_type == 4);
        let default = match (enum_type, model.default) {
            _ if model.serial => Some(format!("nextval('{}'::regclass)", sequence_name(table, number))),
            (Some(at), Some(_)) => Some(format!(
                "{}::{}",
                self.dialect.quote_literal(&self.names.values[self.model.enums[at][0]]),
                self.ident(&self.names.enums[at])
            )),
            (None, Some(number)) => Some(["0", "'a''b'", "CURRENT_TIMESTAMP"][number].to_owned()),
            (_, None) => None,
        };
        let computed = model.computed_from.filter(|_| default.is_none());
        Column {
            nullable: model.nullable,
            default: default.map(SqlExpr),
            generated: computed.map(|from| Generated {
                expression: SqlExpr(format!("{} || 'x'", self.ident(&self.column_name(table, from)))),
                stored: true,
            }),
            comment: model.commented.then(|| "told".to_owned()),
            ..Column::new(
                name,
                match enum_type {
                    Some(at) => self.ident(&self.names.enums[at]),
                    None => {
                        ["integer", "text", "numeric(10,2)", "varchar(20)", "date"][model.sql_type].to_owned()
                    }
                },
            )
        }
    }

    fn index(&self, table: usize, at: usize, index: &IndexModel) -> Index {
        let column = self.column_name(table, index.column);
        let part = match index.expression {
            true => KeyPart::expression(format!("lower({})", self.ident(&column))),
            false => KeyPart::column(column),
        };
        let predicate =
            |number| SqlExpr(format!("{} IS NOT NULL", self.ident(&self.column_name(table, number))));
        Index {
            name: format!("index{table}_{at}"),
            columns: vec![part],
            unique: index.unique,
            predicate: index.partial.map(predicate),
            ..Index::default()
        }
    }

    fn foreign_key(&self, table: usize, &(column, target, cascades): &(usize, usize, bool)) -> ForeignKey {
        let target = target % self.model.tables.len();
        ForeignKey {
            referenced_columns: vec![self.column_name(target, column)],
            on_delete: if cascades { ReferentialAction::Cascade } else { ReferentialAction::NoAction },
            ..ForeignKey::new([self.column_name(table, column)], self.names.tables[target].as_str())
        }
    }

    fn enum_type(&self, at: usize) -> EnumType {
        let values = self.model.enums[at].iter().map(|value| self.names.values[*value].clone());
        EnumType { name: ObjectName::new(&self.names.enums[at]), values: values.collect(), comment: None }
    }

    fn sequences(&self) -> Vec<Sequence> {
        let columns = self.model.tables.iter().enumerate().flat_map(|(table, model)| {
            let numbered = model.columns.iter().enumerate();
            numbered.filter(|(_, column)| column.serial).map(move |(number, _)| (table, number))
        });
        let sequence = |(table, number)| Sequence {
            name: ObjectName::new(sequence_name(table, number)),
            sql_type: "integer".into(),
            start: 1,
            increment: 1,
            min: 1,
            max: i64::from(i32::MAX),
            cache: 1,
            cycle: false,
            owned_by: Some((ObjectName::new(&self.names.tables[table]), self.column_name(table, number))),
            comment: None,
        };
        columns.map(sequence).collect()
    }
}

fn sequence_name(table: usize, number: usize) -> String {
    format!("t{table}_c{number}_seq")
}

/// Carries changes out on a schema; those of names only where no expression
/// holds the name.
pub(crate) fn apply(mut schema: Schema, changes: &[Change]) -> Schema {
    for change in changes {
        apply_one(&mut schema, change);
    }
    schema
}

fn apply_one(schema: &mut Schema, change: &Change) {
    if let Some(name) = change.table_name()
        && let Some(table) = schema.tables.iter_mut().find(|table| table.name == *name)
        && apply_to_table(table, change)
    {
        return;
    }
    match change {
        Change::CreateTable { table } => schema.tables.push(table.clone()),
        Change::DropTable { table_name } => schema.tables.retain(|table| table.name != *table_name),
        Change::CreateEnum { enum_def } => schema.enums.push(enum_def.clone()),
        Change::DropEnum { enum_name } => schema.enums.retain(|one| one.name != *enum_name),
        Change::AlterEnum(alter) => {
            let one = schema.enums.iter_mut().find(|one| one.name == alter.enum_name).expect("it is there");
            one.values.retain(|value| !alter.remove_values.contains(value));
            let stays_in_order =
                one.values.iter().eq(alter.new_values.iter().filter(|v| one.values.contains(v)));
            assert_ne!(stays_in_order, alter.reorders);
            one.values.extend(alter.add_values.clone());
            one.values.sort_by_key(|value| alter.new_values.iter().position(|new| new == value));
            assert_eq!(one.values, alter.new_values);
        }
        Change::CreateSequence { sequence } => schema.sequences.push(sequence.clone()),
        Change::DropSequence { sequence } => schema.sequences.retain(|one| one.name != sequence.name),
        Change::AlterSequence { from, to } => {
            *schema.sequences.iter_mut().find(|one| one.name == from.name).expect("it is there") = to.clone();
        }
        Change::RenameSequence { from, to } => {
            let one = schema.sequences.iter_mut().find(|one| one.name == *from).expect("it is there");
            let (old, new) = (format!("'{from}'"), format!("'{to}'"));
            one.name = to.clone();
            let columns = schema.tables.iter_mut().flat_map(|table| &mut table.columns);
            for default in columns.filter_map(|column| column.default.as_mut()) {
                default.0 = default.0.replace(&old, &new);
            }
        }
        Change::CreateObject { object } => schema.objects.push(object.clone()),
        Change::DropObject { object } => schema.objects.retain(|one| one.name != object.name),
        other => panic!("{other:?} has no place here"),
    }
}

/// Carries a change out on its table; `false` if it is one of the table itself.
fn apply_to_table(table: &mut Table, change: &Change) -> bool {
    match change {
        Change::CreateTable { .. } | Change::DropTable { .. } => return false,
        Change::AddColumn { column, .. } => table.columns.push(column.clone()),
        Change::DropColumn { column_name, .. } => table.columns.retain(|column| column.name != *column_name),
        Change::AlterColumn { column_name, to, .. } => {
            let column = table.columns.iter_mut().find(|column| column.name == *column_name);
            let column = column.expect("it is there");
            *column = Column { comment: column.comment.clone(), ..to.clone() };
        }
        Change::SetComment { target: CommentTarget::Column { column_name, .. }, to, .. } => {
            let column = table.columns.iter_mut().find(|column| column.name == *column_name);
            column.expect("it is there").comment.clone_from(to);
        }
        Change::AddPrimaryKey { primary_key, .. } => table.primary_key = Some(primary_key.clone()),
        Change::DropPrimaryKey { .. } => table.primary_key = None,
        Change::CreateIndex { index, .. } => table.indexes.push(index.clone()),
        Change::DropIndex { index_name, .. } => table.indexes.retain(|index| index.name != *index_name),
        Change::RenameIndex { from, to, .. } => {
            table
                .indexes
                .iter_mut()
                .find(|index| index.name == *from)
                .expect("it is there")
                .name
                .clone_from(to);
        }
        Change::AddUniqueConstraint { constraint, .. } => table.unique_constraints.push(constraint.clone()),
        Change::DropUniqueConstraint { constraint, .. } => remove(&mut table.unique_constraints, constraint),
        Change::AddCheck { check, .. } => table.checks.push(check.clone()),
        Change::DropCheck { check, .. } => remove(&mut table.checks, check),
        Change::AddForeignKey { fk, .. } => table.foreign_keys.push(fk.clone()),
        Change::DropForeignKey { fk, .. } => remove(&mut table.foreign_keys, fk),
        Change::RenameConstraint { from, to, .. } => rename_constraint(table, from.as_ref(), to.as_ref()),
        other => panic!("{other:?} has no place here"),
    }
    true
}

fn remove<T: PartialEq>(items: &mut Vec<T>, item: &T) {
    let at = items.iter().position(|one| one == item).expect("it is there");
    items.remove(at);
}

/// Which of the constraints without a name gets one cannot be told from the
/// change, so those are left.
fn rename_constraint(table: &mut Table, from: Option<&String>, to: Option<&String>) {
    let (Some(from), Some(to)) = (from, to) else { return };
    let uniques = table.unique_constraints.iter_mut().map(|one| &mut one.name);
    let checks = table.checks.iter_mut().map(|one| &mut one.name);
    let name = uniques.chain(checks).flatten().find(|name| *name == from).expect("it is there");
    name.clone_from(to);
}
