//! Migrations in a bucket, on servers that speak as S3, Google Cloud Storage and
//! Azure Blob Storage do.

mod contents;
mod faults;
mod profiles;
mod refusals;
mod ways;

use std::collections::BTreeMap;

use whimbrel::store::BucketStore;
use whimbrel_testkit::bucket::{BucketServer, secret_in};

type Texts = BTreeMap<String, String>;

fn map<const N: usize>(texts: [(&str, &str); N]) -> Texts {
    texts.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

/// The store at a place, such as `releases/shop`.
fn open(server: &BucketServer, place: &str) -> BucketStore {
    BucketStore::open(&server.dialect().url(place), server.variables()).unwrap()
}

/// The store at `releases/shop` with one variable changed.
fn open_with(server: &BucketServer, name: &'static str, value: &str) -> BucketStore {
    let mut variables = server.variables();
    variables.retain(|(known, _)| *known != name);
    variables.push((name, value.to_owned()));
    BucketStore::open(&server.dialect().url("releases/shop"), variables).unwrap()
}

/// The message and the help of a failure, which must hold no secret.
fn told(error: &dyn miette::Diagnostic) -> (String, String) {
    let shown = format!("{error} {error:?}");
    assert_eq!(secret_in(&shown), None, "{shown}");
    (error.to_string(), error.help().map(|help| help.to_string()).unwrap_or_default())
}
