//! A small server with buckets, for tests: it speaks as S3, as Google Cloud
//! Storage or as Azure Blob Storage does.
//!
//! It keeps objects in memory and answers what whimbrel asks of a bucket: get,
//! conditional put, delete, and lists in pages. A dialect reads a request into an
//! `Ask` and writes what came of it; signatures and tokens are verified, so that
//! wrong credentials and wrong clocks are refused as real servers refuse them. Every
//! bucket can be told to misbehave.

pub mod azure;
pub mod google;
mod objects;
mod protocol;
pub mod s3;
mod text;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::failing::Fault;
use crate::listening::Listening;
use objects::Objects;
use protocol::{Ask, Protocol, Refusal, Reply};

/// The secret that a text gives away, of all that the servers know and that tests
/// make up: these hold `hunter2`.
pub fn secret_in(text: &str) -> Option<&str> {
    let lines = google::PRIVATE_KEY.lines();
    ["hunter2", azure::KEY].into_iter().chain(lines).find(|secret| text.contains(secret))
}

/// How a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// As S3 does.
    S3,
    /// As Google Cloud Storage does, in XML.
    Google,
    /// As Azure Blob Storage does.
    Azure,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 3] = [Self::S3, Self::Google, Self::Azure];

    /// The URL of a folder in a bucket, as whimbrel's users write it.
    pub fn url(self, place: &str) -> String {
        match self {
            Self::S3 => format!("s3://{place}"),
            Self::Google => format!("gs://{place}"),
            Self::Azure => format!("az://{place}"),
        }
    }

    fn protocol(self) -> &'static dyn Protocol {
        match self {
            Self::S3 => &s3::S3,
            Self::Google => &google::Google,
            Self::Azure => &azure::Azure,
        }
    }
}

/// A server of its own on a free port. It ends when it is dropped.
#[derive(Debug)]
pub struct BucketServer {
    listening: Listening,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    dialect: Dialect,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

/// A bucket, and how it behaves.
#[derive(Debug, Default)]
struct Bucket {
    objects: Objects,
    manners: Manners,
    requests: usize,
    is_dead: bool,
    is_held: bool,
}

/// How a bucket behaves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manners {
    /// What happens to one request (from 0), and to those after it: they are
    /// denied where the writer is to look dead.
    pub fault: Option<(usize, Fault)>,
    /// The request (from 0) that is never answered.
    pub hold: Option<usize>,
    /// The requests (from, and up to but without) that are carried out and answered as
    /// if the server had too much to do.
    pub overload: Option<(usize, usize)>,
    /// Whether conditions are overlooked.
    pub ignores_conditions: bool,
    /// Whether nothing that is there may be written over or deleted, as a policy of
    /// retention has it.
    pub is_locked: bool,
    /// Whether nobody is asked for credentials, as emulators do.
    pub is_open: bool,
    /// By how many seconds the server's clock is ahead.
    pub clock_ahead: i64,
    /// How many keys a page of a list has; 1,000 if it is 0.
    pub page: usize,
}

type Answer = Response<Full<Bytes>>;

impl BucketServer {
    /// Starts a server that has these buckets.
    pub fn start<const N: usize>(dialect: Dialect, buckets: [&str; N]) -> Self {
        let buckets = buckets.map(|name| (name.to_owned(), Bucket::default()));
        let shared = Arc::new(Shared { dialect, buckets: Mutex::new(buckets.into()) });
        let serving = Arc::clone(&shared);
        let listening = Listening::start(move |stream| converse(stream, Arc::clone(&serving)));
        Self { listening, shared }
    }

    /// Adds a bucket that behaves so, or makes one that is there do so. Its
    /// requests are counted anew.
    pub fn set(&self, bucket: &str, manners: Manners) {
        let mut buckets = self.shared.buckets();
        let bucket = buckets.entry(bucket.to_owned()).or_default();
        (bucket.manners, bucket.requests, bucket.is_dead, bucket.is_held) = (manners, 0, false, false);
    }

    /// How it speaks.
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect
    }

    /// `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// The variables that lead to the server.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        self.ways(&self.endpoint()).swap_remove(0)
    }

    /// The variables of every way that leads to the server, if it is to be found at
    /// `endpoint`.
    pub fn ways(&self, endpoint: &str) -> Vec<Vec<(&'static str, String)>> {
        self.dialect().protocol().ways(endpoint)
    }

    /// Variables with wrong credentials: each alone, in the place of the right one or
    /// beside the right ones, is to be refused.
    pub fn wrong_variables(&self) -> Vec<(&'static str, String)> {
        self.dialect().protocol().wrong_variables(&self.endpoint())
    }

    /// All that is in a bucket, by key.
    pub fn texts(&self, bucket: &str) -> BTreeMap<String, String> {
        self.shared.buckets().get(bucket).map(|bucket| bucket.objects.texts()).unwrap_or_default()
    }

    /// Puts a text into a bucket without asking anybody.
    pub fn put(&self, bucket: &str, key: &str, text: impl Into<Vec<u8>>) {
        let mut buckets = self.shared.buckets();
        buckets.entry(bucket.to_owned()).or_default().objects.put(key.to_owned(), text.into().into());
    }

    /// The number of requests for a bucket since it was set.
    pub fn requests(&self, bucket: &str) -> usize {
        self.shared.buckets().get(bucket).map_or(0, |bucket| bucket.requests)
    }

    /// Whether the request that is never answered has come.
    pub fn is_held(&self, bucket: &str) -> bool {
        self.shared.buckets().get(bucket).is_some_and(|bucket| bucket.is_held)
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request| {
        let shared = Arc::clone(&shared);
        async move { shared.answer(request).await }
    });
    // A client that goes away is no failure of the server.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// What is done with a request.
