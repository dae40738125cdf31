//! Whom a client of buckets trusts.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, ClientConfig, RootCertStore};

use super::settings::Variables;

/// What names a file with more roots.
const FILES: [&str; 2] = ["SSL_CERT_FILE", "AWS_CA_BUNDLE"];

/// The settings by which a server is trusted; `Err` is what is wrong with the
/// variables.
pub(super) fn config(variables: &Variables) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots(variables)?).with_no_client_auth())
}

/// The public roots, and those in a file that a variable names.
fn roots(variables: &Variables) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for name in FILES {
        let Some(path) = variables.get(name).filter(|path| !path.is_empty()) else { continue };
        let bad = |reason: &dyn fmt::Display| format!("`{path}` ({name}): {reason}");
        let text = std::fs::read(path).map_err(|error| bad(&error))?;
        let certificates = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(|error| bad(&error))?;
        if certificates.is_empty() {
            return Err(bad(&"it holds no certificate in PEM"));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|error| bad(&error))?;
        }
    }
    Ok(roots)
}

/// Why a server was not trusted and what to do about it, if that is what an error
/// says.
pub(super) fn distrust(error: &(dyn Error + 'static)) -> Option<(String, &'static str)> {
    if let Some(error) = error.downcast_ref() {
        return Some(told(error));
    }
    match error.downcast_ref::<io::Error>() {
        // Its source is not what it carries, but the source of that.
        Some(error) => distrust(error.get_ref()?),
        None => distrust(error.source()?),
    }
}

fn told(error: &rustls::Error) -> (String, &'static str) {
    let (reason, help) = match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => (
            "its certificate is signed by nobody who is known here",
            "if you trust it, set SSL_CERT_FILE to a file with the certificate of its authority, in PEM",
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => (
            "its certificate is for another host",
            "write the host as the certificate has it, or find out who answers there",
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => ("its certificate has expired", "have it renewed, or set the clock of this computer"),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => ("its certificate is not valid yet", "set the clock of this computer"),
        rustls::Error::InvalidMessage(_) => (
            "it does not speak TLS",
            "write its endpoint with http:// if nobody can listen on the way there, or have it speak TLS",
        ),
        other => return (other.to_string(), "find out who answers there, and with what certificate"),
    };
    (reason.to_owned(), help)
}
