//! Signatures of requests, version 4
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).

use std::time::{SystemTime, UNIX_EPOCH};

use hyper::http::request::Parts;
use ring::hmac;
use sha2::{Digest as _, Sha256};

use super::{KEY_ID, SECRET};

/// By how many seconds clocks may differ.
const TOLERANCE: i64 = 15 * 60;

/// Verifies the signature of a request; `Err` is the code of what is wrong.
pub(super) fn verify(head: &Parts, body: &[u8], clock_ahead: i64) -> Result<(), &'static str> {
    let header =
        |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let fields = header("authorization").strip_prefix("AWS4-HMAC-SHA256 ").ok_or("AccessDenied")?;
    let field = |name: &str| {
        let mut fields = fields.split(',').filter_map(|field| field.trim().split_once('='));
        fields.find(|(key, _)| *key == name).map(|(_, value)| value).ok_or("AuthorizationHeaderMalformed")
    };
    let (key, scope) = field("Credential")?.split_once('/').ok_or("AuthorizationHeaderMalformed")?;
    if key != KEY_ID {
        return Err("InvalidAccessKeyId");
    }
    let date = header("x-amz-date");
    if (seconds(date).ok_or("AccessDenied")? - now() - clock_ahead).abs() > TOLERANCE {
        return Err("RequestTimeTooSkewed");
    }
    if header("x-amz-content-sha256") != digest(body) {
        return Err("XAmzContentSHA256Mismatch");
    }
    let names = field("SignedHeaders")?;
    let headers =
        names.split(';').map(|name| format!("{name}:{}\n", header(name).trim())).collect::<String>();
    let pairs = head.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let whole = |pair: &str| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") };
    let mut query = pairs.map(whole).collect::<Vec<_>>();
    query.sort_unstable();
    let (method, path, query) = (&head.method, head.uri.path(), query.join("&"));
    let request = format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{}", digest(body));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", digest(request.as_bytes()));
    let secret = format!("AWS4{SECRET}").into_bytes();
    let key = scope.split('/').fold(secret, |key, part| sign(&key, part));
    if hex(&sign(&key, &text)) == field("Signature")? { Ok(()) } else { Err("SignatureDoesNotMatch") }
}

/// The SHA-256 of `bytes` in hexadecimal digits.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The text that a part of a URL stands for.
pub(super) fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        bytes.extend(u8::from_str_radix(code, 16).ok());
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    i64::try_from(since.as_secs()).expect("it is before the year 292 billion")
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
