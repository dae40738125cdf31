//! The process that stands between a test and its server.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

/// Runs the server, does what standard input says, and ends with it.
///
/// The server's own standard streams are files, so that nobody who waits for
/// the end of a test's output waits for the server.
const SUPERVISOR: &str = r#"
start() { "$1/postgres" -D "$2/data" </dev/null >>"$2/log" 2>&1 & server=$!; }
start "$1" "$2"
while read -r command; do
    case $command in
        stop) kill -INT "$server"; wait "$server" ;;
        start) : >"$2/log"; start "$1" "$2" ;;
    esac
    echo done
done
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$2"
"#;

/// The supervising shell. Dropping it stops the server.
#[derive(Debug)]
pub(super) struct Supervisor {
    child: Child,
    pipes: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

impl Supervisor {
    pub(super) fn start(programs: &Path, folder: &Path, user: Option<&User>) -> Result<Self, String> {
        let mut shell = as_user(Path::new("/bin/sh"), user);
        shell.args(["-c", SUPERVISOR, "whimbrel-postgres"]).arg(programs).arg(folder);
        // A group of its own: Ctrl-C at the terminal is for the tests, and the
        // server must outlive them by the moment that an orderly stop takes.
        shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = shell.spawn().map_err(|error| format!("cannot run /bin/sh: {error}"))?;
        let stdin = child.stdin.take().expect("it was asked for");
        let stdout = BufReader::new(child.stdout.take().expect("it was asked for"));
        Ok(Self { child, pipes: Mutex::new(Some((stdin, stdout))) })
    }

    /// Sends one command and waits until it is done.
    pub(super) fn ask(&self, command: &str) {
        let mut pipes = self.pipes.lock().expect("no holder of this lock panics");
        let (stdin, stdout) = pipes.as_mut().expect("they are there until the end");
        writeln!(stdin, "{command}").expect("the supervisor reads until the end");
        let mut answer = String::new();
        stdout.read_line(&mut answer).expect("the supervisor answers");
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if let Ok(pipes) = self.pipes.get_mut() {
            drop(pipes.take());
        }
        let _ = self.child.wait();
    }
}

/// The system user that the server runs as.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) name: String,
    uid: u32,
    gid: u32,
}

impl User {
    /// Chooses the user for a server in `folder`, and gives the folder to it:
    /// `None` unless the tests run as root.
    pub(super) fn for_server(folder: &Path) -> Result<Option<Self>, String> {
        let owner = fs::metadata(folder).map_err(|error| error.to_string())?.uid();
        if owner != 0 {
            return Ok(None);
        }
        let passwd = fs::read_to_string("/etc/passwd").map_err(|error| format!("/etc/passwd: {error}"))?;
        let user = ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Self::parse(&passwd, name))
            .ok_or("PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`")?;
        chown(folder, Some(user.uid), Some(user.gid)).map_err(|error| error.to_string())?;
        // Others may look for the socket.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(|error| error.to_string())?;
        Ok(Some(user))
    }

    fn parse(passwd: &str, name: &str) -> Option<Self> {
        let mut fields = passwd.lines().map(|line| line.split(':')).find_map(|mut fields| {
            let found = fields.next() == Some(name);
            found.then_some(fields)
        })?;
        let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(Self { name: name.to_owned(), uid, gid })
    }

    /// Gives every file of the data folder to the owner of `folder`, and makes
    /// keys as private as the server wants them.
    pub(super) fn own(folder: &Path) -> Result<(), String> {
        let owner = fs::metadata(folder).map_err(|error| error.to_string())?;
        for entry in fs::read_dir(folder.join("data")).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            chown(&path, Some(owner.uid()), Some(owner.gid())).map_err(|error| error.to_string())?;
            if path.extension().is_some_and(|extension| extension == "key") {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
                    .map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }
}

/// A command that runs as `user`, in a folder that every user may be in.
pub(super) fn as_user(program: &Path, user: Option<&User>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    for variable in ["PGDATA", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGOPTIONS", "PGSERVICE"] {
        command.env_remove(variable);
    }
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

/// Runs a command to its end and returns what it wrote, or what it complained of.
pub(super) fn run(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
