//! One table as a struct.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::dialect::postgres::serial_sequence;
use whimbrel_core::schema::{
    Check, Column, Deferrability, ForeignKey, Index, KeyPart, PrimaryKey, ReferentialAction, Schema, Table,
};

use super::attributes::{attribute, comment, text};
use super::idents::{self, Idents, written};
use super::junctions::Junction;
use super::keys::{Fields, name_setting};
use super::lists::OfColumns;
use super::{default, types};
use crate::case::snake;
use crate::item::action_word;

/// What is known of the whole schema.
#[derive(Clone, Copy)]
pub(super) struct Cx<'a> {
    pub(super) dialect: Dialect,
    pub(super) schema: &'a Schema,
    pub(super) idents: &'a Idents,
    pub(super) lists: &'a OfColumns,
    pub(super) junctions: &'a [Junction],
}

/// What is gathered of a table before it is written.
pub(super) struct Parts<'a> {
    pub(super) dialect: Dialect,
    pub(super) schema: &'a Schema,
    pub(super) idents: &'a Idents,
    pub(super) lists: &'a OfColumns,
    pub(super) fields: Fields<'a>,
    /// What the struct says.
    model: Vec<String>,
    /// What each field says, in the order of the columns.
    columns: Vec<Vec<String>>,
}

/// Writes a table.
pub(super) fn item(cx: Cx<'_>, table: &Table) -> String {
    let Cx { dialect, schema, idents, lists, junctions } = cx;
    let keys = idents::fields(table);
    let mut parts = Parts {
        dialect,
        schema,
        idents,
        lists,
        fields: Fields { table, keys: &keys },
        model: Vec::new(),
        columns: vec![Vec::new(); table.columns.len()],
    };
    let rust = idents.of_table(&table.name).unwrap_or_default();
    parts.head(rust);
    let types: Vec<String> =
        table.columns.iter().enumerate().map(|(at, column)| parts.column(at, column)).collect();
    parts.keys();
    parts.foreign_keys();
    parts.indexes();
    parts.checks();
    parts.model.extend(junctions.iter().filter_map(|one| one.setting(&table.name, idents, junctions)));
    let attributes: String =
        parts.model.iter().map(|one| attribute("model", std::slice::from_ref(one))).collect();
    let mut fields = String::new();
    for (index, column) in table.columns.iter().enumerate() {
        fields.push_str(&comment(column.comment.as_deref()));
        fields.push_str(&attribute("column", &parts.columns[index]));
        fields.push_str(&format!("pub {}: {},\n", written(&keys[index]), types[index]));
    }
    format!(
        "{}#[derive(whimbrel::Model)] {attributes} pub struct {rust} {{ {fields} }}",
        comment(table.comment.as_deref())
    )
}

impl<'a> Parts<'a> {
    fn head(&mut self, rust: &str) {
        let table = self.fields.table;
        if snake(rust) != table.name.name {
            self.model.push(format!("table = {}", text(&table.name.name)));
        }
        if let Some(namespace) = &table.name.namespace {
            self.model.push(format!("namespace = {}", text(namespace)));
        }
        let options = &table.options;
        let flags = [
            (options.strict, "strict"),
            (options.without_rowid, "without_rowid"),
            (options.unlogged, "unlogged"),
            (table.primary_key.is_none(), "no_primary_key"),
        ];
        self.model.extend(flags.iter().filter(|(is, _)| *is).map(|(_, word)| (*word).to_owned()));
    }

