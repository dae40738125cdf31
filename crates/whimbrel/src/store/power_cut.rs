//! Tests: what a folder holds when the power fails, or the disk does, before any
//! step of a commit.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::disk::probed;
use super::intent::Intent;
use super::{Edit, FsStore, INTENT, Store, StoreError, View, commit};

type Texts = BTreeMap<String, String>;

fn map<const N: usize>(texts: [(&str, &str); N]) -> Texts {
    texts.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

fn old() -> Texts {
    map([("0000_a.sql", "a"), ("0001_b.sql", "b"), ("meta/_journal.json", "a b")])
}

fn new() -> Texts {
    map([
        ("0000_a.sql", "a"),
        ("0001_c.sql", "c"),
        ("meta/_down/0001_c.sql", "-c"),
        ("meta/_journal.json", "a c"),
    ])
}

fn edit() -> Edit {
    Edit::new()
        .expect("meta/_journal.json", Some("a b"))
        .put("0001_c.sql", "c")
        .put("meta/_down/0001_c.sql", "-c")
        .put("meta/_journal.json", "a c")
        .delete("0001_b.sql")
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Writes the old texts into `folder`.
fn begin(folder: &Path) {
    for (path, text) in old() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Every file under `folder`, whatever it is.
fn files(folder: &Path) -> Texts {
    let mut texts = Texts::new();
    collect(folder, "", &mut texts);
    texts
}

fn collect(folder: &Path, prefix: &str, texts: &mut Texts) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{path}/"), texts);
        } else {
            texts.insert(path, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for (path, text) in files(from) {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// What a view reads.
fn seen(folder: &Path) -> Texts {
    run(async {
        let store = FsStore::new(folder);
        let view = View::open(&store).await.unwrap();
        let paths = view.list().await.unwrap();
        let texts = view.get_many(&paths).await.unwrap();
        paths.into_iter().zip(texts.into_iter().map(Option::unwrap)).collect()
    })
}

/// Commits once more, and checks that the folder then holds `texts`, the new
/// one, and nothing else.
fn go_on(folder: &Path, mut texts: Texts, told: &str) {
    run(commit(&FsStore::new(folder), Edit::new().put("next.sql", "next"))).expect(told);
    texts.insert("next.sql".to_owned(), "next".to_owned());
    assert_eq!(files(folder), texts, "{told}");
}

/// Runs the commit in a folder with the old texts, with `probe` before each step.
fn commit_under(
    folder: &Path,
    probe: impl FnMut(&'static str) -> io::Result<()> + 'static,
) -> Result<(), StoreError> {
    let store = FsStore::new(folder);
    probed(probe, || run(commit(&store, edit())))
}

#[test]
fn a_power_cut_at_any_step_leaves_the_old_or_the_new_texts() {
    let folder = tempfile::tempdir().unwrap();
    let (root, states) = (folder.path().join("migrations"), folder.path().join("states"));
    begin(&root);
    let left = Rc::new(RefCell::new(Vec::<(PathBuf, &str)>::new()));
    let (from, kept) = (root.clone(), left.clone());
    let outcome = commit_under(&root, move |step| {
        let state = states.join(kept.borrow().len().to_string());
        copy(&from, &state);
        kept.borrow_mut().push((state, step));
        Ok(())
    });
    outcome.unwrap();
    assert_eq!(files(&root), new());

    let mut were_new = Vec::new();
    for (at, (state, step)) in left.take().into_iter().enumerate() {
        let told = format!("before step {at}, {step}");
        let texts = seen(&state);
        assert!(texts == old() || texts == new(), "{told}: {texts:?}");
        were_new.push(texts == new());
        go_on(&state, texts, &told);
    }
    // The intent, three files, the folder of one of them, one file and the intent deleted.
    assert_eq!(were_new.len(), 4 * 6 + 2 + 2 * 2);
    assert!(were_new.is_sorted() && were_new.contains(&false), "what was new stays new");
}

/// Fails the steps that `fails` picks, given the one that counts; checks what
/// each failure left and that the next commit passes.
fn fail_at_each_step(kind: ErrorKind, fails: fn(usize, usize) -> bool) -> Vec<(String, bool)> {
    let mut outcomes = Vec::new();
    for at in 0.. {
        let folder = tempfile::tempdir().unwrap();
        begin(folder.path());
        let count = Rc::new(Cell::new(0));
        let counted = count.clone();
        let outcome = commit_under(folder.path(), move |_| {
            let step = counted.replace(counted.get() + 1);
            if fails(step, at) { Err(io::Error::from(kind)) } else { Ok(()) }
        });
        let texts = seen(folder.path());
        assert!(texts == old() || texts == new(), "step {at}: {texts:?}");
        let is_new = texts == new();
        match outcome {
            Ok(()) => assert!(is_new, "step {at}"),
            Err(error) => {
                let name = match &error {
                    StoreError::Unfinished { source, .. } => format!("unfinished: {source:?}"),
                    other => format!("{other:?}"),
                };
                outcomes.push((name.split(" {").next().unwrap().to_owned(), is_new));
            }
        }
        go_on(folder.path(), texts, &format!("step {at}"));
        if count.get() <= at {
            break;
        }
    }
    outcomes
}

#[test]
fn a_full_disk_at_any_step_leaves_the_old_or_the_new_texts() {
    let outcomes = fail_at_each_step(ErrorKind::StorageFull, |step, at| step == at);
    let (before, after): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|(_, is_new)| !is_new);
    // All steps of the intent: it is taken back even where only its folder failed.
    assert_eq!(before, vec![("Full".to_owned(), false); 6]);
    assert_eq!(after, vec![("unfinished: Full".to_owned(), true); 4 * 6 + 2 + 2 * 2 - 6]);
}

#[test]
fn a_disk_that_fails_from_any_step_on_leaves_the_old_or_the_new_texts() {
    let outcomes = fail_at_each_step(ErrorKind::Other, |step, at| step >= at);
    assert_eq!(outcomes.len(), 4 * 6 + 2 + 2 * 2);
}

#[test]
fn a_folder_that_may_not_be_written_is_read_through_an_unfinished_edit() {
    for kind in [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem] {
        let folder = tempfile::tempdir().unwrap();
        begin(folder.path());
        let intent = Intent::Edit(edit()).to_json("somebody");
        run(FsStore::new(folder.path()).put(INTENT, &intent)).unwrap();
        let before = files(folder.path());
        let refused = commit_under(folder.path(), move |_| Err(io::Error::from(kind))).unwrap_err();
        assert!(matches!(&refused, StoreError::Denied { .. }), "{refused:?}");
        assert_eq!(files(folder.path()), before);
        assert_eq!(seen(folder.path()), new());
        go_on(folder.path(), new(), "once it may be written");
    }
}
