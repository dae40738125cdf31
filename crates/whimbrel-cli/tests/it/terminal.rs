//! The prompts, on a real terminal.

use crate::project::Project;
use crate::screen::{CTRL_C, DOWN, ENTER, ESCAPE, Screen};

const BEFORE: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT, bio TEXT);\n";
const RENAMED: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, nickname TEXT, bio TEXT);\n";
const DROPPED: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT);\n";
const ROWS: &str = "INSERT INTO users VALUES (1, 'ann', 'sings'), (2, 'bob', NULL);";

/// A project with rows whose schema has just become `schema`.
fn project(schema: &str) -> Project {
    let project = Project::pushed(BEFORE, ROWS);
    project.set_schema(schema);
    project
}

#[test]
fn a_plan_runs_when_it_is_confirmed() {
    let project = Project::new(BEFORE);
    let mut screen = Screen::start(project.whimbrel(&["push"]));
    screen.wait_for("apply this? (y/N)");
    screen.press("y\r");
    assert_eq!(screen.end(), 0);
    assert_eq!(
        screen.text(),
        "\
+ create users
    + id:   INTEGER
    + nick: TEXT
    + bio:  TEXT
    + primary key (id)

1 change in 1 statement, proof: exact

? apply this? Yes
pushed to `app.db`"
    );
    assert_eq!(project.value::<i64>("SELECT count(*) FROM users"), 0);
}

#[test]
fn a_plan_does_not_run_by_default() {
    let project = Project::new(BEFORE);
    let mut screen = Screen::start(project.whimbrel(&["push"]));
    screen.wait_for("apply this? (y/N)");
    screen.press(ENTER);
    assert_eq!(screen.end(), 0);
    assert!(screen.text().contains("declined, nothing was done"), "{}", screen.text());
    assert!(!project.database().exists());
}

#[test]
fn yes_skips_the_confirmation() {
    let project = Project::new(BEFORE);
    let mut screen = Screen::start(project.whimbrel(&["push", "--yes"]));
    assert_eq!(screen.end(), 0);
    assert!(project.database().exists());
}

#[test]
fn the_first_choice_of_a_rename_question_keeps_the_values() {
    let project = project(RENAMED);
    let mut screen = Screen::start(project.whimbrel(&["push"]));
    screen.wait_for("esc to leave and change nothing]");
    assert_eq!(
        screen.text(),
        "\
? column users.nickname: new, or renamed from nick?
> renamed from nick TEXT (88% alike)
  new, and nick goes
  stop here and change nothing
[arrow keys to move, enter to choose, esc to leave and change nothing]"
    );
    screen.press(ENTER);
    screen.wait_for("apply this? (y/N)");
    screen.press("y\r");
    assert_eq!(screen.end(), 0);
    assert_eq!(project.value::<String>("SELECT group_concat(nickname) FROM users"), "ann,bob");
}

#[test]
fn a_name_that_is_new_leads_on_to_what_that_loses() {
    let project = project(RENAMED);
    let mut screen = Screen::start(project.whimbrel(&["push"]));
    screen.wait_for("stop here and change nothing");
    screen.press(DOWN);
    screen.press(ENTER);
    screen.wait_for("users.nick: all values are lost (2 rows hold a value, such as 'ann')");
    screen.press(DOWN);
    screen.press(ENTER);
    screen.wait_for("apply this? (y/N)");
    screen.press("y\r");
    assert_eq!(screen.end(), 0);
    assert_eq!(project.value::<i64>("SELECT count(*) FROM users WHERE nickname IS NULL"), 2);
}

#[test]
fn the_first_choice_of_a_loss_question_changes_nothing() {
    let project = project(DROPPED);
    let before = std::fs::read(project.database()).unwrap();
    let mut screen = Screen::start(project.whimbrel(&["push"]));
    screen.wait_for("esc to leave and change nothing]");
    assert_eq!(
        screen.text(),
        "\
? users.bio: all values are lost (1 of 2 rows holds a value, such as 'sings')
> stop here and change nothing
  go ahead
[arrow keys to move, enter to choose, esc to leave and change nothing]"
    );
    screen.press(ENTER);
    assert_eq!(screen.end(), 0);
    assert!(screen.text().contains("declined, nothing was done"), "{}", screen.text());
    assert_eq!(std::fs::read(project.database()).unwrap(), before);
}

#[test]
fn leaving_a_question_ends_with_130_and_changes_nothing() {
    for key in [ESCAPE, CTRL_C] {
        let project = project(RENAMED);
        let before = std::fs::read(project.database()).unwrap();
        let mut screen = Screen::start(project.whimbrel(&["push"]));
        screen.wait_for("stop here and change nothing");
        screen.press(key);
        assert_eq!(screen.end(), 130, "{}", screen.text());
        assert!(screen.text().contains("nothing was done"), "{}", screen.text());
        assert_eq!(std::fs::read(project.database()).unwrap(), before);
    }
}

#[test]
fn leaving_the_confirmation_ends_with_130_and_changes_nothing() {
    let project = project(RENAMED);
    let before = std::fs::read(project.database()).unwrap();
    let mut screen = Screen::start(project.whimbrel(&["push", "--rename", "users.nick=users.nickname"]));
    screen.wait_for("apply this? (y/N)");
    screen.press(CTRL_C);
    assert_eq!(screen.end(), 130, "{}", screen.text());
    assert_eq!(std::fs::read(project.database()).unwrap(), before);
}

