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
    ///
    /// ```
    /// use whimbrel_core::name::ObjectName;
    /// let users = ObjectName::qualified("audit", "users");
    /// assert_eq!(users.with_name("posts"), ObjectName::qualified("audit", "posts"));
    /// ```
    pub fn with_name(&self, name: impl Into<String>) -> Self {
        Self { namespace: self.namespace.clone(), name: name.into() }
    }

    /// Reads `name` or `namespace.name`, as flags and hints write it.
    ///
    /// A part may stand in double quotes (doubled inside), so that a dot can be
    /// part of a name.
    ///
    /// ```
    /// use whimbrel_core::name::ObjectName;
    /// assert_eq!(ObjectName::parse("audit.users"), Some(ObjectName::qualified("audit", "users")));
    /// assert_eq!(ObjectName::parse(r#""audit.users""#), Some(ObjectName::new("audit.users")));
    /// assert_eq!(ObjectName::parse("a.b.c"), None);
    /// ```
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

/// Splits `a.b."c.d"` at its unquoted dots; `None` if a part is missing or a
/// quote is left open.
pub(crate) fn split_dotted(text: &str) -> Option<Vec<String>> {
    split_unquoted(text, '.')?.into_iter().map(|part| unquoted(&part)).collect()
}

/// Writes names with dots between, each quoted where it would not be read back
/// otherwise.
///
/// ```
/// use whimbrel_core::name::{ObjectName, join_dotted};
/// let text = join_dotted(["audit.log", "users"]);
/// assert_eq!(text, r#""audit.log".users"#);
/// assert_eq!(ObjectName::parse(&text), Some(ObjectName::qualified("audit.log", "users")));
/// ```
pub fn join_dotted<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let written: Vec<_> = parts.into_iter().map(quoted_if_needed).collect();
    written.join(".")
}

/// Splits a text at a mark that stands outside of double quotes, which stay;
/// `None` if a quote is left open. A name begins after each dot and each `=`; a
/// quote inside a bare name is a character like any other.
pub(crate) fn split_unquoted(text: &str, mark: char) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let (mut at_start, mut is_quoted, mut open) = (true, false, false);
    for c in text.chars() {
        let part = parts.last_mut()?;
        is_quoted = if at_start { c == '"' } else { is_quoted };
        open ^= is_quoted && c == '"';
        at_start = !open && matches!(c, '.' | '=');
        if c == mark && !open {
            parts.push(String::new());
        } else {
            part.push(c);
        }
    }
    (!open).then_some(parts)
}

/// Takes the quotes off, if there are any; a bare name is not empty.
pub(crate) fn unquoted(part: &str) -> Option<String> {
    match part.strip_prefix('"') {
        Some(rest) => {
            let inner = rest.strip_suffix('"')?;
            (!inner.replace("\"\"", "").contains('"')).then(|| inner.replace("\"\"", "\""))
        }
        None => (!part.is_empty()).then(|| part.to_owned()),
    }
}

fn quoted_if_needed(part: &str) -> String {
    if part.is_empty() || part.starts_with('"') || part.contains(['.', '=']) {
        format!("\"{}\"", part.replace('"', "\"\""))
    } else {
        part.to_owned()
    }
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
