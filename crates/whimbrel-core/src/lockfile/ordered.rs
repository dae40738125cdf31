//! A map that keeps the order of a JavaScript object.

/// Values by name, in the order in which a JavaScript object has them: names
/// that are places of an array (`0`, `17`) ascending, then all others as they
/// came.
///
/// ```
/// use whimbrel_core::lockfile::Ordered;
/// let mut fields = Ordered::default();
/// for name in ["email", "7", "age"] {
///     fields.insert(name, name.len());
/// }
/// assert_eq!(fields.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["7", "email", "age"]);
/// assert_eq!(fields.get("age"), Some(&3));
/// ```
///
/// ```
/// use whimbrel_core::lockfile::Ordered;
/// let mut lengths: Ordered<usize> = [("nick", 4), ("age", 3)].into_iter().collect();
/// *lengths.get_mut("age").unwrap() += 1;
/// assert!(lengths.rename("nick", "name") && lengths.contains("name"));
/// assert_eq!(lengths.remove("age"), Some(4));
/// assert_eq!((lengths.len(), lengths.is_empty()), (1, false));
/// ```
// Invariant: no name is there twice, and the order is that of JavaScript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered<T>(Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Ordered<T> {
    /// Returns the value of a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Returns the value of a name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.0.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Says whether there is a value of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Puts a value; one that has the name already is replaced where it stands.
    pub fn insert(&mut self, name: impl Into<String>, value: T) {
        let name = name.into();
        if let Some(old) = self.get_mut(&name) {
            *old = value;
            return;
        }
        let at = match place(&name) {
            Some(new) => self.0.partition_point(|(key, _)| place(key).is_some_and(|old| old < new)),
            None => self.0.len(),
        };
        self.0.insert(at, (name, value));
    }

    /// Takes a value out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<T> {
        let at = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.remove(at).1)
    }

    /// Gives a value another name in the same place; says whether it was there.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        let Some(at) = self.0.iter().position(|(key, _)| key == from).filter(|_| !self.contains(to)) else {
            return false;
        };
        let (_, value) = self.0.remove(at);
        match place(to) {
            Some(_) => self.insert(to, value),
            None => self.0.insert(at.max(self.places()), (to.to_owned(), value)),
        }
        true
    }

    /// How many names are places of an array.
    fn places(&self) -> usize {
        self.0.iter().take_while(|(key, _)| place(key).is_some()).count()
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Says whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<String>, T> FromIterator<(K, T)> for Ordered<T> {
    fn from_iter<I: IntoIterator<Item = (K, T)>>(values: I) -> Self {
        let mut all = Self::default();
        for (name, value) in values {
            all.insert(name, value);
        }
        all
    }
}

impl<T> IntoIterator for Ordered<T> {
    type Item = (String, T);
    type IntoIter = std::vec::IntoIter<(String, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The place of an array that a name is: a number as it is written, up to
/// 2^32 - 2 (<https://tc39.es/ecma262/#array-index>).
fn place(name: &str) -> Option<u32> {
    let number = name.parse::<u32>().ok().filter(|number| *number < u32::MAX)?;
    (number.to_string() == name).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(map: &Ordered<u8>) -> Vec<&str> {
        map.iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_renamed_value_stays_where_it_is() {
        let mut map: Ordered<u8> = [("a", 1), ("3", 2), ("b", 3), ("c", 4)].into_iter().collect();
        assert!(map.rename("b", "x"));
        assert_eq!(names(&map), ["3", "a", "x", "c"]);
        assert!(map.rename("3", "y"));
        assert_eq!(names(&map), ["y", "a", "x", "c"]);
        assert!(map.rename("c", "7"));
        assert_eq!(names(&map), ["7", "y", "a", "x"]);
        assert!(!map.rename("nobody", "z") && !map.rename("a", "x"));
        assert_eq!(map.remove("y"), Some(2));
        map.insert("a", 9);
        assert_eq!(map.into_iter().collect::<Vec<_>>(), [("7".into(), 4), ("a".into(), 9), ("x".into(), 3)]);
    }
}
