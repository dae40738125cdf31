//! Why a request came to nothing, in words that hold no secret.
//!
//! Of what a server wrote, only its status, its code, its region and its time are
//! kept, and only if they can be nothing else.

use std::time::{Duration, SystemTime};

use hyper::body::Bytes;
use hyper::{Response, StatusCode, header};

/// By how much a server takes clocks to differ: what has the strictest rule is a
/// token of Google.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// Why a request came to nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Trouble {
    /// Nobody answers.
    #[error("`{endpoint}` cannot be reached: {reason}")]
    Unreachable { endpoint: String, reason: String },
    /// Who answers is not who should.
    #[error("`{endpoint}` is not trusted: {reason}")]
    Untrusted { endpoint: String, reason: String, help: &'static str },
    /// A program that is to say the credentials does not.
    #[error("no credentials: {0}")]
    Credentials(String),
    /// The server says no.
    #[error("`{}` answers {}", .0.endpoint, .0.told())]
    Refused(Refusal),
}

/// What a server said that refused.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) endpoint: String,
    pub(super) status: u16,
    /// Its name for what is wrong, such as `AccessDenied`.
    pub(super) code: Option<String>,
    /// Where it says the bucket is.
    pub(super) region: Option<String>,
    /// What it says the time is, if that is not what the time is here.
    pub(super) other_time: Option<String>,
}

impl Refusal {
    pub(super) fn new(endpoint: String, answer: &Response<Bytes>) -> Self {
        let header = |name: &str| Some(answer.headers().get(name)?.to_str().ok()?.to_owned());
        let code = header("x-ms-error-code").or_else(|| code_in(answer.body())).filter(|code| is_code(code));
        let region = header("x-amz-bucket-region").filter(|region| is_code(region));
        let time = header("date").and_then(|date| httpdate::parse_http_date(&date).ok());
        let other_time = time.filter(|time| differs(*time)).map(httpdate::fmt_http_date);
        Self { endpoint, status: answer.status().as_u16(), code, region, other_time }
    }

    /// What was refused of a request that was carried out on the whole: one of the
    /// deletions that it asked for.
    pub(super) fn within(endpoint: &str, answer: &Response<Bytes>) -> Option<Self> {
        let text = str::from_utf8(answer.body()).ok()?;
        let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let (status, code) = if kind.is_some_and(|kind| kind.starts_with("multipart/mixed")) {
            refused_part(text)?
        } else {
            let (_, error) = text.split_once("<DeleteResult")?.1.split_once("<Error>")?;
            let code = between(error, "<Code>", "</Code>")?;
            let status = if code == "AccessDenied" { 403 } else { 500 };
            (status, Some(code.to_owned()))
        };
        let code = code.filter(|code| is_code(code));
        Some(Self { endpoint: endpoint.to_owned(), status, code, region: None, other_time: None })
    }

    /// The status and the code: `403 AccessDenied`.
    pub(super) fn told(&self) -> String {
        match &self.code {
            Some(code) => format!("{} {code}", self.status),
            None => self.status.to_string(),
        }
    }

    /// Says whether the same request may be granted a little later.
    pub(super) fn is_passing(&self) -> bool {
        let passing = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].map(|one| one.as_u16());
        self.status >= 500 || passing.contains(&self.status)
    }

    /// Says whether what is refused is refused to everybody: no condition failed.
    pub(super) fn is_locked(&self) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        ["Lease", "Immutable", "BeingDeleted"].iter().any(|part| code.contains(part))
    }
}

fn differs(time: SystemTime) -> bool {
    let now = SystemTime::now();
    let apart = now.duration_since(time).or_else(|_| time.duration_since(now));
    apart.is_ok_and(|apart| apart > TOLERANCE)
}

/// The first request of a batch of Azure that failed otherwise than by finding
/// nothing.
fn refused_part(text: &str) -> Option<(u16, Option<String>)> {
    text.split("HTTP/1.1 ").skip(1).find_map(|part| {
        let status = part.get(..3)?.parse().ok()?;
        let is_refused = !(200..300).contains(&status) && status != 404;
        let code = between(part, "x-ms-error-code: ", "\r\n").map(str::to_owned);
        is_refused.then_some((status, code))
    })
}

/// The name for what is wrong in an answer of XML or, where tokens are asked for, of
/// JSON.
fn code_in(body: &[u8]) -> Option<String> {
    let text = str::from_utf8(body).ok()?;
    if let Some(code) = between(text, "<Code>", "</Code>") {
        return Some(code.to_owned());
    }
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(json.get("error")?.as_str()?.to_owned())
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

/// Says whether it can be nothing but a name.
fn is_code(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
