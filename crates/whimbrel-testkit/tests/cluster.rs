//! Clusters start, serve, and never outlive the process that started them.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use whimbrel_testkit::cluster::{Cluster, ClusterOptions};

/// Set in the copy of this test program that is to be killed.
const VICTIM: &str = "WHIMBREL_CLUSTER_VICTIM";

fn pid(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    text.lines().next().unwrap().to_owned()
}

fn is_gone(folder: &Path, pid: &str) -> bool {
    !folder.exists() && !Path::new("/proc").join(pid).exists()
}

fn await_gone(folder: &Path, pid: &str) {
    let started = Instant::now();
    while !is_gone(folder, pid) {
        assert!(started.elapsed() < Duration::from_secs(20), "server {pid} outlived its test");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn each_test_has_its_own_database() {
    let cluster = Cluster::shared();
    let (one, two) = (cluster.database(), cluster.database());
    one.psql("CREATE TABLE t (id int); INSERT INTO t VALUES (7)");
    assert_eq!(one.psql("SELECT id FROM t"), "7\n");
    assert_eq!(two.psql("SELECT to_regclass('t') IS NULL"), "t\n");
    let name = one.name.clone();
    drop(one);
    assert_eq!(
        cluster.psql("postgres", &format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'")),
        "0\n"
    );
}

#[test]
fn a_dropped_cluster_is_gone() {
    let cluster = Cluster::start(&ClusterOptions::default()).unwrap();
    let (folder, pid) = (cluster.folder().to_owned(), pid(cluster.folder()));
    drop(cluster);
    assert!(is_gone(&folder, &pid));
}

#[test]
fn a_cluster_restarts_on_its_port() {
    let cluster = Cluster::start(&ClusterOptions::default()).unwrap();
    cluster.psql("postgres", "CREATE TABLE kept ()");
    cluster.stop();
    assert!(cluster.run_psql("postgres", "SELECT 1").is_err());
    cluster.restart();
    assert_eq!(cluster.psql("postgres", "SELECT count(*) FROM kept"), "0\n");
}

#[test]
fn a_cluster_ends_when_its_test_is_killed() {
    if std::env::var_os(VICTIM).is_some() {
        let cluster = Cluster::shared();
        writeln!(std::io::stdout(), "\nfolder {}", cluster.folder().display()).unwrap();
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let mut victim = Command::new(std::env::current_exe().unwrap());
    victim.args(["--exact", "a_cluster_ends_when_its_test_is_killed", "--nocapture"]).env(VICTIM, "1");
    let mut victim = victim.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let folder = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("folder ").map(PathBuf::from));
    let folder = folder.expect("the victim names its folder");
    let pid = pid(&folder);
    victim.kill().unwrap();
    victim.wait().unwrap();
    await_gone(&folder, &pid);
}

#[test]
fn a_password_may_be_asked_for() {
    let options = ClusterOptions { password: Some("s3cret".to_owned()), ..ClusterOptions::default() };
    let cluster = Cluster::start(&options).unwrap();
    assert_eq!(cluster.psql("postgres", "SELECT 1"), "1\n");
}

#[test]
fn a_standby_only_reads() {
    let options = ClusterOptions { standby: true, ..ClusterOptions::default() };
    let cluster = Cluster::start(&options).unwrap();
    assert_eq!(cluster.psql("postgres", "SELECT pg_is_in_recovery()"), "t\n");
    let refusal = cluster.run_psql("postgres", "CREATE TABLE t ()").unwrap_err();
    assert!(refusal.contains("read-only transaction"), "{refusal}");
}
