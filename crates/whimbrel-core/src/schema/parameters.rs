//! Storage parameters, such as `fillfactor`.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Storage parameters with their values, in the order in which they were given.
///
/// The order is kept for output and says nothing otherwise: two lists are equal
/// if each parameter has the same value in both.
///
/// ```
/// use whimbrel_core::schema::Parameters;
/// let list = |pairs: [(&str, &str); 2]| -> Parameters {
///     pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
/// };
/// assert_eq!(list([("b", "1"), ("a", "2")]), list([("a", "2"), ("b", "1")]));
/// assert_eq!(serde_json::to_string(&list([("b", "1"), ("a", "2")])).unwrap(), r#"{"b":"1","a":"2"}"#);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Says whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a parameter.
    ///
    /// ```
    /// use whimbrel_core::schema::Parameters;
    ///
    /// assert!(Parameters::default().is_empty());
    /// let storage = Parameters::from_iter([("fillfactor".to_owned(), "70".to_owned())]);
    /// assert_eq!(storage.get("fillfactor"), Some("70"));
    /// assert_eq!(storage.get("autovacuum_enabled"), None);
    /// assert_eq!(storage.iter().collect::<Vec<_>>(), [("fillfactor", "70")]);
    /// ```
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The parameters and their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn sorted(&self) -> Vec<&(String, String)> {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort();
        sorted
    }
}

impl FromIterator<(String, String)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(parameters: I) -> Self {
        Self(parameters.into_iter().collect())
    }
}

impl Extend<(String, String)> for Parameters {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, parameters: I) {
        self.0.extend(parameters);
    }
}

impl PartialEq for Parameters {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Parameters {}

impl PartialOrd for Parameters {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Parameters {
    fn cmp(&self, other: &Self) -> Ordering {
        self.sorted().cmp(&other.sorted())
    }
}

impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Parameters;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("storage parameters and their values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parameters, A::Error> {
                let mut parameters = Vec::new();
                while let Some(parameter) = map.next_entry()? {
                    parameters.push(parameter);
                }
                Ok(Parameters(parameters))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}
