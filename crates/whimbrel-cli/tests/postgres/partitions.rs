//! Partitioned tables, as people meet them.

use crate::story::Story;

#[test]
fn partitions_come_and_go_and_keep_their_rows() {
    let mut story = Story::begin();
    let table =
        "CREATE TABLE payment (id int NOT NULL, paid_at date NOT NULL) PARTITION BY RANGE (paid_at);\n";
    let first =
        "CREATE TABLE payment_1 PARTITION OF payment FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');\n";
    let second =
        "CREATE TABLE payment_2 PARTITION OF payment FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');\n";
    let alone = "CREATE TABLE payment_2 (id int NOT NULL, paid_at date NOT NULL);\n";
    story.schema(&format!("{table}{first}{alone}"));
    story.run(&["push"]);
    story.psql("INSERT INTO payment VALUES (1, '2023-05-06')");
    story.psql("INSERT INTO payment_2 VALUES (2, '2024-05-06'), (3, '2025-05-06')");
    // A row is not within the bound.
    story.schema(&format!("{table}{first}{second}"));
    story.run(&["push"]);
    story.psql("DELETE FROM payment_2 WHERE id = 3");
    story.run(&["push"]);
    story.run(&["push"]);
    // A partition that goes, and what the server cannot do.
    story.schema(&format!("{table}{second}"));
    story.run(&["push"]);
    story.run(&["push", "--accept-data-loss"]);
    story.schema("CREATE TABLE payment (id int NOT NULL, paid_at date NOT NULL);\n");
    story.run(&["push", "--accept-data-loss"]);
    // A partition that becomes a table of its own.
    story.schema(&format!("{table}{alone}"));
    story.run(&["push"]);
    assert_eq!(story.sql("SELECT id FROM payment_2").trim(), "2");
    assert_eq!(story.sql("SELECT count(*) FROM payment").trim(), "0");
    story.ends_as("partitions.txt");
}
