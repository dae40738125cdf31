//! Namespaces and extensions.

use super::super::keys;
use super::super::rules::{ident, literal};
use super::Lowering;
use crate::plan::{Action, Step};
use crate::schema::Extension;

impl Lowering<'_> {
    pub(super) fn create_namespace(&mut self, namespace: &str) {
        let sql = format!("CREATE SCHEMA {}", ident(namespace));
        self.actions.push(Action { creates: vec![keys::namespace(namespace)], ..Action::sql(sql) });
    }

    pub(super) fn drop_namespace(&mut self, namespace: &str) {
        let sql = format!("DROP SCHEMA {}", ident(namespace));
        self.actions.push(Action { drops: vec![keys::namespace(namespace)], ..Action::sql(sql) });
    }

    pub(super) fn create_extension(&mut self, extension: &Extension) {
        let mut sql = format!("CREATE EXTENSION {}", ident(&extension.name));
        if let Some(namespace) = &extension.namespace {
            sql += &format!(" WITH SCHEMA {}", ident(namespace));
        }
        if let Some(version) = &extension.version {
            sql += &format!(" VERSION {}", literal(version));
        }
        let mut action = Action {
            creates: vec![keys::extension(&extension.name)],
            uses: extension.namespace.iter().map(|namespace| keys::namespace(namespace)).collect(),
            ..Action::sql(sql)
        };
        if let Some(comment) = &extension.comment {
            action.steps.push(comment_on(extension, comment));
        }
        self.actions.push(action);
    }

    pub(super) fn drop_extension(&mut self, extension: &Extension) {
        let action = Action::sql(format!("DROP EXTENSION {}", ident(&extension.name)));
        self.actions.push(Action {
            drops: vec![keys::extension(&extension.name)],
            frees: extension.namespace.iter().map(|namespace| keys::namespace(namespace)).collect(),
            ..action
        });
    }

    pub(super) fn alter_extension(&mut self, from: &Extension, to: &Extension) {
        let mut action = Action { alters: vec![keys::extension(&to.name)], ..Action::default() };
        let alter = |what: String| Step::new(format!("ALTER EXTENSION {} {what}", ident(&to.name)));
        if from.namespace != to.namespace {
            let namespace = to.namespace.as_deref().unwrap_or("public");
            action.steps.push(alter(format!("SET SCHEMA {}", ident(namespace))));
            action.uses.push(keys::namespace(namespace));
            action.frees.extend(from.namespace.iter().map(|namespace| keys::namespace(namespace)));
        }
        if let Some(version) = to.version.as_ref().filter(|version| from.version.as_ref() != Some(version)) {
            action.steps.push(alter(format!("UPDATE TO {}", literal(version))));
        }
        self.actions.push(action);
    }
}

fn comment_on(extension: &Extension, comment: &str) -> Step {
    let target = format!("EXTENSION {}", ident(&extension.name));
    Step::new(super::super::ddl::comment(&target, Some(comment)))
}
