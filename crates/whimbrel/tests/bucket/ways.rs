//! Every way to a bucket: credentials, certificates and proxies.

use std::net::SocketAddr;
use std::path::PathBuf;

use tempfile::TempDir;
use whimbrel::store::{BucketStore, Store, StoreError};
use whimbrel_testkit::bucket::azure::{ACCOUNT, CLIENT_SECRET};
use whimbrel_testkit::bucket::google::{account_file, consent_file};
use whimbrel_testkit::bucket::s3::{CONTAINER, IDENTITY};
use whimbrel_testkit::bucket::{BucketServer, Dialect, Manners};
use whimbrel_testkit::proxy::ProxyServer;
use whimbrel_testkit::tls::TlsFront;

use crate::told;

type Variables = Vec<(&'static str, String)>;

/// The hosts that providers have in the world, and where they give out tokens.
const HOSTS: [&str; 6] = [
    "sts.eu-central-1.amazonaws.com",
    "s3.eu-central-1.amazonaws.com",
    "storage.googleapis.com",
    "accounts.google.com",
    "whimbrels.blob.core.windows.net",
    "login.microsoftonline.com",
];

/// A folder with files of its own.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// The variable for whom to trust.
    fn trusting(&self, front: &TlsFront) -> (&'static str, String) {
        ("SSL_CERT_FILE", self.write("authority.pem", front.authority()))
    }
}

/// Writes a file, reads it and deletes it.
async fn visit(dialect: Dialect, variables: Variables) -> Result<(), StoreError> {
    let store = BucketStore::open(&dialect.url("releases/shop"), variables)?;
    store.put("a.sql", "a").await?;
    assert_eq!(store.list().await?, ["a.sql"]);
    assert_eq!(store.get("a.sql").await?.as_deref(), Some("a"));
    store.delete("a.sql").await
}

async fn refusal(dialect: Dialect, variables: Variables) -> (String, String) {
    told(&visit(dialect, variables).await.unwrap_err())
}

