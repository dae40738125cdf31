//! Names of database objects, as the catalogue spells them (never quoted).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of an object that may live in a namespace (what PostgreSQL calls
/// a schema).
///
/// The namespace is absent for the engine's default one, so that the same
/// schema has the same names in every database. In JSON a name in the default
/// namespace is a plain string, any other an object with `namespace` and
/// `name`.
///
/// ```
/// use whimbrel_core::name::ObjectName;
/// let users = ObjectName::new("users");
/// let audit = ObjectName::qualified("audit", "users");
/// assert_eq!(users.to_string(), "users");
/// assert_eq!(audit.to_string(), "audit.users");
/// assert_eq!(serde_json::to_string(&users).unwrap(), r#""users""#);
/// assert_eq!(serde_json::to_string(&audit).unwrap(), r#"{"namespace":"audit","name":"users"}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "NameJson", into = "NameJson")]
pub struct ObjectName {
    /// The namespace, absent for the default one.
    pub namespace: Option<String>,
    /// The name itself.
    pub name: String,
}

impl ObjectName {
    /// A name in the default namespace.
    pub fn new(name: impl Into<String>) -> Self {
        Self { namespace: None, name: name.into() }
    }

    /// A name in another namespace.
    pub fn qualified(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), name: name.into() }
    }

    /// The same namespace with another name in it.
    pub fn with_name(&self, name: impl Into<String>) -> Self {
        Self { namespace: self.namespace.clone(), name: name.into() }
    }

    /// Reads `name` or `namespace.name`, as flags and hints write it.
    ///
    /// A part may stand in double quotes (doubled inside), so that a dot can be
    /// part of a name.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = split_dotted(text)?;
        let name = parts.pop()?;
        match (parts.pop(), parts.is_empty()) {
            (None, _) => Some(Self::new(name)),
            (Some(namespace), true) => Some(Self::qualified(namespace, name)),
            (Some(_), false) => None,
        }
    }
}

/// Splits `a.b."c.d"` at its unquoted dots; `None` if a part is empty or a
/// quote is left open.
///
/// ```
/// use whimbrel_core::name::split_dotted;
/// assert_eq!(split_dotted(r#"users."nick.name""#).unwrap(), ["users", "nick.name"]);
/// assert!(split_dotted("users.").is_none());
/// ```
pub fn split_dotted(text: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        let part = parts.last_mut()?;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                part.push('"');
            }
            '"' if quoted || part.is_empty() => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => part.push(c),
        }
    }
    (!quoted && parts.iter().all(|part| !part.is_empty())).then_some(parts)
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{namespace}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl From<&str> for ObjectName {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum NameJson {
    Plain(String),
    Qualified { namespace: String, name: String },
}

impl From<NameJson> for ObjectName {
    fn from(json: NameJson) -> Self {
        match json {
            NameJson::Plain(name) => Self::new(name),
            NameJson::Qualified { namespace, name } => Self::qualified(namespace, name),
        }
    }
}

impl From<ObjectName> for NameJson {
    fn from(name: ObjectName) -> Self {
        match name.namespace {
            None => Self::Plain(name.name),
            Some(namespace) => Self::Qualified { namespace, name: name.name },
        }
    }
}
