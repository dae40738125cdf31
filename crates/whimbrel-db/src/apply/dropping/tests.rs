//! What is told beside what SQLite then does.

use super::*;
use crate::SqliteConnection;

/// The rows of every table, as SQLite spells them.
async fn rows(connection: &mut SqliteConnection) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for schema in Namespace::read_all(connection).await.unwrap() {
        for table in schema.names {
            let sql = format!("SELECT * FROM {}.{}", quoted(&schema.name), quoted(&table));
            let rows = connection.query(&sql).await.unwrap();
            all.insert(
                format!("{}.{table}", schema.name),
                rows.iter().map(|row| format!("{row:?}")).collect(),
            );
        }
    }
    all
}

/// What is told of `drops` after `before`, in lines; SQLite then does just that.
fn told(before: &str, drops: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut connection = SqliteConnection::open_in_memory().await.unwrap();
        for one in whimbrel_core::sql::split(before, DIALECT.lexicon()) {
            connection.execute(one.text).await.unwrap_or_else(|error| panic!("{error}: {}", one.text));
        }
        let script = Script::read_part(DIALECT, drops).unwrap();
        let told = rows_touched(&mut connection, &script, 0).await.unwrap();
        let was = rows(&mut connection).await;
        for one in &script.statements {
            connection.execute(script.sql(one)).await.unwrap();
        }
        let is = rows(&mut connection).await;
        let changed = was.iter().filter_map(|(table, rows)| {
            let mut left = is.get(table)?.clone();
            let gone = |row: &&String| match left.iter().position(|one| one == *row) {
                Some(at) => {
                    left.remove(at);
                    false
                }
                None => true,
            };
            Some((table.split_once('.')?.1.to_owned(), rows.iter().filter(gone).count() as u64))
        });
        let mut changes: BTreeMap<String, u64> = changed.filter(|(_, count)| *count > 0).collect();
        for (_, touched) in &told {
            let left = changes.entry(fold(&touched.table)).or_default();
            *left = left.checked_sub(touched.rows.unwrap()).expect("SQLite does what is told");
        }
        assert!(changes.values().all(|left| *left == 0), "more than is told: {changes:?}");
        let lines = told.iter().map(|(number, touched)| format!("{}: {touched}", number + 1));
        lines.collect::<Vec<_>>().join("\n")
    })
}

const USERS: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE COLLATE NOCASE);
    INSERT INTO users VALUES (1, 'Ann'), (2, 'Bo');";

#[test]
fn what_the_foreign_key_says_becomes_of_the_rows() {
    let posts = |key: &str, rows: &str| {
        let create =
            format!("CREATE TABLE posts (n, user DEFAULT 2, {key}); INSERT INTO posts VALUES {rows}");
        told(&format!("{USERS} {create}"), "DROP TABLE users")
    };
    let rows = "(1, 1), (2, 1), (3, NULL)";
    let cascade = "1: 2 rows of `posts` would be deleted with `users`";
    assert_eq!(posts("FOREIGN KEY (user) REFERENCES users (id) ON DELETE CASCADE", rows), cascade);
    assert_eq!(posts("FOREIGN KEY (user) REFERENCES users ON DELETE CASCADE", rows), cascade);
    assert_eq!(posts("FOREIGN KEY (\"USER\") REFERENCES [Users] (ID) ON DELETE CASCADE", rows), {
        "1: 2 rows of `posts` would be deleted with `Users`"
    });
    let null = "1: `user` of 2 rows of `posts` that refer to `users` would be set to NULL";
    assert_eq!(posts("FOREIGN KEY (user) REFERENCES users ON DELETE SET NULL", rows), null);
    let deferred = "FOREIGN KEY (user) REFERENCES users ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED";
    assert_eq!(posts(deferred, rows), null);
    let none = "(1, NULL)";
    assert_eq!(posts("FOREIGN KEY (user) REFERENCES users ON DELETE CASCADE", none), "");
    assert_eq!(posts("FOREIGN KEY (user) REFERENCES users ON DELETE RESTRICT", none), "");
    assert_eq!(posts("FOREIGN KEY (user) REFERENCES users", none), "");
    let names = "(1, 'ann'), (2, 'BO')";
    let by_name = "FOREIGN KEY (user) REFERENCES users (name) ON DELETE CASCADE";
    assert_eq!(posts(by_name, names), cascade, "they are compared as the parent's column is");
}

#[test]
fn a_default_that_refers_to_nothing_is_told_of() {
    let before = format!(
        "{USERS} CREATE TABLE posts (user INTEGER DEFAULT NULL REFERENCES users ON DELETE SET DEFAULT);
         INSERT INTO posts VALUES (1), (NULL);"
    );
    let expected = "1: `user` of 1 row of `posts` that refers to `users` would be set to its default";
    assert_eq!(told(&before, "DROP TABLE users"), expected);
}