#[tokio::test]
async fn every_kind_of_credentials_leads_to_a_bucket() {
    for dialect in Dialect::ALL {
        let server = BucketServer::start(dialect, ["releases"]);
        for way in server.ways(&server.endpoint()) {
            let names = way.iter().map(|(name, _)| *name).collect::<Vec<_>>();
            visit(dialect, way).await.unwrap_or_else(|error| panic!("{names:?}: {error}"));
        }
    }
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_if_a_variable_names_it() {
    let server = BucketServer::start(Dialect::S3, ["releases"]);
    let front = TlsFront::start(&["localhost"], server.address());
    let files = Files::new();
    let endpoint = format!("https://localhost:{}", front.address().port());
    let variables = server.ways(&endpoint).swap_remove(0);
    let with = |more: &[(&'static str, String)]| [&variables[..], more].concat();
    let (name, authority) = files.trusting(&front);
    visit(Dialect::S3, with(&[(name, authority.clone())])).await.unwrap();
    visit(Dialect::S3, with(&[("AWS_CA_BUNDLE", authority.clone())])).await.unwrap();

    let distrust = |endpoint: &str, reason: &str| {
        format!("`{endpoint}`, which `s3://releases/shop` needs, is not trusted: {reason}")
    };
    let (message, help) = refusal(Dialect::S3, variables.clone()).await;
    assert_eq!(message, distrust(&endpoint, "its certificate is signed by nobody who is known here"));
    assert_eq!(
        help,
        "if you trust it, set SSL_CERT_FILE to a file with the certificate of its authority, in PEM"
    );
    let other = endpoint.replace("localhost", "127.0.0.1");
    let elsewhere = [server.ways(&other).swap_remove(0), vec![(name, authority)]].concat();
    let (message, help) = refusal(Dialect::S3, elsewhere).await;
    assert_eq!(message, distrust(&other, "its certificate is for another host"));
    assert_eq!(help, "write the host as the certificate has it, or find out who answers there");
    let plain = server.endpoint().replace("http:", "https:");
    let (message, help) = refusal(Dialect::S3, server.ways(&plain).swap_remove(0)).await;
    assert_eq!(message, distrust(&plain, "it does not speak TLS"));
    assert_eq!(
        help,
        "write its endpoint with http:// if nobody can listen on the way there, or have it speak TLS"
    );
    let empty = files.write("empty.pem", "");
    let (message, _) = refusal(Dialect::S3, with(&[(name, empty.clone())])).await;
    let reason = format!("`{empty}` (SSL_CERT_FILE): it holds no certificate in PEM");
    assert_eq!(message, format!("`s3://releases/shop` cannot be opened: {reason}"));
}

/// The variables that lead to the providers as they are in the world, by one kind of
/// credentials each.
fn in_the_world(files: &Files) -> Vec<(Dialect, Variables, Vec<&'static str>)> {
    let text = |name, value: &str| (name, value.to_owned());
    let keys = BucketServer::start(Dialect::S3, []).variables();
    let keys = keys.into_iter().filter(|(name, _)| *name != "AWS_ENDPOINT_URL").collect();
    let account = text("AZURE_STORAGE_ACCOUNT", ACCOUNT);
    let program = [
        text("AZURE_CLIENT_ID", "1"),
        text("AZURE_TENANT_ID", "tenant"),
        text("AZURE_CLIENT_SECRET", CLIENT_SECRET),
    ];
    files.write("home/.config/gcloud/application_default_credentials.json", &consent_file());
    let home = files.0.path().join("home").display().to_string();
    let consent = files.write("consent.json", &consent_file());
    let service = files.write("service.json", &account_file());
    let consenting = vec!["CONNECT accounts.google.com:443", "CONNECT storage.googleapis.com:443"];
    vec![
        (Dialect::S3, keys, vec!["CONNECT s3.eu-central-1.amazonaws.com:443"]),
        (
            Dialect::S3,
            of_web_identity(&files.write("identity", IDENTITY)),
            vec!["CONNECT sts.eu-central-1.amazonaws.com:443", "CONNECT s3.eu-central-1.amazonaws.com:443"],
        ),
        (Dialect::Google, vec![text("GOOGLE_APPLICATION_CREDENTIALS", &consent)], consenting.clone()),
        (Dialect::Google, vec![text("HOME", &home)], consenting),
        (
            Dialect::Google,
            vec![text("GOOGLE_APPLICATION_CREDENTIALS", &service)],
            vec!["CONNECT storage.googleapis.com:443"],
        ),
        (
            Dialect::Azure,
            [&[account][..], &program].concat(),
            vec!["CONNECT login.microsoftonline.com:443", "CONNECT whimbrels.blob.core.windows.net:443"],
        ),
    ]
}

/// The variables of a role for which a token in a file stands.
fn of_web_identity(file: &str) -> Variables {
    let text = |name, value: &str| (name, value.to_owned());
    vec![
        text("AWS_REGION", "eu-central-1"),
        text("AWS_ROLE_ARN", "arn:aws:iam::1:role/wader"),
        text("AWS_WEB_IDENTITY_TOKEN_FILE", file),
    ]
}

#[tokio::test]
async fn containers_and_machines_of_aws_are_given_keys() {
    let files = Files::new();
    let server = BucketServer::start(Dialect::S3, ["releases"]);
    let place = [("AWS_ENDPOINT_URL", server.endpoint()), ("AWS_REGION", "eu-central-1".to_owned())];
    let of_container = |identity: &str| {
        let uri = format!("{}{CONTAINER}", server.endpoint());
        let file = files.write("token", identity);
        [("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file)]
    };
    visit(Dialect::S3, [&place[..], &of_container(IDENTITY)].concat()).await.unwrap();
    let machine = [("AWS_METADATA_ENDPOINT", server.endpoint())];
    visit(Dialect::S3, [&place[..], &machine].concat()).await.unwrap();
    let (message, _) = refusal(Dialect::S3, [&place[..], &of_container("other")].concat()).await;
    let endpoint = server.endpoint();
    assert_eq!(message, format!("`{endpoint}` does not let these credentials use `s3://releases/shop`: 403"));

    let nowhere = "http://127.0.0.1:1";
    for asked in ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_METADATA_ENDPOINT"] {
        let token = of_container(IDENTITY).into_iter().filter(|(name, _)| !name.ends_with("URI"));
        let variables = place.iter().cloned().chain(token).chain([(asked, nowhere.to_owned())]).collect();
        let reason = "Connection refused (os error 111)";
        let message = format!("`{nowhere}`, which `s3://releases/shop` needs, cannot be reached: {reason}");
        assert_eq!(refusal(Dialect::S3, variables).await.0, message);
    }
    let (name, absent) = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", files.0.path().join("absent"));
    let (_, uri) = of_container(IDENTITY).into_iter().next().unwrap();
    let variables = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri), (name, absent.display().to_string())];
    let (message, _) = refusal(Dialect::S3, [&place[..], &variables].concat()).await;
    let reason = format!("`{}` ({name}): No such file or directory (os error 2)", absent.display());
    assert_eq!(message, format!("`s3://releases/shop` cannot be opened: {reason}"));
}

#[tokio::test]
async fn a_proxy_leads_to_the_providers_and_to_where_they_give_out_tokens() {
    let files = Files::new();
    for (dialect, variables, expected) in in_the_world(&files) {
        let server = BucketServer::start(dialect, ["releases"]);
        let front = TlsFront::start(&HOSTS, server.address());
        let proxy = ProxyServer::start(Some(front.address()), Some("me:hunter2@"));
        let through = ("HTTPS_PROXY", format!("http://me:hunter2%40@{}", proxy.address()));
        visit(dialect, [variables, vec![through, files.trusting(&front)]].concat()).await.unwrap();
        let mut asked = proxy.asked();
        asked.dedup();
        assert_eq!(asked, expected);
    }
}

#[tokio::test]
async fn what_is_not_encrypted_goes_through_a_proxy_of_its_own() {
    let server = BucketServer::start(Dialect::S3, ["releases"]);
    let proxy = ProxyServer::start(Some(server.address()), Some("me:hunter2"));
    let endpoint = "http://minio.example:9000";
    let visit_by = |more: Vec<(&'static str, String)>| {
        visit(Dialect::S3, [server.ways(endpoint).swap_remove(0), more].concat())
    };
    let through = |name| (name, format!("http://me:hunter2@{}", proxy.address()));
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        visit_by(vec![through(name)]).await.unwrap();
        let asked = proxy.asked();
        assert_eq!(asked.last().unwrap(), "PUT http://minio.example:9000/releases/shop/a.sql", "{name}");
    }
    let count = proxy.asked().len();
    // Nobody has that name, so without the proxy the server is not found.
    for more in [
        vec![through("HTTPS_PROXY")],
        vec![through("HTTP_PROXY"), ("REQUEST_METHOD", "GET".to_owned())],
        vec![through("HTTP_PROXY"), ("NO_PROXY", ".example".to_owned())],
        vec![through("HTTP_PROXY"), ("http_proxy", String::new())],
    ] {
        let message = told(&visit_by(more).await.unwrap_err()).0;
        let expected = format!("`{endpoint}`, which `s3://releases/shop` needs, cannot be reached: ");
        assert!(message.starts_with(&expected) && !message.contains("proxy"), "{message}");
    }
    assert_eq!(proxy.asked().len(), count);
}

#[tokio::test]
async fn what_is_wrong_with_a_proxy_is_told_without_its_password() {
    let server = BucketServer::start(Dialect::S3, ["releases"]);
    let asking = ProxyServer::start(Some(server.address()), Some("me:hunter2"));
    let front = TlsFront::start(&HOSTS, server.address());
    let leading_nowhere = ProxyServer::start(None, None);
    let other = format!("http://me:hunter2-other@{}", asking.address());
    let named = |address: SocketAddr| format!("the proxy `http://{address}`");
    let credentials = format!(
        "{} asks for other credentials: write it as http://USER:PASSWORD@HOST:PORT",
        named(asking.address())
    );
    for (name, proxy, reason) in [
        ("https_proxy", other.clone(), credentials.clone()),
        ("http_proxy", other, credentials),
        (
            "https_proxy",
            format!("me:hunter2@{}", leading_nowhere.address()),
            format!("{} answers 502", named(leading_nowhere.address())),
        ),
        (
            "https_proxy",
            "http://me:hunter2@127.0.0.1:1".to_owned(),
            "the proxy `http://127.0.0.1:1` cannot be reached: Connection refused (os error 111)".to_owned(),
        ),
        (
            "https_proxy",
            format!("http://me:hunter2@{}", front.address()),
            format!("{} is none: it closes the connection", named(front.address())),
        ),
        (
            "all_proxy",
            "socks5h://me:hunter2@127.0.0.1:1".to_owned(),
            "a proxy is to be written as http://HOST:PORT, and this one is not".to_owned(),
        ),
    ] {
        let scheme = if name == "http_proxy" { "http" } else { "https" };
        let endpoint = format!("{scheme}://minio.example:9000");
        let variables = [server.ways(&endpoint).swap_remove(0), vec![(name, proxy)]].concat();
        let message = format!("`{endpoint}`, which `s3://releases/shop` needs, cannot be reached: {reason}");
        let help = "check the network, and the variables AWS_ENDPOINT_URL, AWS_REGION and HTTPS_PROXY";
        assert_eq!(refusal(Dialect::S3, variables).await, (message, help.to_owned()));
    }
}

#[tokio::test]
async fn credentials_that_give_no_token_are_told() {
    let files = Files::new();
    let consent = consent_file().replace("plover", "plover-other");
    let consent = files.write("other.json", &consent);
    let identity = of_web_identity(&files.write("identity", "hunter2-other"));
    let identity = identity.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let program = [
        ("AZURE_STORAGE_ACCOUNT", ACCOUNT),
        ("AZURE_CLIENT_ID", "1"),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_SECRET", "hunter2-other"),
    ];
    for (dialect, variables, message) in [
        (
            Dialect::S3,
            identity,
            "`https://sts.eu-central-1.amazonaws.com` does not let these credentials use `s3://releases/shop`: 400 InvalidIdentityToken",
        ),
        (
            Dialect::Google,
            vec![("GOOGLE_APPLICATION_CREDENTIALS", consent.as_str())],
            "`https://accounts.google.com` does not let these credentials use `gs://releases/shop`: 400 invalid_grant",
        ),
        (
            Dialect::Azure,
            program.to_vec(),
            "`https://login.microsoftonline.com` does not let these credentials use `az://releases/shop`: 401 invalid_client",
        ),
    ] {
        let server = BucketServer::start(dialect, ["releases"]);
        let front = TlsFront::start(&HOSTS, server.address());
        let proxy = ProxyServer::start(Some(front.address()), None);
        let mut variables: Variables =
            variables.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        variables.extend([("HTTPS_PROXY", proxy.address().to_string()), files.trusting(&front)]);
        assert_eq!(refusal(dialect, variables).await.0, message);
    }
}

#[tokio::test]
async fn files_of_google_that_cannot_be_used_are_told_by_their_type() {
    let files = Files::new();
    let external =
        files.write("external.json", "{\"type\": \"external_account\", \"audience\": \"hunter2\"}");
    let broken = files.write("broken.json", "{hunter2");
    let absent = files.0.path().join("absent.json").display().to_string();
    for (path, reason) in [
        (&external, "holds credentials of the type `external_account`, which only Google's own tools know"),
        (&broken, "is not JSON"),
        (&absent, "cannot be read: No such file or directory (os error 2)"),
    ] {
        let variables = vec![("GOOGLE_APPLICATION_CREDENTIALS", path.clone())];
        let message = format!("`gs://releases/shop` cannot be opened: `{path}` {reason}");
        assert_eq!(refusal(Dialect::Google, variables).await.0, message);
    }
}

#[tokio::test]
async fn an_emulator_of_google_asks_for_no_credentials() {
    let server = BucketServer::start(Dialect::Google, ["releases"]);
    server.set("releases", Manners { is_open: true, ..Manners::default() });
    for host in [server.address().to_string(), server.endpoint() + "/"] {
        visit(Dialect::Google, vec![("STORAGE_EMULATOR_HOST", host)]).await.unwrap();
    }
}
