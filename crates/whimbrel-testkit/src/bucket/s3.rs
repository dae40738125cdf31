//! S3, with signatures of version 4
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).

use std::fmt::Write as _;

use hyper::Method;
use hyper::body::Bytes;
use hyper::http::request::Parts;
use serde_json::json;

use super::Answer;
use super::objects::{Object, Page};
use super::protocol::{Ask, Condition, Protocol, Refusal, Reply, respond, with};
use super::text::{TOLERANCE, decoded, digest, escaped, header, hex, now, sign, unescaped, value};

/// A key.
pub const KEY_ID: &str = "AKIAWHIMBREL";

/// A key that is good with a token only.
pub const TEMPORARY_ID: &str = "ASIAWHIMBREL";

/// The secret of both.
pub const SECRET: &str = "curlew/sandpiper+hunter2";

/// The token.
pub const TOKEN: &str = "IQoJ+turnstone/hunter2==";

/// What a program that runs at AWS is known by: for a token of it, or with it in a
/// header, there are keys.
pub const IDENTITY: &str = "eyJhbGciOi.godwit.hunter2";

/// Where containers ask for keys.
pub const CONTAINER: &str = "/v1/credentials";

/// Where machines ask for a token, and with that for keys.
const SESSION: &str = "/latest/api/token";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
const ROLE: &str = "wader";

/// As S3 speaks.
pub(super) struct S3;

impl Protocol for S3 {
    fn ways(&self, endpoint: &str) -> Vec<Vec<(&'static str, String)>> {
        let place = [("AWS_ENDPOINT_URL", endpoint.to_owned()), ("AWS_REGION", "eu-central-1".to_owned())];
        let keys =
            |id: &str| [("AWS_ACCESS_KEY_ID", id.to_owned()), ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned())];
        let token = [("AWS_SESSION_TOKEN", TOKEN.to_owned())];
        vec![[&place[..], &keys(KEY_ID)].concat(), [&place[..], &keys(TEMPORARY_ID), &token].concat()]
    }

    fn wrong_variables(&self, _: &str) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ACCESS_KEY_ID", "hunter2-other".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "hunter2-other".to_owned()),
        ]
    }

    fn token(&self, head: &Parts, _: &[u8]) -> Option<Answer> {
        let query = head.uri.query().unwrap_or_default();
        let is_session = header(head, "x-aws-ec2-metadata-token") == IDENTITY;
        match (head.method.as_str(), head.uri.path()) {
            ("POST", "/") if value(query, "Action").as_deref() == Some("AssumeRoleWithWebIdentity") => {
                Some(assumed(value(query, "WebIdentityToken").as_deref() == Some(IDENTITY)))
            }
            ("GET", CONTAINER) => Some(given(header(head, "authorization") == IDENTITY)),
            ("PUT", SESSION) => Some(respond(200, IDENTITY)),
            ("GET", ROLES) if is_session => Some(respond(200, ROLE)),
            ("GET", path) if path.strip_prefix(ROLES) == Some(ROLE) => Some(given(is_session)),
            _ => None,
        }
    }

    fn locate(&self, path: &str) -> (String, String) {
        let path = path.trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        (bucket.to_owned(), decoded(key))
    }

    fn verify(&self, head: &Parts, body: &[u8], clock_ahead: i64) -> Result<(), Refusal> {
        let fields =
            header(head, "authorization").strip_prefix("AWS4-HMAC-SHA256 ").ok_or(Refusal::Anonymous)?;
        let field = |name: &str| {
            let mut fields = fields.split(',').filter_map(|field| field.trim().split_once('='));
            fields.find(|(key, _)| *key == name).map(|(_, value)| value).ok_or(Refusal::Unknown)
        };
        let (key, scope) = field("Credential")?.split_once('/').ok_or(Refusal::Unknown)?;
        let token = header(head, "x-amz-security-token");
        if ![(KEY_ID, ""), (TEMPORARY_ID, TOKEN)].contains(&(key, token)) {
            return Err(Refusal::UnknownKey);
        }
        let date = header(head, "x-amz-date");
        if (seconds(date).ok_or(Refusal::Unknown)? - now() - clock_ahead).abs() > TOLERANCE {
            return Err(Refusal::ClockSkew);
        }
        if header(head, "x-amz-content-sha256") != digest(body) {
            return Err(Refusal::WrongSignature);
        }
        let names = field("SignedHeaders")?;
        let headers: String =
            names.split(';').map(|name| format!("{name}:{}\n", header(head, name).trim())).collect();
        let pairs = head.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let whole = |pair: &str| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") };
        let mut query = pairs.map(whole).collect::<Vec<_>>();
        query.sort_unstable();
        let (method, path, query) = (&head.method, head.uri.path(), query.join("&"));
        let request = format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{}", digest(body));
        let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", digest(request.as_bytes()));
        let secret = format!("AWS4{SECRET}").into_bytes();
        let key = scope.split('/').fold(secret, |key, part| sign(&key, part));
        let is_right = hex(&sign(&key, &text)) == field("Signature")?;
        if is_right { Ok(()) } else { Err(Refusal::WrongSignature) }
    }

    fn read(&self, head: &Parts, key: String, body: Bytes, _: i64) -> Result<Ask, Refusal> {
        let query = head.uri.query().unwrap_or_default();
        match head.method {
            Method::GET if key.is_empty() => Ok(list(query)),
            Method::GET => Ok(Ask::Get(key)),
            Method::PUT => Ok(Ask::Put { key, text: body, condition: condition(head) }),
            Method::POST if query.starts_with("delete") => Ok(Ask::Delete(keys(&body))),
            _ => Err(Refusal::Unknown),
        }
    }

    /// A digest of the text: what is put again has the tag that it had.
    fn tag(&self, object: &Object) -> String {
        format!("\"{}\"", &digest(&object.text)[..32])
    }

    fn write(&self, _: &Parts, reply: Reply) -> Answer {
        match reply {
            Reply::Found(object) => self.tagged(respond(200, object.text.clone()), &object),
            Reply::Written(object) => self.tagged(respond(200, Bytes::new()), &object),
            Reply::Page(page) => respond(200, listing(&page, |object| self.tag(object))),
            Reply::Deleted(deletions) => {
                let mut xml = "<DeleteResult>".to_owned();
                for deletion in deletions {
                    let key = escaped(&deletion.key);
                    let _ = match deletion.outcome {
                        Ok(()) | Err(Refusal::NoObject) => write!(xml, "<Deleted><Key>{key}</Key></Deleted>"),
                        Err(_) => write!(
                            xml,
                            "<Error><Key>{key}</Key><Code>AccessDenied</Code><Message>no, {SECRET}</Message></Error>"
                        ),
                    };
                }
                respond(200, xml + "</DeleteResult>")
            }
        }
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        let (status, code) = match refusal {
            Refusal::Anonymous | Refusal::NotAllowed | Refusal::Locked => (403, "AccessDenied"),
            Refusal::UnknownKey => (403, "InvalidAccessKeyId"),
            Refusal::WrongSignature => (403, "SignatureDoesNotMatch"),
            Refusal::ClockSkew => (403, "RequestTimeTooSkewed"),
            Refusal::NoBucket => (404, "NoSuchBucket"),
            Refusal::NoObject => (404, "NoSuchKey"),
            Refusal::Condition(_) => (412, "PreconditionFailed"),
            Refusal::Overload => (503, "SlowDown"),
            Refusal::Unknown => (400, "InvalidRequest"),
        };
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>no, {SECRET}</Message>\
             <AWSAccessKeyId>{KEY_ID}</AWSAccessKeyId></Error>"
        );
        respond(status, body)
    }
}

