//! Migrations: applying many, applying none, and generating one more.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Entry, Journal, UpFile};
use whimbrel_testkit::cluster::{Cluster, ClusterOptions};

use crate::measure::{Report, installed, median_of, medians_in_turn, once, run};

/// How many migrations a history has.
const MANY: usize = 1_000;

pub(crate) fn measure(report: &mut Report, binary: &Path, folder: &Path) {
    if report.wants("migrate, PostgreSQL") {
        match durable() {
            Ok(cluster) => postgres(report, binary, folder, cluster),
            Err(reason) => report.skip("migrate, PostgreSQL", reason),
        }
    }
    if report.wants("migrate, SQLite") {
        match installed("sqlite3") {
            true => sqlite(report, binary, folder),
            false => report.skip("migrate, SQLite", "the program sqlite3 is not installed"),
        }
    }
    if report.wants("migrate, generate") {
        generate(report, binary, folder);
    }
}

/// How often PostgreSQL applies them: the disk decides, and it has moods.
const APPLIES: usize = 11;

/// A cluster whose commits wait for the disk.
///
/// It stays to the end of the bench, with all its databases, and the bench begins
/// with it. Half of the migrations make files, and for minutes after many files
/// were deleted a file system may be several times as slow at that: ext4 without a
/// journal looks at each inode that was freed lately (`recently_deleted`,
/// fs/ext4/ialloc.c). Then that is what is measured.
fn durable() -> Result<&'static Cluster, &'static str> {
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    let start = || {
        let settings = ["fsync", "synchronous_commit"].map(|name| (name.to_owned(), "on".to_owned()));
        Cluster::start(&ClusterOptions { settings: settings.to_vec(), ..ClusterOptions::default() })
    };
    CLUSTER.get_or_init(start).as_ref().map_err(String::as_str)
}

/// Makes a database that stays as long as its cluster, and returns its URL.
fn lasting_database(cluster: &Cluster) -> String {
    let database = cluster.database();
    let url = database.url();
    std::mem::forget(database);
    url
}

/// The statement of one migration.
fn statement(number: usize) -> String {
    match number % 2 {
        0 => format!("CREATE TABLE table_{number} (id integer PRIMARY KEY, label text NOT NULL)"),
        _ => format!("INSERT INTO table_{} (id, label) VALUES (1, 'one'), (2, 'two')", number - 1),
    }
}

/// Writes a history of that many small migrations, and returns its folder.
fn history(folder: &Path, dialect: Dialect, count: usize) -> PathBuf {
    let dir = folder.join(format!("migrations-{}-{count}", dialect.display_name()));
    let mut journal = Journal::new(dialect);
    fs::create_dir_all(dir.join("meta")).expect("the temporary folder can be written");
    for number in 0..count {
        let (name, when) = (format!("step-{number}"), 1_769_853_600_000);
        let file = UpFile { name, when, notes: Vec::new(), statements: vec![statement(number)] };
        let entry = Entry::new(journal.next_index(), file.name.clone(), when, file.checksum());
        fs::write(dir.join(entry.path()), file.render()).expect("the temporary folder can be written");
        journal.entries.push(entry);
    }
    let text = journal.to_json();
    fs::write(dir.join("meta/_journal.json"), text).expect("the temporary folder can be written");
    dir
}

/// The same statements for a shell, one transaction a migration.
fn script(folder: &Path) -> PathBuf {
    let path = folder.join("steps.sql");
    let steps: String =
        (0..MANY).map(|number| format!("BEGIN;\n{};\nCOMMIT;\n", statement(number))).collect();
    fs::write(&path, steps).expect("the temporary folder can be written");
    path
}

fn apply(binary: &Path, url: &OsStr, dir: &Path, flags: &[&str]) {
    let arguments = ["migrate", "apply", "--yes", "--url"].map(OsStr::new).into_iter();
    let rest = [url, OsStr::new("--dir"), dir.as_os_str()].into_iter();
    run(binary, &arguments.chain(rest).chain(flags.iter().map(OsStr::new)).collect::<Vec<_>>());
}

