//! TLS in front of a server of tests, by an authority of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::listening::Listening;

/// A server that speaks TLS and leads to another.
#[derive(Debug)]
pub struct TlsFront {
    listening: Listening,
    authority: String,
}

impl TlsFront {
    /// Starts one that has a certificate for `hosts` and leads to `behind`.
    ///
    /// # Panics
    ///
    /// If a host has no name that a certificate can have.
    pub fn start(hosts: &[&str], behind: SocketAddr) -> Self {
        let (config, authority) = certified(hosts);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listening = Listening::start(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let Ok(mut server) = TcpStream::connect(behind).await else { return };
                // Who goes away without a word has said all.
                let _ = copy_bidirectional(&mut stream, &mut server).await;
            }
        });
        Self { listening, authority }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// The certificate of the authority, in PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

/// A certificate for `hosts` as a server uses it, and the authority that signed it.
fn certified(hosts: &[&str]) -> (ServerConfig, String) {
    let mut params = CertificateParams::new(Vec::new()).expect("there is no name to be refused");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key needs only randomness");
    let authority = CertifiedIssuer::self_signed(params, key).expect("an authority signs for itself");
    let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let key = KeyPair::generate().expect("a key needs only randomness");
    let params = CertificateParams::new(hosts).expect("the tests have hosts with names");
    let certificate = params.signed_by(&key, &authority).expect("the authority may sign");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("the key is that of the certificate");
    (config, authority.pem())
}
