//! Resolves the names that a model uses.
//!
//! The derives let the compiler resolve them, the reader of source files looks
//! for them in the crate; both hand what they find to [`link`], so that one
//! model is the same value whichever way it came.

use crate::item::{ColumnTypeDef, Field, FieldKind, Flatten, Model, Name, Part, PartTarget, Target, Type};
use crate::problem::Problem;

/// A name that is to be resolved.
///
/// ```
/// use whimbrel_model::At;
/// use whimbrel_model::item::{Field, FieldKind, Flatten, Type};
/// use whimbrel_model::link::{Wanted, wanted_by_fields};
///
/// let named = Type::Named { path: "Celsius".into(), at: At::default() };
/// let heat = Field::new("heat", Type::List(Box::new(named)));
/// let flatten = Flatten { path: "geo::Place".into(), prefix: "at_".into(), at: At::default() };
/// let place = Field { kind: FieldKind::Flatten(flatten), ..heat.clone() };
/// assert_eq!(
///     wanted_by_fields(&[heat, place]),
///     [Wanted::Type("Celsius".into()), Wanted::Fields("geo::Place".into())]
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// The type of a column.
    Type(String),
    /// An embedded struct.
    Fields(String),
    /// Another model.
    Model(String),
}

/// What a name means.
///
/// ```
/// use whimbrel_model::item::{ColumnTypeDef, Scalar, Type};
/// use whimbrel_model::link::{Linked, Unresolved, Wanted};
///
/// // A program that knows one type looks names up.
/// let find = |wanted: &Wanted| match wanted {
///     Wanted::Type(path) if path == "Celsius" => {
///         Ok(Linked::Type(ColumnTypeDef { ty: Type::Scalar(Scalar::Double), nullable: false }))
///     }
///     Wanted::Type(path) | Wanted::Fields(path) | Wanted::Model(path) => Err(Unresolved {
///         message: format!("`{path}` is unknown"),
///         help: "say it, as in `#[column(type = text)]`".into(),
///     }),
/// };
/// assert!(matches!(find(&Wanted::Type("Celsius".into())), Ok(Linked::Type(_))));
/// assert_eq!(find(&Wanted::Model("User".into())).unwrap_err().message, "`User` is unknown");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Linked {
    /// The type of a column.
    Type(ColumnTypeDef),
    /// The fields of an embedded struct, linked themselves.
    Fields(Vec<Field>),
    /// The name of another model's struct.
    Model(String),
}

/// Why a name means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub help: String,
}

/// Looks a name up.
pub type Find<'a> = dyn FnMut(&Wanted) -> Result<Linked, Unresolved> + 'a;

/// Resolves all names in a model.
///
/// # Errors
///
/// Every name that cannot be resolved.
///
/// ```
/// use whimbrel_model::At;
/// use whimbrel_model::item::{ColumnTypeDef, Field, FieldKind, Model, Scalar, Type};
/// use whimbrel_model::link::{Find, Linked, Unresolved, link, wanted};
///
/// let heat = Field::new("heat", Type::Named { path: "Celsius".into(), at: At::from((4, 11)) });
/// let model = Model { file: "src/models.rs".into(), fields: vec![heat], ..Model::new("Reading", "readings".into()) };
/// assert_eq!(wanted(&model).len(), 1);
///
/// let double = ColumnTypeDef { ty: Type::Scalar(Scalar::Double), nullable: false };
/// let linked = link(model.clone(), &mut |_| Ok(Linked::Type(double.clone()))).unwrap();
/// assert_eq!(linked.fields[0].kind, FieldKind::Column(Type::Scalar(Scalar::Double)));
///
/// let unknown: &mut Find<'_> = &mut |_| {
///     Err(Unresolved { message: "`Celsius` is unknown".into(), help: "derive `ColumnType`".into() })
/// };
/// let problems = link(model, unknown).unwrap_err();
/// assert_eq!(problems[0].to_string(), "src/models.rs:4:11: `Celsius` is unknown");
/// ```
pub fn link(mut model: Model, find: &mut Find<'_>) -> Result<Model, Vec<Problem>> {
    let mut problems = Vec::new();
    model.fields = link_all(std::mem::take(&mut model.fields), find, &mut problems);
    for reference in &mut model.references {
        link_target(&mut reference.target, find, &mut problems);
    }
    for relation in &mut model.many_to_many {
        let wanted = Wanted::Model(relation.target.clone());
        match find(&wanted) {
            Ok(Linked::Model(name)) => relation.target = name,
            Ok(_) => {}
            Err(unresolved) => problems.push(Problem::new(relation.at, unresolved.message, unresolved.help)),
        }
    }
    let file = model.file.clone();
    match problems.is_empty() {
        true => Ok(model),
        false => Err(problems.into_iter().map(|problem| problem.in_file(&file)).collect()),
    }
}

