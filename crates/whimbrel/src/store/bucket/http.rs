//! How a bucket is spoken to: HTTP over TLS, with patience that suits a person.
//!
//! Every answer is taken in whole. What is neither a success nor an answer that
//! its caller knows what to do with becomes a [`Trouble`], which says who
//! refused and how, and nothing that the server wrote beyond its code.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use hyper::http::uri::{Scheme, Uri};
use hyper::{HeaderMap, Response, StatusCode, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use object_store::ClientOptions;
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};
use rustls::ClientConfig;

use super::error::NO_BUCKET;
use super::proxy::{Proxies, ProxyError};
use super::route::Route;
use super::settings::{Unfit, Variables};
use super::tls;
use super::trouble::{Refusal, Trouble};

/// How long a request may take from end to end. Migrations are small.
const ANSWER: Duration = Duration::from_secs(15);

/// What makes a put depend on what is there.
const CONDITIONS: [&str; 3] = ["if-match", "if-none-match", "x-goog-if-generation-match"];

/// Makes clients that use the proxy and the certificates that variables name.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    proxies: Arc<Proxies>,
    tls: ClientConfig,
}

impl Connector {
    /// Reads the variables; `Err` is what is wrong with them.
    pub(super) fn new(variables: &Variables) -> Result<Self, Unfit> {
        let tls = tls::config(variables)
            .map_err(|reason| Unfit::new(reason, "name a file that holds certificates in PEM"))?;
        let proxies = Proxies::new(variables)
            .map_err(|reason| Unfit::new(reason, "write it as http://USER:PASSWORD@HOST:PORT"))?;
        Ok(Self { proxies: Arc::new(proxies), tls })
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let route = Route::new(Arc::clone(&self.proxies));
        let https = HttpsConnectorBuilder::new().with_tls_config(self.tls.clone()).https_or_http();
        let client = Client::builder(TokioExecutor::new()).build(https.enable_http1().wrap_connector(route));
        let setting = |key| options.get_config_value(&key);
        let allows_http = setting(ClientConfigKey::AllowHttp).is_some_and(|value| value == "true");
        Ok(HttpClient::new(Http { client, proxies: Arc::clone(&self.proxies), allows_http }))
    }
}

/// Makes requests.
#[derive(Debug)]
struct Http {
    client: Client<HttpsConnector<Route>, HttpRequestBody>,
    proxies: Arc<Proxies>,
    allows_http: bool,
}

#[async_trait]
impl HttpService for Http {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let endpoint = endpoint(request.uri());
        let unreachable = |kind, reason: String| {
            HttpError::new(kind, Trouble::Unreachable { endpoint: endpoint.clone(), reason })
        };
        let proxy = self.proxies.on_the_way(request.uri());
        let proxy = proxy.map_err(|error| unreachable(HttpErrorKind::Unknown, error.to_string()))?;
        let is_plain = request.uri().scheme() != Some(&Scheme::HTTPS);
        if is_plain && !self.allows_http {
            return Err(unreachable(HttpErrorKind::Unknown, "it is not spoken to without TLS".to_owned()));
        }
        if let Some(authorization) = proxy.as_ref().filter(|_| is_plain).and_then(|one| one.authorization()) {
            request.headers_mut().insert(header::PROXY_AUTHORIZATION, authorization.clone());
        }
        let is_conditional = is_conditional(request.headers());
        let answer = async {
            let answer = self.client.request(request).await.map_err(|error| failure(&endpoint, &error))?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await;
            let body = body.map_err(|error| unreachable(HttpErrorKind::Interrupted, innermost(&error)))?;
            Ok(Response::from_parts(head, body.to_bytes()))
        };
        let late = || unreachable(HttpErrorKind::Timeout, format!("no answer within {ANSWER:?}"));
        let answer = tokio::time::timeout(ANSWER, answer).await.unwrap_or_else(|_| Err(late()))?;
        match proxy.filter(|_| answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED) {
            Some(proxy) => {
                let error = ProxyError::Credentials { proxy: proxy.name() };
                Err(unreachable(HttpErrorKind::Unknown, error.to_string()))
            }
            None => judge(endpoint, answer, is_conditional),
        }
    }
}

fn is_conditional(headers: &HeaderMap) -> bool {
    CONDITIONS.iter().any(|name| headers.contains_key(*name))
}

/// Why there is no answer. What will not be otherwise the next time is not tried
/// again.
fn failure(endpoint: &str, error: &hyper_util::client::legacy::Error) -> HttpError {
    let endpoint = endpoint.to_owned();
    if let Some((reason, help)) = tls::distrust(error) {
        return HttpError::new(HttpErrorKind::Unknown, Trouble::Untrusted { endpoint, reason, help });
    }
    let kind = match cause::<ProxyError>(error) {
        Some(ProxyError::Credentials { .. } | ProxyError::Kind) => HttpErrorKind::Unknown,
        Some(ProxyError::Unreachable { .. } | ProxyError::Refused { .. } | ProxyError::Senseless { .. }) => {
            HttpErrorKind::Connect
        }
        None if error.is_connect() => HttpErrorKind::Connect,
        None => HttpErrorKind::Interrupted,
    };
    HttpError::new(kind, Trouble::Unreachable { endpoint, reason: innermost(error) })
}

/// Lets pass what the caller knows what to do with.
fn judge(endpoint: String, answer: Response<Bytes>, is_conditional: bool) -> Result<HttpResponse, HttpError> {
    let status = answer.status();
    let refusal = if status.is_success() {
        Refusal::within(&endpoint, &answer)
    } else {
        Some(Refusal::new(endpoint, &answer)).filter(|refusal| !is_known(status, refusal, is_conditional))
    };
    match refusal {
        None => {
            let (head, body) = answer.into_parts();
            Ok(Response::from_parts(head, HttpResponseBody::from(body)))
        }
        Some(refusal) => {
            // What is of the first kind is tried again.
            let kind = if refusal.is_passing() { HttpErrorKind::Request } else { HttpErrorKind::Unknown };
            Err(HttpError::new(kind, Trouble::Refused(refusal)))
        }
    }
}

/// Says whether a refusal is an answer to what was asked: that there is no such
/// file, or another one.
fn is_known(status: StatusCode, refusal: &Refusal, is_conditional: bool) -> bool {
    match status {
        StatusCode::NOT_MODIFIED => true,
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => is_conditional && !refusal.is_locked(),
        StatusCode::NOT_FOUND => !refusal.code.as_deref().is_some_and(|code| NO_BUCKET.contains(&code)),
        _ => false,
    }
}

/// Who is spoken to: `https://HOST:PORT`. The rest of a URL may hold a signature.
fn endpoint(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}", uri.scheme_str().unwrap_or("https"))
}

/// The first cause of a kind.
fn cause<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut cause = Some(error);
    while let Some(one) = cause {
        if let Some(found) = one.downcast_ref() {
            return Some(found);
        }
        cause = one.source();
    }
    None
}

/// The words of the deepest cause: those above only say that there is one.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
