//! A proxy for tests. Whatever it is asked for, it leads to one server.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;

use crate::listening::Listening;

/// A proxy that speaks HTTP.
#[derive(Debug)]
pub struct ProxyServer {
    listening: Listening,
    manners: Arc<Manners>,
}

#[derive(Debug)]
struct Manners {
    /// Where it leads; to nowhere, if there is nothing.
    to: Option<SocketAddr>,
    /// The name and the password that it asks for: `NAME:PASSWORD`.
    credentials: Option<&'static str>,
    asked: Mutex<Vec<String>>,
}

impl ProxyServer {
    /// Starts a proxy that leads to `to` whoever knows its credentials.
    pub fn start(to: Option<SocketAddr>, credentials: Option<&'static str>) -> Self {
        let manners = Arc::new(Manners { to, credentials, asked: Mutex::default() });
        let serving = Arc::clone(&manners);
        let listening = Listening::start(move |stream| {
            let manners = Arc::clone(&serving);
            // A client that goes away is no failure of the proxy.
            async move { drop(manners.converse(stream).await) }
        });
        Self { listening, manners }
    }

    /// `HOST:PORT`, where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// What it was first asked for on each connection: method and target.
    pub fn asked(&self) -> Vec<String> {
        self.manners.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Manners {
    async fn converse(&self, mut client: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            if client.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let text = String::from_utf8_lossy(&request).into_owned();
        let asked = text.lines().next().and_then(|line| line.strip_suffix(" HTTP/1.1")).unwrap_or_default();
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked.to_owned());
        if !self.knows(&text) {
            return client.write_all(b"HTTP/1.1 407 who\r\nContent-Length: 0\r\n\r\n").await;
        }
        let Some(to) = self.to else {
            return client.write_all(b"HTTP/1.1 502 gone\r\nContent-Length: 0\r\n\r\n").await;
        };
        let mut server = TcpStream::connect(to).await?;
        if asked.starts_with("CONNECT ") {
            client.write_all(b"HTTP/1.1 200 go on\r\n\r\n").await?;
        } else {
            server.write_all(&request).await?;
        }
        copy_bidirectional(&mut client, &mut server).await.map(drop)
    }

    fn knows(&self, request: &str) -> bool {
        self.credentials.is_none_or(|credentials| {
            let expected = format!("basic {}", BASE64_STANDARD.encode(credentials));
            let headers = request.lines().filter_map(|line| line.split_once(": "));
            let mut found = headers.filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"));
            found.any(|(_, value)| value.get(6..) == expected.get(6..))
        })
    }
}
