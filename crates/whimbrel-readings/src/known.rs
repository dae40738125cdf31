//! Types by the names that the usual crates give them: models name them, and
//! nothing more is asked of them.

#![expect(unused_imports, reason = "only their names are looked at")]

pub(crate) use std::borrow::Cow;
pub(crate) use std::collections::HashMap;
pub(crate) use std::num::*;
pub(crate) use std::rc::Rc;
pub(crate) use std::sync::Arc;

macro_rules! types {
    ($($name:ident)*) => {$(pub(crate) struct $name;)*};
}

// The names that need no crate before them.
types! { Decimal FixedOffset NaiveDateTime NaiveTime OffsetDateTime Own PgInterval Settings Utc Uuid Value }

pub(crate) struct DateTime<T>(T);

macro_rules! crates {
    ($($name:ident { $($type:ident)* })*) => {$(
        pub(crate) mod $name {
            pub(crate) use super::*;

            types! { $($type)* }
        }
    )*};
}

crates! {
    bigdecimal { BigDecimal }
    bytes { Bytes }
    chrono { NaiveDate TimeDelta }
    geo_types { Point }
    ipnet { IpNet }
    ipnetwork { IpNetwork }
    pgvector { Vector }
    rust_decimal {}
    serde_bytes { ByteBuf }
    time { Date Duration PrimitiveDateTime Time UtcDateTime }
    ulid { Ulid }
    uuid { NonNilUuid }
}

pub(crate) mod jiff {
    types! { SignedDuration Span Timestamp Zoned }

    pub(crate) mod civil {
        types! { Date DateTime Time }
    }
}

pub(crate) mod serde_json {
    pub(crate) use super::Value;

    pub(crate) struct Map<K, V>(K, V);

    pub(crate) mod value {
        types! { RawValue }
    }
}

pub(crate) mod sqlx {
    pub(crate) mod types {
        pub(crate) struct Json<T>(T);
    }
}
