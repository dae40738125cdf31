//! Opens a session: servers in turn, TLS as asked, patience where it helps.

use std::error::Error as _;
use std::io;
use std::time::{Duration, Instant};

use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection as Driver, Error, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::config::{Address, Host, PostgresConfig, TlsMode};
use super::tls;
use crate::error::DbError;

/// The client's stream once TLS stands, or not.
pub(super) type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// A session that has just begun.
pub(super) struct Opened {
    pub(super) client: Client,
    pub(super) driver: Driver<Socket, Stream>,
    pub(super) tls: MakeRustlsConnect,
}

/// The least and the most that is waited between two attempts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Opens a session. For as long as `wait`, a server that is not there yet or
/// still starting is asked again.
///
/// It begins with `settings`, which are options as the server's command line has
/// them, unless it is refused for them: poolers do so.
pub(super) async fn open(
    config: &PostgresConfig,
    settings: Option<&str>,
    wait: Duration,
) -> Result<Opened, DbError> {
    let tls = tls::prepare(&config.tls).map_err(|reason| DbError::Connect {
        name: config.name(),
        reason,
        help: "check `sslrootcert`, `sslcert` and `sslkey`".to_owned(),
    })?;
    let started = Instant::now();
    let mut pause = PAUSES.0;
    loop {
        let failure = match try_hosts(config, settings, &tls).await {
            Ok((client, driver)) => return Ok(Opened { client, driver, tls }),
            Err(failure) => failure,
        };
        if !failure.may_pass() || started.elapsed() + pause > wait {
            return Err(failure.explain(config));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Why one attempt failed, and at which server.
struct Failure {
    host: Host,
    cause: Cause,
}

enum Cause {
    Client(Error),
    TimedOut(Duration),
}

type Session = (Client, Driver<Socket, Stream>);

async fn try_hosts(
    config: &PostgresConfig,
    settings: Option<&str>,
    tls: &MakeRustlsConnect,
) -> Result<Session, Failure> {
    let mut last = None;
    for host in &config.hosts {
        let tried = match try_host(config, host, settings, tls).await {
            Err(Cause::Client(error)) if settings.is_some() && is_about_settings(&error) => {
                try_host(config, host, None, tls).await
            }
            tried => tried,
        };
        match tried {
            Ok(session) => return Ok(session),
            Err(cause) => last = Some(Failure { host: host.clone(), cause }),
        }
    }
    Err(last.expect("there is at least one server"))
}

/// Tries one server with and without TLS, in the order that the mode asks for.
async fn try_host(
    config: &PostgresConfig,
    host: &Host,
    settings: Option<&str>,
    tls: &MakeRustlsConnect,
) -> Result<Session, Cause> {
    let local = matches!(host.address, Address::Unix(_));
    let (first, second) = match config.tls.mode {
        _ if local => (SslMode::Disable, None),
        TlsMode::Disable => (SslMode::Disable, None),
        TlsMode::Allow => (SslMode::Disable, Some(SslMode::Require)),
        TlsMode::Prefer => (SslMode::Prefer, Some(SslMode::Disable)),
        TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => (SslMode::Require, None),
    };
    let limit = config.connect_timeout;
    let config = |mode| client_config(config, host, settings, mode);
    match (attempt(&config(first), limit, tls).await, second) {
        (Err(Cause::Client(error)), Some(second)) if is_about_tls(&error) => {
            attempt(&config(second), limit, tls).await
        }
        (outcome, _) => outcome,
    }
}

/// Says whether the other choice, TLS or none, may fare better: the handshake
/// failed, or no line of `pg_hba.conf` lets this kind of connection in.
fn is_about_tls(error: &Error) -> bool {
    code(error) == Some("28000") || error.to_string().contains("TLS")
}

/// Says whether the session may be had without asking for settings: the server,
/// or what stands before it, does not know options or one of these.
fn is_about_settings(error: &Error) -> bool {
    // Protocol violation (PgBouncer); not supported (RDS Proxy); a wrong value;
    // an unknown setting.
    matches!(code(error), Some("08P01" | "0A000" | "22023" | "42704"))
}

async fn attempt(client: &Config, limit: Duration, tls: &MakeRustlsConnect) -> Result<Session, Cause> {
    let connecting = client.connect(tls.clone());
    if limit == Duration::MAX {
        return connecting.await.map_err(Cause::Client);
    }
    match tokio::time::timeout(limit, connecting).await {
        Ok(outcome) => outcome.map_err(Cause::Client),
        Err(_) => Err(Cause::TimedOut(limit)),
    }
}

fn client_config(config: &PostgresConfig, host: &Host, settings: Option<&str>, mode: SslMode) -> Config {
    let mut client = Config::new();
    client.user(&config.user).dbname(&config.database).port(host.port).ssl_mode(mode);
    client.application_name(&config.application_name);
    if config.writable_only {
        client.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    match &host.address {
        Address::Tcp(name, address) => {
            client.host(name);
            if let Some(address) = address {
                client.hostaddr(*address);
            }
        }
        Address::Unix(folder) => {
            client.host_path(folder);
        }
    }
    if let Some(password) = &host.password {
        client.password(password.reveal());
    }
    // Of two options for one setting the last one holds.
    let options = [config.options.as_deref(), settings].into_iter().flatten().collect::<Vec<_>>().join(" ");
    if !options.is_empty() {
        client.options(options);
    }
    client
}

fn code(error: &Error) -> Option<&str> {
    error.code().map(tokio_postgres::error::SqlState::code)
}

impl Failure {
    /// Says whether the same attempt may succeed a moment later.
    fn may_pass(&self) -> bool {
        match &self.cause {
            Cause::TimedOut(_) => true,
            // Starting up or shutting down; too many connections.
            Cause::Client(error) if error.code().is_some() => {
                matches!(code(error), Some("57P03" | "53300"))
            }
            Cause::Client(error) => error.is_closed() || io_error(error).is_some(),
        }
    }

    fn explain(&self, config: &PostgresConfig) -> DbError {
        let (reason, help) = match &self.cause {
            Cause::TimedOut(limit) => (
                format!("no answer within {} s", limit.as_secs()),
                "check host and port, and whether a firewall is between; `connect_timeout` (seconds) \
                 sets how long one attempt may take"
                    .to_owned(),
            ),
            Cause::Client(error) => match error.as_db_error() {
                Some(refusal) => (refusal.message().to_owned(), self.help_for_refusal(config, error)),
                None => self.explain_silence(config, error),
            },
        };
        DbError::Connect { name: config.name(), reason, help }
    }

    /// What to do about what the server said.
    fn help_for_refusal(&self, config: &PostgresConfig, error: &Error) -> String {
        let Host { port, .. } = self.host;
        let host = match &self.host.address {
            Address::Tcp(name, _) => name.clone(),
            Address::Unix(folder) => folder.display().to_string(),
        };
        let (user, database) = (&config.user, &config.database);
        match code(error) {
            Some("28P01") => match &config.password_note {
                Some(note) if self.host.password.is_none() => note.clone(),
                _ => "give the right password in the URL, in PGPASSWORD, or in `~/.pgpass`".to_owned(),
            },
            Some("28000") => format!(
                "create the role with `createuser -h {host} -p {port} {user}`, or let the server's \
                 `pg_hba.conf` admit it"
            ),
            Some("3D000") => format!("create it with `createdb -h {host} -p {port} -U {user} {database}`"),
            Some("53300") => "end a session that is not needed, raise the server's `max_connections`, or \
                 wait with `--wait=SECONDS`"
                .to_owned(),
            Some("57P03") => "wait for the server with `--wait=SECONDS`".to_owned(),
            Some("42501") => format!("let the role in with `GRANT CONNECT ON DATABASE {database} TO {user}`"),
            _ => "the server's log may say more".to_owned(),
        }
    }

    /// Puts into words that no server answered, or not as one.
    fn explain_silence(&self, config: &PostgresConfig, error: &Error) -> (String, String) {
        let text = full_text(error);
        if text.contains("password missing") {
            let note = config.password_note.clone();
            let help =
                note.unwrap_or_else(|| "give it in the URL, in PGPASSWORD, or in `~/.pgpass`".to_owned());
            return ("the server asks for a password, and there is none".to_owned(), help);
        }
        if text.contains("TLS") {
            return (text, tls_help(config));
        }
        match (io_error(error).map(io::Error::kind), &self.host.address) {
            (Some(io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound), Address::Unix(folder)) => (
                format!("no server has the socket `{}/.s.PGSQL.{}`", folder.display(), self.host.port),
                "start the server, or name its host: `postgres://USER@HOST/DATABASE`; `--wait=SECONDS` \
                 waits for one that is starting"
                    .to_owned(),
            ),
            (Some(io::ErrorKind::ConnectionRefused), Address::Tcp(name, _)) => (
                format!("no server listens at `{name}`, port {}", self.host.port),
                "start the server, or correct host and port; `--wait=SECONDS` waits for one that is starting"
                    .to_owned(),
            ),
            _ if error.is_closed() => (
                "the server closed the connection at once".to_owned(),
                "is it PostgreSQL that listens there? `--wait=SECONDS` waits for a server that is starting"
                    .to_owned(),
            ),
            _ => {
                (text, "check host and port; `--wait=SECONDS` waits for a server that is starting".to_owned())
            }
        }
    }
}

fn tls_help(config: &PostgresConfig) -> String {
    match config.tls.mode {
        TlsMode::VerifyCa | TlsMode::VerifyFull => {
            "let `sslrootcert` name the file of the authority that signed the server's certificate, and use \
             the host name that is in it"
        }
        TlsMode::Disable | TlsMode::Allow | TlsMode::Prefer | TlsMode::Require => {
            "set `ssl = on` at the server, or `sslmode=disable` in the URL on a network that you trust"
        }
    }
    .to_owned()
}

fn io_error(error: &Error) -> Option<&io::Error> {
    error.source().and_then(|source| source.downcast_ref())
}

/// The error with all its causes, each once.
fn full_text(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