/// What every start of a service pays, and what the first one does on a machine,
/// where nothing was read before: their names, and the flags for them.
const STARTS: [(&str, &[&str]); 2] = [("nothing to apply", &[]), ("nothing, first start", &["--no-cache"])];

fn sqlite(report: &mut Report, binary: &Path, folder: &Path) {
    let dir = history(folder, Dialect::Sqlite, MANY);
    let read = format!(".read '{}'", script(folder).display());
    let database = |name: &str| {
        let path = folder.join(name);
        let _ = fs::remove_file(&path);
        path
    };
    let (found, floor) = medians_in_turn(
        3,
        || {
            let path = database("found.db");
            once(|| apply(binary, path.as_os_str(), &dir, &[]))
        },
        || {
            let path = database("floor.db");
            once(|| run("sqlite3", &[path.as_os_str(), OsStr::new(&read)]))
        },
    );
    let of = "`sqlite3`, a transaction each";
    report.within("migrate, SQLite, apply 1,000", "ms", found, floor, of, 0.35 * floor);

    let path = folder.join("found.db");
    let select = [path.as_os_str(), OsStr::new("select 1")];
    for (name, flags) in STARTS {
        let (found, floor) = medians_in_turn(
            51,
            || once(|| apply(binary, path.as_os_str(), &dir, flags)),
            || once(|| run("sqlite3", &select)),
        );
        let name = format!("migrate, SQLite, {name}");
        report.within(&name, "ms", found, floor, "`select 1`", floor + 5.0);
    }
}

fn postgres(report: &mut Report, binary: &Path, folder: &Path, cluster: &Cluster) {
    let dir = history(folder, Dialect::Postgres, MANY);
    let script = script(folder);
    let psql = cluster.programs().join("psql");
    let (found, floor) = medians_in_turn(
        APPLIES,
        || {
            let url = lasting_database(cluster);
            once(|| apply(binary, url.as_ref(), &dir, &[]))
        },
        || {
            let url = lasting_database(cluster);
            once(|| run(&psql, &["-q".as_ref(), "-f".as_ref(), script.as_os_str(), url.as_ref()]))
        },
    );
    let of = "`psql`, a transaction each";
    report.within("migrate, PostgreSQL, apply 1,000", "ms", found, floor, of, floor);

    let url = lasting_database(cluster);
    apply(binary, url.as_ref(), &dir, &[]);
    let select = ["-c", "select 1", url.as_str()].map(OsStr::new);
    for (name, flags) in STARTS {
        let (found, floor) = medians_in_turn(
            51,
            || once(|| apply(binary, url.as_ref(), &dir, flags)),
            || once(|| run(&psql, &select)),
        );
        let name = format!("migrate, PostgreSQL, {name}");
        report.within(&name, "ms", found, floor, "`select 1`", 1.2 * floor);
    }
}

/// One more migration, with a snapshot that fits: nothing is replayed.
fn generate(report: &mut Report, binary: &Path, folder: &Path) {
    let generate = |count: usize| {
        let dir = history(folder, Dialect::Sqlite, count);
        let schema = folder.join("one-more.sql");
        fs::write(&schema, "CREATE TABLE one (id integer PRIMARY KEY);").expect("the folder can be written");
        let command = |flag: &str| {
            let arguments = [
                "migrate",
                "generate",
                "--no-renames",
                "--accept-data-loss",
                "--url",
                "sqlite::memory:",
                flag,
            ];
            let rest = [OsStr::new("--dir"), dir.as_os_str(), OsStr::new("--schema"), schema.as_os_str()];
            run(binary, &arguments.map(OsStr::new).into_iter().chain(rest).collect::<Vec<_>>());
        };
        // The first writes a snapshot; then a change of one table is left to be made.
        command("--yes");
        fs::write(&schema, "CREATE TABLE one (id integer PRIMARY KEY, b text);")
            .expect("the folder can be written");
        median_of(9, || command("--dry-run"))
    };
    let (few, many) = (generate(MANY / 10), generate(MANY));
    report.within("migrate, generate after 1,000", "ms", many, few, "after 100", 11.0 * few);
}
