//! Tests of the configuration: where each setting comes from, and which wins.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

/// An environment with these variables, and a user `ann`.
fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Environment { variables, home: None, user: Some("ann".to_owned()) }
}

fn parse(url: &str) -> PostgresConfig {
    PostgresConfig::parse(url, &environment(&[])).unwrap()
}

fn password(config: &PostgresConfig) -> Option<&str> {
    config.hosts[0].password.as_ref().map(Secret::reveal)
}

fn refusal(url: &str) -> String {
    let error = PostgresConfig::parse(url, &environment(&[])).unwrap_err();
    match error {
        DbError::Connect { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_url_says_it_all() {
    let config =
        parse("postgresql://b%40b:p%3As@db.example:6432/my%20db?sslmode=require&application_name=app");
    assert_eq!(config.name(), "postgres://b@b@db.example:6432/my db");
    assert_eq!(password(&config), Some("p:s"));
    assert_eq!(config.application_name, "app");
    assert_eq!(config.tls.mode, TlsMode::Require);
}

#[test]
fn what_is_not_said_has_defaults() {
    let config = parse("postgres://localhost");
    assert_eq!((config.user.as_str(), config.database.as_str()), ("ann", "ann"));
    assert_eq!(config.hosts[0].port, 5432);
    assert_eq!(config.application_name, "whimbrel");
    assert_eq!(config.tls.mode, TlsMode::Prefer);
}

#[test]
fn several_servers_each_with_its_port() {
    let config = parse("postgres://a:1,[::1]:2/d");
    let hosts: Vec<_> = config.hosts.iter().map(Host::display).collect();
    assert_eq!(hosts, ["a:1", "[::1]:2"]);
    assert_eq!(refusal("postgres://a,b,c/d?port=1,2"), "`port` lists another number of servers than `host`");
}

#[test]
fn a_socket_folder_is_a_host() {
    let folder = Address::Unix(PathBuf::from("/run/pg"));
    assert_eq!(parse("postgres:///d?host=/run/pg").hosts[0].address, folder);
    assert_eq!(parse("postgres://%2Frun%2Fpg/d").hosts[0].address, folder);
}

#[test]
fn the_url_goes_before_the_variables() {
    let variables = [("PGHOST", "other"), ("PGPORT", "7"), ("PGUSER", "bob"), ("PGPASSWORD", "pw")];
    let config = PostgresConfig::parse("postgres://db/d", &environment(&variables)).unwrap();
    assert_eq!(config.name(), "postgres://bob@db:7/d");
    assert_eq!(password(&config), Some("pw"));
}

#[test]
fn a_service_goes_between_url_and_variables() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("services");
    fs::write(&file, "# mine\n[other]\nhost=no\n[shop]\nhost=db.shop\nport=6000\ndbname=shop\n").unwrap();
    let variables = [("PGSERVICEFILE", file.to_str().unwrap()), ("PGPORT", "7"), ("PGSERVICE", "shop")];
    let config = PostgresConfig::parse("postgres://eve@/", &environment(&variables)).unwrap();
    assert_eq!(config.name(), "postgres://eve@db.shop:6000/shop");
    let unknown =
        PostgresConfig::parse("postgres:///?service=none", &environment(&variables[..2])).unwrap_err();
    assert_eq!(unknown.to_string(), "cannot open `postgres://`: there is no service `none`");
}

#[test]
fn the_password_file_gives_the_first_line_that_fits() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passwords");
    fs::write(&file, "# hosts\ndb:5432:shop:ann:first\n*:*:*:ann:a\\:b:c\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let variables = [("PGPASSFILE", file.to_str().unwrap())];
    let find = |url: &str| {
        let config = PostgresConfig::parse(url, &environment(&variables)).unwrap();
        password(&config).map(str::to_owned)
    };
    assert_eq!(find("postgres://db/shop").as_deref(), Some("first"));
    assert_eq!(find("postgres://db/other").as_deref(), Some("a:b:c"));
    assert_eq!(find("postgres://eve@db/shop"), None);
}

#[test]
fn a_password_file_that_others_may_read_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passwords");
    fs::write(&file, "*:*:*:*:pw\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let variables = [("PGPASSFILE", file.to_str().unwrap())];
    let config = PostgresConfig::parse("postgres://db/shop", &environment(&variables)).unwrap();
    assert_eq!(password(&config), None);
    assert!(config.password_note.unwrap().ends_with(&format!("`chmod 600 {}`", file.display())));
}

#[test]
fn roots_make_require_verify() {
    assert_eq!(parse("postgres://db/d?sslmode=require&sslrootcert=/ca.pem").tls.mode, TlsMode::VerifyCa);
    assert_eq!(parse("postgres://db/d?sslrootcert=system").tls.mode, TlsMode::VerifyFull);
}

#[test]
fn what_lies_in_the_home_folder_counts_where_nothing_else_is_named() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    };
    write(".pgpass", "*:*:shop:*:own\n");
    write(".pg_service.conf", "[shop]\nhost=db.shop\ndbname=shop\n");
    let roots = write(".postgresql/root.crt", "");
    let environment = Environment { home: Some(home.path().to_owned()), ..environment(&[]) };
    let config = PostgresConfig::parse("postgres:///?service=shop&sslmode=require", &environment).unwrap();
    assert_eq!(config.name(), "postgres://ann@db.shop/shop");
    assert_eq!(password(&config), Some("own"));
    assert_eq!((config.tls.mode, config.tls.roots), (TlsMode::VerifyCa, Roots::File(roots)));
}

