//! What is wrong with one model, whatever the engine.

use whimbrel_core::schema::ReferentialAction;

use crate::item::{
    Default, Field, FieldKind, Generator, Literal, Model, Part, PartTarget, Reference, Scalar, Type,
};
use crate::problem::Problem;

/// Looks for all that is wrong with a model.
///
/// While embedded structs are still to be linked, what depends on their fields
/// is not looked at.
pub(crate) fn model(model: &Model) -> Vec<Problem> {
    if model.table.is_none() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let open = model.fields.iter().any(|field| matches!(field.kind, FieldKind::Flatten(_)));
    has_fields(model, &mut found);
    if !open {
        has_one_key(model, &mut found);
        names_fields(model, &mut found);
    }
    found.extend(columns_differ(model, |a, b| a == b));
    for field in &model.fields {
        check_field(field, &mut found);
    }
    for (fields, reference) in references(model) {
        check_reference(model, &fields, reference, &mut found);
    }
    found
}

/// All foreign keys with the fields that refer.
pub(crate) fn references(model: &Model) -> Vec<(Vec<String>, &Reference)> {
    let of_fields =
        model.fields.iter().filter_map(|field| Some((vec![field.key.clone()], field.references.as_ref()?)));
    let of_model = model.references.iter().map(|reference| (reference.fields.clone(), reference));
    of_fields.chain(of_model).collect()
}

fn has_fields(model: &Model, found: &mut Vec<Problem>) {
    if model.fields.is_empty() {
        found.push(Problem::new(
            model.at,
            format!("`{}` has no fields that are columns", model.name),
            "give it one; a unit struct with `#[model(sql = \"...\")]` only carries SQL",
        ));
    }
}

fn has_one_key(model: &Model, found: &mut Vec<Problem>) {
    let by_fields = model.fields.iter().any(|field| field.primary_key);
    let named = model.primary_key.as_ref();
    let by_model = named.is_some_and(|key| !key.parts.is_empty());
    if by_fields && by_model {
        found.push(Problem::new(
            named.map_or(model.at, |key| key.at),
            format!("`{}` has two primary keys", model.name),
            "name its fields in `#[model(primary_key(...))]`, or mark them with `#[column(primary_key)]`",
        ));
    }
    if !by_fields && !by_model && !model.flags.no_primary_key && !model.fields.is_empty() {
        found.push(Problem::new(
            model.at,
            format!("`{}` has no primary key", model.name),
            "mark a field with `#[column(primary_key)]`; to mean it, write `#[model(no_primary_key)]`",
        ));
    }
}

/// Keys, indexes and relations speak of fields that are there, and of each once.
fn names_fields(model: &Model, found: &mut Vec<Problem>) {
    let uniques = model.uniques.iter().chain(&model.primary_key);
    let keys = uniques.map(|key| (&key.parts, &key.include));
    let indexes = model.indexes.iter().map(|index| (&index.parts, &index.include));
    let mut at = model.at;
    for (parts, include) in keys.chain(indexes) {
        for (index, part) in parts.iter().enumerate() {
            at = part.at;
            let repeats = |other: &Part| other.target == part.target;
            if parts[..index].iter().any(repeats) {
                let what = match &part.target {
                    PartTarget::Field(text) | PartTarget::Expression(text) => text,
                };
                found.push(Problem::new(
                    part.at,
                    format!("`{what}` stands twice in one key"),
                    "take one out",
                ));
            } else if let Some(key) = part.key() {
                found.extend(missing(model, key, part.at));
            }
        }
        found.extend(include.iter().filter_map(|key| missing(model, key, at)));
    }
    for reference in &model.references {
        found.extend(reference.fields.iter().filter_map(|key| missing(model, key, reference.at)));
    }
}

fn missing(model: &Model, key: &str, at: crate::At) -> Option<Problem> {
    if model.fields.iter().any(|field| field.key == key) {
        return None;
    }
    let fields: Vec<_> = model.fields.iter().map(|field| format!("`{}`", field.key)).collect();
    Some(Problem::new(
        at,
        format!("`{}` has no field `{key}`", model.name),
        format!("its fields are {}", fields.join(", ")),
    ))
}