enum Fate {
    Answered,
    Denied,
    /// It is carried out, and its connection closed without an answer.
    AnswerLost,
    /// It is carried out, and answered as if it were not.
    Disowned,
    Held,
}

impl Shared {
    fn buckets(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Answer, Gone> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Gone)?.to_bytes();
        let protocol = self.dialect.protocol();
        if let Some(token) = protocol.token(&head, &body) {
            return Ok(token);
        }
        let (name, key) = protocol.locate(head.uri.path());
        let fate = self.fate(&name);
        if let Fate::Held = fate {
            std::future::pending::<Infallible>().await;
        }
        let mut buckets = self.buckets();
        let Some(bucket) = buckets.get_mut(&name) else {
            return Ok(protocol.refuse(Refusal::NoBucket));
        };
        let manners = bucket.manners;
        if !manners.is_open
            && let Err(refusal) = protocol.verify(&head, &body, manners.clock_ahead)
        {
            return Ok(dated(protocol.refuse(refusal), manners.clock_ahead));
        }
        match fate {
            Fate::Denied | Fate::Held => Ok(protocol.refuse(Refusal::NotAllowed)),
            Fate::Answered => Ok(bucket.answer(protocol, &head, key, body)),
            Fate::Disowned => {
                bucket.answer(protocol, &head, key, body);
                Ok(protocol.refuse(Refusal::Overload))
            }
            Fate::AnswerLost => {
                bucket.answer(protocol, &head, key, body);
                Err(Gone)
            }
        }
    }

    /// Counts a request for a bucket, and says what is done with it.
    fn fate(&self, bucket: &str) -> Fate {
        let mut buckets = self.buckets();
        let Some(bucket) = buckets.get_mut(bucket) else { return Fate::Answered };
        let number = bucket.requests;
        bucket.requests += 1;
        if bucket.manners.hold == Some(number) {
            bucket.is_held = true;
            return Fate::Held;
        }
        if bucket.manners.overload.is_some_and(|(from, to)| (from..to).contains(&number)) {
            return Fate::Disowned;
        }
        let fault = bucket.manners.fault.filter(|(at, _)| *at == number).map(|(_, fault)| fault);
        match fault {
            _ if bucket.is_dead => Fate::Denied,
            None => Fate::Answered,
            Some(Fault::Refused) => Fate::Denied,
            Some(Fault::Dies) => {
                bucket.is_dead = true;
                Fate::Denied
            }
            Some(Fault::AnswerLost) => {
                bucket.is_dead = true;
                Fate::AnswerLost
            }
        }
    }
}

impl Bucket {
    /// Does what a request asks for, whose signature is right.
    fn answer(&mut self, protocol: &dyn Protocol, head: &Parts, key: String, body: Bytes) -> Answer {
        let manners = self.manners;
        let reply = match protocol.read(head, key, body, manners.clock_ahead) {
            Err(refusal) => Err(refusal),
            Ok(Ask::Get(key)) => self.objects.get(&key).map(Reply::Found),
            Ok(Ask::Put { key, .. }) if manners.is_locked && self.objects.get(&key).is_ok() => {
                Err(Refusal::Locked)
            }
            Ok(Ask::Put { key, text, condition }) => {
                let tag = |object: &_| protocol.tag(object);
                let holds = manners.ignores_conditions || self.objects.allow(&key, &condition, tag);
                let refusal = Refusal::Condition(condition);
                if holds { Ok(Reply::Written(self.objects.put(key, text))) } else { Err(refusal) }
            }
            Ok(Ask::Delete(keys)) => Ok(Reply::Deleted(
                keys.into_iter().map(|key| self.objects.delete(key, manners.is_locked)).collect(),
            )),
            Ok(Ask::List { prefix, listed }) => {
                Ok(Reply::Page(self.objects.list(&prefix, listed, manners.page)))
            }
        };
        match reply {
            Ok(reply) => protocol.write(head, reply),
            Err(refusal) => protocol.refuse(refusal),
        }
    }
}

/// An answer that shows what time the server has.
fn dated(mut answer: Answer, ahead: i64) -> Answer {
    let seconds = Duration::from_secs(ahead.unsigned_abs());
    let now = SystemTime::now();
    let now = if ahead < 0 { now - seconds } else { now + seconds };
    let date = httpdate::fmt_http_date(now).parse().expect("a date is a header");
    answer.headers_mut().insert(header::DATE, date);
    answer
}

/// The connection is closed without an answer.
#[derive(Debug)]
struct Gone;

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("gone")
    }
}

impl std::error::Error for Gone {}
