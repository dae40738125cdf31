//! The cases in which names are written.

/// A case.
///
/// ```
/// use whimbrel_model::case::Case;
/// let case = Case::parse("kebab-case").unwrap();
/// assert_eq!(case.apply("InDelivery"), "in-delivery");
/// assert_eq!(Case::Screaming.apply("InDelivery"), "IN_DELIVERY");
/// assert_eq!(Case::parse("Train-Case"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// `snake_case`
    Snake,
    /// `SCREAMING_SNAKE_CASE`
    Screaming,
    /// `kebab-case`
    Kebab,
    /// `camelCase`
    Camel,
    /// `PascalCase`
    Pascal,
    /// `lowercase`
    Lower,
    /// `UPPERCASE`
    Upper,
}

impl Case {
    /// What can be written.
    #[cfg(feature = "parse")]
    pub(crate) const HELP: &str = "write `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `camelCase`, `PascalCase`, \
                                   `lowercase` or `UPPERCASE`";

    /// Reads the name of a case, written in itself.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "snake_case" => Self::Snake,
            "SCREAMING_SNAKE_CASE" => Self::Screaming,
            "kebab-case" => Self::Kebab,
            "camelCase" => Self::Camel,
            "PascalCase" => Self::Pascal,
            "lowercase" => Self::Lower,
            "UPPERCASE" => Self::Upper,
            _ => return None,
        })
    }

    /// Writes a name that is in `PascalCase`.
    pub fn apply(self, name: &str) -> String {
        match self {
            Self::Snake => snake(name),
            Self::Screaming => snake(name).to_uppercase(),
            Self::Kebab => snake(name).replace('_', "-"),
            Self::Camel => lower_first(name),
            Self::Pascal => name.to_owned(),
            Self::Lower => name.to_lowercase(),
            Self::Upper => name.to_uppercase(),
        }
    }
}

/// Writes a name in snake case: a word begins at each capital that follows a
/// small letter or digit, or that a small letter follows.
///
/// ```
/// use whimbrel_model::case::snake;
/// assert_eq!(snake("BlogPost"), "blog_post");
/// assert_eq!(snake("HTTPServer2"), "http_server2");
/// ```
pub fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (index, c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| chars.get(index));
        let after = chars.get(index + 1);
        let starts = c.is_uppercase()
            && before.is_some_and(|before| {
                *before != '_' && (!before.is_uppercase() || after.is_some_and(|after| after.is_lowercase()))
            });
        if starts {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// Writes any name in `PascalCase`, as Rust has its types; what cannot be part
/// of a name goes.
///
/// ```
/// use whimbrel_model::case::pascal;
/// assert_eq!(pascal("blog_posts"), "BlogPosts");
/// assert_eq!(pascal("order items"), "OrderItems");
/// ```
pub fn pascal(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(upper_first).collect()
}

fn upper_first(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn lower_first(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