/// Looks for fields that are the same column; `same` says which names are.
pub(crate) fn columns_differ(model: &Model, same: impl Fn(&str, &str) -> bool) -> Vec<Problem> {
    let mut found = Vec::new();
    for (index, field) in model.fields.iter().enumerate() {
        let is_same = |other: &&Field| {
            same(&other.column, &field.column)
                && [*other, field].iter().all(|one| matches!(one.kind, FieldKind::Column(_)))
        };
        if let Some(other) = model.fields[..index].iter().find(is_same) {
            found.push(Problem::new(
                field.at,
                format!("`{}` and `{}` are the same column, `{}`", other.key, field.key, field.column),
                "give one of them another: `#[column(name = \"...\")]`, or `flatten = \"prefix_\"`",
            ));
        }
    }
    found
}

fn check_field(field: &Field, found: &mut Vec<Problem>) {
    let FieldKind::Column(ty) = &field.kind else {
        return;
    };
    let key = &field.key;
    let mut wrong = |at, message: String, help: &str| found.push(Problem::new(at, message, help));
    // Keys of SQLite may be said to be nullable; an `Option` is a slip.
    let slips = field.nullable && field.may_be_null();
    if field.primary_key && slips {
        wrong(field.at, format!("`{key}` is in the primary key and cannot be NULL"), "take the `Option` out");
    }
    let counts = field.auto_increment || field.identity.is_some();
    if let Type::Scalar(scalar) = ty
        && counts
        && !scalar.is_integer()
    {
        wrong(
            field.at,
            format!("`{key}` is no whole number, and only those count up"),
            "use `i64`, or a default such as `default = uuid()`",
        );
    }
    if counts && slips {
        wrong(field.at, format!("`{key}` counts up and is never NULL"), "take the `Option` out");
    }
    let sources = [counts, field.default.is_some(), field.generated.is_some()];
    if sources.iter().filter(|one| **one).count() > 1 {
        wrong(
            field.at,
            format!("`{key}` gets its value in two ways"),
            "keep one of `auto_increment`, `identity`, `default` and `generated`",
        );
    }
    if let Some((default, at)) = &field.default
        && let Err(help) = fits(ty, field.may_be_null(), default)
    {
        wrong(*at, format!("the default of `{key}` does not fit its type"), &help);
    }
}

/// Says whether a default is a value of a type; else what would be one.
fn fits(ty: &Type, nullable: bool, default: &Default) -> Result<(), String> {
    match default {
        Default::Sql(_) => Ok(()),
        Default::Literal(Literal::Null) => match (nullable, ty) {
            // Behind the name may be an `Option`.
            (true, _) | (false, Type::Named { .. }) => Ok(()),
            (false, Type::Scalar(_) | Type::Enum(_) | Type::List(_) | Type::Native(_)) => {
                Err("it is not NULL: make the field an `Option`, or take the default out".to_owned())
            }
        },
        Default::Literal(literal) => match ty {
            Type::Scalar(scalar) => literal_fits(*scalar, literal),
            Type::Enum(def) => variant_fits(def, literal),
            Type::Named { .. } | Type::Native(_) => Ok(()),
            Type::List(_) => Err("write an expression: `default = sql(\"...\")`".to_owned()),
        },
        Default::Generated(generator) => generator_fits(ty, *generator),
    }
}

