//! `postgres://user:password@host:port,host:port/database?key=word`

use super::key_words::{KeyWords, invalid};
use crate::error::DbError;

pub(super) const SHAPE: &str = "a URL looks like `postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=require`, \
                     with `%XX` for characters that mean something there";

/// Reads a URL into key words. No part of it is repeated in an error but the
/// names of parameters: anything else may be a part of a password.
pub(super) fn parse(url: &str) -> Result<KeyWords, DbError> {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let rest = rest.ok_or_else(|| invalid("this is no PostgreSQL URL", SHAPE))?;
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    // The password holds a bare `?`: what follows must not be taken for parameters and named.
    if !rest.contains('@') && query.is_some_and(|query| query.contains('@')) {
        return Err(invalid("the user's name or password holds characters that must be encoded", SHAPE));
    }
    let (authority, database) =
        rest.split_once('/').map_or((rest, None), |(left, right)| (left, Some(right)));
    let (login, hosts) =
        authority.rsplit_once('@').map_or((None, authority), |(left, right)| (Some(left), right));
    let mut words = KeyWords::default();
    if let Some(login) = login {
        let (user, password) =
            login.split_once(':').map_or((login, None), |(user, password)| (user, Some(password)));
        set(&mut words, "user", Some(user))?;
        set(&mut words, "password", password)?;
    }
    parse_hosts(&mut words, hosts)?;
    set(&mut words, "dbname", database)?;
    for pair in query.into_iter().flat_map(|query| query.split('&')).filter(|pair| !pair.is_empty()) {
        parse_pair(&mut words, pair)?;
    }
    Ok(words)
}

fn set(words: &mut KeyWords, name: &str, value: Option<&str>) -> Result<(), DbError> {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        words.set(name, &decode(value)?);
    }
    Ok(())
}

/// Reads `host:port,[::1]:port`.
fn parse_hosts(words: &mut KeyWords, text: &str) -> Result<(), DbError> {
    let mut names = Vec::new();
    let mut ports = Vec::new();
    for host in text.split(',') {
        let (name, port) = match host.strip_prefix('[') {
            Some(rest) => {
                let (name, port) = rest
                    .split_once(']')
                    .ok_or_else(|| invalid("an IPv6 address lacks its closing bracket", SHAPE))?;
                (name, port.strip_prefix(':').unwrap_or_default())
            }
            None => host.split_once(':').unwrap_or((host, "")),
        };
        names.push(decode(name)?);
        ports.push(decode(port)?);
    }
    if names.iter().any(|name| !name.is_empty()) {
        words.set("host", &names.join(","));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        words.set("port", &ports.join(","));
    }
    Ok(())
}

fn parse_pair(words: &mut KeyWords, pair: &str) -> Result<(), DbError> {
    let (name, value) =
        pair.split_once('=').ok_or_else(|| invalid("a parameter of the URL lacks its `=`", SHAPE))?;
    let (name, value) = (decode(name)?, decode(value)?);
    if words.set(&name, &value) {
        return Ok(());
    }
    let help = "leave it out; PostgreSQL's manual lists what there is under `Parameter Key Words`";
    Err(invalid(&format!("the URL has a parameter `{name}`, which PostgreSQL does not know"), help))
}

/// Undoes percent-encoding.
fn decode(text: &str) -> Result<String, DbError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(invalid("a `%` of the URL is not followed by two hexadecimal digits", SHAPE));
        };
        bytes.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits make a byte"));
    }
    String::from_utf8(bytes).map_err(|_| invalid("the URL is not UTF-8 once decoded", SHAPE))
}
