//! Reads the files of a source.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::SourceError;

/// A text with the name to use for it in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceText {
    /// The file's path as given, or what the caller called it.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Reads the file, the folder's `.sql` files in sorted order, or the glob's.
pub(super) fn collect(path: &Path) -> Result<Vec<SourceText>, SourceError> {
    let display = path.display().to_string();
    if path.is_dir() {
        let paths = in_folder(path, is_sql)?;
        return read_all(&display, paths);
    }
    if !path.exists() && display.contains(['*', '?', '[']) {
        return read_all(&display, matching(&display)?);
    }
    Ok(vec![read(path)?])
}

fn read_all(display: &str, mut paths: Vec<PathBuf>) -> Result<Vec<SourceText>, SourceError> {
    if paths.is_empty() {
        return Err(SourceError::NoFiles { path: display.to_owned() });
    }
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

/// All files below a folder of which `wanted` holds.
pub(super) fn in_folder(folder: &Path, wanted: fn(&Path) -> bool) -> Result<Vec<PathBuf>, SourceError> {
    let unreadable = |error: std::io::Error| SourceError::Unreadable {
        path: folder.display().to_string(),
        reason: error.to_string(),
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            paths.extend(in_folder(&path, wanted)?);
        } else if wanted(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn matching(pattern: &str) -> Result<Vec<PathBuf>, SourceError> {
    let bad = |reason: String| SourceError::Glob { pattern: pattern.to_owned(), reason };
    let paths = glob::glob(pattern).map_err(|error| bad(error.to_string()))?;
    let paths: Result<Vec<_>, _> = paths.collect();
    Ok(paths.map_err(|error| bad(error.to_string()))?.into_iter().filter(|path| path.is_file()).collect())
}

fn is_sql(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql"))
}

/// Reads one file, which must be UTF-8; a byte order mark is dropped.
pub(super) fn read(path: &Path) -> Result<SourceText, SourceError> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => SourceError::NotFound { path: name.clone() },
        _ => SourceError::Unreadable { path: name.clone(), reason: error.to_string() },
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
        SourceError::NotUtf8 { path: name.clone(), offset, line }
    })?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok(SourceText { name, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[SourceText], folder: &Path) -> Vec<String> {
        let strip =
            |text: &SourceText| Path::new(&text.name).strip_prefix(folder).unwrap().display().to_string();
        texts.iter().map(strip).collect()
    }

    #[test]
    fn a_folder_is_its_sql_files_in_sorted_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("20_more")).unwrap();
        for name in ["30_c.sql", "10_a.SQL", "20_more/b.sql", "notes.txt"] {
            fs::write(at(name), "SELECT 1;").unwrap();
        }
        let texts = collect(folder.path()).unwrap();
        assert_eq!(names(&texts, folder.path()), ["10_a.SQL", "20_more/b.sql", "30_c.sql"]);
        let texts = collect(&at("*.sql")).unwrap();
        assert_eq!(names(&texts, folder.path()), ["30_c.sql"]);
    }

    #[test]
    fn what_is_not_there_has_its_own_message() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(collect(folder.path()), Err(SourceError::NoFiles { .. })));
        assert!(matches!(collect(&folder.path().join("*.sql")), Err(SourceError::NoFiles { .. })));
        assert!(matches!(collect(&folder.path().join("x.sql")), Err(SourceError::NotFound { .. })));
    }

    #[test]
    fn bytes_that_are_no_characters_are_named_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latin1.sql");
        fs::write(&path, b"-- caf\xc3\xa9\n-- caf\xe9\n").unwrap();
        let error = read(&path).unwrap_err();
        assert!(matches!(error, SourceError::NotUtf8 { offset: 15, line: 2, .. }), "{error:?}");
    }

    #[test]
    fn a_byte_order_mark_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bom.sql");
        fs::write(&path, "\u{feff}SELECT 1;").unwrap();
        assert_eq!(read(&path).unwrap().text, "SELECT 1;");
    }
}