#[test]
fn variables_say_what_the_url_does_not() {
    let variables = [
        ("PGDATABASE", "shop"),
        ("PGAPPNAME", "nightly"),
        ("PGCONNECT_TIMEOUT", "7"),
        ("PGSSLMODE", "verify-full"),
        ("PGSSLROOTCERT", "/ca.pem"),
    ];
    let config = PostgresConfig::parse("postgres://db", &environment(&variables)).unwrap();
    assert_eq!((config.database.as_str(), config.application_name.as_str()), ("shop", "nightly"));
    assert_eq!(config.connect_timeout, Duration::from_secs(7));
    assert_eq!((config.tls.mode, config.tls.roots), (TlsMode::VerifyFull, Roots::File("/ca.pem".into())));
}

#[test]
fn no_password_shows() {
    for url in [
        "postgres://ann:hunter2@db/d",
        "postgres://ann@db/d?password=hunter2",
        "postgres://ann:hunter2@db:port/d",
        "postgres://ann:hunter2/d",
        "postgres://ann:a?hunter2=1@db/d",
        "postgres://ann:hunter2%zz@db/d",
        "postgres://ann:hunter2@[::1/d",
        "postgres://ann:hunter2@db/d?sslmode=odd",
        "postgres://ann:hunter2@db/d?nonsense=1",
        "http://ann:hunter2@db/d",
    ] {
        let shown = match PostgresConfig::parse(url, &environment(&[])) {
            Ok(config) => format!("{config:?} {}", config.name()),
            Err(error) => format!("{error:?} {error}"),
        };
        assert!(!shown.contains("hunter2"), "{url}: {shown}");
    }
}

#[test]
fn what_does_not_read_is_refused() {
    assert_eq!(refusal("postgres://db:x/d"), "what should be the port is no number from 1 to 65535");
    assert_eq!(refusal("postgres://db/d?sslmode=odd"), "`sslmode` is `odd`");
    assert_eq!(
        refusal("postgres://db/d?nonsense=1"),
        "the URL has a parameter `nonsense`, which PostgreSQL does not know"
    );
    assert_eq!(refusal("postgres://db/d?require_auth=md5"), "`require_auth` is not supported");
}
