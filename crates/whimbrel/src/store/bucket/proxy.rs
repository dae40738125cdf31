//! Which way leads to a server: straight, or through a proxy.
//!
//! The variables are those that curl knows, with its rules. Where a machine in a
//! cloud asks for its own credentials it never goes through one.

use std::fmt;
use std::io;
use std::time::Duration;

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::Scheme;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::settings::Variables;

/// How long a proxy may take.
const PATIENCE: Duration = Duration::from_secs(8);

/// The longest answer of a proxy.
const LONGEST: usize = 16 * 1024;

/// The hosts where machines in clouds ask for their own credentials.
const MACHINES: [&str; 4] =
    ["169.254.169.254", "169.254.170.2", "169.254.170.23", "metadata.google.internal"];

/// Says whether a machine in a cloud asks there for its own credentials.
pub(super) fn is_machine(endpoint: &str) -> bool {
    MACHINES.iter().any(|host| endpoint.contains(host))
}

/// What the variables say of proxies.
#[derive(Debug)]
pub(super) struct Proxies(Matcher);

/// A proxy that speaks HTTP.
#[derive(Clone)]
pub(super) struct Proxy(Intercept);

/// What is wrong with a proxy. It is shown without what a password could stand in.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProxyError {
    #[error("a proxy is to be written as http://HOST:PORT, and this one is not")]
    Kind,
    #[error("the proxy `{proxy}` cannot be reached: {reason}")]
    Unreachable { proxy: String, reason: String },
    #[error("the proxy `{proxy}` asks for other credentials: write it as http://USER:PASSWORD@HOST:PORT")]
    Credentials { proxy: String },
    #[error("the proxy `{proxy}` answers {status}")]
    Refused { proxy: String, status: u16 },
    #[error("the proxy `{proxy}` is none: {reason}")]
    Senseless { proxy: String, reason: &'static str },
}

impl Proxies {
    /// Reads the variables; `Err` is what is wrong with them.
    pub(super) fn new(variables: &Variables) -> Result<Self, String> {
        let mut matcher = Matcher::builder();
        // A program that a web server starts has headers of the request as variables: HTTP_PROXY
        // is one.
        let is_cgi = variables.contains_key("REQUEST_METHOD");
        let either = |name: &str| {
            let upper = name.to_ascii_uppercase();
            let upper = Some(upper).filter(|upper| !(is_cgi && upper == "HTTP_PROXY"));
            let found = variables.get_key_value(name);
            found.or_else(|| variables.get_key_value(&upper?)).filter(|(_, value)| !value.is_empty())
        };
        for name in ["all_proxy", "https_proxy", "http_proxy"] {
            let Some((name, value)) = either(name) else { continue };
            let alone = Matcher::builder().all(value.as_str()).build();
            if alone.intercept(&Uri::from_static("https://host")).is_none() {
                return Err(format!("what {name} holds does not read as a proxy"));
            }
            matcher = match name.to_ascii_lowercase().as_str() {
                "all_proxy" => matcher.all(value.as_str()),
                "https_proxy" => matcher.https(value.as_str()),
                _ => matcher.http(value.as_str()),
            };
        }
        let excepted = either("no_proxy").map(|(_, value)| value.as_str()).unwrap_or_default();
        Ok(Self(matcher.no(excepted).build()))
    }

    /// The proxy on the way to a server, if there is one.
    pub(super) fn on_the_way(&self, to: &Uri) -> Result<Option<Proxy>, ProxyError> {
        let found = self.0.intercept(to).filter(|_| !is_machine(to.host().unwrap_or_default()));
        match found {
            Some(proxy) if proxy.uri().scheme() != Some(&Scheme::HTTP) => Err(ProxyError::Kind),
            found => Ok(found.map(Proxy)),
        }
    }
}

impl Proxy {
    pub(super) fn uri(&self) -> &Uri {
        self.0.uri()
    }

    /// The header by which the proxy knows who asks.
    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.0.basic_auth()
    }

    /// `http://HOST:PORT`.
    pub(super) fn name(&self) -> String {
        self.uri().to_string().trim_end_matches('/').to_owned()
    }

    /// Has the proxy connect `stream` to a server.
    pub(super) async fn tunnel(&self, stream: &mut TcpStream, to: &Uri) -> Result<(), ProxyError> {
        let tunnel = tokio::time::timeout(PATIENCE, self.ask_for_tunnel(stream, to)).await;
        tunnel.unwrap_or_else(|_| Err(self.senseless("it does not answer")))
    }

    async fn ask_for_tunnel(&self, stream: &mut TcpStream, to: &Uri) -> Result<(), ProxyError> {
        let failed =
            |error: io::Error| ProxyError::Unreachable { proxy: self.name(), reason: error.to_string() };
        let host = format!("{}:{}", to.host().unwrap_or_default(), to.port_u16().unwrap_or(443));
        let mut request = format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n").into_bytes();
        if let Some(authorization) = self.authorization() {
            request.extend_from_slice(b"Proxy-Authorization: ");
            request.extend_from_slice(authorization.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        stream.write_all(&request).await.map_err(failed)?;
        let mut answer = Vec::new();
        // The server waits for us to begin, so nothing of what it says comes with the answer.
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() > LONGEST {
                return Err(self.senseless("its answer has no end"));
            }
            if stream.read_buf(&mut answer).await.map_err(failed)? == 0 {
                return Err(self.senseless("it closes the connection"));
            }
        }
        self.judge(&answer)
    }

    fn judge(&self, answer: &[u8]) -> Result<(), ProxyError> {
        let line = String::from_utf8_lossy(answer);
        let status = line.strip_prefix("HTTP/1.").and_then(|line| line.get(2..5)?.parse().ok());
        match status {
            Some(200..300) => Ok(()),
            Some(407) => Err(ProxyError::Credentials { proxy: self.name() }),
            Some(status) => Err(ProxyError::Refused { proxy: self.name(), status }),
            None => Err(self.senseless("it does not speak HTTP")),
        }
    }

    fn senseless(&self, reason: &'static str) -> ProxyError {
        ProxyError::Senseless { proxy: self.name(), reason }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
