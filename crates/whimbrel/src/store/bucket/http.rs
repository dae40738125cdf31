//! How a bucket is spoken to: HTTP over TLS, with patience that suits a person.
//!
//! Every answer is taken in whole. What is neither a success nor an answer that
//! its caller knows what to do with becomes a [`Trouble`], which says who
//! refused and how, and nothing that the server wrote beyond its code.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use hyper::http::uri::{Scheme, Uri};
use hyper::{Response, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo};
use object_store::ClientOptions;
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tower_service::Service;

use super::error::NO_BUCKET;
use super::provider::Variables;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(4);

/// How long a request may take from end to end. Migrations are small.
const ANSWER: Duration = Duration::from_secs(15);

/// Why a request came to nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Trouble {
    /// Nobody answers.
    #[error("`{endpoint}` cannot be reached: {reason}")]
    Unreachable { endpoint: String, reason: String },
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
    /// What it says the time is.
    pub(super) date: Option<String>,
}

impl Refusal {
    fn new(endpoint: String, answer: &Response<Bytes>) -> Self {
        let header = |name: &str| Some(answer.headers().get(name)?.to_str().ok()?.to_owned());
        let code = header("x-ms-error-code").or_else(|| code_in(answer.body())).filter(|code| is_code(code));
        let region = header("x-amz-bucket-region").filter(|region| is_code(region));
        Self { endpoint, status: answer.status().as_u16(), code, region, date: header("date") }
    }

    /// The status and the code: `403 AccessDenied`.
    pub(super) fn told(&self) -> String {
        match &self.code {
            Some(code) => format!("{} {code}", self.status),
            None => self.status.to_string(),
        }
    }
}

/// Makes clients that use the proxy and the certificates that variables name.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    proxies: Arc<Matcher>,
    tls: ClientConfig,
}

impl Connector {
    /// Reads the variables; `Err` is what is wrong with them.
    pub(super) fn new(variables: &Variables) -> Result<Self, String> {
        let either = |name: &str| {
            let value = variables.get(name).or_else(|| variables.get(&name.to_ascii_uppercase()));
            value.cloned().unwrap_or_default()
        };
        let proxies =
            Matcher::builder().all(either("all_proxy")).https(either("https_proxy")).no(either("no_proxy"));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots(variables)?)
            .with_no_client_auth();
        Ok(Self { proxies: Arc::new(proxies.build()), tls })
    }
}

/// The public roots, and those in a file that a variable names.
fn roots(variables: &Variables) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for name in ["SSL_CERT_FILE", "AWS_CA_BUNDLE"] {
        let Some(path) = variables.get(name).filter(|path| !path.is_empty()) else { continue };
        let bad = |reason: &dyn fmt::Display| format!("`{path}` ({name}): {reason}");
        let text = std::fs::read(path).map_err(|error| bad(&error))?;
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let certificate = certificate.map_err(|error| bad(&error))?;
            roots.add(certificate).map_err(|error| bad(&error))?;
        }
    }
    Ok(roots)
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let mut tcp = Tcp::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        let route = Route { tcp, proxies: Arc::clone(&self.proxies) };
        let https = HttpsConnectorBuilder::new().with_tls_config(self.tls.clone()).https_or_http();
        let client = Client::builder(TokioExecutor::new()).build(https.enable_http1().wrap_connector(route));
        let setting = |key| options.get_config_value(&key);
        let allows_http = setting(ClientConfigKey::AllowHttp).is_some_and(|value| value == "true");
        Ok(HttpClient::new(Http { client, allows_http }))
    }
}

/// The way to a server: straight, or through a proxy.
#[derive(Debug, Clone)]
struct Route {
    tcp: Tcp,
    proxies: Arc<Matcher>,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Service<Uri> for Route {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let mut tcp = self.tcp.clone();
        // Plain HTTP is for what is near.
        let proxy = self.proxies.intercept(&to).filter(|_| to.scheme() == Some(&Scheme::HTTPS));
        Box::pin(async move {
            let Some(proxy) = proxy else { return Ok(tcp.call(to).await?) };
            if proxy.uri().scheme() != Some(&Scheme::HTTP) {
                return Err("a proxy must be written as http://HOST:PORT".into());
            }
            let mut tunnel = Tunnel::new(proxy.uri().clone(), tcp);
            if let Some(auth) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(auth.clone());
            }
            Ok(tunnel.call(to).await?)
        })
    }
}

/// Makes requests.
#[derive(Debug)]
struct Http {
    client: Client<HttpsConnector<Route>, HttpRequestBody>,
    allows_http: bool,
}

#[async_trait]
impl HttpService for Http {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let endpoint = endpoint(request.uri());
        let unreachable = |kind, reason: String| {
            HttpError::new(kind, Trouble::Unreachable { endpoint: endpoint.clone(), reason })
        };
        if request.uri().scheme() != Some(&Scheme::HTTPS) && !self.allows_http {
            return Err(unreachable(HttpErrorKind::Unknown, "it is not spoken to without TLS".to_owned()));
        }
        let answer = async {
            let answer = self.client.request(request).await.map_err(|error| {
                let kind =
                    if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted };
                unreachable(kind, innermost(&error))
            })?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await;
            let body = body.map_err(|error| unreachable(HttpErrorKind::Interrupted, innermost(&error)))?;
            Ok(Response::from_parts(head, body.to_bytes()))
        };
        let late = || unreachable(HttpErrorKind::Timeout, format!("no answer within {ANSWER:?}"));
        let answer = tokio::time::timeout(ANSWER, answer).await.unwrap_or_else(|_| Err(late()))?;
        judge(endpoint, answer)
    }
}

/// Lets pass what the caller knows what to do with.
fn judge(endpoint: String, answer: Response<Bytes>) -> Result<HttpResponse, HttpError> {
    let status = answer.status();
    let is_known = match status {
        StatusCode::NOT_MODIFIED | StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => true,
        StatusCode::NOT_FOUND => {
            let code = Refusal::new(endpoint.clone(), &answer).code;
            code.is_none_or(|code| !NO_BUCKET.contains(&code.as_str()))
        }
        _ => status.is_success(),
    };
    if is_known {
        let (head, body) = answer.into_parts();
        return Ok(Response::from_parts(head, HttpResponseBody::from(body)));
    }
    let is_passing = status.is_server_error()
        || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status);
    // What is of the first kind is tried again.
    let kind = if is_passing { HttpErrorKind::Request } else { HttpErrorKind::Unknown };
    Err(HttpError::new(kind, Trouble::Refused(Refusal::new(endpoint, &answer))))
}

/// Who is spoken to: `https://HOST:PORT`. The rest of a URL may hold a signature.
fn endpoint(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}", uri.scheme_str().unwrap_or("https"))
}

/// The words of the deepest cause: those above only say that there is one.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// The `<Code>` in an answer of XML.
fn code_in(body: &[u8]) -> Option<String> {
    let text = str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0.to_owned())
}

/// Says whether it can be nothing but a name.
fn is_code(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