    /// Gathers what the field of a column says, and returns its type.
    fn column(&mut self, at: usize, column: &Column) -> String {
        let table = self.fields.table;
        let found = match self.lists.get(&(table.name.clone(), column.name.clone())) {
            Some(name) => types::of_list(self.dialect, self.schema, self.idents, name, column),
            None => types::of_column(self.dialect, self.schema, self.idents, table, column),
        };
        let key = &self.fields.keys[at];
        let mut says = Vec::new();
        if *key != column.name {
            says.push(format!("name = {}", text(&column.name)));
        }
        says.extend(found.told.as_ref().map(|told| format!("type = {told}")));
        says.extend(column.auto_increment.then(|| "auto_increment".to_owned()));
        if let Some(identity) = &column.identity
            && serial_sequence(&table.name, &column.name, &column.sql_type).is_some()
        {
            says.push(if identity.always { "identity = always" } else { "identity" }.to_owned());
        }
        if let Some(sql) = &column.default {
            says.push(default::written(self.dialect, found.scalar, sql.as_str()));
        }
        if let Some(generated) = &column.generated {
            let sql = text(generated.expression.as_str());
            says.push(match generated.stored {
                true => format!("generated = {sql}"),
                false => format!("generated = virtual({sql})"),
            });
        }
        says.extend(column.collation.as_ref().map(|collation| format!("collate = {}", text(collation))));
        let nullable = self.says_null(column, &mut says);
        self.columns[at].extend(says);
        if nullable { format!("Option<{}>", found.rust) } else { found.rust }
    }

    /// Says what is unusual about NULL; returns whether the type is an `Option`.
    fn says_null(&self, column: &Column, says: &mut Vec<String>) -> bool {
        let table = self.fields.table;
        let named = |part: &KeyPart| {
            part.column_name().is_some_and(|name| self.dialect.same_ident(name, &column.name))
        };
        let key = table.primary_key.as_ref().filter(|key| key.columns.iter().any(named));
        let Some(key) = key else {
            return column.nullable;
        };
        match (self.is_rowid(key, column), column.nullable) {
            (true, true) | (false, false) => {}
            (true, false) => says.push("nullable = false".to_owned()),
            (false, true) => says.push("nullable".to_owned()),
        }
        false
    }

    /// Says whether a column is another name for SQLite's rowid.
    pub(super) fn is_rowid(&self, key: &PrimaryKey, column: &Column) -> bool {
        self.dialect == Dialect::Sqlite
            && key.columns.len() == 1
            && column.sql_type.eq_ignore_ascii_case("INTEGER")
            && !self.fields.table.options.without_rowid
    }

    fn say(&mut self, field: &str, what: String) {
        if let Some(index) = self.fields.keys.iter().position(|key| key == field) {
            self.columns[index].push(what);
        }
    }

    fn keys(&mut self) {
        let (table, dialect) = (self.fields.table, self.dialect);
        if let Some(key) = &table.primary_key {
            match self.fields.primary_key(dialect, key) {
                Ok(fields) => {
                    for field in fields {
                        let index = self.fields.keys.iter().position(|key| *key == field);
                        self.columns[index.unwrap_or_default()].insert(0, "primary_key".to_owned());
                    }
                }
                Err(setting) => self.model.push(setting),
            }
        }
        for unique in &table.unique_constraints {
            match self.fields.unique(dialect, unique) {
                Ok(field) => self.say(&field, "unique".to_owned()),
                Err(setting) => self.model.push(setting),
            }
        }
    }

    fn indexes(&mut self) {
        let (table, dialect) = (self.fields.table, self.dialect);
        for index in &table.indexes {
            if self.comes_with_a_key(index) {
                continue;
            }
            match self.fields.index(dialect, index) {
                Ok(field) => self.say(&field, "index".to_owned()),
                Err(setting) => self.model.push(setting),
            }
        }
    }

    /// Says whether an index is the automatic one of a foreign key, which needs
    /// it because nothing else begins with its columns.
    fn comes_with_a_key(&self, index: &Index) -> bool {
        let table = self.fields.table;
        let is_for = |fk: &&ForeignKey| {
            let automatic = Index {
                name: format!("{}_{}_idx", table.name.name, fk.columns.join("_")),
                columns: fk.columns.iter().map(KeyPart::column).collect(),
                ..Index::default()
            };
            let same_columns = self.relations().filter(|other| other.columns == fk.columns).count();
            automatic == *index && same_columns == 1 && !self.is_served(fk, Some(&index.name))
        };
        self.relations().any(|fk| is_for(&fk))
    }

