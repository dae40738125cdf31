//! Migrations that are scripts, in their turn between those that are SQL.

use whimbrel::core::dialect::Dialect;
use whimbrel::core::history::Format;
use whimbrel::core::lockfile::{Field, LOCK_FILE, LockFile, LockTable};
use whimbrel::core::resolve::lenient;
use whimbrel::db::apply::ApplyObserver;
use whimbrel::store::Store;
use whimbrel::{Error, Layout};
use whimbrel_testkit::failing::{FAULTS, FailingConnection};

use crate::project::{BOTH, Project, USERS, names, told};

const LAYOUTS: [Layout; 2] = [Layout::Journal, Layout::LockFile];

/// A project with a script `fill` after a table that is applied.
async fn created(dialect: Dialect, layout: Layout, format: Format) -> Project {
    let mut project = Project::new(dialect).await;
    project.layout = layout;
    project.generate(USERS).await;
    project.apply().await;
    project.migrator().await.create("fill").format(format).await.unwrap();
    project
}

/// The file of the script.
fn path(layout: Layout, format: Format) -> String {
    let number = if layout == Layout::Journal { 1 } else { 2 };
    format!("{number:04}_fill.{}", format.extension())
}

/// Writes its `up` and `down` into the template.
async fn written(project: &Project, format: Format, up: &str, down: &str) {
    let path = path(project.layout, format);
    let text = project.text(&path);
    let start = text.find("    // await db.exec").unwrap();
    let end = text.find("  },\n\n  down").unwrap();
    let text = format!("{}{up}\n{}", &text[..start], &text[end..]);
    project.put(&path, &text.replace("    // Reverse the up migration", down)).await;
}

/// Says that it is as it should be, where a journal wants to know.
async fn accepted(project: &Project) {
    if project.layout == Layout::Journal {
        project.migrator().await.verify().accept("fill").await.unwrap();
    }
}

/// The parameters of a statement with two.
fn parameters(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "?, ?",
        Dialect::Postgres => "$1, $2",
    }
}

#[tokio::test]
async fn a_script_is_verified_applied_and_taken_back() {
    for (dialect, layout) in BOTH.into_iter().flat_map(|dialect| LAYOUTS.map(|layout| (dialect, layout))) {
        for format in [Format::Ts, Format::Js] {
            let project = created(dialect, layout, format).await;
            let typed =
                if format == Format::Ts { "const people: [number, string][]" } else { "const people" };
            let up = format!(
                "    {typed} = [[1, 'Ada'], [2, \"it's \\\\ Grace\"]];\n    for (const person of people) {{\n      \
                 await db.exec('INSERT INTO users (id, name) VALUES ({})', person);\n    }}",
                parameters(dialect)
            );
            written(&project, format, &up, "    await db.exec('DELETE FROM users');").await;
            accepted(&project).await;
            assert_eq!(names(&project.migrator().await.apply().await.unwrap().migrations), ["fill"]);
            assert_eq!(project.rows("SELECT name FROM users ORDER BY id").await, "Ada\nit's \\ Grace");
            project.migrator().await.verify().await.unwrap();
            // Nobody can tell what it loses, so it is asked.
            assert!(told(project.migrator().await.down().await).contains("1 question needs"));
            project.migrator().await.down().resolver(lenient()).await.unwrap();
            assert_eq!(project.rows("SELECT name FROM users").await, "");
        }
    }
}

#[tokio::test]
async fn what_fails_leaves_nothing() {
    for (dialect, layout) in BOTH.into_iter().flat_map(|dialect| LAYOUTS.map(|layout| (dialect, layout))) {
        let project = created(dialect, layout, Format::Ts).await;
        let insert = "await db.exec(\"INSERT INTO users (id, name) VALUES (1, 'a')\")";
        let up = format!("    {insert};\n    await db.exec('INSERT INTO nowhere VALUES (1)');");
        written(&project, Format::Ts, &up, "").await;
        let path = path(layout, Format::Ts);
        let before = project.store.texts();
        let nowhere = match dialect {
            Dialect::Sqlite => "no such table: nowhere",
            Dialect::Postgres => "relation \"nowhere\" does not exist",
        };
        let expected = format!(
            "whimbrel::apply::program\n`fill` failed at line 9, column 11 of `memory/{path}`: {nowhere}\n\
             it ran: INSERT INTO nowhere VALUES (1)\n\
             no migration of this run was kept; put it right, then run the command again"
        );
        match layout {
            Layout::Journal => assert!(told(project.migrator().await.apply().await).contains("was edited")),
            Layout::LockFile => assert_eq!(told(project.migrator().await.apply().await), expected),
        }
        assert_eq!(project.rows("SELECT id FROM users").await, "");
        assert_eq!((project.tracked().await.as_str(), project.store.texts()), ("create-users", before));
    }
}