fn literal_fits(scalar: Scalar, literal: &Literal) -> Result<(), String> {
    let fits = match (scalar, literal) {
        (Scalar::Bool, Literal::Bool(_)) => true,
        (Scalar::SmallInt, Literal::Int(text)) => text.parse::<i16>().is_ok(),
        (Scalar::Int, Literal::Int(text)) => text.parse::<i32>().is_ok(),
        (Scalar::BigInt, Literal::Int(text)) => text.parse::<i64>().is_ok(),
        (Scalar::Real | Scalar::Double | Scalar::Decimal(_), Literal::Int(_) | Literal::Float(_)) => true,
        (Scalar::Decimal(_), Literal::Text(text)) => text.parse::<f64>().is_ok(),
        (Scalar::Varchar(length), Literal::Text(text)) => text.chars().count() <= length as usize,
        (
            Scalar::Text
            | Scalar::Json
            | Scalar::Uuid
            | Scalar::Date
            | Scalar::Time { .. }
            | Scalar::Timestamp { .. }
            | Scalar::Interval
            | Scalar::Inet
            | Scalar::Vector(_)
            | Scalar::Point,
            Literal::Text(_),
        ) => true,
        (_, _) => false,
    };
    let help = match scalar {
        Scalar::Bool => "write `true` or `false`".to_owned(),
        Scalar::SmallInt => "write a whole number from -32768 to 32767".to_owned(),
        Scalar::Int => "write a whole number of 32 bits".to_owned(),
        Scalar::BigInt => "write a whole number of 64 bits".to_owned(),
        Scalar::Real | Scalar::Double | Scalar::Decimal(_) => "write a number".to_owned(),
        Scalar::Varchar(length) => format!("write a text of at most {length} characters"),
        Scalar::Bytes => "write an expression: `default = sql(\"...\")`".to_owned(),
        Scalar::Timestamp { .. } | Scalar::Date | Scalar::Time { .. } => {
            "write a text in quotes, or `now()`".to_owned()
        }
        Scalar::Text
        | Scalar::Json
        | Scalar::Uuid
        | Scalar::Interval
        | Scalar::Inet
        | Scalar::Vector(_)
        | Scalar::Point => "write a text in quotes".to_owned(),
    };
    if fits { Ok(()) } else { Err(help) }
}

fn variant_fits(def: &crate::item::EnumDef, literal: &Literal) -> Result<(), String> {
    let fits = match literal {
        Literal::Variant(variant) => def.values.iter().any(|one| one.variant == *variant),
        Literal::Text(text) => def.values.iter().any(|one| one.value == *text),
        Literal::Null | Literal::Bool(_) | Literal::Int(_) | Literal::Float(_) => false,
    };
    let all: Vec<_> = def.values.iter().map(|one| format!("`{}::{}`", def.rust, one.variant)).collect();
    if fits { Ok(()) } else { Err(format!("write one of {}", all.join(", "))) }
}

fn generator_fits(ty: &Type, generator: Generator) -> Result<(), String> {
    let Type::Scalar(scalar) = ty else {
        return match ty {
            Type::Named { .. } | Type::Native(_) => Ok(()),
            Type::Scalar(_) | Type::Enum(_) | Type::List(_) => {
                Err("write a value, or an expression: `default = sql(\"...\")`".to_owned())
            }
        };
    };
    let (fits, help) = match generator {
        Generator::Now => (
            matches!(scalar, Scalar::Timestamp { .. } | Scalar::Date | Scalar::Time { .. }),
            "`now()` is for days, times of day and timestamps",
        ),
        Generator::Uuid => {
            (matches!(scalar, Scalar::Uuid) || scalar.is_text(), "`uuid()` is for a `Uuid` or a text")
        }
        Generator::Ulid | Generator::Cuid | Generator::NanoId => {
            (scalar.is_text(), "such IDs are texts: make the field a `String`")
        }
    };
    if fits { Ok(()) } else { Err(help.to_owned()) }
}

fn check_reference(model: &Model, fields: &[String], reference: &Reference, found: &mut Vec<Problem>) {
    let all: Vec<_> = model.fields.iter().filter(|field| fields.contains(&field.key)).collect();
    let required = all.iter().find(|field| !field.may_be_null());
    let sets_null = [reference.on_delete, reference.on_update].contains(&Some(ReferentialAction::SetNull));
    if let (true, Some(field)) = (sets_null, required) {
        found.push(Problem::new(
            reference.at,
            format!("`{}` cannot be set to NULL: it is no `Option`", field.key),
            "make the field an `Option`, or choose another action",
        ));
    }
    if !reference.referenced.is_empty() && reference.referenced.len() != fields.len() {
        found.push(Problem::new(
            reference.at,
            format!("{} fields refer to {}", fields.len(), reference.referenced.len()),
            "name as many fields of the other model as there are here",
        ));
    }
}
