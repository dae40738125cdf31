//! Models with everything that models can say.

#![expect(dead_code, reason = "what is in the fields is never read")]

pub(crate) mod posts;

use whimbrel::{ColumnType, DbEnum, Embedded, Model};

/// Types by the names that the usual crates give them.
pub(crate) mod known {
    pub(crate) struct Decimal;
    pub(crate) struct JsonValue;
    pub(crate) struct Uuid;
    pub(crate) struct Utc;
    pub(crate) struct DateTime<T>(T);
    pub(crate) struct NaiveDate;
    pub(crate) struct NaiveTime;
    pub(crate) struct NaiveDateTime;
    pub(crate) struct PgInterval;
    pub(crate) struct Point;
}

/// A column of every type.
#[derive(Model)]
#[model(check("small > 0", name = "small_is_positive"))]
pub(crate) struct Everything {
    #[column(primary_key, auto_increment)]
    id: i64,
    #[column(default = true)]
    boolean: bool,
    #[column(default = 1)]
    small: i16,
    #[column(default = -1)]
    int: i32,
    big: i64,
    #[column(default = 1.5)]
    real: f32,
    double: f64,
    #[column(default = 0)]
    number: known::Decimal,
    #[column(type = decimal(10, 2), default = "0.50")]
    money: known::Decimal,
    #[column(default = "it's")]
    text: String,
    #[column(type = varchar(20))]
    short: Option<String>,
    bytes: Vec<u8>,
    #[column(default = "{}")]
    json: known::JsonValue,
    #[column(default = uuid())]
    uuid: known::Uuid,
    #[column(default = now())]
    day: known::NaiveDate,
    #[column(default = now())]
    clock: known::NaiveTime,
    #[column(type = timetz)]
    clock_there: String,
    wall: known::NaiveDateTime,
    #[column(default = now())]
    moment: known::DateTime<known::Utc>,
    #[column(type = timestamptz(3))]
    exact_moment: known::DateTime<known::Utc>,
    span: known::PgInterval,
    address: std::net::IpAddr,
    place: known::Point,
    #[column(default = Mood::VeryHappy)]
    mood: Mood,
    moods: Vec<Mood>,
    numbers: Option<Vec<i64>>,
    #[column(unique)]
    email: Email,
    #[column(references(User, on_delete = cascade))]
    user_id: UserId,
    maybe: Maybe,
    #[column(type(postgres = "macaddr", sqlite = "BLOB"))]
    native: [u8; 6],
    #[column(skip)]
    not_a_column: std::collections::HashMap<String, String>,
}

#[derive(DbEnum)]
pub(crate) enum Mood {
    VeryHappy,
    #[db_enum(name = "it is so-so")]
    SoSo,
    Sad,
}

#[derive(ColumnType)]
#[column(type = varchar(254))]
pub(crate) struct Email(String);

#[derive(ColumnType)]
pub(crate) struct Wrapped(Email);

pub(crate) type UserId = i64;
pub(crate) type Maybe = Option<String>;

/// Types that the compiler knows behind an alias, with nothing written beside it.
pub(crate) mod aliases {
    pub(crate) type Moment = std::time::SystemTime;
    pub(crate) type Span = std::time::Duration;
    pub(crate) type Count = std::num::NonZeroU32;
    pub(crate) type Hash = [u8; 32];
    pub(crate) type Blob = std::sync::Arc<[u8]>;
    pub(crate) type Label = std::borrow::Cow<'static, str>;
    pub(crate) type Shared = Option<std::rc::Rc<str>>;
    pub(crate) type Numbers = Box<[i32]>;
}

#[derive(Model)]
#[model(table = "aliased", no_primary_key)]
pub(crate) struct Aliased {
    moment: aliases::Moment,
    span: aliases::Span,
    count: aliases::Count,
    hash: aliases::Hash,
    blob: aliases::Blob,
    label: aliases::Label,
    shared: aliases::Shared,
    numbers: aliases::Numbers,
}

#[derive(Embedded)]
pub(crate) struct Address {
    #[column(check("street <> ''", name = "has_a_street"))]
    street: String,
    #[column(name = "zip", index, index(where = "length(street) > 3", name = "by_zip"))]
    postcode: Wrapped,
    #[column(flatten = "at_")]
    place: Place,
}

#[derive(Embedded)]
pub(crate) struct Place {
    #[column(check = "x > 0 OR y > 0")]
    x: i32,
    y: i32,
    #[column(generated = "x * 1000 + y")]
    xy: Option<i32>,
}

#[derive(Model)]
#[model(table = "users", unique(tenant, name), index("lower(name)", name = "users_by_name"))]
pub(crate) struct User {
    #[column(primary_key)]
    id: UserId,
    tenant: i32,
    name: String,
    #[column(flatten = "home_")]
    home: Address,
    #[column(flatten = "work_")]
    work: Option<Address>,
    #[column(generated = "tenant * 2")]
    twice: Option<i32>,
}

#[derive(Model)]
#[model(table = "items", primary_key(shelf, place), index(name desc, where = "name <> ''"))]
pub(crate) struct Item {
    place: i32,
    shelf: i32,
    r#name: String,
}
