//! A small server that speaks S3, for buckets in tests.
//!
//! It keeps objects in memory and answers what whimbrel asks of a bucket: GET,
//! PUT with `If-Match` and `If-None-Match`, DELETE, and lists in pages. It
//! verifies signatures, so that wrong credentials and wrong clocks are refused
//! as a real server refuses them, and every bucket can be told to misbehave.

mod objects;
mod sign;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::failing::Fault;
use objects::Objects;

/// The key that the server knows.
pub const KEY_ID: &str = "AKIAWHIMBREL";

/// The secret to it.
pub const SECRET: &str = "curlew/sandpiper+hunter2";

/// A server of its own on a free port. It ends when it is dropped.
#[derive(Debug)]
pub struct S3Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
}

#[derive(Debug, Default)]
struct Shared {
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
    /// Whether conditions are overlooked.
    pub ignores_conditions: bool,
    /// By how many seconds the server's clock is ahead.
    pub clock_ahead: i64,
    /// How many keys a page of a list has; 1,000 if it is 0.
    pub page: usize,
}

type Answer = Response<Full<Bytes>>;

impl S3Server {
    /// Starts a server that has these buckets.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub fn start<const N: usize>(buckets: [&str; N]) -> Self {
        let shared = Arc::new(Shared::default());
        for name in buckets {
            shared.buckets().insert(name.to_owned(), Bucket::default());
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        listener.set_nonblocking(true).expect("a listener can be asked without waiting");
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime needs only memory").block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = serve(listener, serving) => {}
                }
            });
        });
        Self { address, shared, stop: Some(stop) }
    }

    /// Adds a bucket that behaves so, or makes one that is there do so. Its
    /// requests are counted anew.
    pub fn set(&self, bucket: &str, manners: Manners) {
        let mut buckets = self.shared.buckets();
        let bucket = buckets.entry(bucket.to_owned()).or_default();
        (bucket.manners, bucket.requests, bucket.is_dead, bucket.is_held) = (manners, 0, false, false);
    }

    /// `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The variables that lead to the server.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ]
    }

    /// All that is in a bucket, by key.
    pub fn texts(&self, bucket: &str) -> BTreeMap<String, String> {
        self.shared.buckets().get(bucket).map(|bucket| bucket.objects.texts()).unwrap_or_default()
    }

    /// Puts a text into a bucket without asking anybody.
    pub fn put(&self, bucket: &str, key: &str, text: impl Into<Vec<u8>>) {
        let mut buckets = self.shared.buckets();
        buckets.entry(bucket.to_owned()).or_default().objects.put(key, text.into().into());
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

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

impl Shared {
    fn buckets(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(listener: std::net::TcpListener, shared: Arc<Shared>) {
    let listener = TcpListener::from_std(listener).expect("it does not block");
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, Arc::clone(&shared)));
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request| {
        let shared = Arc::clone(&shared);
        async move { answer(&shared, request).await }
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
    Held,
}

async fn answer(shared: &Shared, request: Request<Incoming>) -> Result<Answer, Gone> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Gone)?.to_bytes();
    let path = head.uri.path().trim_start_matches('/').to_owned();
    let (name, key) = path.split_once('/').unwrap_or((&path, ""));
    let fate = shared.fate(name);
    if let Fate::Held = fate {
        std::future::pending::<Infallible>().await;
    }
    let mut buckets = shared.buckets();
    let Some(bucket) = buckets.get_mut(name) else {
        return Ok(refusal(StatusCode::NOT_FOUND, "NoSuchBucket"));
    };
    if let Err(code) = sign::verify(&head, &body, bucket.manners.clock_ahead) {
        return Ok(refusal(StatusCode::FORBIDDEN, code));
    }
    match fate {
        Fate::Denied | Fate::Held => Ok(refusal(StatusCode::FORBIDDEN, "AccessDenied")),
        Fate::Answered => Ok(bucket.objects.answer(&head, key, body, bucket.manners)),
        Fate::AnswerLost => {
            bucket.objects.answer(&head, key, body, bucket.manners);
            Err(Gone)
        }
    }
}

impl Shared {
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

/// The connection is closed without an answer.
#[derive(Debug)]
struct Gone;

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("gone")
    }
}

impl std::error::Error for Gone {}

/// An answer that says no. As with the real one, it repeats what a secret could
/// be made out in.
fn refusal(status: StatusCode, code: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>no, {SECRET}</Message>\
         <AWSAccessKeyId>{KEY_ID}</AWSAccessKeyId></Error>"
    );
    respond(status, body)
}

fn respond(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer
}
