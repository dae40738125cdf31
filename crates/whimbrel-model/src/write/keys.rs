//! Keys and indexes as attributes write them.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::schema::{Index, KeyPart, KeyTarget, NullsOrder, PrimaryKey, SortOrder, Table, Unique};

use super::attributes::text;

/// The fields of a table by its columns.
pub(super) struct Fields<'t> {
    pub(super) table: &'t Table,
    pub(super) keys: &'t [String],
}

impl Fields<'_> {
    /// The field of a column.
    pub(super) fn of(&self, dialect: Dialect, column: &str) -> Option<&str> {
        let index = self.table.columns.iter().position(|one| dialect.same_ident(&one.name, column))?;
        self.keys.get(index).map(String::as_str)
    }

    /// The fields of plain parts of a key.
    pub(super) fn plain(&self, dialect: Dialect, parts: &[KeyPart]) -> Option<Vec<&str>> {
        parts.iter().map(|part| self.of(dialect, plain_column(part)?)).collect()
    }

    /// The parts of a key.
    fn parts(&self, dialect: Dialect, parts: &[KeyPart]) -> Vec<String> {
        parts.iter().map(|part| self.part(dialect, part)).collect()
    }

    fn part(&self, dialect: Dialect, part: &KeyPart) -> String {
        let mut out = match &part.target {
            KeyTarget::Column(name) => self.of(dialect, name).unwrap_or(name).to_owned(),
            KeyTarget::Expression(sql) => text(sql.as_str()),
        };
        if let Some(collation) = &part.collation {
            out.push_str(&format!(" collate {}", text(collation)));
        }
        if let Some(class) = &part.operator_class {
            out.push_str(&format!(" ops {}", text(class)));
        }
        match part.order {
            SortOrder::Asc => {}
            SortOrder::Desc => out.push_str(" desc"),
        }
        match part.nulls {
            None => {}
            Some(NullsOrder::First) => out.push_str(" nulls first"),
            Some(NullsOrder::Last) => out.push_str(" nulls last"),
        }
        out
    }

    /// `include(a, b)`
    fn include(&self, dialect: Dialect, columns: &[String]) -> Option<String> {
        let fields: Vec<_> = columns.iter().filter_map(|column| self.of(dialect, column)).collect();
        (!fields.is_empty()).then(|| format!("include({})", fields.join(", ")))
    }

    /// `primary_key(...)`, unless the marks on the fields say it all: then the
    /// fields to mark.
    pub(super) fn primary_key(&self, dialect: Dialect, key: &PrimaryKey) -> Result<Vec<String>, String> {
        let automatic = match dialect {
            Dialect::Sqlite => None,
            Dialect::Postgres => Some(format!("{}_pkey", self.table.name.name)),
        };
        let in_order = |fields: &[&str]| {
            let places: Vec<_> =
                fields.iter().filter_map(|field| self.keys.iter().position(|key| key == field)).collect();
            places.is_sorted()
        };
        if let Some(fields) = self.plain(dialect, &key.columns)
            && key.name == automatic
            && key.include.is_empty()
            && in_order(&fields)
        {
            return Ok(fields.into_iter().map(str::to_owned).collect());
        }
        let mut settings = self.parts(dialect, &key.columns);
        settings.extend(name_setting(key.name.as_deref(), automatic.as_deref()));
        settings.extend(self.include(dialect, &key.include));
        Err(format!("primary_key({})", settings.join(", ")))
    }

    /// `unique(...)`; `Ok` with the field where that says it all.
    pub(super) fn unique(&self, dialect: Dialect, unique: &Unique) -> Result<String, String> {
        let table = &self.table.name.name;
        let plain = self.plain(dialect, &unique.columns);
        if let (Some([field]), [part]) = (plain.as_deref(), unique.columns.as_slice()) {
            let column = part.column_name().unwrap_or_default();
            let automatic = format!("{table}_{column}_key");
            let bare = unique.include.is_empty() && !unique.nulls_not_distinct;
            if bare && unique.name.as_deref() == Some(&automatic) {
                return Ok((*field).to_owned());
            }
        }
        let keys: Vec<_> =
            unique.columns.iter().filter_map(|part| self.of(dialect, part.column_name()?)).collect();
        let automatic = format!("{table}_{}_key", keys.join("_"));
        let mut settings = self.parts(dialect, &unique.columns);
        settings.extend(name_setting(unique.name.as_deref(), Some(&automatic)));
        settings.extend(self.include(dialect, &unique.include));
        settings.extend(unique.nulls_not_distinct.then(|| "nulls_not_distinct = true".to_owned()));
        Err(format!("unique({})", settings.join(", ")))
    }

    /// `index(...)`; `Ok` with the field where that says it all.
    pub(super) fn index(&self, dialect: Dialect, index: &Index) -> Result<String, String> {
        let keys: Vec<_> =
            index.columns.iter().filter_map(|part| self.of(dialect, part.column_name()?)).collect();
        let automatic =
            (!keys.is_empty()).then(|| format!("{}_{}_idx", self.table.name.name, keys.join("_")));
        let mut options: Vec<String> =
            name_setting(Some(&index.name), automatic.as_deref()).into_iter().collect();
        options.extend(index.unique.then(|| "unique = true".to_owned()));
        options.extend(index.method.as_ref().map(|method| format!("using = {}", text(method))));
        options.extend(index.predicate.as_ref().map(|sql| format!("where = {}", text(sql.as_str()))));
        options.extend(self.include(dialect, &index.include));
        options.extend(index.nulls_not_distinct.then(|| "nulls_not_distinct = true".to_owned()));
        match self.plain(dialect, &index.columns).as_deref() {
            Some([field]) if options.is_empty() => Ok((*field).to_owned()),
            Some(_) | None => {
                Err(format!("index({})", [self.parts(dialect, &index.columns), options].concat().join(", ")))
            }
        }
    }
}

/// The column of a part with nothing else said of it.
fn plain_column(part: &KeyPart) -> Option<&str> {
    let plain = KeyPart::column(part.column_name()?) == *part;
    part.column_name().filter(|_| plain)
}

/// `name = ...`, unless it is the automatic one.
pub(super) fn name_setting(name: Option<&str>, automatic: Option<&str>) -> Option<String> {
    match name {
        _ if name == automatic => None,
        Some(name) => Some(format!("name = {}", text(name))),
        None => Some("name = none".to_owned()),
    }
}
