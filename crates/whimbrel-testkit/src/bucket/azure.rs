//! Azure Blob Storage
//! (<https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api>).

use std::fmt::Write as _;
use std::time::SystemTime;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::body::Bytes;
use hyper::http::request::Parts;
use hyper::{Method, Request};
use serde_json::json;

use super::Answer;
use super::objects::{Deletion, Object, Page};
use super::protocol::{Ask, Condition, Protocol, Refusal, Reply, respond, with};
use super::text::{TOLERANCE, decoded, escaped, header, now, pairs, seconds, sign, value};

/// The account that the server knows.
pub const ACCOUNT: &str = "whimbrels";

/// Its key.
pub(super) const KEY: &str = "Y3VybGV3L3NhbmRwaXBlcitodW50ZXIy";

/// The secret of a program that is registered.
pub const CLIENT_SECRET: &str = "ruff~hunter2";

/// What it is exchanged for.
const TOKEN: &str = "eyJ0.dunlin-hunter2";

const MODIFIED: &str = "Thu, 01 Jan 2026 00:00:00 GMT";

/// As Azure Blob Storage speaks.
pub(super) struct Azure;

impl Protocol for Azure {
    fn ways(&self, endpoint: &str) -> Vec<Vec<(&'static str, String)>> {
        let key = ("AZURE_STORAGE_ACCOUNT_KEY", KEY.to_owned());
        let account = ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT.to_owned());
        let place = [("AZURE_STORAGE_ENDPOINT", endpoint.to_owned()), account.clone()];
        let string = |text: String| vec![("AZURE_STORAGE_CONNECTION_STRING", text)];
        let emulator = [
            ("AZURE_STORAGE_USE_EMULATOR", "true".to_owned()),
            ("AZURITE_BLOB_STORAGE_URL", endpoint.to_owned()),
        ];
        vec![
            [&place[..], std::slice::from_ref(&key)].concat(),
            [&place[..], &[("AZURE_STORAGE_SAS_TOKEN", sas())]].concat(),
            [&place[..], &[("AZURE_STORAGE_TOKEN", TOKEN.to_owned())]].concat(),
            string(format!("AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={endpoint}/{ACCOUNT};")),
            string(format!("BlobEndpoint={endpoint};AccountName={ACCOUNT};SharedAccessSignature={}", sas())),
            [&emulator[..], &[account, key]].concat(),
        ]
    }

    fn wrong_variables(&self, _: &str) -> Vec<(&'static str, String)> {
        vec![
            ("AZURE_STORAGE_ACCOUNT_NAME", "hunter2other".to_owned()),
            ("AZURE_STORAGE_ACCOUNT_KEY", BASE64_STANDARD.encode("hunter2-other")),
            ("AZURE_STORAGE_TOKEN", "hunter2-other".to_owned()),
        ]
    }

    fn token(&self, head: &Parts, body: &[u8]) -> Option<Answer> {
        head.uri.path().ends_with("/oauth2/v2.0/token").then(|| {
            let form = String::from_utf8_lossy(body);
            match value(&form, "client_secret").as_deref() {
                Some(CLIENT_SECRET) => {
                    let token = json!({ "access_token": TOKEN, "expires_in": 3_599, "token_type": "Bearer" });
                    respond(200, token.to_string())
                }
                _ => {
                    let refusal = json!({ "error": "invalid_client", "error_description": CLIENT_SECRET });
                    respond(401, refusal.to_string())
                }
            }
        })
    }

    /// Emulators have the account in the path, real servers in the host's name.
    fn locate(&self, path: &str) -> (String, String) {
        let path = path.trim_start_matches('/');
        let path = path.strip_prefix(ACCOUNT).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path);
        let (container, key) = path.split_once('/').unwrap_or((path, ""));
        (decoded(container), decoded(key))
    }

    fn verify(&self, head: &Parts, _: &[u8], clock_ahead: i64) -> Result<(), Refusal> {
        let query = head.uri.query().unwrap_or_default();
        let authorization = header(head, "authorization");
        if let Some(signature) = value(query, "sig") {
            let is_right = signature == signature_of_sas(query);
            return if is_right { Ok(()) } else { Err(Refusal::WrongSignature) };
        }
        if let Some(token) = authorization.strip_prefix("Bearer ") {
            return if token == TOKEN { Ok(()) } else { Err(Refusal::WrongSignature) };
        }
        let (account, signature) = authorization
            .strip_prefix("SharedKey ")
            .and_then(|rest| rest.split_once(':'))
            .ok_or(Refusal::Anonymous)?;
        if account != ACCOUNT {
            return Err(Refusal::UnknownKey);
        }
        let date = httpdate::parse_http_date(header(head, "date")).map_err(|_| Refusal::Unknown)?;
        if (seconds(date) - now() - clock_ahead).abs() > TOLERANCE {
            return Err(Refusal::ClockSkew);
        }
        if signature == signed(&string_to_sign(head)) { Ok(()) } else { Err(Refusal::WrongSignature) }
    }

    fn read(&self, head: &Parts, key: String, body: Bytes, clock_ahead: i64) -> Result<Ask, Refusal> {
        let query = head.uri.query().unwrap_or_default();
        match head.method {
            Method::GET if key.is_empty() => {
                let listed = value(query, "marker").and_then(|marker| marker.parse().ok());
                let prefix = value(query, "prefix").unwrap_or_default();
                Ok(Ask::List { prefix, listed: listed.unwrap_or(0) })
            }
            Method::GET => Ok(Ask::Get(key)),
            Method::PUT if header(head, "x-ms-blob-type") == "BlockBlob" => {
                Ok(Ask::Put { key, text: body, condition: condition(head) })
            }
            Method::POST if value(query, "comp").as_deref() == Some("batch") => {
                Ok(Ask::Delete(self.batch(&String::from_utf8_lossy(&body), clock_ahead)?))
            }
            _ => Err(Refusal::Unknown),
        }
    }

    fn tag(&self, object: &Object) -> String {
        format!("\"0x8DE{:012X}\"", object.version)
    }

    fn write(&self, _: &Parts, reply: Reply) -> Answer {
        match reply {
            Reply::Found(object) => self.tagged(respond(200, object.text.clone()), &object),
            Reply::Written(object) => self.tagged(respond(201, Bytes::new()), &object),
            Reply::Page(page) => respond(200, self.listing(&page)),
            Reply::Deleted(deletions) => {
                let answer = respond(202, batch_answer(&deletions));
                with(answer, "content-type", "multipart/mixed; boundary=batchresponse_1")
            }
        }
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        let (status, code) = told(&refusal);
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>no\nRequestId:1</Message>\
             <AuthenticationErrorDetail>string to sign: {KEY}</AuthenticationErrorDetail></Error>"
        );
        with(respond(status, body), "x-ms-error-code", code)
    }
}

