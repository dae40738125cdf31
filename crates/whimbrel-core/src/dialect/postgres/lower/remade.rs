//! Takes down what stands in the way, and puts it up again.

use super::super::keys;
use super::super::side::Thing;
use super::Lowering;
use crate::plan::{Key, PlanError};

impl Lowering<'_> {
    /// Takes down everything that must be made anew, and puts up what of it the
    /// desired side still has. Types are another matter: see
    /// [`retype`](super::retype).
    pub(super) fn remake(&mut self) -> Result<(), PlanError> {
        let remade: Vec<_> = self.remade.keys().cloned().collect();
        for key in remade {
            self.take_down(&key)?;
            self.put_up(&key)?;
        }
        Ok(())
    }

    fn take_down(&mut self, key: &Key) -> Result<(), PlanError> {
        match self.from.thing(key) {
            Some(Thing::Object(object)) => self.drop_object(object)?,
            Some(Thing::Index(table, index)) => self.drop_index(&table.name, &index.name),
            Some(Thing::Part(table, part)) => self.drop_part(&table.name, part),
            Some(Thing::Column(table, column)) => self.drop_column(&table.name, &column.name),
            Some(Thing::Default(table, column)) => {
                if column.default.is_some() {
                    self.take_default(&table.name, column);
                }
            }
            Some(Thing::DomainCheck(domain, check, _)) => {
                if !self.remade.contains(&keys::relation(domain)) {
                    self.drop_domain_check(domain, check);
                }
            }
            Some(Thing::Type(_)) | None => {}
        }
        Ok(())
    }

    fn put_up(&mut self, key: &Key) -> Result<(), PlanError> {
        match self.to.thing(&self.renewed(key)) {
            Some(Thing::Object(object)) => self.create_object(object)?,
            Some(Thing::Index(table, index)) => self.create_index(&table.name, index),
            Some(Thing::Part(table, part)) => self.add_part(&table.name, part),
            Some(Thing::Column(table, column)) => self.add_column(&table.name, column),
            Some(Thing::Default(table, column)) => self.restore_default(&table.name, &column.name),
            Some(Thing::DomainCheck(domain, check, expression)) => {
                if !self.remade.contains(&keys::relation(domain)) {
                    self.add_domain_check(domain, check, expression);
                }
            }
            Some(Thing::Type(_)) | None => {}
        }
        Ok(())
    }
}
