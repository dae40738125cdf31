//! What the reader of source files cannot resolve, and what it says of it.

use std::fs;

use miette::Diagnostic as _;
use whimbrel::{Migrator, Source, SourceError};
use whimbrel_testkit::database::block_on;

/// Writes files into a crate, reads `path` there, and tells what is wrong.
fn wrong(files: &[(&str, &str)], path: &str) -> String {
    wrong_on("sqlite::memory:", files, path)
}

/// The same on the engine of a URL.
pub(crate) fn wrong_on(url: &str, files: &[(&str, &str)], path: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("Cargo.toml", "")].iter().chain(files) {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let error = block_on(async {
        let builder = Migrator::builder(url).unwrap();
        let mut migrator = builder.source(Source::path(folder.path().join(path))).connect().await.unwrap();
        migrator.push().await.expect_err("the models are wrong")
    });
    let whimbrel::Error::Source(error) = error else { panic!("{error:?}") };
    told(&error).replace(&format!("{}/", folder.path().display()), "")
}

pub(crate) fn told(error: &SourceError) -> String {
    match error {
        SourceError::Models { problems } => {
            let problems = problems.iter().map(|problem| format!("{problem}\n  help: {}\n", problem.help));
            problems.collect()
        }
        one => format!("{one}\n  help: {}\n", one.help().map(|help| help.to_string()).unwrap_or_default()),
    }
}

const MODEL: &str = "#[derive(Model)]\nstruct T {\n    #[column(primary_key)]\n    id: i64,\n    field: ";

fn with_field(ty: &str) -> String {
    format!("{MODEL}{ty},\n}}\n")
}

#[test]
fn names_that_lead_nowhere() {
    assert_eq!(
        wrong(&[("src/models.rs", &with_field("Money"))], "src/models.rs"),
        "src/models.rs:5:12: it is not known what column `Money` is: it is neither a type of the usual crates nor in this crate\n  help: say what the column is: `#[column(type = text)]`\n"
    );
    assert_eq!(
        wrong(
            &[("src/models.rs", &with_field("Money")), ("src/money.rs", "pub struct Money(i64);")],
            "src/models.rs"
        ),
        "src/models.rs:5:12: `Money` at `src/money.rs:1` does not say what its column is\n  help: add `#[derive(DbEnum)]` to an enum, `#[derive(ColumnType)]` to a newtype, or say it: `#[column(type = text)]`\n"
    );
    assert_eq!(
        wrong(
            &[(
                "src/models.rs",
                &(with_field("Money")
                    + "struct Money(i64);\nimpl whimbrel::model::ColumnType for Money {}\n")
            )],
            "src/models.rs"
        ),
        "src/models.rs:5:12: `Money` implements `ColumnType` by hand at `src/models.rs:8`, which only a compiler can read\n  help: say what the column is: `#[column(type = text)]`; or derive `ColumnType`\n"
    );
}

#[test]
fn names_that_may_mean_two_things() {
    let (one, other) = ("#[derive(DbEnum)] pub enum State { A }", "#[derive(DbEnum)] pub enum State { B }");
    let files = |model: &str| {
        wrong(
            &[("src/models/t.rs", model), ("src/models/a.rs", one), ("src/models/b.rs", other)],
            "src/models",
        )
    };
    assert_eq!(
        files(&with_field("State")),
        "src/models/t.rs:5:12: `State` may be that at `src/models/a.rs:1` or at `src/models/b.rs:1`\n  help: write the path to it, such as `crate::models::Name`\n"
    );
    let with_use = format!(
        "use super::b::State;\n{}",
        with_field("State").replace("primary_key", "primary_key, unknown")
    );
    assert_eq!(
        files(&with_use).lines().next().unwrap(),
        "src/models/t.rs:4:27: `column` does not know `unknown`"
    );
}

#[test]
fn files_that_do_not_parse_or_are_not_there() {
    let text = format!("mod missing;\nmod broken;\n{}", with_field("u64"));
    assert_eq!(
        wrong(&[("src/models.rs", &text), ("src/models/broken.rs", "struct {}")], "src/models.rs"),
        "src/models.rs:1:5: the file of `mod missing` is not there\n  help: write `src/models/missing.rs` or `src/models/missing/mod.rs`, or take the line out\n\
         src/models/broken.rs:1:8: this is no Rust: expected identifier\n  help: correct it: `cargo check` says more\n\
         src/models.rs:7:12: `u64` holds numbers that no integer column holds\n  help: use `i64`, or say what the column is: `#[column(type = decimal(20, 0))]`\n"
    );
    assert_eq!(
        wrong(&[("src/models.rs", "struct T;")], "src/models.rs"),
        "`src/models.rs` holds no models\n  help: a model is a struct with `#[derive(Model)]`; name the file or folder that holds yours\n"
    );
}

#[test]
fn an_alias_that_leads_to_itself() {
    let text = with_field("A") + "type A = B;\ntype B = A;\n";
    assert_eq!(
        wrong(&[("src/models.rs", &text)], "src/models.rs"),
        "src/models.rs:5:12: `B` leads to itself\n  help: say what the column is: `#[column(type = text)]`\n"
    );
}

#[test]
fn macros_that_make_models() {
    let makes = "macro_rules! table {\n    ($name:ident) => {\n        #[derive(Debug, whimbrel::Model)]\n        \
                 struct $name { #[column(primary_key)] id: i64 }\n    };\n}\n";
    let calls = "pub mod inner {\n    crate::table!(User);\n}\nwrapped! {\n    #[derive(Model)]\n    \
                 struct Post { #[column(primary_key)] id: i64 }\n}\nother! { struct Plain; }\n";
    let help = "write the struct out, or have a program print the models, compiled: \
                `--schema \"program:cargo run -q --bin models\"`";
    assert_eq!(
        wrong(&[("src/models/makes.rs", makes), ("src/models/calls.rs", calls)], "src/models"),
        format!(
            "src/models/calls.rs:2:5: `table!` makes a model, and no macro is expanded here\n  help: {help}\n\
             src/models/calls.rs:4:1: `wrapped!` makes a model, and no macro is expanded here\n  help: {help}\n"
        )
    );
}

#[test]
fn a_derive_under_another_name() {
    let text = "use whimbrel::{DbEnum, Model as Table};\nuse whimbrel::model::Model as _;\n\n\
                #[derive(Table)]\nstruct User { #[column(primary_key)] id: i64 }\n";
    assert_eq!(
        wrong(&[("src/models.rs", text)], "src/models.rs"),
        "src/models.rs:1:24: `Model` is called `Table` here, and what derives it is not seen\n  \
         help: keep its name, or write `#[derive(whimbrel::Model)]`\n"
    );
}
