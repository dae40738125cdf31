//! Scripts in a transaction of SQLite.

use std::sync::Arc;
use std::time::Duration;

use whimbrel_core::sql::position;
use whimbrel_db::apply::{ProgramError, run_program};
use whimbrel_db::{Connection, SqliteConnection};
use whimbrel_script::{Engine, Language, Limits, Module};

/// What became of a script.
struct Ran {
    result: Result<(), ProgramError>,
    said: Vec<String>,
    connection: SqliteConnection,
}

/// A module whose `up` does this; its first line is the second of the file.
fn up(body: &str) -> String {
    format!("export default {{ version: 1, up: async (db) => {{\n{body}\n}} }};\n")
}

async fn run_within(limits: Limits, text: &str) -> Ran {
    let module = match Module::read(Language::TypeScript, 1, "0001_a.ts", text) {
        Ok(module) => module,
        Err(error) => panic!("{error}"),
    };
    let program = Engine::new(limits).way_there("a", Arc::new(module));
    let mut connection = SqliteConnection::open_in_memory().await.unwrap();
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)").await.unwrap();
    connection.execute("BEGIN").await.unwrap();
    let mut said = Vec::new();
    let mut hear = |line: &str| said.push(line.to_owned());
    let ran = run_program(&mut connection, program.as_ref(), &|_, _| true, &mut hear).await;
    Ran { result: ran.map(drop).map_err(|failure| failure.error), said, connection }
}

async fn run(text: &str) -> Ran {
    run_within(Limits::default(), text).await
}

/// What a script says.
async fn said(body: &str) -> String {
    let ran = run(&up(body)).await;
    if let Err(error) = &ran.result {
        panic!("{}", told(error));
    }
    ran.said.join("\n")
}

/// What a script fails with.
async fn fails(text: &str) -> String {
    told(&run(text).await.result.expect_err("it should have failed"))
}

/// An error, where it is, the SQL and the help, a line each.
fn told(error: &ProgramError) -> String {
    let place = error.place.as_ref().map(|place| {
        let under = &place.text[place.offset..place.offset + place.length];
        format!("\nat {} `{under}`", position(&place.text, place.offset))
    });
    let sql = error.sql.as_ref().map(|sql| format!("\nsql: {sql}"));
    let help = error.help.as_ref().map(|help| format!("\nhelp: {help}"));
    [Some(error.message.clone()), place, sql, help].into_iter().flatten().collect()
}

#[tokio::test]
async fn statements_run_in_order_and_bring_rows() {
    let body = "
        console.log(await db.exec('INSERT INTO t VALUES (1, ?), (2, ?)', ['a', null]), db.dialect);
        const rows = await db.query('SELECT id, v FROM t ORDER BY id');
        for (const row of rows) console.log(row, row.v);";
    assert_eq!(said(body).await, "2 sqlite\n{ id: 1n, v: 'a' } a\n{ id: 2n, v: null } null");
}

#[tokio::test]
async fn values_go_in_and_come_out_with_their_types() {
    let cases = [
        ("null", "null null"),
        ("true", "integer 1n"),
        ("3", "integer 3n"),
        ("-3.5", "real -3.5"),
        ("-0", "real 0"),
        ("9007199254740991", "integer 9007199254740991n"),
        ("2 ** 60", "real 1152921504606847000"),
        ("9223372036854775807n", "integer 9223372036854775807n"),
        ("-9223372036854775808n", "integer -9223372036854775808n"),
        ("'größe 😀'", "text 'größe 😀'"),
        ("new Uint8Array([0, 255])", "blob Uint8Array(2)"),
    ];
    for (value, expected) in cases {
        let body = format!(
            "const [row] = await db.query('SELECT typeof(?1) AS kind, ?1 AS value', [{value}]);
             console.log(row.kind, [row.value]);"
        );
        assert_eq!(said(&body).await.replace(['[', ']'], ""), expected, "{value}");
    }
    let bytes = "const [row] = await db.query(\"SELECT x'00ff10' AS b\"); console.log(row.b.join());";
    assert_eq!(said(bytes).await, "0,255,16");
}

