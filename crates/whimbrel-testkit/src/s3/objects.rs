//! The objects of a bucket, and the requests for them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hyper::body::Bytes;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode, header};

use super::{Answer, Manners, refusal, respond, sign};

/// Objects by key.
#[derive(Debug, Default)]
pub(super) struct Objects(BTreeMap<String, Bytes>);

impl Objects {
    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        self.0.iter().map(|(key, bytes)| (key.clone(), text(bytes))).collect()
    }

    pub(super) fn put(&mut self, key: &str, bytes: Bytes) {
        self.0.insert(key.to_owned(), bytes);
    }

    /// Answers a request whose signature is right.
    pub(super) fn answer(&mut self, head: &Parts, key: &str, body: Bytes, manners: Manners) -> Answer {
        let key = sign::decoded(key);
        match head.method {
            Method::GET if key.is_empty() => self.list(head.uri.query().unwrap_or_default(), manners.page),
            Method::GET => match self.0.get(&key) {
                Some(bytes) => with_tag(respond(StatusCode::OK, bytes.clone()), bytes),
                None => refusal(StatusCode::NOT_FOUND, "NoSuchKey"),
            },
            Method::PUT if manners.ignores_conditions || self.allows(head, &key) => {
                let answer = with_tag(respond(StatusCode::OK, Bytes::new()), &body);
                self.0.insert(key, body);
                answer
            }
            Method::PUT => refusal(StatusCode::PRECONDITION_FAILED, "PreconditionFailed"),
            Method::POST if head.uri.query().is_some_and(|query| query.starts_with("delete")) => {
                self.delete(&String::from_utf8_lossy(&body))
            }
            _ => refusal(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
        }
    }

    /// Deletes the keys that `DeleteObjects` names; those that are not there are
    /// deleted, too.
    fn delete(&mut self, xml: &str) -> Answer {
        let mut answer = "<DeleteResult>".to_owned();
        for part in xml.split("<Key>").skip(1) {
            let escaped = part.split("</Key>").next().unwrap_or_default();
            self.0.remove(&escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"));
            let _ = write!(answer, "<Deleted><Key>{escaped}</Key></Deleted>");
        }
        respond(StatusCode::OK, answer + "</DeleteResult>")
    }

    /// Whether the conditions of a request hold.
    fn allows(&self, head: &Parts, key: &str) -> bool {
        let found = self.0.get(key).map(|bytes| tag(bytes));
        let wanted = head.headers.get(header::IF_MATCH).map(|value| value.to_str().unwrap_or_default());
        let is_new = head.headers.contains_key(header::IF_NONE_MATCH);
        (!is_new || found.is_none()) && wanted.is_none_or(|wanted| found.as_deref() == Some(wanted))
    }

    /// A page of keys, as `ListObjectsV2` gives it.
    fn list(&self, query: &str, page: usize) -> Answer {
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| sign::decoded(value))
        };
        let prefix = value("prefix").unwrap_or_default();
        // A token says how many keys were listed before.
        let listed = value("continuation-token").and_then(|token| token.parse().ok()).unwrap_or(0);
        let keys = self.0.iter().filter(|(key, _)| key.starts_with(&prefix)).skip(listed);
        let size = if page == 0 { 1_000 } else { page };
        let keys = keys.take(size + 1).collect::<Vec<_>>();
        let is_cut = keys.len() > size;
        let mut xml = format!("<ListBucketResult><IsTruncated>{is_cut}</IsTruncated>");
        for (key, bytes) in keys.iter().take(size) {
            let _ = write!(
                xml,
                "<Contents><Key>{key}</Key><Size>{}</Size><ETag>{}</ETag>\
                 <LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>",
                bytes.len(),
                tag(bytes).replace('"', "&quot;"),
            );
        }
        if is_cut {
            let _ = write!(xml, "<NextContinuationToken>{}</NextContinuationToken>", listed + size);
        }
        respond(StatusCode::OK, xml + "</ListBucketResult>")
    }
}

fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", &sign::digest(bytes)[..32])
}

fn with_tag(mut answer: Answer, bytes: &[u8]) -> Answer {
    let headers = answer.headers_mut();
    headers.insert(header::ETAG, tag(bytes).parse().expect("a digest is a header"));
    let date = "Thu, 01 Jan 2026 00:00:00 GMT".parse().expect("a date is a header");
    headers.insert(header::LAST_MODIFIED, date);
    answer
}