/// Resolves all names in the fields of an embedded struct.
///
/// # Errors
///
/// Every name that cannot be resolved.
pub(crate) fn link_fields(fields: Vec<Field>, find: &mut Find<'_>) -> Result<Vec<Field>, Vec<Problem>> {
    let (fields, problems) = link_fields_so_far(fields, find);
    if problems.is_empty() { Ok(fields) } else { Err(problems) }
}

/// Resolves what can be resolved in the fields of an embedded struct, with every
/// name that cannot.
///
/// ```
/// use whimbrel_model::At;
/// use whimbrel_model::item::{Field, Scalar, Type};
/// use whimbrel_model::link::{Unresolved, link_fields_so_far};
///
/// let fields = vec![
///     Field::new("street", Type::Scalar(Scalar::Text)),
///     Field::new("country", Type::Named { path: "Country".into(), at: At::default() }),
/// ];
/// let (fields, problems) = link_fields_so_far(fields, &mut |_| {
///     Err(Unresolved { message: "`Country` is unknown".into(), help: "derive `DbEnum`".into() })
/// });
/// // Both columns are there, so that nothing else complains of a missing one.
/// assert_eq!((fields.len(), problems.len()), (2, 1));
/// assert!(fields.iter().all(|field| field.column == "street" || field.column == "country"));
/// ```
pub fn link_fields_so_far(fields: Vec<Field>, find: &mut Find<'_>) -> (Vec<Field>, Vec<Problem>) {
    let mut problems = Vec::new();
    let fields = link_all(fields, find, &mut problems);
    (fields, problems)
}

/// Resolves the names in the type of a column.
///
/// # Errors
///
/// The name that cannot be resolved.
///
/// ```
/// use whimbrel_model::At;
/// use whimbrel_model::item::{ColumnTypeDef, Scalar, Type};
/// use whimbrel_model::link::{Linked, link_type, wanted_by_type};
///
/// let named = Type::Named { path: "UserId".into(), at: At::default() };
/// assert!(wanted_by_type(&named).is_some());
/// let list = ColumnTypeDef { ty: Type::List(Box::new(named)), nullable: true };
/// let id = ColumnTypeDef { ty: Type::Scalar(Scalar::Uuid), nullable: false };
/// let linked = link_type(list, &mut |_| Ok(Linked::Type(id.clone()))).unwrap();
/// assert_eq!(linked, ColumnTypeDef { ty: Type::List(Box::new(id.ty)), nullable: true });
/// ```
pub fn link_type(def: ColumnTypeDef, find: &mut Find<'_>) -> Result<ColumnTypeDef, Unresolved> {
    let ColumnTypeDef { ty, nullable } = def;
    match ty {
        Type::Named { path, .. } => match find(&Wanted::Type(path))? {
            Linked::Type(found) => Ok(ColumnTypeDef { nullable: nullable || found.nullable, ..found }),
            Linked::Fields(_) | Linked::Model(_) => Err(Unresolved {
                message: "a struct with fields is no type of a column".to_owned(),
                help: "embed it with `#[column(flatten)]`, or keep it as JSON: `#[column(type = json)]`"
                    .to_owned(),
            }),
        },
        Type::List(of) => {
            let of = link_type(ColumnTypeDef { ty: *of, nullable: false }, find)?;
            // A list of an alias of bytes stays a list.
            Ok(ColumnTypeDef { ty: Type::List(Box::new(of.ty)), nullable })
        }
        Type::Scalar(_) | Type::Native(_) | Type::Enum(_) => Ok(ColumnTypeDef { ty, nullable }),
    }
}

/// The names that a model uses.
pub fn wanted(model: &Model) -> Vec<Wanted> {
    let mut all = wanted_by_fields(&model.fields);
    all.extend(model.references.iter().filter_map(|reference| wanted_target(&reference.target)));
    all.extend(model.many_to_many.iter().map(|relation| Wanted::Model(relation.target.clone())));
    all.sort();
    all.dedup();
    all
}

/// The names that fields use.
pub fn wanted_by_fields(fields: &[Field]) -> Vec<Wanted> {
    let mut all = Vec::new();
    for field in fields {
        match &field.kind {
            FieldKind::Column(ty) => all.extend(wanted_by_type(ty)),
            FieldKind::Flatten(flatten) => all.push(Wanted::Fields(flatten.path.clone())),
        }
        all.extend(field.references.as_ref().and_then(|reference| wanted_target(&reference.target)));
    }
    all.sort();
    all.dedup();
    all
}

/// The name that a type uses.
pub fn wanted_by_type(ty: &Type) -> Option<Wanted> {
    match ty {
        Type::Scalar(_) | Type::Native(_) | Type::Enum(_) => None,
        Type::List(of) => wanted_by_type(of),
        Type::Named { path, .. } => Some(Wanted::Type(path.clone())),
    }
}