impl Azure {
    fn tagged(&self, answer: Answer, object: &Object) -> Answer {
        let answer = with(answer, "etag", self.tag(object));
        with(answer, "last-modified", MODIFIED)
    }

    fn listing(&self, page: &Page) -> String {
        let mut xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>".to_owned();
        for (key, object) in &page.objects {
            let _ = write!(
                xml,
                "<Blob><Name>{}</Name><Properties><Last-Modified>{MODIFIED}</Last-Modified><Etag>{}</Etag>\
                 <Content-Length>{}</Content-Length><Content-Type>application/octet-stream</Content-Type>\
                 </Properties></Blob>",
                escaped(key),
                escaped(self.tag(object).trim_matches('"')),
                object.text.len(),
            );
        }
        let next = page.next.map(|next| next.to_string()).unwrap_or_default();
        xml + "</Blobs><NextMarker>" + &next + "</NextMarker></EnumerationResults>"
    }

    /// The keys that a batch deletes: each of its requests has a signature of its own.
    fn batch(&self, body: &str, clock_ahead: i64) -> Result<Vec<String>, Refusal> {
        let parts = body.split("DELETE ").skip(1);
        let keys = parts.map(|part| {
            let mut lines = part.split("\r\n").take_while(|line| !line.is_empty());
            let path =
                lines.next().and_then(|line| line.strip_suffix(" HTTP/1.1")).ok_or(Refusal::Unknown)?;
            let headers = lines.filter_map(|line| line.split_once(": "));
            let request = Request::builder().method(Method::DELETE).uri(path);
            let request = headers.fold(request, |request, (name, value)| request.header(name, value));
            let (head, ()) = request.body(()).map_err(|_| Refusal::Unknown)?.into_parts();
            self.verify(&head, &[], clock_ahead)?;
            Ok(self.locate(head.uri.path()).1)
        });
        keys.collect()
    }
}

