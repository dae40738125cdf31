//! Google Cloud Storage, by its XML API
//! (<https://cloud.google.com/storage/docs/xml-api/reference-methods>).
//!
//! A service account signs a token for itself; a person's consent is exchanged for
//! one.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hyper::Method;
use hyper::body::Bytes;
use hyper::http::request::Parts;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};

use super::Answer;
use super::objects::Object;
use super::protocol::{Ask, Condition, Protocol, Refusal, Reply, respond, with};
use super::s3;
use super::text::{decoded, header, now, value};

/// The private key of the service account. It opens nothing but this server.
pub(super) const PRIVATE_KEY: &str = include_str!("../../keys/service_account.pem");

const EMAIL: &str = "curlew@releases.iam.gserviceaccount.com";

/// What a person's consent is exchanged for.
const TOKEN: &str = "ya29.godwit-hunter2";

/// The consent.
const REFRESH_TOKEN: &str = "1//plover-hunter2";

/// By how many seconds a token may be ahead.
const TOLERANCE: i64 = 5 * 60;

/// As Google Cloud Storage speaks.
pub(super) struct Google;

impl Protocol for Google {
    fn ways(&self, endpoint: &str) -> Vec<Vec<(&'static str, String)>> {
        let place = ("GOOGLE_BASE_URL", endpoint.to_owned());
        vec![
            vec![("GOOGLE_SERVICE_ACCOUNT_KEY", service_account(EMAIL, Some(endpoint)))],
            vec![("GOOGLE_SERVICE_ACCOUNT_KEY", service_account(EMAIL, None)), place.clone()],
            vec![("GOOGLE_BEARER_TOKEN", TOKEN.to_owned()), place],
        ]
    }

    fn wrong_variables(&self, endpoint: &str) -> Vec<(&'static str, String)> {
        vec![
            ("GOOGLE_SERVICE_ACCOUNT_KEY", service_account("hunter2@other.example", Some(endpoint))),
            ("GOOGLE_BEARER_TOKEN", "hunter2-other".to_owned()),
        ]
    }

    fn token(&self, head: &Parts, body: &[u8]) -> Option<Answer> {
        (head.uri.path() == "/o/oauth2/token").then(|| {
            let form = String::from_utf8_lossy(body);
            match value(&form, "refresh_token").as_deref() {
                Some(REFRESH_TOKEN) => {
                    let token = json!({ "access_token": TOKEN, "expires_in": 3_599, "token_type": "Bearer" });
                    respond(200, token.to_string())
                }
                _ => {
                    let refusal = json!({ "error": "invalid_grant", "error_description": REFRESH_TOKEN });
                    respond(400, refusal.to_string())
                }
            }
        })
    }

    fn locate(&self, path: &str) -> (String, String) {
        let path = path.trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        (decoded(bucket), decoded(key))
    }

    fn verify(&self, head: &Parts, _: &[u8], clock_ahead: i64) -> Result<(), Refusal> {
        let token = header(head, "authorization").strip_prefix("Bearer ").ok_or(Refusal::Anonymous)?;
        if token == TOKEN {
            return Ok(());
        }
        let claims = claims(token).ok_or(Refusal::WrongSignature)?;
        if claims["iss"] != EMAIL {
            return Err(Refusal::UnknownKey);
        }
        let now = now() + clock_ahead;
        let second = |name: &str| claims[name].as_i64().ok_or(Refusal::WrongSignature);
        let is_current = second("iat")? - TOLERANCE <= now && now <= second("exp")?;
        if is_current { Ok(()) } else { Err(Refusal::ClockSkew) }
    }

    fn read(&self, head: &Parts, key: String, body: Bytes, _: i64) -> Result<Ask, Refusal> {
        match head.method {
            Method::GET if key.is_empty() => Ok(s3::list(head.uri.query().unwrap_or_default())),
            Method::GET => Ok(Ask::Get(key)),
            Method::PUT => Ok(Ask::Put { key, text: body, condition: condition(head) }),
            Method::DELETE => Ok(Ask::Delete(vec![key])),
            _ => Err(Refusal::Unknown),
        }
    }

