//! The mistakes that people make, each with its own message, and all at once.
//!
//! What a struct alone shows is also a compile error: see the tests of
//! `whimbrel-derive`. What only an engine knows, or all models together, is told
//! of compiled models when they are used.

#![expect(dead_code, reason = "what is in the fields is never read")]

use whimbrel::core::dialect::Dialect;
use whimbrel::{Error, Migrator, schema};
use whimbrel_testkit::database::{Database, block_on};

use super::mistakes::{told, wrong_on};

/// A file of models with one mistake in it, and what is said of it.
type Case = (&'static str, &'static str);

const UNKNOWN_TYPE: Case = (
    "#[derive(Model)]\nstruct Payment {\n    #[column(primary_key)]\n    id: i64,\n    amount: Money,\n}\n",
    "payment.rs:5:13: it is not known what column `Money` is: it is neither a type of the usual crates nor in this crate
  help: say what the column is: `#[column(type = text)]`
",
);

const ONE_TABLE: Case = (
    "#[derive(Model)]\n#[model(table = \"users\")]\nstruct User { #[column(primary_key)] id: i64 }\n\n\
     #[derive(Model)]\n#[model(table = \"users\")]\nstruct Member { #[column(primary_key)] id: i64 }\n",
    "user.rs:7:8: `Member` and `User` are both the table `users`, the other at `src/models/user.rs:3`
  help: give one of them another: `#[model(table = \"...\")]`
",
);

const MISSING_MODEL: Case = (
    "#[derive(Model)]\nstruct Post {\n    #[column(primary_key)]\n    id: i64,\n    \
     #[column(references(Author))]\n    author_id: i64,\n}\n",
    "post.rs:5:25: there is no model `Author` in this crate
  help: name a struct that derives `Model`; for a table without one write `references(table(\"name\", \"column\"))`
",
);

const MISSING_FIELD: Case = (
    "#[derive(Model)]\n#[model(index(titel))]\nstruct Page { #[column(primary_key)] id: i64, title: String }\n",
    "page.rs:2:15: `Page` has no field `titel`
  help: its fields are `id`, `title`
",
);

const DEFAULT: Case = (
    "#[derive(Model)]\nstruct Item { #[column(primary_key)] id: i64, #[column(default = \"one\")] count: i32 }\n",
    "item.rs:2:56: the default of `count` does not fit its type
  help: write a whole number of 32 bits
",
);

const RESERVED_BY_THE_ENGINE: Case = (
    "#[derive(Model)]\n#[model(table = \"sqlite_log\")]\nstruct Log { #[column(primary_key)] id: i64 }\n",
    "log.rs:3:8: SQLite keeps names like `sqlite_log` for itself
  help: choose another: `#[model(table = \"...\")]`
",
);

const RESERVED_BY_WHIMBREL: Case = (
    "#[derive(Model)]\n#[model(table = \"_whimbrel_migrations\")]\nstruct Own { #[column(primary_key)] id: i64 }\n",
    "own.rs:3:8: whimbrel keeps the name `_whimbrel_migrations` for a table of its own
  help: choose another: `#[model(table = \"...\")]`
",
);

const NO_VARIANTS: Case = (
    "#[derive(DbEnum)]\nenum State {}\n",
    "state.rs:2:6: the enum `State` has no variants
  help: give it one: a column of it could hold nothing
",
);

const NO_KEY: Case = (
    "#[derive(Model)]\nstruct Line { text: String }\n",
    "line.rs:2:8: `Line` has no primary key
  help: mark a field with `#[column(primary_key)]`; to mean it, write `#[model(no_primary_key)]`
",
);

const GENERIC: Case = (
    "#[derive(Model)]\nstruct Envelope<T> { #[column(primary_key)] id: i64, content: T }\n",
    "envelope.rs:2:16: `Envelope` has parameters, and a table has none
  help: write a struct without generics and lifetimes for each table
",
);

const NO_RUST: Case = (
    "#[derive(Model)]\nstruct Broken { id: i64 \n",
    "broken.rs:2:15: this is no Rust: a quote or a bracket has no partner
  help: correct it: `cargo check` says more
",
);

/// An embedded struct and a newtype tell of all that is wrong with them, once,
/// where they stand.
const PARTS: Case = (
    "#[derive(Embedded)]\nstruct Address { street: Street, rooms: u64, lists: Vec<Vec<i64>> }\n\
     #[derive(ColumnType)]\nstruct Label(Text);\n\
     #[derive(Model)]\nstruct House {\n    #[column(primary_key)]\n    id: i64,\n    \
     #[column(flatten)]\n    a: Address,\n    #[column(flatten = \"b_\")]\n    b: Address,\n    label: Label,\n}\n",
    "house.rs:2:41: `u64` holds numbers that no integer column holds
  help: use `i64`, or say what the column is: `#[column(type = decimal(20, 0))]`
src/models/house.rs:2:57: a list of lists is no column
  help: use `Json<...>`, or a table of its own
src/models/house.rs:2:26: it is not known what column `Street` is: it is neither a type of the usual crates nor in this crate
  help: say what the column is: `#[column(type = text)]`
src/models/house.rs:4:8: it is not known what column `Text` is: it is neither a type of the usual crates nor in this crate
  help: say what the column is: `#[column(type = text)]`
",
);

