//! What a live database has besides its schema that no reader tells, since most
//! databases are full of it: asked for where a source speaks of it.

use std::collections::BTreeSet;

use whimbrel_core::schema::LeftAlone;

use crate::connection::{Connection, Value};
use crate::error::DbError;

/// How the name of a grant begins that makes a role the member of a role.
const MEMBERSHIP: &str = "role ";

/// The memberships of the cluster, as grants are called.
const MEMBERSHIPS: &str = "SELECT format('role %s to %s', r.rolname, m.rolname) FROM pg_auth_members a \
     JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member";

/// Says whether it has to be asked for whether a database has `one`.
///
/// ```
/// use whimbrel_core::schema::LeftAlone;
/// use whimbrel_db::asked_for::has_to_be;
/// assert!(has_to_be(&LeftAlone::new(LeftAlone::PRAGMA, "user_version = 7")));
/// assert!(!has_to_be(&LeftAlone::new(LeftAlone::GRANT, "orders")));
/// ```
pub fn has_to_be(one: &LeftAlone) -> bool {
    is_setting(one) || is_membership(one)
}

/// What a source speaks of and the database has.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel_core::schema::LeftAlone;
/// use whimbrel_db::asked_for::asked_for;
/// use whimbrel_db::{ConnectOptions, connect};
///
/// let url = "sqlite::memory:".parse().unwrap();
/// let mut connection = connect(&url, &ConnectOptions::default()).await?;
/// connection.execute("PRAGMA user_version = 7").await?;
/// let version = |number: u8| LeftAlone::new(LeftAlone::PRAGMA, format!("user_version = {number}"));
/// let found = asked_for(&mut *connection, &[&version(7), &version(8)]).await?;
/// assert_eq!(found, [version(7)]);
/// # Ok::<(), whimbrel_db::DbError>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn asked_for(
    connection: &mut dyn Connection,
    spoken_of: &[&LeftAlone],
) -> Result<Vec<LeftAlone>, DbError> {
    let spoken_of = || spoken_of.iter().copied();
    let mut found = Vec::new();
    if spoken_of().any(is_membership) {
        let memberships = texts(connection, MEMBERSHIPS).await?;
        found.extend(spoken_of().filter(|one| is_so(&memberships, one)).cloned());
    }
    for setting in spoken_of().filter(|one| is_setting(one)) {
        if let Some((name, wanted)) = setting.name.split_once(" = ") {
            let rows = connection.query(&format!("PRAGMA {name}")).await?;
            let value = rows.first().and_then(|row| row.0.first());
            found.extend(value.filter(|value| is_value(wanted, value)).map(|_| setting.clone()));
        }
    }
    Ok(found)
}

fn is_setting(one: &LeftAlone) -> bool {
    one.kind == LeftAlone::PRAGMA
}

fn is_membership(one: &LeftAlone) -> bool {
    one.kind == LeftAlone::GRANT && one.name.starts_with(MEMBERSHIP)
}

/// Says whether memberships are as a GRANT or a REVOKE would make them.
fn is_so(memberships: &BTreeSet<String>, one: &LeftAlone) -> bool {
    memberships.contains(&one.name)
        || is_membership(one)
            && one.name.contains(" from ")
            && !memberships.contains(&one.name.replacen(" from ", " to ", 1))
}

async fn texts(connection: &mut dyn Connection, sql: &str) -> Result<BTreeSet<String>, DbError> {
    let rows = connection.query(sql).await?;
    Ok(rows.iter().filter_map(|row| row.text(0)).map(str::to_owned).collect())
}

/// Says whether a setting has the value that is written so.
fn is_value(written: &str, value: &Value) -> bool {
    match value {
        Value::Integer(number) => as_number(written) == Some(*number),
        Value::Text(text) => text.eq_ignore_ascii_case(written),
        Value::Null | Value::Real(_) | Value::Blob(_) => false,
    }
}

/// Numbers may be hexadecimal, and those of `auto_vacuum` have names.
fn as_number(written: &str) -> Option<i64> {
    let written = written.to_ascii_lowercase();
    match written.as_str() {
        "none" => Some(0),
        "full" => Some(1),
        "incremental" => Some(2),
        text => match text.strip_prefix("0x") {
            Some(digits) => i64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_known_however_it_is_written() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (written, value, expected) in [
            ("7", Value::Integer(7), true),
            ("0x1F", Value::Integer(31), true),
            ("FULL", Value::Integer(1), true),
            ("7", Value::Integer(8), false),
            ("WAL", text("wal"), true),
            ("WAL", text("delete"), false),
            ("7", Value::Null, false),
        ] {
            assert_eq!(is_value(written, &value), expected, "{written} {value:?}");
        }
    }

    #[test]
    fn a_membership_is_as_a_grant_or_a_revoke_would_make_it() {
        let there = BTreeSet::from(["role a to b".to_owned()]);
        for (name, expected) in [
            ("role a to b", true),
            ("role b to a", false),
            ("role a from b", false),
            ("role b from a", true),
            ("orders", false),
        ] {
            assert_eq!(is_so(&there, &LeftAlone::new(LeftAlone::GRANT, name)), expected, "{name}");
        }
    }
}