/// The fields of each table in the lock file, and the statements of the last record.
fn locked(project: &Project) -> String {
    let lock = LockFile::from_json("x", &project.text(LOCK_FILE)).unwrap();
    let field = |(name, field): (&str, &Field)| format!("{name}: {}", field.field_type);
    let table = |(name, table): (&str, &LockTable)| {
        format!("{name}({})", table.schema.iter().map(field).collect::<Vec<_>>().join(", "))
    };
    let tables: Vec<String> = lock.tables.iter().map(table).collect();
    let sql = lock.migrations.last().map(|record| record.sql.clone()).unwrap_or_default();
    format!("{} {} | {sql}", lock.version, tables.join(" "))
}

#[tokio::test]
async fn the_lock_file_learns_what_a_script_did_to_tables() {
    for dialect in BOTH {
        let project = created(dialect, Layout::LockFile, Format::Ts).await;
        let before = locked(&project);
        let up = "    await db.exec('ALTER TABLE users ADD COLUMN age integer');\n    \
                  await db.exec('ALTER TABLE users ADD COLUMN bio text');\n    \
                  await db.exec('UPDATE users SET age = 1');\n    \
                  await db.updateSchema('users', { age: { type: 'bigint', perm: 4 } });";
        let down = "    await db.exec('ALTER TABLE users DROP COLUMN age');\n    \
                    await db.exec('ALTER TABLE users DROP COLUMN bio');";
        written(&project, Format::Ts, up, down).await;
        let other = project.elsewhere().await;
        let expected = "2 users(id: integer, name: string, age: bigint, bio: string) | \
                        ALTER TABLE users ADD COLUMN age integer;\nALTER TABLE users ADD COLUMN bio text;";
        project.apply().await;
        assert_eq!(locked(&project), expected);
        // Where the lock file was lost, what the script does is learnt anew.
        let lock = project.text(LOCK_FILE);
        project.store.delete(LOCK_FILE).await.unwrap();
        assert_eq!(project.apply().await, [""; 0]);
        assert_eq!((locked(&project).as_str(), project.text(LOCK_FILE)), (expected, lock));
        // A new database runs it, and the lock file stays.
        assert_eq!(other.apply().await, ["create-users", "fill"]);
        project.migrator().await.down().resolver(lenient()).await.unwrap();
        assert_eq!(locked(&project), before);
    }
}

#[tokio::test]
async fn a_file_that_is_no_migration_runs_nothing() {
    let cases = [
        (
            "version: 2,",
            "version: 3,",
            "whimbrel::script::shape\nmemory/0002_fill.ts:5:12: its `version` is 3, and the number of its file is 2",
        ),
        (
            "export default",
            "const migration =",
            "whimbrel::script::shape\nmemory/0002_fill.ts:1:1: it has no default export",
        ),
        (
            "  up: async",
            "  upwards: async",
            "whimbrel::script::shape\nmemory/0002_fill.ts:4:16: what it exports has no `up`",
        ),
        ("  },\n};", "  },\n}}", "whimbrel::script::syntax\nmemory/0002_fill.ts:14:2: unexpected token"),
        (
            "export default",
            "enum Colour { Red }\nexport default",
            "whimbrel::script::not_erasable\nmemory/0002_fill.ts:4:1: an `enum` is made by a compiler",
        ),
        (
            "export default",
            "import fs from 'fs';\nexport default",
            "whimbrel::script::import\nmemory/0002_fill.ts:4:1: a script imports nothing",
        ),
    ];
    for (from, to, expected) in cases {
        let project = created(Dialect::Sqlite, Layout::LockFile, Format::Ts).await;
        written(&project, Format::Ts, "    await db.exec('DROP TABLE users');", "").await;
        project.put("0003_more.sql", "CREATE TABLE more (id integer);").await;
        project.edit("0002_fill.ts", from, to).await;
        let told = told(project.migrator().await.apply().await);
        assert!(told.starts_with(expected), "{told}");
        assert_eq!(
            (project.tracked().await.as_str(), project.tables().await.as_str()),
            ("create-users", "users")
        );
    }
}