    /// The generation: every put has a new one.
    fn tag(&self, object: &Object) -> String {
        object.version.to_string()
    }

    fn write(&self, _: &Parts, reply: Reply) -> Answer {
        match reply {
            Reply::Found(object) => self.tagged(respond(200, object.text.clone()), &object),
            Reply::Written(object) => self.tagged(respond(200, Bytes::new()), &object),
            Reply::Page(page) => respond(200, s3::listing(&page, |object| self.tag(object))),
            Reply::Deleted(deletions) => match deletions.into_iter().find_map(|one| one.outcome.err()) {
                None => respond(204, Bytes::new()),
                Some(refusal) => self.refuse(refusal),
            },
        }
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        let (status, code) = match refusal {
            Refusal::Anonymous | Refusal::UnknownKey | Refusal::WrongSignature | Refusal::ClockSkew => {
                (401, "AuthenticationRequired")
            }
            Refusal::NotAllowed => (403, "AccessDenied"),
            Refusal::Locked => (403, "RetentionPolicyNotMet"),
            Refusal::NoBucket => (404, "NoSuchBucket"),
            Refusal::NoObject => (404, "NoSuchKey"),
            Refusal::Condition(_) => (412, "PreconditionFailed"),
            Refusal::Overload => (503, "ServiceUnavailable"),
            Refusal::Unknown => (400, "InvalidArgument"),
        };
        let body = format!(
            "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>no, {TOKEN}</Message>\
             <Details>{EMAIL}</Details></Error>"
        );
        respond(status, body)
    }
}

impl Google {
    fn tagged(&self, answer: Answer, object: &Object) -> Answer {
        let answer = with(answer, "etag", format!("\"{}\"", s3::S3.tag(object).trim_matches('"')));
        let answer = with(answer, "x-goog-generation", self.tag(object));
        with(answer, "last-modified", "Thu, 01 Jan 2026 00:00:00 GMT")
    }
}

/// The file of a service account, as Google gives it out.
fn service_account(email: &str, endpoint: Option<&str>) -> String {
    let mut account = json!({
        "type": "service_account",
        "private_key_id": "1",
        "private_key": PRIVATE_KEY,
        "client_email": email,
    });
    if let Some(endpoint) = endpoint {
        account["gcs_base_url"] = endpoint.into();
    }
    account.to_string()
}

/// The file of the service account that the server knows.
pub fn account_file() -> String {
    service_account(EMAIL, None)
}

/// The file of a person's consent, as `gcloud auth application-default login` leaves
/// it.
pub fn consent_file() -> String {
    let consent = json!({
        "type": "authorized_user",
        "client_id": "1.apps.googleusercontent.com",
        "client_secret": "hunter2",
        "refresh_token": REFRESH_TOKEN,
    });
    consent.to_string()
}

/// What a token says, if the service account signed it.
fn claims(token: &str) -> Option<Value> {
    let (message, signature) = token.rsplit_once('.')?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
    let lines = PRIVATE_KEY.lines().filter(|line| !line.starts_with("--"));
    let key = BASE64_STANDARD.decode(lines.collect::<String>()).expect("the key of the tests is whole");
    let key = RsaKeyPair::from_pkcs8(&key).expect("the key of the tests is whole");
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
    public.verify(message.as_bytes(), &signature).ok()?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(message.split_once('.')?.1).ok()?;
    serde_json::from_slice(&claims).ok()
}

fn condition(head: &Parts) -> Condition {
    match header(head, "x-goog-if-generation-match") {
        "" => Condition::Always,
        "0" => Condition::Absent,
        generation => Condition::Tagged(generation.to_owned()),
    }
}