/// The status of a refusal, and its name.
fn told(refusal: &Refusal) -> (u16, &'static str) {
    match refusal {
        Refusal::Anonymous => (401, "NoAuthenticationInformation"),
        Refusal::UnknownKey | Refusal::WrongSignature | Refusal::ClockSkew => (403, "AuthenticationFailed"),
        Refusal::NotAllowed => (403, "AuthorizationPermissionMismatch"),
        Refusal::Locked => (409, "BlobImmutableDueToPolicy"),
        Refusal::NoBucket => (404, "ContainerNotFound"),
        Refusal::NoObject => (404, "BlobNotFound"),
        Refusal::Condition(Condition::Absent) => (409, "BlobAlreadyExists"),
        Refusal::Condition(_) => (412, "ConditionNotMet"),
        Refusal::Overload => (503, "ServerBusy"),
        Refusal::Unknown => (400, "InvalidHeaderValue"),
    }
}

fn condition(head: &Parts) -> Condition {
    match header(head, "if-match") {
        "" if header(head, "if-none-match") == "*" => Condition::Absent,
        "" => Condition::Always,
        tag => Condition::Tagged(tag.to_owned()),
    }
}

/// What a batch of deletions comes to: an answer for each.
fn batch_answer(deletions: &[Deletion]) -> String {
    let mut body = String::new();
    for (number, deletion) in deletions.iter().enumerate() {
        let (status, code) = match &deletion.outcome {
            Ok(()) => ("202 Accepted".to_owned(), None),
            Err(refusal) => {
                let (status, code) = told(refusal);
                (format!("{status} no, {KEY}"), Some(code))
            }
        };
        let code = code.map(|code| format!("x-ms-error-code: {code}\r\n")).unwrap_or_default();
        let _ = write!(
            body,
            "--batchresponse_1\r\nContent-Type: application/http\r\nContent-ID: {number}\r\n\r\n\
             HTTP/1.1 {status}\r\n{code}x-ms-version: 2018-11-09\r\n\r\n\r\n",
        );
    }
    body + "--batchresponse_1--"
}

/// A token that lets the account be used for an hour
/// (<https://learn.microsoft.com/rest/api/storageservices/create-account-sas>).
fn sas() -> String {
    let end = SystemTime::now() + std::time::Duration::from_secs(3_600);
    let end = seconds(end).to_string();
    let query = format!("sv=2024-11-04&ss=b&srt=sco&sp=rwdl&se={end}&spr=https,http");
    let signature = signature_of_sas(&query).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("{query}&sig={signature}")
}

fn signature_of_sas(query: &str) -> String {
    let fields = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv", "ses"];
    let fields = fields.map(|name| value(query, name).unwrap_or_default());
    signed(&format!("{ACCOUNT}\n{}\n", fields.join("\n")))
}

/// What the owner of the key signs
/// (<https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>).
fn string_to_sign(head: &Parts) -> String {
    let length = Some(header(head, "content-length")).filter(|length| *length != "0").unwrap_or_default();
    let before = ["content-encoding", "content-language"].map(|name| header(head, name));
    let after = [
        "content-md5",
        "content-type",
        "date",
        "if-modified-since",
        "if-match",
        "if-none-match",
        "if-unmodified-since",
        "range",
    ];
    let after = after.map(|name| header(head, name));
    let mut names: Vec<_> = head.headers.keys().filter(|name| name.as_str().starts_with("x-ms-")).collect();
    names.sort_unstable_by_key(|name| name.as_str());
    let headers = names.into_iter().map(|name| format!("{name}:{}\n", header(head, name.as_str())));
    let mut query = pairs(head.uri.query().unwrap_or_default());
    query.sort_unstable();
    let query = query.into_iter().map(|(name, value)| format!("\n{}:{value}", name.to_lowercase()));
    format!(
        "{}\n{}\n{length}\n{}\n{}/{ACCOUNT}{}{}",
        head.method,
        before.join("\n"),
        after.join("\n"),
        headers.collect::<String>(),
        head.uri.path(),
        query.collect::<String>(),
    )
}

fn signed(text: &str) -> String {
    let key = BASE64_STANDARD.decode(KEY).expect("the key of the tests is in base64");
    BASE64_STANDARD.encode(sign(&key, text))
}