#[test]
fn keys_of_several_columns_are_matched_pair_by_pair() {
    let before = "CREATE TABLE \"a \"\"b\" (x, y, z, PRIMARY KEY (y, x), UNIQUE (z, x)) WITHOUT ROWID;
        INSERT INTO \"a \"\"b\" VALUES (1, 2, 3);
        CREATE TABLE c (p, q, PRIMARY KEY (p, q), FOREIGN KEY (p, q) REFERENCES \"a \"\"b\" ON DELETE CASCADE)
            WITHOUT ROWID;
        INSERT INTO c VALUES (2, 1);
        CREATE TABLE d (p, q, FOREIGN KEY (p, q) REFERENCES \"a \"\"b\" (x, z) ON DELETE SET NULL);
        INSERT INTO d VALUES (1, 3), (1, NULL), (NULL, NULL);";
    assert_eq!(
        told(before, "DROP TABLE IF EXISTS main.[A \"B]"),
        "1: 1 row of `c` would be deleted with `a \"b`\n\
         1: `p` and `q` of 1 row of `d` that refers to `a \"b` would be set to NULL"
    );
}

#[test]
fn a_row_that_refers_twice_is_counted_once() {
    let before = format!(
        "{USERS} CREATE TABLE posts (a REFERENCES users ON DELETE CASCADE, b REFERENCES users ON DELETE CASCADE);
         INSERT INTO posts VALUES (1, 2), (1, 1), (NULL, 2), (NULL, NULL);"
    );
    assert_eq!(told(&before, "DROP TABLE users"), "1: 3 rows of `posts` would be deleted with `users`");
}

#[test]
fn a_table_itself_and_what_goes_right_after_do_not_count() {
    let before = format!(
        "{USERS} CREATE TABLE tree (id INTEGER PRIMARY KEY, up REFERENCES tree ON DELETE CASCADE);
         INSERT INTO tree VALUES (1, NULL), (2, 1);
         CREATE TABLE posts (id INTEGER PRIMARY KEY, user REFERENCES users ON DELETE CASCADE);
         INSERT INTO posts VALUES (1, 1);"
    );
    assert_eq!(told(&before, "DROP TABLE tree"), "");
    assert_eq!(told(&before, "DROP TABLE users; DROP TABLE IF EXISTS nobody; DROP TABLE posts"), "");
    let notes = "CREATE TABLE notes (post REFERENCES posts ON DELETE CASCADE); INSERT INTO notes VALUES (1)";
    assert_eq!(
        told(&format!("{before} {notes}"), "DROP TABLE users; DROP TABLE posts"),
        "2: 1 row of `notes` would be deleted with `posts`"
    );
}

#[test]
fn sqlite_does_nothing_for_a_key_that_the_parent_does_not_have() {
    let before = "CREATE TABLE users (id INTEGER, name TEXT);
        CREATE UNIQUE INDEX some ON users (name) WHERE id > 0;
        INSERT INTO users VALUES (1, 'Ann');
        PRAGMA foreign_keys = OFF;
        CREATE TABLE a (user REFERENCES users ON DELETE CASCADE);
        CREATE TABLE b (user REFERENCES users (name) ON DELETE CASCADE);
        CREATE TABLE c (user REFERENCES nobody ON DELETE CASCADE);
        INSERT INTO a VALUES (1); INSERT INTO b VALUES ('Ann'); INSERT INTO c VALUES (1);
        PRAGMA foreign_keys = ON;";
    assert_eq!(told(before, "DROP TABLE users"), "");
    assert_eq!(told(before, "DROP TABLE IF EXISTS nobody"), "");
}

#[test]
fn nothing_happens_to_others_with_foreign_keys_off() {
    let before = format!(
        "{USERS} CREATE TABLE posts (user REFERENCES users ON DELETE CASCADE);
         INSERT INTO posts VALUES (1); PRAGMA foreign_keys = OFF"
    );
    assert_eq!(told(&before, "DROP TABLE users"), "");
}

#[test]
fn a_name_is_looked_for_where_sqlite_looks() {
    let before = format!(
        "{USERS} CREATE TABLE posts (user REFERENCES users ON DELETE CASCADE);
         INSERT INTO posts VALUES (1), (2);
         CREATE TEMP TABLE users (id INTEGER PRIMARY KEY); INSERT INTO temp.users VALUES (1);
         CREATE TEMP TABLE notes (user REFERENCES users ON DELETE CASCADE);
         INSERT INTO notes VALUES (1);
         ATTACH ':memory:' AS \"other one\";
         CREATE TABLE \"other one\".things (id INTEGER PRIMARY KEY);
         CREATE TABLE \"other one\".parts (thing REFERENCES things ON DELETE CASCADE);
         INSERT INTO things VALUES (1); INSERT INTO parts VALUES (1);"
    );
    let (posts, notes) =
        ("2 rows of `posts` would be deleted with", "1 row of `notes` would be deleted with");
    assert_eq!(told(&before, "DROP TABLE users"), format!("1: {notes} `users`"));
    assert_eq!(told(&before, "DROP TABLE Temp.users"), format!("1: {notes} `users`"));
    assert_eq!(told(&before, "DROP TABLE MAIN . users"), format!("1: {posts} `users`"));
    let things = "1: 1 row of `parts` would be deleted with `things`";
    assert_eq!(told(&before, "DROP TABLE things"), things);
    assert_eq!(told(&before, "DROP TABLE \"other one\".things"), things);
}
