//! A short value that tells whether a catalogue is still the same.

use std::fmt;

use sha2::{Digest, Sha256};

/// The SHA-256 of everything that a schema was read from.
///
/// Two equal fingerprints mean that nothing the reader looks at has changed.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_db::introspect::fingerprint;
/// use whimbrel_db::{IntrospectOptions, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await?;
/// let found = fingerprint(&mut connection, &IntrospectOptions::default()).await?;
/// assert_eq!(found.to_string().len(), 64);
/// # Ok::<(), whimbrel_db::IntrospectError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// Gathers the values that a [`Fingerprint`] is made of.
#[derive(Default)]
pub(crate) struct Fingerprinter(Sha256);

impl Fingerprinter {
    /// Adds a value; where one ends and the next begins counts too.
    pub(crate) fn add(&mut self, value: Option<&str>) {
        match value {
            Some(text) => {
                self.0.update((text.len() as u64 + 1).to_le_bytes());
                self.0.update(text);
            }
            None => self.0.update(0u64.to_le_bytes()),
        }
    }

    pub(crate) fn finish(self) -> Fingerprint {
        Fingerprint(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[Option<&str>]) -> Fingerprint {
        let mut all = Fingerprinter::default();
        values.iter().for_each(|value| all.add(*value));
        all.finish()
    }

    #[test]
    fn borders_and_absence_count() {
        assert_eq!(of(&[Some("a"), Some("b")]), of(&[Some("a"), Some("b")]));
        assert_ne!(of(&[Some("a"), Some("b")]), of(&[Some("ab"), Some("")]));
        assert_ne!(of(&[None]), of(&[Some("")]));
        assert_ne!(of(&[]), of(&[None]));
    }
}