#[tokio::test]
async fn a_large_table_is_paged_through() {
    for dialect in BOTH {
        let project = created(dialect, Layout::LockFile, Format::Ts).await;
        let (rows, parameter) = match dialect {
            Dialect::Sqlite => (
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT i",
                "?",
            ),
            Dialect::Postgres => ("SELECT i", "$1"),
        };
        let from = if dialect == Dialect::Sqlite { "n" } else { "generate_series(1, 10000) AS n (i)" };
        project.run(&format!("INSERT INTO users (id, name) {rows}, 'user ' || i FROM {from}")).await;
        let up = format!(
            "    let last = 0, count = 0;
    for (;;) {{
      const page = await db.query('SELECT id, name FROM users WHERE id > {parameter} ORDER BY id LIMIT 1000', [last]);
      if (page.length === 0) break;
      const names = page.map(({{ name }}) => `'${{name.toUpperCase()}}'`);
      count += await db.exec(`UPDATE users SET name = upper(name) WHERE name IN (${{names.map((n) => n.toLowerCase())}})`);
      last = Number(page.at(-1).id);
    }}
    if (count !== 10000) throw new Error(`there were ${{count}}`);"
        );
        written(&project, Format::Ts, &up, "").await;
        assert_eq!(project.apply().await, ["fill"]);
        let changed = "SELECT count(*), min(name) FROM users WHERE name LIKE 'USER %' AND name = upper(name)";
        assert_eq!(project.rows(changed).await, "10000|USER 1");
    }
}

#[tokio::test]
async fn values_have_the_types_of_the_table_on_postgres() {
    let project = created(Dialect::Postgres, Layout::LockFile, Format::Ts).await;
    let columns = [
        ("smallint", "7", "7"),
        ("integer", "-2147483648", "-2147483648"),
        ("bigint", "9007199254740993n", "9007199254740993n"),
        ("bigint", "3", "3n"),
        ("real", "0.5", "0.5"),
        ("double precision", "3", "3"),
        ("boolean", "true", "true"),
        ("text", "'it\\'s \\\\'", "'it\\'s \\\\'"),
        ("numeric(10, 2)", "1.5", "'1.50'"),
        ("date", "'2026-11-27'", "'2026-11-27'"),
        ("timestamptz", "'2026-11-27 12:00:00+00'", "'2026-11-27 12:00:00+00'"),
        ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
        ("jsonb", "JSON.stringify({ a: [1] })", "'{\"a\": [1]}'"),
        ("bytea", "new Uint8Array([0, 255])", "Uint8Array(2)"),
        ("integer[]", "'{1,2}'", "'{1,2}'"),
        ("integer", "null", "null"),
    ];
    let types: Vec<String> =
        columns.iter().enumerate().map(|(at, (sql_type, ..))| format!("c{at} {sql_type}")).collect();
    let values: Vec<&str> = columns.iter().map(|(_, value, _)| *value).collect();
    let places: Vec<String> = (1..=columns.len()).map(|number| format!("${number}")).collect();
    let up = format!(
        "    await db.exec(\"SET TIME ZONE 'UTC'\");\n    await db.exec('CREATE TABLE kinds ({})');\n    \
         await db.exec('INSERT INTO kinds VALUES ({})', [{}]);\n    \
         const [row] = await db.query('SELECT * FROM kinds');\n    \
         for (const value of Object.values(row)) console.log([value]);",
        types.join(", "),
        places.join(", "),
        values.join(", ")
    );
    written(&project, Format::Ts, &up, "").await;
    let mut heard = Heard::default();
    project.migrator().await.apply().observer(&mut heard).await.unwrap();
    let expected: Vec<String> = columns.iter().map(|(.., value)| format!("[{value}]")).collect();
    assert_eq!(heard.0, expected);
}

