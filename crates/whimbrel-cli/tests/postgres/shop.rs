//! The stories of a shop: from nothing to a schema, renames, losses, and back to
//! rest.

use crate::story::Story;

const FIRST: &str = "\
CREATE TYPE state AS ENUM ('open', 'paid');
CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  phone varchar(20)
);
CREATE TABLE orders (
  id serial PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
  state state NOT NULL DEFAULT 'open',
  tags text[] NOT NULL DEFAULT '{}',
  total numeric(10, 2) NOT NULL CHECK (total >= 0)
);
CREATE INDEX open_orders ON orders (customer_id) WHERE state = 'open';
CREATE VIEW debts AS
  SELECT c.name, sum(o.total) AS total FROM customers c JOIN orders o ON o.customer_id = c.id
  WHERE o.state = 'open' GROUP BY c.name;
";

const ROWS: &str = "INSERT INTO customers (name, phone) VALUES ('Ann', '555-0100'), ('Bob', NULL); \
                    INSERT INTO orders (customer_id, total) VALUES (1, 12.50), (2, 7.00)";

#[test]
fn a_schema_grows() {
    let mut story = Story::begin();
    story.schema(FIRST);
    story.run(&["push", "--dry-run"]);
    story.run(&["push"]);
    story.run(&["push"]);
    story.psql(ROWS);

    let renamed = FIRST.replace("name text", "full_name text").replace("c.name", "c.full_name");
    story.set_schema(&renamed);
    story.run(&["push"]);
    story.run(&["push", "--rename", "customers.name=full_name"]);
    story.psql("SELECT * FROM debts ORDER BY 1");

    story.set_schema(&renamed.replace(",\n  phone varchar(20)", "").replace("'paid'", "'paid', 'sent'"));
    story.run(&["push"]);
    story.run(&["push", "--accept-data-loss"]);
    story.run(&["push", "--dry-run"]);
    story.run(&["inspect"]);
    story.ends_as("shop.txt");
}

#[test]
fn what_does_not_cast_is_told() {
    let mut story = Story::begin();
    story.schema("CREATE TABLE people (id int PRIMARY KEY, age text, email text);\n");
    story.run(&["push"]);
    story.psql("INSERT INTO people VALUES (1, '42', 'a@b'), (2, 'n/a', 'a@b')");
    story.schema("CREATE TABLE people (id int PRIMARY KEY, age integer, email text UNIQUE);\n");
    story.run(&["push"]);
    story.run(&["push", "--accept-data-loss"]);
    story.psql("UPDATE people SET age = NULL, email = NULL WHERE id = 2");
    story.run(&["push"]);
    story.schema("CREATE TABLE people (id int PRIMARY KEY, age integer, email text UNIQUE);\nCREATE INDEX i ON people (agee);\n");
    story.run(&["push"]);
    story.ends_as("casts.txt");
}

#[test]
fn rows_that_exclude_each_other_stand_in_the_way() {
    let mut story = Story::begin();
    story.schema("CREATE TABLE stays (id int PRIMARY KEY, room text, arrives date, leaves date);\n");
    story.run(&["push"]);
    story.psql(
        "INSERT INTO stays VALUES (1, 'a', '2024-01-01', '2024-01-05'), (2, 'a', '2024-01-04', '2024-01-06'), \
         (3, 'b', '2024-01-01', '2024-01-05'), (4, 'a', '2024-01-01', NULL), (5, NULL, '2024-01-01', '2024-01-05')",
    );
    story.schema(
        "CREATE TABLE stays (id int PRIMARY KEY, room text, arrives date, leaves date, CONSTRAINT one_guest \
         EXCLUDE USING gist (int4range(ascii(room), ascii(room), '[]') WITH =, daterange(arrives, leaves) \
         WITH &&) WHERE (leaves IS NOT NULL));\n",
    );
    story.run(&["push", "--accept-data-loss"]);
    story.psql("DELETE FROM stays WHERE id = 2");
    story.run(&["push"]);
    story.ends_as("exclusion.txt");
}

