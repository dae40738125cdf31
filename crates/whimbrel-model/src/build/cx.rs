//! What is known while a schema is made.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::Rename;
use whimbrel_core::name::ObjectName;
use whimbrel_core::resolve::RenameKind;

use super::{Built, Sql};
use crate::At;
use crate::item::{Field, FieldKind, Model, Type};
use crate::problem::Problem;

/// The models, the dialect, and what came of them so far.
pub(super) struct Cx<'m> {
    pub(super) dialect: Dialect,
    pub(super) models: &'m [Model],
    /// The models that could not be read as a whole.
    pub(super) unread: &'m [Model],
    pub(super) built: Built,
    pub(super) problems: Vec<Problem>,
}

impl<'m> Cx<'m> {
    pub(super) fn new(dialect: Dialect, models: &'m [Model], unread: &'m [Model]) -> Self {
        Self { dialect, models, unread, built: Built::default(), problems: Vec::new() }
    }

    /// The model of a struct's name, if it is a table.
    pub(super) fn model(&self, name: &str) -> Option<&'m Model> {
        self.models.iter().find(|model| model.name == name && model.table.is_some())
    }

    /// Notes that a model is missing, unless that was told already.
    pub(super) fn missing(&mut self, model: &Model, at: At, name: &str, help: String) {
        if !self.unread.iter().any(|one| one.name == name) {
            self.wrong(model, at, format!("`{name}` is not among the models"), help);
        }
    }

    /// Notes what is wrong with a model.
    pub(super) fn wrong(
        &mut self,
        model: &Model,
        at: At,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let problem = Problem::new(at, message, help).in_file(&model.file);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Notes what was renamed.
    pub(super) fn renamed(
        &mut self,
        kind: RenameKind,
        parent: Option<&ObjectName>,
        from: impl Into<ObjectName>,
        to: impl Into<ObjectName>,
    ) {
        let rename = Rename { kind, parent: parent.cloned(), from: from.into(), to: to.into() };
        self.built.renames.push(rename);
    }

    /// Takes the SQL that a model carries for this engine.
    pub(super) fn take_sql(&mut self, model: &Model) {
        for raw in &model.sql {
            let Some(text) = raw.text.get(self.dialect) else {
                continue;
            };
            let sql = Sql { file: model.file.clone(), at: raw.at, text: text.to_owned() };
            let list = if raw.before { &mut self.built.before } else { &mut self.built.after };
            list.push(sql);
        }
    }

    pub(super) fn finish(self) -> Result<Built, Vec<Problem>> {
        if self.problems.is_empty() { Ok(self.built) } else { Err(self.problems) }
    }
}

/// The name of a model's table.
pub(super) fn table_name(model: &Model) -> ObjectName {
    model.table.clone().unwrap_or_else(|| ObjectName::new(&model.name))
}

/// The field of a key.
pub(super) fn field<'m>(model: &'m Model, key: &str) -> Option<&'m Field> {
    model.fields.iter().find(|field| field.key == key)
}

/// The columns of keys; those without a field were told of before.
pub(super) fn columns<S: AsRef<str>>(model: &Model, keys: &[S]) -> Vec<String> {
    keys.iter().filter_map(|key| Some(field(model, key.as_ref())?.column.clone())).collect()
}

/// The type of a field's column.
pub(super) fn column_type(field: &Field) -> Option<&Type> {
    match &field.kind {
        FieldKind::Column(ty) => Some(ty),
        FieldKind::Flatten(_) => None,
    }
}

/// The fields of the primary key, in its order.
pub(super) fn key_fields(model: &Model) -> Vec<&Field> {
    let marked = model.fields.iter().filter(|field| field.primary_key);
    let named = model.primary_key.iter().flat_map(|key| &key.parts);
    marked.chain(named.filter_map(|part| field(model, part.key()?))).collect()
}
