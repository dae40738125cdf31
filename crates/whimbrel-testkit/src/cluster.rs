//! Private, throw-away PostgreSQL clusters.
//!
//! A cluster lives in a temporary folder, listens on the loopback device and on
//! a socket in that folder, and runs as an ordinary user even when the tests run
//! as root (the server refuses root). It is safe with nothing and fast in
//! everything: `fsync` is off.
//!
//! A small shell, the supervisor, stands between the test process and the
//! server. It stops the server and removes the folder as soon as the pipe from
//! the test process closes, and the kernel closes that pipe however the process
//! ends: returning, panicking, or killed.

mod options;
pub mod programs;
mod supervisor;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub use options::ClusterOptions;
use supervisor::{Supervisor, User};

/// How often a start is tried when the port is taken between choosing and using.
const ATTEMPTS: u32 = 5;
/// How long a server may take to accept connections.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A private PostgreSQL server. Dropping it stops it and removes its files.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    user: Option<User>,
    port: u16,
    password: Option<String>,
    supervisor: Supervisor,
    databases: AtomicU32,
}

/// A database of its own for one test. Dropping it drops the database.
#[derive(Debug)]
pub struct TestDatabase<'a> {
    cluster: &'a Cluster,
    /// The database's name.
    pub name: String,
}

impl Cluster {
    /// Returns the cluster that all tests of a process share, started on first
    /// use.
    ///
    /// # Panics
    ///
    /// If there are no server programs or they do not start: a test that needs
    /// PostgreSQL fails then, and its message says how to get it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| {
            Self::start(&ClusterOptions::default()).unwrap_or_else(|reason| panic!("{reason}"))
        })
    }

    /// Starts a cluster.
    ///
    /// # Errors
    ///
    /// If there are no server programs or they do not start. The text says what
    /// to do, or what the server said.
    pub fn start(options: &ClusterOptions) -> Result<Self, String> {
        let programs = programs::find()?;
        let folder = tempfile::Builder::new()
            .prefix("whimbrel-pg-")
            .tempdir()
            .map_err(|error| format!("no temporary folder for PostgreSQL: {error}"))?;
        let user = User::for_server(folder.path())?;
        initialise(&programs, folder.path(), user.as_ref(), options)?;
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            let port = free_port()?;
            configure(folder.path(), port, options)?;
            let supervisor = Supervisor::start(&programs, folder.path(), user.as_ref())?;
            match await_server(folder.path()) {
                Ok(()) => {
                    let folder = folder.keep();
                    let password = options.password.clone();
                    let databases = AtomicU32::new(0);
                    return Ok(Self { folder, programs, user, port, password, supervisor, databases });
                }
                // Giving up the supervisor stops what may have started.
                Err(reason) => last = reason,
            }
        }
        Err(last)
    }

    /// The loopback port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's major version.
    ///
    /// # Panics
    ///
    /// If the cluster's files were taken away.
    pub fn major(&self) -> u32 {
        let version = fs::read_to_string(self.folder.join("data/PG_VERSION"));
        version.ok().and_then(|text| text.trim().parse().ok()).expect("every cluster says its version")
    }

    /// The folder of the Unix socket, which is also that of all other files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The URL of a database, as the superuser `postgres`.
    pub fn url(&self, database: &str) -> String {
        self.url_as("postgres", self.password.as_deref(), database)
    }

    /// The URL of a database, as another role.
    pub fn url_as(&self, role: &str, password: Option<&str>, database: &str) -> String {
        let secret = password.map(|password| format!(":{password}")).unwrap_or_default();
        format!("postgres://{role}{secret}@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes a database for one test.
    pub fn database(&self) -> TestDatabase<'_> {
        self.database_with("")
    }

    /// Makes a database for one test; `options` follows CREATE DATABASE's WITH.
    pub fn database_with(&self, options: &str) -> TestDatabase<'_> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let with = if options.is_empty() { String::new() } else { format!(" WITH {options}") };
        self.psql("postgres", &format!("CREATE DATABASE {name}{with}"));
        TestDatabase { cluster: self, name }
    }

    /// Runs SQL through psql, the judge that shares no code with us, and returns
    /// its unaligned output.
    ///
    /// # Panics
    ///
    /// If the SQL fails.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        self.run_psql(database, sql).unwrap_or_else(|reason| panic!("psql: {reason}\n{sql}"))
    }

    /// Runs SQL through psql.
    ///
    /// # Errors
    ///
    /// What psql wrote when the SQL failed.
    pub fn run_psql(&self, database: &str, sql: &str) -> Result<String, String> {
        let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        fs::write(file.path(), sql).map_err(|error| error.to_string())?;
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f"]).arg(file.path());
        psql.arg(self.url(database)).env("PGCLIENTENCODING", "UTF8");
        supervisor::run(&mut psql)
    }

    /// The folder of `psql`, `pg_dump` and the other programs.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// Stops the server, as the administrator would: sessions are ended.
    pub fn stop(&self) {
        self.supervisor.ask("stop");
    }

    /// Starts the server after [`Cluster::stop`], on the same port.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn restart(&self) {
        self.supervisor.ask("start");
        await_server(&self.folder).unwrap_or_else(|reason| panic!("{reason}"));
    }

    /// The system user that the server runs as, if it is not the test's own.
    pub fn runs_as(&self) -> Option<&str> {
        self.user.as_ref().map(|user| user.name.as_str())
    }
}