    /// Says whether a key or an index other than `besides` begins with the
    /// columns of a foreign key.
    fn is_served(&self, fk: &ForeignKey, besides: Option<&str>) -> bool {
        let table = self.fields.table;
        let begins = |parts: &[KeyPart]| {
            let pairs = fk.columns.iter().zip(parts);
            parts.len() >= fk.columns.len()
                && pairs.into_iter().all(|(name, part)| part.column_name() == Some(name))
        };
        table.primary_key.as_ref().is_some_and(|key| begins(&key.columns))
            || table.unique_constraints.iter().any(|unique| begins(&unique.columns))
            || table.indexes.iter().any(|index| {
                besides != Some(index.name.as_str()) && index.predicate.is_none() && begins(&index.columns)
            })
    }

    fn foreign_keys(&mut self) {
        let relations: Vec<&ForeignKey> = self.relations().collect();
        let mut told: Vec<&str> = Vec::new();
        for fk in relations {
            let (target, settings) = (self.target(fk), self.settings(fk));
            let fields: Vec<String> = fk
                .columns
                .iter()
                .filter_map(|column| self.fields.of(self.dialect, column).map(str::to_owned))
                .collect();
            let arguments = |first: Vec<String>| [first, settings.clone()].concat().join(", ");
            match fields.as_slice() {
                [field] if !told.contains(&fk.columns[0].as_str()) => {
                    told.push(&fk.columns[0]);
                    let setting = format!("references({})", arguments(vec![target]));
                    self.say(field, setting);
                }
                fields => {
                    let first = [fields.to_vec(), vec![format!("references = {target}")]].concat();
                    self.model.push(format!("foreign_key({})", arguments(first)));
                }
            }
        }
    }

    /// What a foreign key refers to.
    fn target(&self, fk: &ForeignKey) -> String {
        let dialect = self.dialect;
        let other =
            self.schema.tables.iter().find(|table| dialect.same_name(&table.name, &fk.referenced_table));
        let Some((other, rust)) = other.and_then(|other| Some((other, self.idents.of_table(&other.name)?)))
        else {
            let name = &fk.referenced_table;
            let parts = name.namespace.iter().chain([&name.name]).map(String::as_str);
            let name = whimbrel_core::name::join_dotted(parts);
            let names = std::iter::once(&name).chain(&fk.referenced_columns).map(|name| text(name));
            return format!("table({})", names.collect::<Vec<_>>().join(", "));
        };
        let keys = idents::fields(other);
        let fields = Fields { table: other, keys: &keys };
        let primary = other.primary_key.as_ref().and_then(|key| fields.plain(dialect, &key.columns));
        let referenced: Vec<_> =
            fk.referenced_columns.iter().filter_map(|column| fields.of(dialect, column)).collect();
        match referenced.is_empty() || primary.as_ref() == Some(&referenced) {
            true => rust.to_owned(),
            false => format!("{rust}({})", referenced.join(", ")),
        }
    }

    fn settings(&self, fk: &ForeignKey) -> Vec<String> {
        let table = self.fields.table;
        let mut settings = Vec::new();
        let usual = match fk.columns.iter().all(|name| self.may_be_null(name)) {
            true => ReferentialAction::SetNull,
            false => ReferentialAction::Restrict,
        };
        if fk.on_delete != usual {
            settings.push(format!("on_delete = {}", action_word(fk.on_delete)));
        }
        if fk.on_update != ReferentialAction::NoAction {
            settings.push(format!("on_update = {}", action_word(fk.on_update)));
        }
        let automatic = format!("{}_{}_fkey", table.name.name, fk.columns.join("_"));
        settings.extend(name_setting(fk.name.as_deref(), Some(&automatic)));
        match fk.deferrable {
            Deferrability::NotDeferrable => {}
            Deferrability::InitiallyImmediate => settings.push("deferrable".to_owned()),
            Deferrability::InitiallyDeferred => settings.push("deferrable = initially_deferred".to_owned()),
        }
        if !self.is_served(fk, None) {
            settings.push("index = false".to_owned());
        }
        settings
    }

    fn checks(&mut self) {
        let written = |check: &Check| {
            let sql = text(check.expression.as_str());
            match &check.name {
                Some(name) => format!("check({sql}, name = {})", text(name)),
                None => format!("check = {sql}"),
            }
        };
        self.model.extend(self.fields.table.checks.iter().map(written));
    }
}
