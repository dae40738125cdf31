//! Connections to servers.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use hyper::Uri;
use hyper::http::uri::Scheme;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::proxy::{Proxies, Proxy, ProxyError};

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(4);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Makes connections, straight or through a proxy.
#[derive(Debug, Clone)]
pub(super) struct Route {
    tcp: HttpConnector,
    proxies: Arc<Proxies>,
}

impl Route {
    pub(super) fn new(proxies: Arc<Proxies>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(PATIENCE));
        Self { tcp, proxies }
    }
}

impl Service<Uri> for Route {
    type Response = Link;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Link, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let mut tcp = self.tcp.clone();
        let proxy = self.proxies.on_the_way(&to);
        Box::pin(async move {
            let Some(proxy) = proxy? else {
                return Ok(Link { stream: tcp.call(to).await?, is_proxied: false });
            };
            let mut stream = reach(&mut tcp, &proxy).await?;
            // What is not encrypted the proxy makes requests of for us.
            let is_proxied = to.scheme() != Some(&Scheme::HTTPS);
            if !is_proxied {
                proxy.tunnel(stream.inner_mut(), &to).await?;
            }
            Ok(Link { stream, is_proxied })
        })
    }
}

async fn reach(tcp: &mut HttpConnector, proxy: &Proxy) -> Result<TokioIo<TcpStream>, ProxyError> {
    tcp.call(proxy.uri().clone()).await.map_err(|error| ProxyError::Unreachable {
        proxy: proxy.name(),
        reason: super::http::innermost(&error),
    })
}

/// A connection that knows whether it ends at a proxy: requests name the server
/// there.
#[derive(Debug)]
pub(super) struct Link {
    stream: TokioIo<TcpStream>,
    is_proxied: bool,
}

impl Connection for Link {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.is_proxied)
    }
}

impl Read for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl Write for Link {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }
}
