//! What the derives implement, and what a program builds a schema from.

use std::any::TypeId;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;
use std::{net, num, time};

use crate::item::{ColumnTypeDef, EnumDef, Field, Model as ModelItem, Scalar, Type};
use crate::link::{self, Linked, Wanted};

/// A struct that is a table. Derive it.
///
/// ```
/// use whimbrel_model::item::{self, Field, Scalar, Type};
/// use whimbrel_model::traits::Model;
///
/// /// What `#[derive(Model)]` would write.
/// struct User;
///
/// impl Model for User {
///     const NAME: &'static str = "User";
///
///     fn model() -> item::Model {
///         let id = Field { primary_key: true, ..Field::new("id", Type::Scalar(Scalar::BigInt)) };
///         item::Model { fields: vec![id], ..item::Model::new(Self::NAME, "users".into()) }
///     }
/// }
///
/// assert_eq!(User::model().table.unwrap().to_string(), "users");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no model",
    label = "this struct does not derive `Model`",
    note = "help: add `#[derive(whimbrel::Model)]` to it"
)]
pub trait Model {
    /// The name of the struct.
    const NAME: &'static str;

    /// The model as data, with all names in it resolved.
    fn model() -> ModelItem;
}

/// A type that a column can have. Derive it with `ColumnType` for a newtype, or
/// with `DbEnum` for an enum.
///
/// ```
/// use whimbrel_model::item::{ColumnTypeDef, Scalar, Type};
/// use whimbrel_model::traits::ColumnType;
///
/// struct Celsius(f64);
///
/// impl ColumnType for Celsius {
///     fn column_type() -> ColumnTypeDef {
///         f64::column_type()
///     }
/// }
/// assert_eq!(Celsius::column_type().ty, Type::Scalar(Scalar::Double));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type that a column can have",
    label = "it is not known what column this is",
    note = "help: say it, as in `#[column(type = text)]`; or derive `DbEnum` for an enum, `ColumnType` for a newtype"
)]
pub trait ColumnType {
    /// What the column is.
    fn column_type() -> ColumnTypeDef;
}

/// A struct whose fields become columns of the struct around it. Derive it.
///
/// ```
/// use whimbrel_model::item::{Field, Scalar, Type};
/// use whimbrel_model::traits::Embedded;
///
/// /// What `#[derive(Embedded)]` would write.
/// struct Address;
///
/// impl Embedded for Address {
///     fn fields() -> Vec<Field> {
///         ["street", "city"].map(|key| Field::new(key, Type::Scalar(Scalar::Text))).to_vec()
///     }
/// }
///
/// assert_eq!(Address::fields()[1].column, "city");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be flattened",
    label = "this struct does not derive `Embedded`",
    note = "help: add `#[derive(whimbrel::Embedded)]` to it"
)]
pub trait Embedded {
    /// The fields, with all names in them resolved.
    fn fields() -> Vec<Field>;
}

