//! The live schema as models, checked by reading them back.
//!
//! Tables and enums become models. What tables are made of (extensions, types,
//! sequences, functions they call) is attached as SQL before them, everything
//! else as SQL after them: views, triggers, and whatever of a table models
//! cannot say. A table that SQLite could only rebuild to make it so is written
//! as SQL altogether, as are partitioned tables and partitions. The result is read back as any source is, and what still
//! differs is told.

use std::collections::BTreeSet;

use whimbrel_core::change::Change;
use whimbrel_core::describe::describe;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::name::ObjectName;
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::plan;
use whimbrel_core::schema::{Object, ObjectKind, Schema, Sequence, Table};
use whimbrel_model::write::{Attached, Writing, write};

use super::Inspection;
use crate::error::Error;
use crate::migrator::Migrator;
use crate::source::Source;

/// Models that were written from a schema.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use whimbrel::{MemoryStore, Migrator, Source};
/// # let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// # let builder = Migrator::builder("sqlite::memory:")?.source(schema).store(MemoryStore::new());
/// # let mut migrator = builder.connect().await?;
/// # migrator.push().await?;
/// let inspection = migrator.inspect().await?;
/// let written = migrator.write_models(&inspection).await?;
/// assert!(written.text.contains("pub struct Users {"));
/// // Pushing them changes nothing.
/// assert_eq!(written.differences, Vec::<String>::new());
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenModels {
    /// The text of a Rust file.
    pub text: String,
    /// What differs when the models are pushed to an empty database, in words:
    /// empty but for what SQL cannot say either.
    pub differences: Vec<String>,
}

impl Migrator {
    /// Writes what was inspected as models.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use whimbrel::{Migrator, Source};
    ///
    /// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);");
    /// let mut migrator = Migrator::builder("sqlite::memory:")?.source(schema).connect().await?;
    /// migrator.push().await?;
    /// let inspection = migrator.inspect().await?;
    /// let models = migrator.write_models(&inspection).await?;
    /// assert!(models.text.contains("pub struct Users {"));
    /// # Ok::<(), whimbrel::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the schema cannot be created in a scratch database.
    pub async fn write_models(&mut self, inspection: &Inspection) -> Result<WrittenModels, Error> {
        let (schema, dialect) = (&inspection.schema, self.dialect());
        let partitioned = schema.tables.iter().filter(|table| is_partitioned(table));
        let besides: BTreeSet<_> = partitioned.map(|table| table.name.clone()).collect();
        let modelled = without_keys_to(&besides, schema);
        let mut draft = Draft { besides, attached: Vec::new() };
        draft.attach_before(dialect, schema)?;
        loop {
            let back = self.read_models(&draft.text(dialect, &modelled)).await?;
            let changes = differences(dialect, &back, schema);
            if !draft.leave_out(dialect, &back, &changes) {
                draft.attach_after(dialect, Pair::new(&back, schema), &changes)?;
                break;
            }
            draft.attach_before(dialect, schema)?;
        }
        let text = draft.text(dialect, &modelled);
        let back = self.read_models(&text).await?;
        let left = differences(dialect, &back, schema);
        let differences = describe(&left).iter().map(|one| one.to_string().trim_end().to_owned()).collect();
        Ok(WrittenModels { text, differences })
    }

    async fn read_models(&mut self, text: &str) -> Result<Schema, Error> {
        let source = Source::rust_text("models.rs", text);
        Ok(self.read_source(&source).await?.schema)
    }
}

/// Says whether a table is partitioned or a partition.
fn is_partitioned(table: &Table) -> bool {
    table.partition_by.is_some() || table.partition_of.is_some()
}

/// The schema without the foreign keys that lead to tables which come after the
/// models: so do they.
fn without_keys_to(later: &BTreeSet<ObjectName>, schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    for table in &mut schema.tables {
        table.foreign_keys.retain(|key| !later.contains(&key.referenced_table));
    }
    schema
}

/// What is written so far.
struct Draft {
    /// Tables that are written as SQL.
    besides: BTreeSet<ObjectName>,
    attached: Vec<Attached>,
}

impl Draft {
    fn text(&self, dialect: Dialect, schema: &Schema) -> String {
        write(Writing { dialect, schema, besides: &self.besides, attached: &self.attached })
    }