/// Keys for a role, as the service of tokens gives them.
fn assumed(is_known: bool) -> Answer {
    if !is_known {
        let error =
            format!("<Error><Code>InvalidIdentityToken</Code><Message>no, {IDENTITY}</Message></Error>");
        return respond(400, format!("<ErrorResponse>{error}</ErrorResponse>"));
    }
    let keys = format!(
        "<AccessKeyId>{TEMPORARY_ID}</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey>\
         <SessionToken>{TOKEN}</SessionToken><Expiration>2199-01-01T00:00:00Z</Expiration>"
    );
    let result = "AssumeRoleWithWebIdentityRes";
    respond(
        200,
        format!(
            "<{result}ponse><{result}ult><Credentials>{keys}</Credentials></{result}ult></{result}ponse>"
        ),
    )
}

/// Keys, as machines and containers are given them.
fn given(is_known: bool) -> Answer {
    let keys = json!({
        "AccessKeyId": TEMPORARY_ID,
        "SecretAccessKey": SECRET,
        "Token": TOKEN,
        "Expiration": "2199-01-01T00:00:00Z",
    });
    if is_known { respond(200, keys.to_string()) } else { respond(403, format!("no, {IDENTITY}")) }
}

impl S3 {
    fn tagged(&self, answer: Answer, object: &Object) -> Answer {
        let answer = with(answer, "etag", self.tag(object));
        with(answer, "last-modified", "Thu, 01 Jan 2026 00:00:00 GMT")
    }
}

fn condition(head: &Parts) -> Condition {
    match header(head, "if-match") {
        "" if header(head, "if-none-match") == "*" => Condition::Absent,
        "" => Condition::Always,
        tag => Condition::Tagged(tag.to_owned()),
    }
}

/// The keys that `DeleteObjects` names.
fn keys(body: &[u8]) -> Vec<String> {
    let xml = String::from_utf8_lossy(body);
    let keys = xml.split("<Key>").skip(1);
    keys.map(|rest| unescaped(rest.split("</Key>").next().unwrap_or_default())).collect()
}

/// Reads what `ListObjectsV2` asks for. Its token says how many were listed.
pub(super) fn list(query: &str) -> Ask {
    let listed = value(query, "continuation-token").and_then(|token| token.parse().ok());
    Ask::List { prefix: value(query, "prefix").unwrap_or_default(), listed: listed.unwrap_or(0) }
}

/// A page as `ListObjectsV2` gives it.
pub(super) fn listing(page: &Page, tag: impl Fn(&Object) -> String) -> String {
    let mut xml = format!("<ListBucketResult><IsTruncated>{}</IsTruncated>", page.next.is_some());
    for (key, object) in &page.objects {
        let _ = write!(
            xml,
            "<Contents><Key>{}</Key><Size>{}</Size><ETag>{}</ETag>\
             <LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>",
            escaped(key),
            object.text.len(),
            escaped(&tag(object)),
        );
    }
    if let Some(next) = page.next {
        let _ = write!(xml, "<NextContinuationToken>{next}</NextContinuationToken>");
    }
    xml + "</ListBucketResult>"
}

/// Reads `20260131T102030Z` as seconds since 1970.
fn seconds(date: &str) -> Option<i64> {
    let number = |from: usize, to: usize| date.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    // Years that begin in March end with the day that comes and goes.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
    Some(days * 86_400 + number(9, 11)? * 3_600 + number(11, 13)? * 60 + number(13, 15)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_seconds() {
        assert_eq!(seconds("19700101T000000Z"), Some(0));
        assert_eq!(seconds("20240229T120000Z"), Some(1_709_208_000));
        assert_eq!(seconds("20261127T004232Z"), Some(1_795_740_152));
        assert_eq!(seconds("today"), None);
    }
}
