//! The password file.
//!
//! <https://www.postgresql.org/docs/current/libpq-pgpass.html>

use std::fs;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::{Address, Host, SOCKET_FOLDER};

/// One line: host, port, database, user, password.
pub(super) struct Entry([String; 5]);

/// Reads the password file; one that does not exist has no entries.
///
/// As libpq does, a file that others may read is passed over: the error says so.
pub(super) fn read(named: Option<&str>, environment: &Environment) -> Result<Vec<Entry>, String> {
    let own = || environment.home.as_ref().map(|home| home.join(".pgpass"));
    let Some(path) = named.map(PathBuf::from).or_else(own) else {
        return Ok(Vec::new());
    };
    let Ok(text) = fs::read_to_string(&path) else {
        return Ok(Vec::new());
    };
    if others_may_read(&path) {
        let path = path.display();
        return Err(format!("`{path}` was passed over because others may read it: `chmod 600 {path}`"));
    }
    Ok(text.lines().filter(|line| !line.starts_with('#')).filter_map(parse).collect())
}

#[cfg(unix)]
fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_may_read(_: &Path) -> bool {
    false
}

/// Splits a line at its colons; a backslash takes the next character as it is.
fn parse(line: &str) -> Option<Entry> {
    let mut fields = vec![String::new()];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields.last_mut()?.extend(chars.next()),
            c => fields.last_mut()?.push(c),
        }
    }
    fields.try_into().ok().map(Entry)
}

/// Returns the password of the first line that fits.
pub(super) fn find(entries: &[Entry], host: &Host, database: &str, user: &str) -> Option<String> {
    let name = match &host.address {
        Address::Tcp(name, _) => name.clone(),
        Address::Unix(folder) if folder == Path::new(SOCKET_FOLDER) => "localhost".to_owned(),
        Address::Unix(folder) => folder.display().to_string(),
    };
    let wanted = [name.as_str(), &host.port.to_string(), database, user];
    let fits =
        |Entry(fields): &&Entry| fields.iter().zip(wanted).all(|(field, want)| field == "*" || field == want);
    entries.iter().find(fits).map(|Entry(fields)| fields[4].clone())
}
