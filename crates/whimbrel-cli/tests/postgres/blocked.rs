//! What is said when other sessions stand in the way, and what happens when they
//! let go.

use crate::session::Session;
use crate::story::Story;

const BEFORE: &str = "CREATE TABLE t (id int PRIMARY KEY, a int);\n";
const AFTER: &str = "CREATE TABLE t (id int PRIMARY KEY, a int, b int);\n";

#[test]
fn the_session_in_the_way_is_named() {
    let mut story = Story::begin();
    story.set_schema(BEFORE);
    assert_eq!(story.output(&["push"]).status.code(), Some(0));
    story.schema(AFTER);

    let mut holder = Session::open(&story.database().url());
    holder.run("BEGIN");
    holder.run("LOCK TABLE t IN ROW EXCLUSIVE MODE");
    story.run(&["push", "--lock-wait", "1s"]);
    holder.run("ROLLBACK");

    holder.run("BEGIN");
    holder.run("SELECT a FROM t");
    story.run(&["push", "--lock-wait", "1s"]);
    holder.run("ROLLBACK");

    holder.run("SELECT pg_advisory_lock(x'7669626f726d'::bigint)");
    story.run(&["push", "--lock-wait", "300ms"]);
    drop(holder);
    story.run(&["push"]);
    story.ends_as("blocked.txt");
}
