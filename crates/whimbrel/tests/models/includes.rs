//! Files that are included, and not modules.

use std::fs;

use whimbrel::{Migrator, Source};
use whimbrel_testkit::database::block_on;

use super::mistakes::told;

const USER: &str = "#[derive(Model)]\npub struct User { #[column(primary_key)] id: i64, role: Role }\n";
const ROLE: &str = "#[derive(DbEnum)]\npub enum Role { Member }\n";

/// The tables that `path` makes in a crate of these files, with what is noted each
/// time that they are pushed, or what is wrong.
fn tables(files: &[(&str, &str)], path: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("Cargo.toml", "")].iter().chain(files) {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let source = Source::path(folder.path().join(path));
    let pushed = block_on(async {
        let url = format!("sqlite://{}", folder.path().join("app.db").display());
        let builder = Migrator::builder(&url).unwrap().source(source).cache(folder.path().join("cache"));
        let mut migrator = builder.connect().await.unwrap();
        let notes = migrator.push().await?.notes;
        // The second finds nothing to do, and the third knows so beforehand.
        for _ in 0..2 {
            assert_eq!(migrator.push().await?.notes, notes);
        }
        Ok((migrator.inspect().await?.schema.tables, notes))
    });
    match pushed {
        Ok((tables, notes)) => {
            let names: Vec<_> = tables.iter().map(|table| table.name.to_string()).collect();
            [vec![names.join(" ")], notes]
                .concat()
                .join("\n")
                .replace(&format!("{}/", folder.path().display()), "")
        }
        Err(whimbrel::Error::Source(error)) => {
            told(&error).replace(&format!("{}/", folder.path().display()), "")
        }
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn an_included_file_is_of_the_module_that_includes_it() {
    let here = "include!(\"user.in\");\nmod inner { std::include!(\"parts/role.rs\"); }\nuse inner::Role;\n";
    let files = [("src/models.rs", here), ("src/user.in", USER), ("src/parts/role.rs", ROLE)];
    assert_eq!(tables(&files, "src/models.rs"), "user");
    assert_eq!(tables(&files, "src"), "user");
    // One that includes itself ends somewhere, too.
    let files = [("src/models.rs", &*format!("{USER}{ROLE}include!(\"models.rs\");"))];
    assert_eq!(tables(&files, "src/models.rs"), "user");
    assert_eq!(tables(&files, "src"), "user");
}

const OUT_DIR: &str = "mod proto {\n    include!(concat!(env!(\"OUT_DIR\"), \"/models.rs\"));\n}\n";

/// As prost and tonic have it: what a build script writes is seldom a model.
#[test]
fn what_a_build_script_writes_is_passed_over_and_told() {
    let here = format!("{OUT_DIR}{USER}{ROLE}");
    let expected = "user\n\
         src/models.rs:2:5: passed over this `include!`: its path is not written out; if it has models, \
         have a program print them, compiled: `--schema \"program:cargo run -q --bin models\"`";
    for path in ["src", "src/models.rs"] {
        assert_eq!(tables(&[("src/models.rs", &here)], path), expected);
    }
}

/// The only models may be those that are passed over.
#[test]
fn models_that_only_a_build_script_can_have_are_an_error() {
    let expected = "src/models.rs:2:5: passed over this `include!`: its path is not written out\n  \
         help: if it has models, have a program print them, compiled: \
         `--schema \"program:cargo run -q --bin models\"`\n";
    for path in ["src", "src/models.rs"] {
        assert_eq!(tables(&[("src/models.rs", OUT_DIR)], path), expected);
    }
}

#[test]
fn what_is_not_there_is_told() {
    let here = format!("{OUT_DIR}#[cfg(test)]\ninclude!(\"x\");\ninclude!(\"gone.rs\");\n{USER}{ROLE}");
    let expected = "src/models.rs:6:1: the file of `include!(\"gone.rs\")` is not there\n  \
         help: write `src/gone.rs`, or take the line out\n";
    for path in ["src", "src/models.rs"] {
        assert_eq!(tables(&[("src/models.rs", &here)], path), expected);
    }
}