/// What scripts say.
#[derive(Default)]
struct Heard(Vec<String>);

impl ApplyObserver for Heard {
    fn said(&mut self, line: &str) {
        self.0.push(line.to_owned());
    }
}

#[tokio::test]
async fn a_script_whose_session_fails_at_any_call_runs_wholly_or_not_at_all() {
    for dialect in BOTH {
        let project = created(dialect, Layout::LockFile, Format::Ts).await;
        let up = "    await db.exec('CREATE TABLE filled (id integer)');\n    \
                  for (let n = 0; n < 3; n++) await db.exec(`INSERT INTO filled VALUES (${n})`);\n    \
                  await db.query('SELECT * FROM filled');";
        written(&project, Format::Ts, up, "").await;
        // The loop that runs all migrations is tried at every call elsewhere.
        let stride = if dialect == Dialect::Sqlite { 1 } else { 5 };
        for fault in FAULTS {
            for at in (0..).step_by(stride) {
                let here = project.elsewhere().await;
                let failing = FailingConnection::new(here.database.another_session().await, fault, at);
                let calls = failing.calls();
                let failed = here.builder().over(Box::new(failing)).apply().await.map(drop);
                let tables = here.tables().await;
                let is_tracked = tables.contains("users") && here.tracked().await.contains("fill");
                assert_eq!(
                    tables.contains("filled"),
                    is_tracked,
                    "{dialect}, {fault:?} at call {at}: {failed:?}"
                );
                here.apply().await;
                assert_eq!(here.rows("SELECT id FROM filled ORDER BY id").await, "0\n1\n2");
                assert_eq!(here.tracked().await, "create-users\nfill");
                if calls.count() <= at {
                    assert!(failed.is_ok(), "{failed:?}");
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_canceller_stops_a_script_that_asks_for_nothing() {
    let project = created(Dialect::Sqlite, Layout::LockFile, Format::Ts).await;
    written(&project, Format::Ts, "    console.log('on');\n    for (;;);", "").await;
    let mut migrator = project.migrator().await;
    let canceller = migrator.canceller();
    let (tell, told) = tokio::sync::oneshot::channel();
    let heard = OnceHeard(Some(tell));
    let cancel = async {
        told.await.unwrap();
        canceller.cancel().await;
    };
    let (applied, ()) = tokio::join!(migrator.apply().observer(heard), cancel);
    let Err(Error::Apply(error)) = applied else { panic!("{applied:?}") };
    assert!(error.is_cancelled(), "{error:?}");
    assert_eq!(project.tracked().await, "create-users");
}

/// Tells when a script says something.
struct OnceHeard(Option<tokio::sync::oneshot::Sender<()>>);

impl ApplyObserver for OnceHeard {
    fn said(&mut self, _: &str) {
        if let Some(tell) = self.0.take() {
            tell.send(()).unwrap();
        }
    }
}

#[tokio::test]
async fn a_script_gets_another_number_in_a_rebase_and_is_not_squashed() {
    let project = created(Dialect::Sqlite, Layout::LockFile, Format::Ts).await;
    written(&project, Format::Ts, "    await db.exec('CREATE TABLE filled (id integer)');", "").await;
    project.put("0002_alone.sql", "CREATE TABLE alone (id integer);\n").await;
    project.run("DELETE FROM users").await;
    project.migrator().await.rebase().await.unwrap();
    let paths = project.paths();
    let script = paths.iter().find(|path| path.ends_with("_fill.ts")).unwrap();
    let number = &script[3..4];
    assert!(project.text(script).contains(&format!("\n  version: {number},\n")), "{script}");
    project.apply().await;
    assert_eq!(project.tables().await, "alone filled users");
    let told = told(project.migrator().await.squash().await);
    assert!(told.starts_with("whimbrel::squash::program\n"), "{told}");
}
