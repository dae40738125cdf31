//! Every TLS mode against a server with a certificate, and one without.

use std::fs;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use whimbrel_db::Connection;
use whimbrel_testkit::cluster::{Cluster, ClusterOptions};

use crate::{help, open, refusal};

/// A server with a certificate for `localhost`, and files with the authority
/// that signed it and with another.
struct Secured {
    cluster: Cluster,
    files: TempDir,
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

impl Secured {
    /// `rules` are the lines of `pg_hba.conf`.
    fn start(rules: &str) -> Self {
        let (signer, stranger) = (authority(), authority());
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &signer).unwrap();
        let files = tempfile::tempdir().unwrap();
        for (name, text) in
            [("signer", signer.pem()), ("stranger", stranger.pem()), ("own", certificate.pem())]
        {
            fs::write(files.path().join(name), text).unwrap();
        }
        let file = |name: &str, text: String| (name.to_owned(), text);
        let mut served = vec![file("server.crt", certificate.pem()), file("server.key", key.serialize_pem())];
        served.push(file("pg_hba.conf", rules.to_owned()));
        let settings = vec![("ssl".to_owned(), "on".to_owned())];
        let options = ClusterOptions { settings, files: served, ..ClusterOptions::default() };
        Self { cluster: Cluster::start(&options).unwrap(), files }
    }

    fn url(&self, host: &str, mode: &str, root: Option<&str>) -> String {
        let root = root.map(|name| format!("&sslrootcert={}", self.files.path().join(name).display()));
        let root = root.unwrap_or_default();
        format!("postgres://postgres@{host}:{}/postgres?sslmode={mode}{root}", self.cluster.port())
    }

    /// Whether the session is encrypted, or why there is none.
    async fn attempt(&self, host: &str, mode: &str, root: Option<&str>) -> Result<bool, String> {
        let mut connection = open(&self.url(host, mode, root)).await.map_err(|error| error.to_string())?;
        let rows =
            connection.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").await.unwrap();
        Ok(rows[0].is_true(0))
    }
}

#[tokio::test]
async fn each_mode_asks_for_what_it_says() {
    let server = Secured::start("host all all 127.0.0.1/32 trust");
    for (mode, encrypted) in [("disable", false), ("allow", false), ("prefer", true), ("require", true)] {
        assert_eq!(server.attempt("127.0.0.1", mode, None).await, Ok(encrypted), "{mode}");
    }
    assert_eq!(server.attempt("127.0.0.1", "verify-ca", Some("signer")).await, Ok(true));
    assert_eq!(server.attempt("localhost", "verify-full", Some("signer")).await, Ok(true));
    // A server's own certificate may be trusted as it is.
    assert_eq!(server.attempt("localhost", "verify-full", Some("own")).await, Ok(true));
    for (host, mode, root) in [
        ("127.0.0.1", "verify-full", "signer"),
        ("127.0.0.1", "verify-full", "own"),
        ("localhost", "verify-ca", "stranger"),
        // Roots at hand make `require` verify.
        ("localhost", "require", "stranger"),
        ("localhost", "verify-full", "stranger"),
    ] {
        let error = refusal(open(&server.url(host, mode, Some(root))).await);
        assert!(error.to_string().contains("invalid peer certificate"), "{mode} {root}: {error}");
        assert!(help(&error).contains("sslrootcert"), "{}", help(&error));
    }
    let error = refusal(open(&server.url("localhost", "verify-full", Some("nothing"))).await);
    assert!(error.to_string().contains("No such file"), "{error}");
}

#[tokio::test]
async fn a_statement_is_cancelled_through_tls() {
    let server = Secured::start("hostssl all all 127.0.0.1/32 trust");
    let mut connection = open(&server.url("localhost", "verify-full", Some("signer"))).await.unwrap();
    let canceller = connection.canceller();
    let asked = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        canceller.cancel().await;
    });
    let error = refusal(connection.execute("SELECT pg_sleep(30)").await);
    asked.await.unwrap();
    assert!(error.is_cancelled(), "{error:?}");
}

#[tokio::test]
async fn the_other_choice_is_tried_where_the_server_wants_it() {
    let server = Secured::start("hostssl all all 127.0.0.1/32 trust");
    assert_eq!(server.attempt("127.0.0.1", "allow", None).await, Ok(true));
    let refused = server.attempt("127.0.0.1", "disable", None).await.unwrap_err();
    assert!(refused.contains("no pg_hba.conf entry"), "{refused}");
    let server = Secured::start("hostnossl all all 127.0.0.1/32 trust");
    assert_eq!(server.attempt("127.0.0.1", "prefer", None).await, Ok(false));
    let refused = server.attempt("127.0.0.1", "require", None).await.unwrap_err();
    assert!(refused.contains("no pg_hba.conf entry"), "{refused}");
}

#[tokio::test]
async fn a_server_without_tls_is_told() {
    let port = Cluster::shared().port();
    let url = |mode: &str| format!("postgres://postgres@127.0.0.1:{port}/postgres?sslmode={mode}");
    open(&url("prefer")).await.unwrap();
    let error = refusal(open(&url("require")).await);
    assert!(error.to_string().contains("server does not support TLS"), "{error}");
    assert!(help(&error).contains("sslmode=disable"), "{}", help(&error));
}