#[tokio::test]
async fn what_no_database_holds_is_refused() {
    let cases = [
        ("undefined", "undefined: write `null` for NULL"),
        ("Symbol('a')", "a symbol: there is no such value in a database"),
        ("() => 1", "a function: there is no such value in a database"),
        ("{ a: 1 }", "an object: give its text, such as `JSON.stringify(value)`"),
        ("[1]", "an array: give its text, such as `JSON.stringify(value)`"),
        ("new Date(0)", "a date: give its text, such as `date.toISOString()`"),
        ("db.query('SELECT 1')", "a promise: there is no such value in a database"),
        ("new Map()", "an object: give its text, such as `JSON.stringify(value)`"),
        ("2n ** 63n", "a whole number of more than 64 bits"),
        ("'\\ud800'", "text with half a character in it: a surrogate without its other half"),
    ];
    for (value, expected) in cases {
        let error = fails(&up(&format!("await db.exec('INSERT INTO t (v) VALUES (?)', [{value}]);"))).await;
        assert_eq!(error, format!("parameter 1 of `db.exec` is {expected}\nat 2:7 `db.exec`"));
    }
    assert_eq!(
        fails(&up("await db.exec('SELECT ?', 5);")).await,
        "the parameters of `db.exec` are a number: give them as an array, such as `[id, name]`\n\
         at 2:7 `db.exec`"
    );
    assert_eq!(fails(&up("await db.query();")).await, "the SQL of `db.query` is missing\nat 2:7 `db.query`");
    assert_eq!(
        fails(&up("await db.query('SELECT 1 AS a, 2 AS a');")).await,
        "two columns of the result are called `a`: name one of them anew with `AS`\nat 2:7 `db.query`"
    );
}

#[tokio::test]
async fn fields_are_checked_where_they_are_given() {
    let cases = [
        ("5, {}", "the table of `db.updateSchema` is a number"),
        ("'t'", "the fields of `db.updateSchema` are an object, such as `{ age: { type: 'number' } }`"),
        ("'t', []", "the fields of `db.updateSchema` are an object, such as `{ age: { type: 'number' } }`"),
        ("'t', { a: {} }", "of the fields of `db.updateSchema` `a.type` is missing"),
        (
            "'t', { a: 'string' }",
            "of the fields of `db.updateSchema` `a` should be an object, but is `\"string\"`",
        ),
    ];
    for (given, expected) in cases {
        let error = fails(&up(&format!("await db.updateSchema({given});"))).await;
        assert_eq!(error, format!("{expected}\nat 2:7 `db.updateSchema`"));
    }
}

#[tokio::test]
async fn a_failure_says_where_and_what_ran() {
    let nowhere = "at 2:7 `db.exec`\nsql: DELETE FROM nowhere";
    assert_eq!(
        fails(&up("await db.exec(\n  'DELETE FROM ' +\n  'nowhere');")).await,
        format!("no such table: nowhere\n{nowhere}")
    );
    // Whoever passes over the error is stopped all the same.
    let caught =
        up("try { db.exec('DELETE FROM nowhere') } catch {}\nawait db.exec('SELECT 1').catch(() => 1)");
    assert_eq!(fails(&caught).await, "no such table: nowhere\nat 2:7 `db.exec`\nsql: DELETE FROM nowhere");
    let said_more =
        "try { await db.exec('DELETE FROM nowhere') } catch (e) { throw new Error(`row 5: ${e.message}`) }";
    assert_eq!(
        fails(&up(said_more)).await,
        "row 5: no such table: nowhere\nat 2:13 `db.exec`\nsql: DELETE FROM nowhere"
    );
    assert_eq!(
        fails(&up("const ä = '😀'; null.x")).await,
        "TypeError: cannot read property 'x' of null\nat 2:16 `null`"
    );
    assert_eq!(
        fails(&up("throw new RangeError('too far')")).await,
        "RangeError: too far\nat 2:7 `new RangeError`"
    );
    assert_eq!(fails(&up("throw { code: 7 }")).await, "it threw { code: 7 }");
    assert_eq!(fails(&up("await Promise.reject('no')")).await, "it threw 'no'");
    assert_eq!(
        fails(&up("(async () => { throw new Error('alone') })()")).await,
        "alone\nat 2:22 `new Error`"
    );
    assert_eq!(
        fails(&up("const deep = () => 1 + deep();\ndeep()")).await,
        "RangeError: Maximum call stack size exceeded\nat 2:24 `deep`"
    );
}

#[tokio::test]
async fn a_transaction_is_not_for_scripts_to_end() {
    for sql in ["BEGIN", "COMMIT", "ROLLBACK", "SELECT 1; COMMIT"] {
        let mut ran =
            run(&up(&format!("await db.exec('INSERT INTO t VALUES (1, 2)'); await db.exec('{sql}')"))).await;
        let error = told(&ran.result.unwrap_err());
        assert!(error.contains("transaction") && error.contains(&format!("sql: {sql}")), "{error}");
        assert!(ran.connection.in_transaction().await.unwrap(), "{sql}");
    }
}