fn wanted_target(target: &Target) -> Option<Wanted> {
    match target {
        Target::Model { path, .. } => Some(Wanted::Model(path.clone())),
        Target::Table(_) => None,
    }
}

fn link_all(fields: Vec<Field>, find: &mut Find<'_>, problems: &mut Vec<Problem>) -> Vec<Field> {
    let mut all = Vec::new();
    for mut field in fields {
        if let Some(reference) = &mut field.references {
            link_target(&mut reference.target, find, problems);
        }
        match field.kind.clone() {
            FieldKind::Column(ty) => {
                let at = place(&ty).unwrap_or(field.at);
                match link_type(ColumnTypeDef { ty, nullable: field.nullable }, find) {
                    Ok(def) => {
                        field.kind = FieldKind::Column(def.ty);
                        field.nullable = def.nullable;
                    }
                    Err(one) => {
                        problems.push(Problem::new(at, one.message, one.help));
                        field.kind = FieldKind::Column(Type::told_of());
                    }
                }
                all.push(field);
            }
            // What cannot be flattened was told of when it was read.
            FieldKind::Flatten(flatten) if flatten.path.is_empty() => {}
            FieldKind::Flatten(flatten) => match find(&Wanted::Fields(flatten.path.clone())) {
                Ok(Linked::Fields(inner)) => all.extend(embed_all(inner, &field, &flatten)),
                Ok(Linked::Type(_) | Linked::Model(_)) => problems.push(Problem::new(
                    flatten.at,
                    format!("`{}` cannot be flattened", flatten.path),
                    "flatten a struct that derives `Embedded`",
                )),
                Err(one) => problems.push(Problem::new(flatten.at, one.message, one.help)),
            },
        }
    }
    all
}

fn place(ty: &Type) -> Option<crate::At> {
    match ty {
        Type::Named { at, .. } => Some(*at),
        Type::List(of) => place(of),
        Type::Scalar(_) | Type::Native(_) | Type::Enum(_) => None,
    }
}

fn link_target(target: &mut Target, find: &mut Find<'_>, problems: &mut Vec<Problem>) {
    if let Target::Model { path, at } = target {
        match find(&Wanted::Model(path.clone())) {
            Ok(Linked::Model(name)) => *path = name,
            Ok(Linked::Type(_) | Linked::Fields(_)) => {}
            Err(one) => problems.push(Problem::new(*at, one.message, one.help)),
        }
    }
}

/// The fields of an embedded struct as fields of the struct around it.
fn embed_all(inner: Vec<Field>, outer: &Field, flatten: &Flatten) -> Vec<Field> {
    let siblings: Vec<(String, String)> =
        inner.iter().map(|one| (one.column.clone(), format!("{}{}", flatten.prefix, one.column))).collect();
    inner.into_iter().map(|one| embed(one, outer, &flatten.prefix, &siblings)).collect()
}

/// One of them. Whatever the embedded struct names has the prefix: columns, and
/// where it is said, keys, indexes and conditions, which may be embedded twice.
fn embed(mut inner: Field, outer: &Field, prefix: &str, siblings: &[(String, String)]) -> Field {
    let prefixed = |name: &str| format!("{prefix}{name}");
    let rename = |name: &mut Name| {
        if let Name::Given(given) = name {
            *given = prefixed(given);
        }
    };
    inner.key = prefixed(&inner.key);
    inner.column = prefixed(&inner.column);
    inner.renamed_from = inner.renamed_from.as_deref().map(prefixed);
    let fields = |parts: &mut Vec<Part>, include: &mut Vec<String>| {
        for part in parts {
            if let PartTarget::Field(key) = &mut part.target {
                *key = prefixed(key);
            }
        }
        include.iter_mut().for_each(|key| *key = prefixed(key));
    };
    if let Some(unique) = &mut inner.unique {
        rename(&mut unique.name);
        fields(&mut unique.parts, &mut unique.include);
    }
    for index in &mut inner.indexes {
        rename(&mut index.name);
        fields(&mut index.parts, &mut index.include);
    }
    inner.checks.iter_mut().for_each(|check| rename(&mut check.name));
    inner.references.iter_mut().for_each(|reference| rename(&mut reference.name));
    match inner.siblings.is_empty() {
        // SQL speaks of the struct in which it stands, however deep that is embedded.
        false => inner.siblings.iter_mut().for_each(|(_, column)| *column = prefixed(column)),
        true if prefix.is_empty() => {}
        true => inner.siblings = siblings.to_vec(),
    }
    inner.nullable |= outer.nullable;
    // What is wrong with it is told where the struct is embedded: its own file may be another.
    inner.at = outer.at;
    inner
}
