//! libpq's key words and what they were set to.

use std::collections::BTreeMap;

use crate::error::DbError;

/// A key word that libpq knows.
struct KeyWord {
    name: &'static str,
    /// The variable that sets it.
    variable: Option<&'static str>,
    support: Support,
}

/// What we do about a key word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Support {
    /// What it says.
    Yes,
    /// Nothing: leaving it out weakens nothing.
    Ignored,
    /// Refused unless it has one of these values, for leaving it out would
    /// promise what is not kept.
    Only(&'static [&'static str]),
}

const fn yes(name: &'static str, variable: Option<&'static str>) -> KeyWord {
    KeyWord { name, variable, support: Support::Yes }
}

const fn ignored(name: &'static str) -> KeyWord {
    KeyWord { name, variable: None, support: Support::Ignored }
}

const fn only(name: &'static str, variable: &'static str, values: &'static [&'static str]) -> KeyWord {
    KeyWord { name, variable: Some(variable), support: Support::Only(values) }
}

/// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>
const KEY_WORDS: &[KeyWord] = &[
    yes("host", Some("PGHOST")),
    yes("hostaddr", Some("PGHOSTADDR")),
    yes("port", Some("PGPORT")),
    yes("dbname", Some("PGDATABASE")),
    yes("user", Some("PGUSER")),
    yes("password", Some("PGPASSWORD")),
    yes("passfile", Some("PGPASSFILE")),
    yes("service", Some("PGSERVICE")),
    yes("servicefile", Some("PGSERVICEFILE")),
    yes("options", Some("PGOPTIONS")),
    yes("application_name", Some("PGAPPNAME")),
    yes("connect_timeout", Some("PGCONNECT_TIMEOUT")),
    yes("sslmode", Some("PGSSLMODE")),
    yes("sslrootcert", Some("PGSSLROOTCERT")),
    yes("sslcert", Some("PGSSLCERT")),
    yes("sslkey", Some("PGSSLKEY")),
    yes("target_session_attrs", Some("PGTARGETSESSIONATTRS")),
    only("channel_binding", "PGCHANNELBINDING", &["prefer", "disable"]),
    only("gssencmode", "PGGSSENCMODE", &["prefer", "disable"]),
    only("sslnegotiation", "PGSSLNEGOTIATION", &["postgres"]),
    only("sslcrl", "PGSSLCRL", &[]),
    only("sslcrldir", "PGSSLCRLDIR", &[]),
    only("require_auth", "PGREQUIREAUTH", &[]),
    only("requirepeer", "PGREQUIREPEER", &[]),
    KeyWord { name: "replication", variable: None, support: Support::Only(&["false", "off", "no", "0"]) },
    KeyWord { name: "sslpassword", variable: None, support: Support::Only(&[]) },
    ignored("client_encoding"),
    ignored("fallback_application_name"),
    ignored("keepalives"),
    ignored("keepalives_idle"),
    ignored("keepalives_interval"),
    ignored("keepalives_count"),
    ignored("tcp_user_timeout"),
    ignored("sslcompression"),
    ignored("sslsni"),
    ignored("sslcertmode"),
    ignored("ssl_min_protocol_version"),
    ignored("ssl_max_protocol_version"),
    ignored("krbsrvname"),
    ignored("gsslib"),
    ignored("gssdelegation"),
    ignored("load_balance_hosts"),
];

/// The key words that were set, the first setting of each.
#[derive(Default)]
pub(super) struct KeyWords(BTreeMap<&'static str, String>);

impl KeyWords {
    /// Returns what a key word was set to; the empty text counts as nothing.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Sets a key word unless it was set before. Says whether there is such a
    /// key word.
    pub(super) fn set(&mut self, name: &str, value: &str) -> bool {
        // JDBC's way to say it, which libpq knows too.
        let (name, value) = match (name, value) {
            ("ssl", "true") => ("sslmode", "require"),
            other => other,
        };
        let Some(word) = KEY_WORDS.iter().find(|word| word.name == name) else {
            return false;
        };
        self.0.entry(word.name).or_insert_with(|| value.to_owned());
        true
    }

    /// Sets what variables say of key words that were not set before.
    pub(super) fn fill(&mut self, variable: impl Fn(&str) -> Option<String>) {
        for word in KEY_WORDS {
            if let Some(value) = word.variable.and_then(&variable) {
                self.0.entry(word.name).or_insert(value);
            }
        }
    }

    /// Refuses a key word whose wish would silently not be met.
    pub(super) fn refuse_unsupported(&self) -> Result<(), DbError> {
        for word in KEY_WORDS {
            let (Support::Only(values), Some(value)) = (word.support, self.get(word.name)) else {
                continue;
            };
            if !values.contains(&value) {
                let reason = format!("`{}` is not supported", word.name);
                return Err(invalid(&reason, &format!("leave `{}` out", word.name)));
            }
        }
        Ok(())
    }
}

/// The error of settings that cannot be used. They are not repeated: a password
/// may be among them.
pub(super) fn invalid(reason: &str, help: &str) -> DbError {
    DbError::Connect { name: "postgres://".to_owned(), reason: reason.to_owned(), help: help.to_owned() }
}
