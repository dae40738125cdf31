//! What the dialects have in common.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::http::request::Parts;
use hyper::{Response, StatusCode};

use super::Answer;
use super::objects::{Deletion, Object, Page};

/// What a request asks for.
pub(super) enum Ask {
    Get(String),
    Put {
        key: String,
        text: Bytes,
        condition: Condition,
    },
    Delete(Vec<String>),
    /// A page of the keys with a prefix, after so many of them.
    List {
        prefix: String,
        listed: usize,
    },
}

/// When an object may be put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    Always,
    /// There is none.
    Absent,
    /// The one that is there has this tag.
    Tagged(String),
}

/// What comes of what was asked for.
pub(super) enum Reply {
    Found(Object),
    Written(Object),
    Deleted(Vec<Deletion>),
    Page(Page),
}

/// Why nothing comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The request says nothing of who makes it.
    Anonymous,
    UnknownKey,
    WrongSignature,
    ClockSkew,
    /// The credentials are right, and do not suffice.
    NotAllowed,
    NoBucket,
    NoObject,
    Condition(Condition),
    Locked,
    /// The server has too much to do.
    Overload,
    /// The server does not know what to make of it.
    Unknown,
}

/// How a kind of server speaks.
pub(super) trait Protocol: Sync {
    /// The variables that lead to a server at `endpoint`, of every way to it.
    fn ways(&self, endpoint: &str) -> Vec<Vec<(&'static str, String)>>;

    /// Variables with credentials that are wrong.
    fn wrong_variables(&self, endpoint: &str) -> Vec<(&'static str, String)>;

    /// The answer, if the request is one for a token.
    fn token(&self, head: &Parts, body: &[u8]) -> Option<Answer>;

    /// The bucket and the key that a path leads to.
    fn locate(&self, path: &str) -> (String, String);

    /// Says whether the request is signed as it should be.
    fn verify(&self, head: &Parts, body: &[u8], clock_ahead: i64) -> Result<(), Refusal>;

    /// Reads what the request for an object asks for; for the bucket itself, if
    /// the key is empty.
    fn read(&self, head: &Parts, key: String, body: Bytes, clock_ahead: i64) -> Result<Ask, Refusal>;

    /// The name of this state of an object, as conditions give it.
    fn tag(&self, object: &Object) -> String;

    /// Writes what came of the request.
    fn write(&self, head: &Parts, reply: Reply) -> Answer;

    /// Writes that nothing comes of it. As real servers do, it repeats what a secret
    /// could be made out in.
    fn refuse(&self, refusal: Refusal) -> Answer;
}

pub(super) fn respond(status: u16, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = StatusCode::from_u16(status).expect("the dialects know their statuses");
    answer
}

pub(super) fn with(mut answer: Answer, name: &'static str, value: impl AsRef<str>) -> Answer {
    let value = value.as_ref().parse().expect("what the dialects say is a header");
    answer.headers_mut().insert(name, value);
    answer
}