#[test]
fn what_changes_while_a_person_thinks_is_planned_for_anew() {
    let project = project(RENAMED);
    let mut screen = Screen::start(project.whimbrel(&["push", "--rename", "users.nick=users.nickname"]));
    screen.wait_for("apply this? (y/N)");
    project.sql("CREATE TABLE late (id INTEGER PRIMARY KEY)");
    screen.press("y");
    screen.press(ENTER);
    screen.wait_for("the schema of the database changed meanwhile: planning anew");
    screen.wait_for("- drop late");
    screen.wait_for("apply this? (y/N)");
    screen.press(ENTER);
    assert_eq!(screen.end(), 0);
    assert_eq!(
        project.value::<i64>("SELECT count(*) FROM pragma_table_info('users') WHERE name = 'nick'"),
        1
    );
}

#[test]
fn a_reset_is_asked_about_as_one() {
    let project = project(BEFORE);
    let mut screen = Screen::start(project.whimbrel(&["push", "--force-reset", "--accept-data-loss"]));
    screen.wait_for("drop everything that is there, then apply this? (y/N)");
    screen.press("y\r");
    assert_eq!(screen.end(), 0);
    assert_eq!(project.value::<i64>("SELECT count(*) FROM users"), 0);
}

#[test]
fn json_asks_nothing_even_at_a_terminal() {
    let project = project(RENAMED);
    let mut screen = Screen::start(project.whimbrel(&["push", "--json"]));
    assert_eq!(screen.end(), 3);
    assert!(screen.text().starts_with("{\"version\":1,\"command\":\"push\""), "{}", screen.text());
}

/// A project that has a migration, and is about to apply it.
fn pending() -> Project {
    let project = Project::new(BEFORE);
    assert_eq!(project.run(&["migrate", "generate", "--name", "users"]).status.code(), Some(0));
    project
}

/// A project that has applied its migration, and has rows.
fn applied() -> Project {
    let project = pending();
    assert_eq!(project.run(&["migrate", "apply"]).status.code(), Some(0));
    project.sql(ROWS);
    project
}

#[test]
fn migrations_are_applied_when_that_is_confirmed() {
    let project = pending();
    let mut screen = Screen::start(project.whimbrel(&["migrate", "apply"]));
    screen.wait_for("(y/N)");
    assert_eq!(screen.text(), "  0000_users\n? apply 1 migration? (y/N)");
    screen.press("y\r");
    assert_eq!(screen.end(), 0);
    assert!(screen.text().contains("? apply 1 migration? Yes\n"), "{}", screen.text());
    assert!(screen.text().contains("1 migration applied to `app.db` in "), "{}", screen.text());
    assert_eq!(project.value::<i64>("SELECT count(*) FROM users"), 0);
}

#[test]
fn migrations_are_not_applied_by_default() {
    for (keys, status, told) in
        [(ENTER, 0, "declined, nothing was applied"), (CTRL_C, 130, "nothing was done")]
    {
        let project = pending();
        let mut screen = Screen::start(project.whimbrel(&["migrate", "apply"]));
        screen.wait_for("apply 1 migration? (y/N)");
        screen.press(keys);
        assert_eq!(screen.end(), status, "{}", screen.text());
        assert!(screen.text().contains(told), "{}", screen.text());
        assert_eq!(project.value::<i64>("SELECT count(*) FROM sqlite_schema"), 0);
    }
}

#[test]
fn a_way_back_that_loses_rows_is_asked_about() {
    let project = applied();
    let mut screen = Screen::start(project.whimbrel(&["migrate", "down"]));
    screen.wait_for("roll back 1 migration? (y/N)");
    screen.press("y\r");
    screen.wait_for("esc to leave and change nothing]");
    assert_eq!(
        screen.text(),
        "  0000_users
? roll back 1 migration? Yes
? users: all rows are lost (it holds 2 rows)
> stop here and change nothing
  go ahead
[arrow keys to move, enter to choose, esc to leave and change nothing]"
    );
    screen.press(ENTER);
    assert_eq!(screen.end(), 0, "{}", screen.text());
    assert!(screen.text().contains("declined, nothing was rolled back"), "{}", screen.text());
    assert_eq!(project.value::<i64>("SELECT count(*) FROM users"), 2);

    let mut screen = Screen::start(project.whimbrel(&["migrate", "down", "--yes"]));
    screen.wait_for("go ahead");
    screen.press(DOWN);
    screen.press(ENTER);
    assert_eq!(screen.end(), 0, "{}", screen.text());
    assert_eq!(project.value::<i64>("SELECT count(*) FROM sqlite_schema WHERE name = 'users'"), 0);
    assert_eq!(project.value::<i64>("SELECT count(*) FROM _whimbrel_migrations"), 0);
}

#[test]
fn a_reset_of_migrations_runs_when_it_is_confirmed() {
    let project = applied();
    let mut screen = Screen::start(project.whimbrel(&["migrate", "reset"]));
    screen.wait_for("(y/N)");
    assert_eq!(
        screen.text(),
        "- drop users\n\n? drop everything in `app.db`, then apply all migrations? (y/N)"
    );
    screen.press(ENTER);
    assert_eq!(screen.end(), 0, "{}", screen.text());
    assert!(screen.text().contains("declined, nothing was done"), "{}", screen.text());
    assert_eq!(project.value::<i64>("SELECT count(*) FROM users"), 2);

    let mut screen = Screen::start(project.whimbrel(&["migrate", "reset", "--accept-data-loss"]));
    screen.wait_for("drop everything in `app.db`, then apply all migrations? (y/N)");
    screen.press("y\r");
    assert_eq!(screen.end(), 0, "{}", screen.text());
    assert_eq!(project.value::<i64>("SELECT count(*) FROM users"), 0);
    assert_eq!(project.value::<i64>("SELECT count(*) FROM _whimbrel_migrations"), 1);
}