#[tokio::test]
async fn a_script_ends() {
    let limits = Limits { memory: 16 << 20, time: Duration::from_millis(50) };
    let time = "it ran for more than 0.05 s, without the time in which it waited for the database\n\
                help: look for a loop without end, or allow more with `--script-time`";
    let endless = [
        "for (;;);",
        "try { for (;;); } catch {} finally { for (;;); }",
        "for (;;) await 1;",
        "for (;;) await db.query('SELECT 1');",
        "/(a+)+$/.test('a'.repeat(40) + 'b')",
        "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)",
        "Promise.resolve().then(function again() { return Promise.resolve().then(again) })",
    ];
    for body in endless {
        let ran = run_within(limits, &up(body)).await;
        assert_eq!(told(&ran.result.unwrap_err()), time, "{body}");
    }
    let hungry = [
        "const all = []; for (;;) all.push('x'.repeat(1000000) + all.length);",
        "new ArrayBuffer(1e9)",
        "new Array(1e7).fill(1).map(String)",
    ];
    for body in hungry {
        let error = told(&run_within(limits, &up(body)).await.result.unwrap_err());
        assert!(error.starts_with("it needs more than 16 MiB of memory\nat 2:"), "{body}: {error}");
    }
    for body in ["await new Promise(() => {})", "await { then() {} }"] {
        assert_eq!(
            fails(&up(body)).await,
            "`up` never ends: it waits for a promise that nothing resolves\n\
             help: there are no timers and no events; only `db` is worth waiting for",
        );
    }
}

#[tokio::test]
async fn there_is_nothing_outside() {
    let names = [
        "require",
        "process",
        "fetch",
        "setTimeout",
        "setInterval",
        "Deno",
        "Bun",
        "std",
        "os",
        "performance",
        "navigator",
        "WebAssembly",
        "XMLHttpRequest",
        "print",
        "scriptArgs",
        "__dirname",
    ];
    let body = format!("console.log({}.filter((name) => name in globalThis).join());", json(&names));
    assert_eq!(said(&body).await, "");
    let inner = "const all = (0, eval)('this'); console.log(new Function('return this')() === globalThis, all === globalThis);";
    assert_eq!(said(inner).await, "true true");
    for module in ["fs", "std", "os", "data:text/javascript,1"] {
        let error = fails(&up(&format!("await import('{module}')"))).await;
        assert_eq!(error, format!("ReferenceError: could not load module '{module}'"));
    }
    assert!(
        fails(&up("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"))
            .await
            .starts_with("TypeError")
    );
    assert!(fails(&up("db.exec = 1")).await.starts_with("TypeError"));
}

fn json(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    format!("[{}]", names.join(", "))
}

#[tokio::test]
async fn rows_are_what_the_database_says_whatever_the_script_does_to_the_language() {
    let body = "
        Object.defineProperty(Object.prototype, 'v', { set() { throw new Error('taken') }, get() { return 'polluted' } });
        Object.defineProperty(Object.prototype, 0, { set() { throw new Error('taken') } });
        Promise.prototype.then = () => { throw new Error('then') };
        Array.prototype.push = () => { throw new Error('push') };
        const [row] = await db.query('SELECT 1 AS v, 2 AS __proto__, 3 AS constructor');
        console.log(Object.keys(row).join(), row.v, Object.getPrototypeOf(row) === Object.prototype);";
    assert_eq!(said(body).await, "v,__proto__,constructor 1n true");
}

#[tokio::test]
async fn every_run_has_a_context_of_its_own() {
    let text = up("console.log(globalThis.seen); globalThis.seen = true; Array.prototype.join = null;");
    let module = Arc::new(Module::read(Language::JavaScript, 1, "0001_a.js", &text).unwrap());
    let engine = Engine::new(Limits::default());
    let mut connection = SqliteConnection::open_in_memory().await.unwrap();
    let mut said = Vec::new();
    for _ in 0..2 {
        let program = engine.way_there("a", Arc::clone(&module));
        let mut hear = |line: &str| said.push(line.to_owned());
        run_program(&mut connection, program.as_ref(), &|_, _| true, &mut hear).await.unwrap();
    }
    assert_eq!(said, ["undefined", "undefined"]);
}

#[tokio::test]
async fn what_is_exported_is_checked_when_it_runs() {
    let cases = [
        (
            "const a = {}; export { a as default };",
            "its `version` is undefined, and the number of its file is 1",
        ),
        ("const a = 5; export { a as default };", "its default export is a number"),
        (
            "const a = () => ({ version: 2 }); export default a();",
            "its `version` is 2, and the number of its file is 1",
        ),
        (
            "const a = () => ({ version: 1, up: 3 }); export default a();",
            "its `up` is a number, and no function",
        ),
    ];
    for (text, expected) in cases {
        let help = "help: export `{ version, up: async (db) => {}, down: async (db) => {} }`";
        assert_eq!(fails(text).await, format!("{expected}\n{help}"), "{text}");
    }
}
