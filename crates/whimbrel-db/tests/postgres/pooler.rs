//! A pooler that gives every transaction to another session, in small.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use whimbrel_db::postgres::PostgresConnection;
use whimbrel_db::{Connection, reset_session};
use whimbrel_testkit::cluster::Cluster;

use crate::{help, open, refusal};

/// How a pool hands out its server sessions.
#[derive(Clone, Copy)]
enum Mode {
    /// For as long as a client stays. What it asks for at the start is passed over.
    Session,
    /// As before, but who asks for options is turned away.
    SessionWithoutOptions,
    /// For one transaction.
    Transaction,
}

/// Starts a pooler before the server at `port`, and returns its own port.
fn start(port: u16, mode: Mode) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let shared = Arc::new(Mutex::new(Server::connect(port).unwrap()));
        for client in listener.incoming().flatten() {
            let server = match mode {
                Mode::Session | Mode::SessionWithoutOptions => {
                    Arc::new(Mutex::new(Server::connect(port).unwrap()))
                }
                Mode::Transaction => Arc::clone(&shared),
            };
            thread::spawn(move || serve(client, &server, mode));
        }
    });
    own
}

/// A session with the real server, and what it said at the start.
struct Server {
    stream: TcpStream,
    greeting: Vec<u8>,
}

impl Server {
    fn connect(port: u16) -> io::Result<Self> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        let parameters = b"user\0postgres\0database\0postgres\0client_encoding\0UTF8\0\0";
        let mut startup = (u32::try_from(parameters.len()).unwrap() + 8).to_be_bytes().to_vec();
        startup.extend(196_608_u32.to_be_bytes());
        startup.extend(parameters);
        stream.write_all(&startup)?;
        let mut greeting = Vec::new();
        loop {
            let (kind, mut message) = read_message(&mut stream)?;
            if kind == b'K' {
                // A key of the pooler's own.
                message.splice(5..9, 7_u32.to_be_bytes());
            }
            greeting.extend(message);
            if kind == b'Z' {
                return Ok(Self { stream, greeting });
            }
        }
    }
}

/// Reads one message whole: its kind, its length, and the rest.
fn read_message(stream: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
    let mut message = head.to_vec();
    message.resize(1 + usize::try_from(length).unwrap(), 0);
    stream.read_exact(&mut message[5..])?;
    Ok((head[0], message))
}

fn serve(mut client: TcpStream, server: &Mutex<Server>, mode: Mode) -> io::Result<()> {
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut rest = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - 4];
        client.read_exact(&mut rest)?;
        if rest.len() > 4 {
            let has_options = rest.windows(8).any(|part| part == b"options\0");
            if has_options && matches!(mode, Mode::SessionWithoutOptions) {
                return client.write_all(&refused("08P01", "unsupported startup parameter: options"));
            }
            break;
        }
        client.write_all(b"N")?; // No TLS here.
    }
    let greeting = server.lock().unwrap().greeting.clone();
    client.write_all(&greeting)?;
    loop {
        let first = read_message(&mut client)?;
        // The server is the client's own until its transaction ends.
        let mut server = server.lock().unwrap();
        let mut request = first;
        loop {
            if request.0 == b'X' {
                return Ok(());
            }
            server.stream.write_all(&request.1)?;
            if !relay_answer(&mut server.stream, &mut client)? {
                break;
            }
            request = read_message(&mut client)?;
        }
    }
}

/// The message that turns a client away.
fn refused(code: &str, reason: &str) -> Vec<u8> {
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{reason}\0\0");
    let length = u32::try_from(fields.len()).unwrap() + 4;
    [b"E", &length.to_be_bytes()[..], fields.as_bytes()].concat()
}

/// Passes an answer on. Says whether a transaction is open after it.
fn relay_answer(server: &mut TcpStream, client: &mut TcpStream) -> io::Result<bool> {
    loop {
        let (kind, message) = read_message(server)?;
        client.write_all(&message)?;
        if kind == b'Z' {
            return Ok(message[5] != b'I');
        }
    }
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_is_refused() {
    let port = start(Cluster::shared().port(), Mode::Transaction);
    let error = refusal(open(&format!("postgres://postgres@127.0.0.1:{port}/postgres")).await);
    assert!(error.to_string().contains("a pooler stands before the server"), "{error}");
    assert!(help(&error).contains("pool_mode = session"), "{}", help(&error));
}

#[tokio::test]
async fn a_pooler_in_session_mode_is_as_good_as_the_server() {
    for mode in [Mode::Session, Mode::SessionWithoutOptions] {
        let port = start(Cluster::shared().port(), mode);
        let mut connection = open(&format!("postgres://postgres@127.0.0.1:{port}/postgres")).await.unwrap();
        assert_eq!(settings(&mut connection).await, "public, pg_temp | UTC | 5s");
        connection.execute("SET search_path = nowhere; SET timezone = 'Asia/Tokyo'").await.unwrap();
        reset_session(&mut connection).await.unwrap();
        assert_eq!(settings(&mut connection).await, "public, pg_temp | UTC | 5s");
    }
}

async fn settings(connection: &mut PostgresConnection) -> String {
    let sql = "SELECT concat_ws(' | ', current_setting('search_path'), current_setting('timezone'), \
               current_setting('lock_timeout'))";
    connection.query(sql).await.unwrap()[0].text(0).unwrap().to_owned()
}
