//! Files that are included, and not modules.

use std::fs;

use whimbrel::{Migrator, Source};
use whimbrel_testkit::database::block_on;

use super::mistakes::told;

const USER: &str = "#[derive(Model)]\npub struct User { #[column(primary_key)] id: i64, role: Role }\n";
const ROLE: &str = "#[derive(DbEnum)]\npub enum Role { Member }\n";

/// The tables that `path` makes in a crate of these files, or what is wrong.
fn tables(files: &[(&str, &str)], path: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("Cargo.toml", "")].iter().chain(files) {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let source = Source::path(folder.path().join(path));
    let pushed = block_on(async {
        let mut migrator =
            Migrator::builder("sqlite::memory:").unwrap().source(source).connect().await.unwrap();
        migrator.push().await?;
        migrator.inspect().await
    });
    match pushed {
        Ok(inspected) => {
            inspected.schema.tables.iter().map(|table| table.name.to_string()).collect::<Vec<_>>().join(" ")
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

#[test]
fn what_is_not_there_or_only_while_it_is_built_is_told() {
    let built = "mod proto {\n    include!(concat!(env!(\"OUT_DIR\"), \"/models.rs\"));\n}\n#[cfg(test)]\ninclude!(\"x\");\ninclude!(\"gone.rs\");\n";
    let expected = "src/models.rs:2:5: what this `include!` puts here is known to the compiler alone: its path is not written out\n  \
         help: name the folder or file of the models (`--schema src/models`) if it has none; if it has, have a program \
         print them, compiled: `--schema \"program:cargo run -q --bin models\"`\n\
         src/models.rs:6:1: the file of `include!(\"gone.rs\")` is not there\n  \
         help: write `src/gone.rs`, or take the line out\n";
    for path in ["src", "src/models.rs"] {
        assert_eq!(tables(&[("src/models.rs", built)], path), expected);
    }
}
