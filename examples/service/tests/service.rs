//! The service from outside: started as a process, asked over HTTP.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use example_service as _;
use serde_json::{Value, json};
use whimbrel::{Migrator, Side, Source, schema};

/// A running service; it ends with this value.
struct Service {
    process: Child,
    address: String,
}

impl Service {
    /// Starts the process, and does not wait for it.
    fn spawn(folder: &Path) -> Child {
        Command::new(env!("CARGO_BIN_EXE_example-service"))
            .env("DATABASE_URL", format!("sqlite://{}", folder.join("notes.db").display()))
            .env("ADDRESS", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Waits until the process says where it listens.
    fn listening(mut process: Child) -> Self {
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}"));
        Self { process, address: address.trim().to_owned() }
    }

    /// The status and body of an answer.
    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn titles(&self) -> Vec<String> {
        let (status, body) = self.ask("GET", "/notes", "");
        assert_eq!(status, 200);
        let notes: Vec<Value> = serde_json::from_str(&body).unwrap();
        notes.iter().map(|note| note["title"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn models_and_migrations_agree() {
    whimbrel::verify!();
}

#[tokio::test]
async fn models_are_read_as_they_are_compiled() {
    let mut migrator = Migrator::builder("sqlite::memory:").unwrap().connect().await.unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/models.rs");
    let (compiled, read) = (Side::Source(schema!()), Side::Source(Source::path(file)));
    assert_eq!(migrator.diff(compiled, read).await.unwrap().changes, []);
    migrator.close().await.unwrap();
}

#[test]
fn it_makes_its_database_serves_and_keeps_what_it_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::listening(Service::spawn(folder.path()));
    assert_eq!(service.titles(), Vec::<String>::new());

    let note = json!({ "title": "Whimbrels", "body": "They cross oceans." }).to_string();
    let (status, body) = service.ask("POST", "/notes", &note);
    let mut added: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 201);
    assert!(added.as_object_mut().unwrap().remove("written_at").unwrap().is_string());
    assert_eq!(
        added,
        json!({ "id": 1, "title": "Whimbrels", "body": "They cross oceans.", "pinned": false })
    );
    assert_eq!(service.ask("GET", "/notes/1", "").0, 200);
    assert_eq!(service.ask("GET", "/notes/2", "").0, 404);
    assert_eq!(service.ask("POST", "/notes", r#"{ "title": "" }"#).0, 422);
    drop(service);

    let again = Service::listening(Service::spawn(folder.path()));
    assert_eq!(again.titles(), ["Whimbrels"]);
}

#[test]
fn many_replicas_may_start_on_one_new_database() {
    let folder = tempfile::tempdir().unwrap();
    let started: Vec<Child> = (0..5).map(|_| Service::spawn(folder.path())).collect();
    let replicas: Vec<Service> = started.into_iter().map(Service::listening).collect();
    for (number, replica) in replicas.iter().enumerate() {
        let note = json!({ "title": format!("note {number}") }).to_string();
        assert_eq!(replica.ask("POST", "/notes", &note).0, 201);
    }
    assert!(replicas.iter().all(|replica| replica.titles().len() == 5));
}