/// A name in a model, and the function that tells what the compiler takes it for.
///
/// ```
/// use whimbrel_model::At;
/// use whimbrel_model::item::{self, ColumnTypeDef, Field, FieldKind, Scalar, Type};
/// use whimbrel_model::traits::{ColumnType, Name, model, of_type};
///
/// struct Celsius(f64);
///
/// impl ColumnType for Celsius {
///     fn column_type() -> ColumnTypeDef {
///         f64::column_type()
///     }
/// }
///
/// // What the derive reads of `struct Reading { heat: Celsius }`, and what it leaves
/// // to the compiler.
/// let heat = Field::new("heat", Type::Named { path: "Celsius".into(), at: At::default() });
/// let read = item::Model { fields: vec![heat], ..item::Model::new("Reading", "readings".into()) };
/// let names: &[Name] = &[("type Celsius", of_type::<Celsius>)];
/// let linked = model(&serde_json::to_string(&read).unwrap(), names);
/// assert_eq!(linked.fields[0].kind, FieldKind::Column(Type::Scalar(Scalar::Double)));
/// ```
pub type Name = (&'static str, fn() -> Linked);

/// What a derive found out about a name: a type.
pub fn of_type<T: ColumnType + ?Sized>() -> Linked {
    Linked::Type(T::column_type())
}

/// What a derive found out about a name: an embedded struct.
///
/// ```
/// use whimbrel_model::item::{Field, Scalar, Type};
/// use whimbrel_model::link::Linked;
/// use whimbrel_model::traits::{Embedded, of_fields};
///
/// struct Address;
///
/// impl Embedded for Address {
///     fn fields() -> Vec<Field> {
///         vec![Field::new("street", Type::Scalar(Scalar::Text))]
///     }
/// }
/// assert_eq!(of_fields::<Address>(), Linked::Fields(Address::fields()));
/// ```
pub fn of_fields<T: Embedded>() -> Linked {
    Linked::Fields(T::fields())
}

/// What a derive found out about a name: a model.
///
/// ```
/// use whimbrel_model::item;
/// use whimbrel_model::link::Linked;
/// use whimbrel_model::traits::{Model, of_model};
///
/// struct User;
///
/// impl Model for User {
///     const NAME: &'static str = "User";
///
///     fn model() -> item::Model {
///         unreachable!("a relation needs its name alone: models may lead to each other in a circle")
///     }
/// }
/// assert_eq!(of_model::<User>(), Linked::Model("User".into()));
/// ```
pub fn of_model<T: Model>() -> Linked {
    Linked::Model(T::NAME.to_owned())
}

/// Puts a model together from what the derive wrote down.
///
/// # Panics
///
/// If anything but the derive wrote it.
pub fn model(json: &str, names: &[Name]) -> ModelItem {
    let model = serde_json::from_str(json).expect("the derive of the same version wrote it");
    link::link(model, &mut |wanted| Ok(find(names, wanted))).expect("the derive listed every name")
}

/// Puts the fields of an embedded struct together.
///
/// # Panics
///
/// If anything but the derive wrote them.
pub fn fields(json: &str, names: &[Name]) -> Vec<Field> {
    let fields = serde_json::from_str(json).expect("the derive of the same version wrote it");
    link::link_fields(fields, &mut |wanted| Ok(find(names, wanted))).expect("the derive listed every name")
}

/// Puts a newtype together.
///
/// # Panics
///
/// If anything but the derive wrote it.
pub fn column_type(json: &str, names: &[Name]) -> ColumnTypeDef {
    let def = serde_json::from_str(json).expect("the derive of the same version wrote it");
    link::link_type(def, &mut |wanted| Ok(find(names, wanted))).expect("the derive listed every name")
}

/// Puts an enum together.
///
/// # Panics
///
/// If anything but the derive wrote it.
///
/// ```
/// use whimbrel_model::At;
/// use whimbrel_model::item::{EnumDef, Type};
/// use whimbrel_model::traits::db_enum;
///
/// let status = EnumDef {
///     rust: "Status".into(),
///     name: "status".into(),
///     renamed_from: None,
///     values: vec![],
///     comment: None,
///     file: "src/models.rs".into(),
///     at: At::default(),
/// };
/// let written = serde_json::to_string(&status).unwrap();
/// assert_eq!(db_enum(&written).ty, Type::Enum(status));
/// ```
pub fn db_enum(json: &str) -> ColumnTypeDef {
    let def: EnumDef = serde_json::from_str(json).expect("the derive of the same version wrote it");
    ColumnTypeDef { ty: Type::Enum(def), nullable: false }
}

fn find(names: &[Name], wanted: &Wanted) -> Linked {
    let key = key(wanted);
    let (_, found) = names.iter().find(|(name, _)| *name == key).expect("the derive listed every name");
    found()
}

/// The key of a name: the same path may be a type here and a model there.
pub fn key(wanted: &Wanted) -> String {
    match wanted {
        Wanted::Type(path) => format!("type {path}"),
        Wanted::Fields(path) => format!("fields {path}"),
        Wanted::Model(path) => format!("model {path}"),
    }
}

macro_rules! column_types {
    ($($ty:ty => $scalar:expr;)*) => {$(
        impl ColumnType for $ty {
            fn column_type() -> ColumnTypeDef {
                ColumnTypeDef { ty: Type::Scalar($scalar), nullable: false }
            }
        }
    )*};
}

// So that an alias of one of them is known to the compiler too.
column_types! {
    bool => Scalar::Bool;
    i8 => Scalar::SmallInt;
    u8 => Scalar::SmallInt;
    i16 => Scalar::SmallInt;
    u16 => Scalar::Int;
    i32 => Scalar::Int;
    u32 => Scalar::BigInt;
    i64 => Scalar::BigInt;
    num::NonZeroI8 => Scalar::SmallInt;
    num::NonZeroU8 => Scalar::SmallInt;
    num::NonZeroI16 => Scalar::SmallInt;
    num::NonZeroU16 => Scalar::Int;
    num::NonZeroI32 => Scalar::Int;
    num::NonZeroU32 => Scalar::BigInt;
    num::NonZeroI64 => Scalar::BigInt;
    f32 => Scalar::Real;
    f64 => Scalar::Double;
    char => Scalar::Text;
    str => Scalar::Text;
    String => Scalar::Text;
    net::IpAddr => Scalar::Inet;
    net::Ipv4Addr => Scalar::Inet;
    net::Ipv6Addr => Scalar::Inet;
    time::SystemTime => Scalar::Timestamp { zone: true, precision: None };
    time::Duration => Scalar::Interval;
}

impl<T: ColumnType> ColumnType for Option<T> {
    fn column_type() -> ColumnTypeDef {
        ColumnTypeDef { nullable: true, ..T::column_type() }
    }
}

macro_rules! pointers {
    ($($pointer:ty;)*) => {$(
        impl<T: ColumnType + ?Sized> ColumnType for $pointer {
            fn column_type() -> ColumnTypeDef {
                T::column_type()
            }
        }
    )*};
}

pointers! {
    &T;
    Box<T>;
    Rc<T>;
    Arc<T>;
}

impl<T: ColumnType + ToOwned + ?Sized> ColumnType for Cow<'_, T> {
    fn column_type() -> ColumnTypeDef {
        T::column_type()
    }
}

impl<T: ColumnType + 'static> ColumnType for [T] {
    fn column_type() -> ColumnTypeDef {
        let ty = match TypeId::of::<T>() == TypeId::of::<u8>() {
            true => Type::Scalar(Scalar::Bytes),
            false => Type::List(Box::new(T::column_type().ty)),
        };
        ColumnTypeDef { ty, nullable: false }
    }
}

impl<T: ColumnType + 'static, const N: usize> ColumnType for [T; N] {
    fn column_type() -> ColumnTypeDef {
        <[T]>::column_type()
    }
}

impl<T: ColumnType + 'static> ColumnType for Vec<T> {
    fn column_type() -> ColumnTypeDef {
        <[T]>::column_type()
    }
}