/// Every case, in the order in which all of them together are told.
const CASES: [Case; 12] = [
    NO_RUST,
    GENERIC,
    DEFAULT,
    NO_KEY,
    MISSING_FIELD,
    UNKNOWN_TYPE,
    MISSING_MODEL,
    PARTS,
    NO_VARIANTS,
    ONE_TABLE,
    RESERVED_BY_THE_ENGINE,
    RESERVED_BY_WHIMBREL,
];

/// The file that a case is about.
fn file((_, said): &Case) -> String {
    format!("src/models/{}", said.split(':').next().unwrap())
}

fn said((_, said): &Case) -> String {
    format!("src/models/{said}")
}

#[test]
fn each_has_its_own_message() {
    // The crate has another model, so that it has any.
    let other =
        ("src/models/other.rs", "#[derive(Model)]\nstruct Other { #[column(primary_key)] id: i64 }\n");
    for case in &CASES {
        let path = file(case);
        let found = wrong_on("sqlite::memory:", &[(&path, case.0), other], "src/models");
        assert_eq!(found, said(case));
    }
}

#[test]
fn all_are_told_at_once() {
    let paths: Vec<String> = CASES.iter().map(file).collect();
    let files: Vec<(&str, &str)> =
        paths.iter().zip(&CASES).map(|(path, case)| (path.as_str(), case.0)).collect();
    let found = wrong_on("sqlite::memory:", &files, "src/models");
    assert_eq!(found, CASES.iter().map(said).collect::<String>());
}

const LONG: &str = "#[derive(Model)]
#[model(table = \"a_name_that_tells_everything_there_is_to_tell_and_is_too_long_for_it\")]
struct Tale { #[column(primary_key)] id: i64, #[column(name = \"xmin\")] x: i64 }
";

#[test]
fn names_too_long_and_reserved_on_postgres() {
    let database = block_on(Database::shared(Dialect::Postgres));
    let name = "a_name_that_tells_everything_there_is_to_tell_and_is_too_long_for_it";
    assert_eq!(
        wrong_on(database.url(), &[("src/models.rs", LONG)], "src/models.rs"),
        format!(
            "\
src/models.rs:3:8: the name `{name}` has 68 bytes, and PostgreSQL has room for 63
  help: choose another: `#[model(table = \"...\")]`
src/models.rs:3:72: PostgreSQL keeps the name `xmin` for itself
  help: choose another: `#[column(name = \"...\")]`
src/models.rs:3:8: the name `{name}_pkey` has 73 bytes, and PostgreSQL has room for 63
  help: give it one that fits: `name = \"...\"`
"
        )
    );
}

/// What the compiler cannot see is told when compiled models are used, with the
/// same words and places.
mod compiled {
    use whimbrel::Model;

    #[derive(Model)]
    #[model(table = "users")]
    pub(super) struct User {
        #[column(primary_key)]
        id: i64,
    }

    #[derive(Model)]
    #[model(table = "users")]
    pub(super) struct Member {
        #[column(primary_key)]
        id: i64,
        #[column(references(User))]
        user_id: String,
    }

    #[derive(Model)]
    #[model(table = "sqlite_log")]
    pub(super) struct Log {
        #[column(primary_key)]
        id: i64,
    }

    #[derive(Model)]
    pub(super) struct Unlisted {
        #[column(primary_key)]
        id: i64,
    }

    #[derive(Model)]
    pub(super) struct Lonely {
        #[column(primary_key, references(Unlisted))]
        id: i64,
    }
}

#[test]
fn compiled_models_are_told_of_together() {
    use compiled::{Log, Lonely, Member, User};
    let error = block_on(async {
        let builder = Migrator::builder("sqlite::memory:").unwrap();
        let mut migrator = builder.source(schema![User, Member, Log, Lonely]).connect().await.unwrap();
        migrator.push().await.expect_err("the models are wrong")
    });
    let Error::Source(error) = error else { panic!("{error:?}") };
    assert_eq!(
        told(&error).replace(file!(), "here.rs"),
        "\
here.rs:199:23: `Member` and `User` are both the table `users`, the other at `here.rs:192`
  help: give one of them another: `#[model(table = \"...\")]`
here.rs:202:18: `user_id` is of the type TEXT, and `User.id` of INTEGER
  help: give both fields one type
here.rs:208:23: SQLite keeps names like `sqlite_log` for itself
  help: choose another: `#[model(table = \"...\")]`
here.rs:221:42: `Unlisted` is not among the models
  help: add `Unlisted` to the models, or refer to `table(\"...\", \"...\")`
"
    );
}
