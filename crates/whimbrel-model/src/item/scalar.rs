//! The types that columns have on every engine.

use serde::{Deserialize, Serialize};

/// A type that every engine has, under a name and in a form of its own: see
/// [`types`](crate::types).
///
/// ```
/// use whimbrel_model::item::Scalar;
/// let code = Scalar::parse("varchar", &[80]).unwrap();
/// assert_eq!(code, Scalar::Varchar(80));
/// assert!(code.is_text() && !code.is_integer());
/// assert_eq!(code.spelling(), "varchar(80)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scalar {
    /// True or false.
    Bool,
    /// A whole number of 16 bits.
    SmallInt,
    /// A whole number of 32 bits.
    Int,
    /// A whole number of 64 bits.
    BigInt,
    /// A binary fraction of 32 bits.
    Real,
    /// A binary fraction of 64 bits.
    Double,
    /// A decimal fraction: how many digits, and how many of them after the point.
    Decimal(Option<(u32, u32)>),
    /// A text.
    Text,
    /// A text of at most so many characters.
    Varchar(u32),
    /// Bytes.
    Bytes,
    /// A JSON document.
    Json,
    /// A UUID.
    Uuid,
    /// A day.
    Date,
    /// A time of day.
    Time {
        /// Whether it knows its time zone.
        zone: bool,
        /// The digits after the second.
        precision: Option<u32>,
    },
    /// A day and a time of day.
    Timestamp {
        /// Whether it is a moment (else what a clock on the wall shows).
        zone: bool,
        /// The digits after the second.
        precision: Option<u32>,
    },
    /// A span of time.
    Interval,
    /// An address of a host or network.
    Inet,
    /// So many numbers, to find near ones by.
    Vector(Option<u32>),
    /// A point in the plane.
    Point,
}

impl Scalar {
    /// Says whether it is a whole number.
    pub fn is_integer(self) -> bool {
        matches!(self, Self::SmallInt | Self::Int | Self::BigInt)
    }

    /// Says whether it is a text.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Varchar(_))
    }

    /// A type that stands for all whose values compare with its own.
    pub(crate) fn family(self) -> Self {
        match self {
            Self::SmallInt | Self::Int | Self::BigInt | Self::Real | Self::Double | Self::Decimal(_) => {
                Self::BigInt
            }
            Self::Text | Self::Varchar(_) => Self::Text,
            Self::Date | Self::Timestamp { .. } => Self::Date,
            Self::Time { .. } => Self::Time { zone: false, precision: None },
            Self::Vector(_) => Self::Vector(None),
            Self::Bool
            | Self::Bytes
            | Self::Json
            | Self::Uuid
            | Self::Interval
            | Self::Inet
            | Self::Point => self,
        }
    }

    /// How the attribute `type = ...` writes it.
    pub fn spelling(self) -> String {
        let timed = |base: &str, zone: bool, precision: Option<u32>| {
            let zone = if zone { "tz" } else { "" };
            precision.map_or(format!("{base}{zone}"), |digits| format!("{base}{zone}({digits})"))
        };
        match self {
            Self::Bool => "bool".to_owned(),
            Self::SmallInt => "smallint".to_owned(),
            Self::Int => "int".to_owned(),
            Self::BigInt => "bigint".to_owned(),
            Self::Real => "real".to_owned(),
            Self::Double => "double".to_owned(),
            Self::Decimal(None) => "decimal".to_owned(),
            Self::Decimal(Some((precision, scale))) => format!("decimal({precision}, {scale})"),
            Self::Text => "text".to_owned(),
            Self::Varchar(length) => format!("varchar({length})"),
            Self::Bytes => "bytes".to_owned(),
            Self::Json => "json".to_owned(),
            Self::Uuid => "uuid".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Time { zone, precision } => timed("time", zone, precision),
            Self::Timestamp { zone, precision } => timed("timestamp", zone, precision),
            Self::Interval => "interval".to_owned(),
            Self::Inet => "inet".to_owned(),
            Self::Vector(None) => "vector".to_owned(),
            Self::Vector(Some(dimensions)) => format!("vector({dimensions})"),
            Self::Point => "point".to_owned(),
        }
    }

    /// Reads what `type = ...` writes.
    ///
    /// ```
    /// use whimbrel_model::item::Scalar;
    /// assert_eq!(Scalar::parse("decimal", &[10, 2]), Some(Scalar::Decimal(Some((10, 2)))));
    /// assert_eq!(Scalar::parse("decimal", &[10, 2, 3]), None);
    /// ```
    pub fn parse(word: &str, arguments: &[u32]) -> Option<Self> {
        let plain = match word {
            "bool" => Self::Bool,
            "smallint" => Self::SmallInt,
            "int" => Self::Int,
            "bigint" => Self::BigInt,
            "real" => Self::Real,
            "double" => Self::Double,
            "text" => Self::Text,
            "bytes" => Self::Bytes,
            "json" => Self::Json,
            "uuid" => Self::Uuid,
            "date" => Self::Date,
            "interval" => Self::Interval,
            "inet" => Self::Inet,
            "point" => Self::Point,
            _ => return Self::with_arguments(word, arguments),
        };
        arguments.is_empty().then_some(plain)
    }

    fn with_arguments(word: &str, arguments: &[u32]) -> Option<Self> {
        let precision = match arguments {
            [] => None,
            [one] => Some(*one),
            _ => return (word == "decimal").then_some(Self::decimal(arguments)).flatten(),
        };
        match (word, precision) {
            ("decimal", _) => Self::decimal(arguments),
            ("varchar", Some(length)) => Some(Self::Varchar(length)),
            ("time", _) => Some(Self::Time { zone: false, precision }),
            ("timetz", _) => Some(Self::Time { zone: true, precision }),
            ("timestamp", _) => Some(Self::Timestamp { zone: false, precision }),
            ("timestamptz", _) => Some(Self::Timestamp { zone: true, precision }),
            ("vector", _) => Some(Self::Vector(precision)),
            _ => None,
        }
    }

    fn decimal(arguments: &[u32]) -> Option<Self> {
        match arguments {
            [] => Some(Self::Decimal(None)),
            [precision] => Some(Self::Decimal(Some((*precision, 0)))),
            [precision, scale] => Some(Self::Decimal(Some((*precision, *scale)))),
            _ => None,
        }
    }
}
