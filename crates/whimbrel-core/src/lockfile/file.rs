//! The names of migrations' files.

use crate::history::{Format, check_name};

/// The name of a migration's file, taken apart.
///
/// ```
/// use whimbrel_core::history::Format;
/// use whimbrel_core::lockfile::FileName;
/// let file = FileName::read("0012_add users.ts").unwrap();
/// assert_eq!((file.version, file.name.as_str(), file.format), (12, "add users", Format::Ts));
/// assert_eq!(file.to_string(), "0012_add users.ts");
/// assert_eq!(FileName::read("README.md"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName {
    /// The number.
    pub version: u32,
    /// The name.
    pub name: String,
    /// What is in it.
    pub format: Format,
}

impl FileName {
    /// Reads a file's name; `None` if it is not one of a migration.
    pub fn read(file: &str) -> Option<Self> {
        let (stem, extension) = file.rsplit_once('.')?;
        let (number, name) = stem.split_once('_')?;
        let version = number.parse().ok().filter(|version| *version < u32::MAX)?;
        let name = Self { version, name: name.to_owned(), format: Format::of_extension(extension)? };
        (name.to_string() == file && check_name(&name.name).is_ok() && version > 0).then_some(name)
    }

    /// Says whether a file's name begins as that of a migration does, but is none.
    ///
    /// ```
    /// use whimbrel_core::lockfile::FileName;
    /// assert!(FileName::is_misnamed("1_add-users.sql"));
    /// assert!(!FileName::is_misnamed("0001_add-users.sql"));
    /// assert!(!FileName::is_misnamed("helpers.ts"));
    /// ```
    pub fn is_misnamed(file: &str) -> bool {
        let extension = file.rsplit_once('.').map(|(_, extension)| extension);
        file.starts_with(|c: char| c.is_ascii_digit())
            && extension.and_then(Format::of_extension).is_some()
            && Self::read(file).is_none()
    }
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}_{}.{}", self.version, self.name, self.format.extension())
    }
}
