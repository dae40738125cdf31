//! The process that a session's cancel key names.
//!
//! The client keeps the key to itself, but shows it to whoever it is told is the
//! server: here, the other end of a pipe.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio_postgres::CancelToken;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// The length of a request for TLS, the first word of which is that length.
const TLS_REQUEST: usize = 8;
/// The rest of a cancel request after its length: code, process, secret.
const CANCEL_REST: usize = 12;

/// Returns the process, `None` if the client speaks in a way unknown here.
pub(super) async fn process(token: CancelToken) -> Option<i32> {
    let (client, server) = duplex(64);
    let (sent, received) = tokio::join!(token.cancel_query_raw(client, Bare), read(server));
    sent.ok()?;
    received.ok()
}

async fn read(mut server: DuplexStream) -> io::Result<i32> {
    let mut length = server.read_u32().await?;
    if length == TLS_REQUEST as u32 {
        server.read_u32().await?;
        server.write_all(b"S").await?;
        length = server.read_u32().await?;
    }
    if length != 4 + CANCEL_REST as u32 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let _code = server.read_u32().await?;
    let process = server.read_i32().await?;
    let _secret = server.read_u32().await?;
    Ok(process)
}

/// "TLS" that changes nothing.
struct Bare;

impl TlsConnect<DuplexStream> for Bare {
    type Stream = BareStream;
    type Error = io::Error;
    type Future = Ready<io::Result<BareStream>>;

    fn connect(self, stream: DuplexStream) -> Self::Future {
        ready(Ok(BareStream(stream)))
    }
}

struct BareStream(DuplexStream);

impl TlsStream for BareStream {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for BareStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for BareStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}