/// To compare each of so many rows with every other takes the server longer than
/// anybody waits for it; an index finds the two at once.
#[test]
fn rows_that_are_too_many_to_compare_are_left_to_the_constraint() {
    let mut story = Story::begin();
    story.schema("CREATE TABLE stays (id int PRIMARY KEY, at int4range);\n");
    story.run(&["push"]);
    story.psql(
        "INSERT INTO stays SELECT n, int4range(n, n + 1) FROM generate_series(1, 30000) n; \
         INSERT INTO stays VALUES (0, '[7,8)')",
    );
    story.schema(
        "CREATE TABLE stays (id int PRIMARY KEY, at int4range, CONSTRAINT one_guest EXCLUDE USING gist (at WITH &&));\n",
    );
    story.run(&["push"]);
    story.psql("DELETE FROM stays WHERE id = 0");
    story.run(&["push"]);
    story.ends_as("too_many_to_compare.txt");
}

#[test]
fn unmanaged_kinds_are_counted_and_stay() {
    let mut story = Story::begin();
    story.schema("CREATE TABLE notes (id int PRIMARY KEY, owner text, body text);\n");
    story.run(&["push"]);
    story.psql(
        "ALTER TABLE notes ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON notes USING (owner = current_user)",
    );
    story.schema("CREATE TABLE notes (id int PRIMARY KEY, owner text);\n");
    story.run(&["push"]);
    story.schema("CREATE TABLE notes (id int PRIMARY KEY);\n");
    story.run(&["push"]);
    story.schema("");
    story.run(&["push", "--accept-data-loss"]);
    // A foreign table that is to become one of this database.
    story.psql(
        "CREATE FOREIGN DATA WRAPPER far; CREATE SERVER away FOREIGN DATA WRAPPER far; \
         CREATE FOREIGN TABLE log_1 (at date) SERVER away",
    );
    story.schema("CREATE TABLE notes (id int PRIMARY KEY, owner text);\nCREATE TABLE log_1 (at date);\n");
    story.run(&["push"]);
    story.ends_as("left_alone.txt");
}

/// Whether the table that inherits is in the database or not: no scratch database
/// has it.
#[test]
fn what_rests_on_a_kind_that_is_left_alone_is_refused() {
    let mut story = Story::begin();
    let tables = "CREATE TABLE base (at int);\nCREATE TABLE log () INHERITS (base);\n\
                  CREATE TABLE years (PRIMARY KEY (at)) INHERITS (base);\n";
    let resting = "CREATE VIEW days AS SELECT DISTINCT at FROM log;\n\
                   CREATE TABLE notes (id int PRIMARY KEY, year int REFERENCES years);\n\
                   CREATE FUNCTION logged() RETURNS SETOF log LANGUAGE sql AS 'SELECT * FROM log';\n";
    story.schema(&format!("{tables}{resting}"));
    story.run(&["push"]);
    story.psql("CREATE TABLE base (at int); CREATE TABLE log () INHERITS (base)");
    story.run(&["push"]);
    story.run(&["migrate", "generate", "--name", "days"]);
    story.schema(tables);
    story.run(&["push"]);
    story.ends_as("no_ground.txt");
}

#[test]
fn a_scratch_namespace_serves_without_createdb() {
    let mut story = Story::begin();
    story.sql("CREATE ROLE shopkeeper LOGIN; GRANT CREATE ON SCHEMA public TO shopkeeper");
    story.sql(&format!("ALTER DATABASE {} OWNER TO shopkeeper", story.database().name));
    story.set_url(&story.database().url_as("shopkeeper"));
    story.schema(FIRST);
    story.run(&["push"]);
    story.run(&["push"]);
    // A value that is added and used at once needs a commit between.
    story.set_schema(
        &FIRST.replace("('open', 'paid')", "('new', 'open', 'paid')").replace("'open',\n", "'new',\n"),
    );
    story.run(&["push"]);
    story.run(&["push"]);
    story.ends_as("namespace.txt");
}
