//! TLS as `sslmode` wants it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::config::{Roots, TlsMode, TlsOptions};

/// Prepares TLS; `Err` is what is wrong with a certificate file.
pub(super) fn prepare(options: &TlsOptions) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(Verifier::new(options, &provider)?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match &options.identity {
        Some((certificates, key)) if options.mode != TlsMode::Disable => {
            let chain = read_certificates(certificates)?;
            let key = PrivateKeyDer::from_pem_file(key).map_err(|error| in_file(key, &error))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| error.to_string())?
        }
        _ => builder.with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = fs::read(path).map_err(|error| in_file(path, &error))?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match read {
        Ok(certificates) if certificates.is_empty() => Err(in_file(path, &"it holds no certificate")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(in_file(path, &error)),
    }
}

fn in_file(path: &Path, reason: &dyn std::fmt::Display) -> String {
    format!("`{}`: {reason}", path.display())
}

/// What is asked of the server's certificate.
///
/// | mode | signed by a root | names the host |
/// |---|---|---|
/// | `require` and weaker | no | no |
/// | `verify-ca` | yes | no |
/// | `verify-full` | yes | yes |
#[derive(Debug)]
struct Verifier {
    chain: Option<Arc<WebPkiServerVerifier>>,
    /// The roots themselves. A server may present one of them as its own
    /// certificate, as those that sign themselves do; webpki refuses that.
    roots: Vec<CertificateDer<'static>>,
    checks_name: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    fn new(options: &TlsOptions, provider: &Arc<CryptoProvider>) -> Result<Self, String> {
        let algorithms = provider.signature_verification_algorithms;
        let mut verifier = Self { chain: None, roots: Vec::new(), checks_name: false, algorithms };
        if matches!(options.mode, TlsMode::VerifyCa | TlsMode::VerifyFull) {
            let mut store = RootCertStore::empty();
            match &options.roots {
                Roots::File(path) => {
                    verifier.roots = read_certificates(path)?;
                    store.add_parsable_certificates(verifier.roots.iter().cloned());
                }
                Roots::Public => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            }
            let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider));
            verifier.chain = Some(chain.build().map_err(|error| error.to_string())?);
            verifier.checks_name = options.mode == TlsMode::VerifyFull;
        }
        Ok(verifier)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        if self.roots.iter().any(|root| root == certificate) {
            if self.checks_name {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, server)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        // The name is looked at last, so an error about it says that the chain is sound.
        match chain.verify_server_cert(certificate, intermediates, server, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.checks_name => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
