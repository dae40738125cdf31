//! What a source says of kinds that are not managed is not lost without a word.

use crate::story::Story;

const MANAGED: &str = "CREATE TABLE orders (id int PRIMARY KEY, owner text, total int);\n";

/// Everything else, as the administrator would run it.
const BESIDES: &str = "\
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON orders USING (owner = current_user);
CREATE POLICY cheap ON orders FOR SELECT USING (total < 10);
CREATE RULE keep AS ON DELETE TO orders DO INSTEAD NOTHING;
CREATE STATISTICS owner_and_total ON owner, total FROM orders;
CREATE TABLE old_orders () INHERITS (orders);
CREATE COLLATION plain FROM \"C\";
CREATE CAST (text AS bytea) WITHOUT FUNCTION;
CREATE PUBLICATION feed FOR TABLE orders;
CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);
GRANT SELECT ON orders TO PUBLIC;
GRANT USAGE ON SCHEMA public TO clerk;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO clerk;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO clerk;
ALTER TABLE orders OWNER TO clerk;
";

fn begin() -> Story<'static> {
    let story = Story::begin();
    story.sql(
        "DO 'BEGIN CREATE ROLE clerk; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END'",
    );
    story
}

#[test]
fn a_push_says_what_it_leaves_out_until_it_is_there() {
    let mut story = begin();
    story.schema(&format!("{MANAGED}{BESIDES}"));
    story.run(&["push", "--dry-run", "--json"]);
    story.run(&["push"]);
    // What was read before says the same, as does what was found in sync before.
    story.run(&["push"]);
    story.run(&["push"]);
    story.run(&["push", "--json"]);
    story.run(&["push", "--no-cache"]);
    story.psql("CREATE POLICY own ON orders USING (true)");
    story.run(&["push"]);
    story.sql(&format!("DROP POLICY own ON orders; {BESIDES}"));
    story.run(&["push"]);
    story.ends_as("left_out.txt");
}

#[test]
fn so_does_whatever_else_reads_a_source() {
    let mut story = begin();
    let besides =
        "CREATE POLICY own ON orders USING (owner = current_user);\nGRANT SELECT ON orders TO PUBLIC;\n";
    story.schema(&format!("{MANAGED}{besides}"));
    let url = story.database().url();
    story.run(&["diff", &url, "schema.sql"]);
    story.run(&["migrate", "generate", "--name", "orders"]);
    story.run(&["migrate", "generate"]);
    story.run(&["migrate", "generate", "--json"]);
    story.output(&["migrate", "apply"]);
    story.run(&["check"]);
    story.run(&["check", "--json"]);
    // A migration that is written by hand makes them.
    story.run(&["migrate", "create", "besides"]);
    std::fs::write(story.path("migrations/0001_besides.sql"), besides).expect("the folder is ours");
    story.run(&["migrate", "verify", "--accept", "besides"]);
    story.run(&["migrate", "generate"]);
    story.run(&["diff", &url, "migrations"]);
    story.output(&["migrate", "apply"]);
    story.run(&["check"]);
    story.run(&["diff", &url, "schema.sql"]);
    story.ends_as("left_out_elsewhere.txt");
}
