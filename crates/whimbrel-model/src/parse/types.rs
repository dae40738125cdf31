//! The types of fields, known by name.
//!
//! The usual crates' types are known without a dependency on the crates: a
//! path is known by its last name, or its last two where that is not enough.

use syn::{GenericArgument, PathArguments, PathSegment, Type as SynType, spanned::Spanned as _};

use super::reader::Reader;
use crate::item::{Scalar, Type};

const ANOTHER: &str = "use another type, or say what the column is: `#[column(type = text)]`";

/// Reads a type, and whether it may be NULL.
pub(super) fn read(reader: &mut Reader, ty: &SynType) -> (Type, bool) {
    match ty {
        SynType::Path(path) if path.qself.is_none() => match wrapped(path) {
            Some((Wrapper::Option, inner)) => (read(reader, inner).0, true),
            Some((Wrapper::Pointer, inner)) => read(reader, inner),
            Some((Wrapper::Json, _)) => (Type::Scalar(Scalar::Json), false),
            Some((Wrapper::List, inner)) => (list(reader, inner), false),
            None => (named(reader, &path.path, ty), false),
        },
        SynType::Reference(reference) => read(reader, &reference.elem),
        SynType::Array(array) => (list(reader, &array.elem), false),
        SynType::Slice(slice) => (list(reader, &slice.elem), false),
        SynType::Group(group) => read(reader, &group.elem),
        SynType::Paren(paren) => read(reader, &paren.elem),
        _ => {
            reader.wrong(ty.span(), "no column can be of this type", ANOTHER);
            (Type::told_of(), false)
        }
    }
}

/// A type around another that says something, or nothing, about the column.
enum Wrapper {
    Option,
    Pointer,
    Json,
    List,
}

fn wrapped(path: &syn::TypePath) -> Option<(Wrapper, &SynType)> {
    let last = path.path.segments.last()?;
    let inner = last_type_argument(last)?;
    let wrapper = match last.ident.to_string().as_str() {
        "Option" => Wrapper::Option,
        "Box" | "Arc" | "Rc" | "Cow" | "NonZero" => Wrapper::Pointer,
        "Json" | "Jsonb" => Wrapper::Json,
        "Vec" => Wrapper::List,
        _ => return None,
    };
    Some((wrapper, inner))
}

fn last_type_argument(segment: &PathSegment) -> Option<&SynType> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().rev().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// A list; one of bytes is no list but bytes.
fn list(reader: &mut Reader, element: &SynType) -> Type {
    if let SynType::Path(path) = element
        && path.path.is_ident("u8")
    {
        return Type::Scalar(Scalar::Bytes);
    }
    let (of, nullable) = read(reader, element);
    match of {
        _ if nullable => {
            reader.wrong(
                element.span(),
                "what is in a list cannot be said to be nullable",
                "take the `Option` out",
            );
            of
        }
        Type::List(_) => {
            reader.wrong(
                element.span(),
                "a list of lists is no column",
                "use `Json<...>`, or a table of its own",
            );
            of
        }
        Type::Scalar(_) | Type::Native(_) | Type::Enum(_) | Type::Named { .. } => Type::List(Box::new(of)),
    }
}

fn named(reader: &mut Reader, path: &syn::Path, ty: &SynType) -> Type {
    let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let generic = path.segments.last().is_some_and(|last| !last.arguments.is_none());
    let (last, before) = match names.as_slice() {
        [.., before, last] => (last.as_str(), before.as_str()),
        [last] => (last.as_str(), ""),
        [] => ("", ""),
    };
    match known(before, last, generic) {
        _ if reader.is_parameter(path) => Type::told_of(),
        Known::Scalar(scalar) => Type::Scalar(scalar),
        Known::Refused(message, help) => {
            reader.wrong(ty.span(), message, help);
            Type::told_of()
        }
        Known::Not if generic => {
            reader.wrong(ty.span(), format!("`{last}<...>` is no type that a column can have"), ANOTHER);
            Type::told_of()
        }
        Known::Not => Type::Named { path: names.join("::"), at: reader.at(ty.span()) },
    }
}

enum Known {
    Scalar(Scalar),
    Refused(String, &'static str),
    Not,
}

/// Says whether a name alone is known.
#[cfg(feature = "write")]
pub(super) fn is_known(name: &str) -> bool {
    !matches!(known("", name, false), Known::Not)
}

/// What a name means: `last` is the type, `before` the module or crate it is
/// written with.
fn known(before: &str, last: &str, generic: bool) -> Known {
    let moment = |zone| Scalar::Timestamp { zone, precision: None };
    let clock = Scalar::Time { zone: false, precision: None };
    Known::Scalar(match last {
        "bool" => Scalar::Bool,
        "i8" | "u8" | "i16" | "NonZeroI8" | "NonZeroU8" | "NonZeroI16" => Scalar::SmallInt,
        "u16" | "i32" | "NonZeroU16" | "NonZeroI32" => Scalar::Int,
        "u32" | "i64" | "NonZeroU32" | "NonZeroI64" => Scalar::BigInt,
        "u64" | "usize" | "isize" | "u128" | "i128" | "NonZeroU64" | "NonZeroUsize" | "NonZeroIsize"
        | "NonZeroU128" | "NonZeroI128" => {
            return Known::Refused(
                format!("`{last}` holds numbers that no integer column holds"),
                "use `i64`, or say what the column is: `#[column(type = decimal(20, 0))]`",
            );
        }
        "f32" => Scalar::Real,
        "f64" => Scalar::Double,
        "Decimal" | "BigDecimal" => Scalar::Decimal(None),
        "String" | "str" | "char" | "CompactString" | "SmolStr" | "Ulid" => Scalar::Text,
        "Bytes" | "BytesMut" | "ByteBuf" => Scalar::Bytes,
        "Value" if ["", "serde_json", "json"].contains(&before) => Scalar::Json,
        "Map" if ["serde_json", "json"].contains(&before) => Scalar::Json,
        "JsonValue" | "RawValue" => Scalar::Json,
        "Uuid" | "NonNilUuid" => Scalar::Uuid,
        // jiff's civil time of day and date has no time zone, chrono's has one behind it.
        "DateTime" if generic => moment(true),
        "DateTime" | "NaiveDateTime" | "PrimitiveDateTime" => moment(false),
        "OffsetDateTime" | "UtcDateTime" | "Timestamp" | "Zoned" | "SystemTime" => moment(true),
        "NaiveDate" | "Date" => Scalar::Date,
        "NaiveTime" | "Time" => clock,
        "PgTimeTz" => Scalar::Time { zone: true, precision: None },
        "PgInterval" | "Duration" | "TimeDelta" | "SignedDuration" => Scalar::Interval,
        "Span" if before == "jiff" => Scalar::Interval,
        "IpAddr" | "Ipv4Addr" | "Ipv6Addr" | "IpNet" | "IpNetwork" => Scalar::Inet,
        "Vector" => Scalar::Vector(None),
        "Point" | "PgPoint" => Scalar::Point,
        "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet" | "IndexMap" => {
            return Known::Refused(
                format!("`{last}` is no type of a column"),
                "keep it as JSON: `#[column(type = json)]`",
            );
        }
        _ => return Known::Not,
    })
}