impl TestDatabase<'_> {
    /// The database's URL, as the superuser.
    pub fn url(&self) -> String {
        self.cluster.url(&self.name)
    }

    /// The database's URL, as another role.
    pub fn url_as(&self, role: &str) -> String {
        self.cluster.url_as(role, None, &self.name)
    }

    /// Runs SQL through psql: see [`Cluster::psql`].
    pub fn psql(&self, sql: &str) -> String {
        self.cluster.psql(&self.name, sql)
    }
}

impl Drop for TestDatabase<'_> {
    fn drop(&mut self) {
        // A stopped server has nothing to drop: its folder goes as a whole.
        let _ =
            self.cluster.run_psql("postgres", &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

fn initialise(
    programs: &Path,
    folder: &Path,
    user: Option<&User>,
    options: &ClusterOptions,
) -> Result<(), String> {
    let mut initdb = supervisor::as_user(&programs.join("initdb"), user);
    initdb.arg("-D").arg(folder.join("data")).args(["-U", "postgres", "--no-sync", "--no-instructions"]);
    match &options.password {
        Some(password) => {
            let file = folder.join("password");
            fs::write(&file, password).map_err(|error| format!("cannot write a password file: {error}"))?;
            initdb.args(["-A", "scram-sha-256", "--pwfile"]).arg(file);
        }
        None => {
            initdb.args(["-A", "trust"]);
        }
    }
    initdb.args(["-E", "UTF8", "--locale", "C"]);
    supervisor::run(&mut initdb).map(drop).map_err(|reason| format!("initdb: {reason}"))
}

/// Writes the settings of this cluster; `postgresql.conf` itself stays as it is.
fn configure(folder: &Path, port: u16, options: &ClusterOptions) -> Result<(), String> {
    let data = folder.join("data");
    let mut text = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\n\
         fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_connections = 200\n\
         shared_buffers = 64MB\nautovacuum = off\nmax_wal_size = 4GB\n",
        folder.display()
    );
    for (name, value) in &options.settings {
        text.push_str(&format!("{name} = '{}'\n", value.replace('\'', "''")));
    }
    let write = |name: &str, text: &str| {
        fs::write(data.join(name), text).map_err(|error| format!("cannot write `{name}`: {error}"))
    };
    write("postgresql.auto.conf", &text)?;
    for (name, content) in &options.files {
        write(name, content)?;
    }
    if options.standby {
        write("standby.signal", "")?;
    }
    User::own(folder)
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| format!("no free port: {error}"))?;
    listener.local_addr().map(|address| address.port()).map_err(|error| format!("no free port: {error}"))
}

/// Waits until the server accepts connections: it says so in the eighth line
/// of its pid file.
fn await_server(folder: &Path) -> Result<(), String> {
    let started = Instant::now();
    while started.elapsed() < START_LIMIT {
        let status = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
        if status.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
            return Ok(());
        }
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        if log.contains("FATAL:") && status.is_empty() {
            return Err(format!("PostgreSQL did not start:\n{log}"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(format!("PostgreSQL did not accept connections within {} s", START_LIMIT.as_secs()))
}