    /// Attaches what must be there before the tables of models are.
    fn attach_before(&mut self, dialect: Dialect, schema: &Schema) -> Result<(), Error> {
        // Partitioned tables may need those of models.
        let is_whole = |table: &&Table| self.besides.contains(&table.name) && !is_partitioned(table);
        let whole: Vec<Table> = schema.tables.iter().filter(is_whole).cloned().collect();
        let unowned = |sequence: &Sequence| Sequence { owned_by: None, ..sequence.clone() };
        let needed = Schema {
            tables: whole,
            types: schema.types.clone(),
            sequences: schema.sequences.iter().map(unowned).collect(),
            extensions: schema.extensions.clone(),
            objects: schema.objects.iter().filter(|object| is_called(schema, object)).cloned().collect(),
            ..Schema::default()
        };
        // The models make the namespaces of their tables too.
        let namespaces = namespaces_of_types(schema);
        let spaces = namespaces
            .iter()
            .map(|name| format!("CREATE SCHEMA IF NOT EXISTS {};", dialect.quote_ident(name)));
        let before: Vec<String> =
            spaces.chain(sql(dialect, Pair::new(&Schema::default(), &needed))?).collect();
        self.attached.clear();
        if !before.is_empty() {
            let before = Some(before.join("\n\n"));
            self.attached.push(Attached { name: "Before".to_owned(), before, after: None });
        }
        Ok(())
    }

    /// Leaves out the tables that nothing but a rebuild makes as they should
    /// be; says whether there are any.
    fn leave_out(&mut self, dialect: Dialect, back: &Schema, changes: &[Change]) -> bool {
        match dialect {
            Dialect::Postgres => false,
            Dialect::Sqlite => {
                let before = self.besides.len();
                let is_index = |change: &Change| {
                    matches!(
                        change,
                        Change::CreateIndex { .. } | Change::DropIndex { .. } | Change::RenameIndex { .. }
                    )
                };
                let altered =
                    changes.iter().filter(|change| !is_index(change)).filter_map(Change::table_name);
                self.besides.extend(altered.filter(|name| back.table(name).is_some()).cloned());
                self.besides.len() > before
            }
        }
    }

    /// Attaches what is still to be done once the tables are there.
    fn attach_after(
        &mut self,
        dialect: Dialect,
        pair: Pair<&Schema>,
        changes: &[Change],
    ) -> Result<(), Error> {
        let plan = plan(dialect, pair, changes)?;
        let statements: Vec<_> = plan.steps().map(|step| format!("{};", step.sql)).collect();
        if !statements.is_empty() {
            let after = Some(statements.join("\n\n"));
            self.attached.push(Attached { name: "After".to_owned(), before: None, after });
        }
        Ok(())
    }
}

fn differences(dialect: Dialect, from: &Schema, to: &Schema) -> Vec<Change> {
    // Nothing was renamed: what the models lack is new.
    diff(dialect, Pair::new(from, to), &Renames::default()).changes
}

/// The statements that lead from one schema to another, if any are needed.
fn sql(dialect: Dialect, pair: Pair<&Schema>) -> Result<Option<String>, Error> {
    let changes = diff(dialect, pair, &Renames::default()).changes;
    let plan = plan(dialect, pair, &changes)?;
    let statements: Vec<_> = plan.steps().map(|step| format!("{};", step.sql)).collect();
    Ok((!statements.is_empty()).then(|| statements.join("\n\n")))
}

/// The namespaces that types, sequences and extensions live in. Those of tables
/// come with the tables.
fn namespaces_of_types(schema: &Schema) -> Vec<String> {
    let types = schema.types.iter().map(|one| one.name().namespace.as_ref());
    let sequences = schema.sequences.iter().map(|one| one.name.namespace.as_ref());
    let extensions = schema.extensions.iter().map(|one| one.namespace.as_ref());
    let used: BTreeSet<&String> = types.chain(sequences).chain(extensions).flatten().collect();
    schema.namespaces.iter().filter(|name| used.contains(name)).cloned().collect()
}

/// Says whether a table calls a function, in a default, a check, an index or a
/// generated column.
fn is_called(schema: &Schema, object: &Object) -> bool {
    let texts = |table: &Table| {
        let columns = table.columns.iter().flat_map(|column| {
            let default = column.default.as_ref();
            default.into_iter().chain(column.generated.as_ref().map(|one| &one.expression))
        });
        let checks = table.checks.iter().map(|check| &check.expression);
        let all: Vec<String> = columns.chain(checks).map(|sql| sql.as_str().to_owned()).collect();
        let indexes = table.indexes.iter().map(|index| format!("{:?} {:?}", index.columns, index.predicate));
        all.into_iter().chain(indexes).collect::<Vec<_>>()
    };
    object.kind == ObjectKind::Function
        && schema.tables.iter().flat_map(texts).any(|text| text.contains(&object.name.name))
}
