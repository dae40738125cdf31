//! Files written so that a crash leaves the old one or the new one.
//!
//! Every step passes [`step`], where the tests make a disk fail, or look at what
//! a power cut would leave.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::intent::fresh_id;

/// How the names of temporary files begin and end.
const TEMPORARY: (&str, &str) = (".whimbrel-", ".tmp");

/// How often a write begins anew because somebody swept its temporary file.
const ATTEMPTS: usize = 5;

/// Writes `text` to `path`, over what may be there.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    place(path, text, |temporary| rename(temporary, path))?;
    sync_folder(folder_of(path))
}

/// Writes many texts, each to its path, over what may be there.
///
/// Each folder is brought to the disk once, which halves the waits for it.
pub(super) fn replace_all<'p>(files: &[(&'p Path, &str)]) -> Result<(), (&'p Path, io::Error)> {
    for &(path, text) in files {
        place(path, text, |temporary| rename(temporary, path)).map_err(|error| (path, error))?;
    }
    sync_folders(files.iter().map(|(path, _)| *path))
}

/// Writes `text` to `path` if nothing is there, and says whether it did.
pub(super) fn create(path: &Path, text: &str) -> io::Result<bool> {
    let placed = place(path, text, |temporary| {
        step("link")?;
        // Unlike a rename, a link never takes the place of a file.
        fs::hard_link(temporary, path)
    });
    match placed {
        Ok(()) => sync_folder(folder_of(path)).map(|()| true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Deletes the file at `path`; that there is none is no error.
pub(super) fn delete(path: &Path) -> io::Result<()> {
    match remove(path) {
        Ok(()) => sync_folder(folder_of(path)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Deletes the files at `paths`; that some are not there is no error.
pub(super) fn delete_all<'p>(paths: &[&'p Path]) -> Result<(), (&'p Path, io::Error)> {
    let mut deleted = Vec::new();
    for &path in paths {
        match remove(path) {
            Ok(()) => deleted.push(path),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err((path, error)),
        }
    }
    sync_folders(deleted.into_iter())
}

/// Deletes the temporary files under `folder` that writers who died left.
///
/// A writer who lives and misses its file writes it again. What cannot be looked
/// at or deleted stays: it disturbs nobody.
pub(super) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // Links are not followed: what they lead to is swept in its own place.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sweep(&entry.path());
        } else if is_temporary(&entry.file_name().to_string_lossy()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Says whether a file of this name is only on its way to its place.
pub(super) fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1)
}

/// Creates `folder` and what is missing above it, for good.
pub(super) fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() || folder.as_os_str().is_empty() {
        return Ok(());
    }
    let above = folder_of(folder);
    create_folder(above)?;
    step("create folder")?;
    match fs::create_dir(folder) {
        Ok(()) => sync_folder(above),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Writes `text` to a temporary file, down to the disk, and has it put into its
/// place.
fn place(path: &Path, text: &str, put: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut attempt = 1;
    loop {
        let draft = Draft::write(path, text)?;
        match put(&draft.temporary) {
            Err(error) if error.kind() == ErrorKind::NotFound && attempt < ATTEMPTS => attempt += 1,
            outcome => return outcome,
        }
    }
}

/// A file on its way to its place. Dropping it deletes it, if it is not there.
struct Draft {
    temporary: PathBuf,
}

impl Draft {
    /// Writes `text` to a new file beside `path`, down to the disk.
    fn write(path: &Path, text: &str) -> io::Result<Self> {
        let folder = folder_of(path);
        create_folder(folder)?;
        let (before, after) = TEMPORARY;
        let temporary = folder.join(format!("{before}{}{after}", fresh_id()));
        step("open")?;
        let mut file = File::create_new(&temporary)?;
        let draft = Self { temporary };
        let (first, second) = text.as_bytes().split_at(text.len() / 2);
        step("write")?;
        file.write_all(first)?;
        step("write more")?;
        file.write_all(second)?;
        step("sync")?;
        file.sync_all()?;
        Ok(draft)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After a rename it is not there; what else fails is swept later.
        let _ = fs::remove_file(&self.temporary);
    }
}

fn rename(temporary: &Path, path: &Path) -> io::Result<()> {
    step("rename")?;
    fs::rename(temporary, path)
}

fn remove(path: &Path) -> io::Result<()> {
    step("remove")?;
    fs::remove_file(path)
}

/// Makes what was created, renamed or deleted in `folder` last.
fn sync_folder(folder: &Path) -> io::Result<()> {
    step("sync folder")?;
    #[cfg(unix)]
    match File::open(folder)?.sync_all() {
        // Some file systems of the network keep folders safe without being asked.
        Err(error) if !matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Err(error),
        _ => Ok(()),
    }
    // Windows has no such call.
    #[cfg(not(unix))]
    {
        let _ = folder;
        Ok(())
    }
}

/// Makes what happened in the folders of `paths` last.
fn sync_folders<'p>(paths: impl Iterator<Item = &'p Path>) -> Result<(), (&'p Path, io::Error)> {
    let folders = paths.map(folder_of).collect::<BTreeSet<_>>();
    folders.into_iter().try_for_each(|folder| sync_folder(folder).map_err(|error| (folder, error)))
}

/// The folder in which `path` is.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Passed before every step on the disk.
#[cfg(not(test))]
fn step(_: &'static str) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(super) use probe::{probed, step};

#[cfg(test)]
mod probe {
    //! Lets a test see, and fail, each step of the thread it runs on.

    use std::cell::RefCell;
    use std::io;

    type Probe = Box<dyn FnMut(&'static str) -> io::Result<()>>;

    thread_local! {
        static PROBE: RefCell<Option<Probe>> = const { RefCell::new(None) };
    }

    pub(in crate::store) fn step(name: &'static str) -> io::Result<()> {
        PROBE.with_borrow_mut(|probe| probe.as_mut().map_or(Ok(()), |probe| probe(name)))
    }

    /// Runs `work` with `probe` before each of its steps.
    pub(in crate::store) fn probed<T>(
        probe: impl FnMut(&'static str) -> io::Result<()> + 'static,
        work: impl FnOnce() -> T,
    ) -> T {
        PROBE.set(Some(Box::new(probe)));
        let outcome = work();
        PROBE.set(None);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    /// Runs `work` again and again, in a folder made by `setup`, with the disk
    /// full at step 0, 1, 2 and so on, until it passes; has `check` look at what
    /// each failure left. Returns the names of all steps.
    fn full_at_each_step(
        setup: impl Fn(&Path),
        work: impl Fn(&Path) -> io::Result<()>,
        check: impl Fn(&Path, &str),
    ) -> Vec<&'static str> {
        let mut names = Vec::new();
        loop {
            let folder = tempfile::tempdir().unwrap();
            setup(folder.path());
            let failed = Rc::new(Cell::new(""));
            let (at, mut count, seen) = (names.len(), 0, failed.clone());
            let full = move |name| {
                count += 1;
                if count <= at {
                    return Ok(());
                }
                seen.set(name);
                Err(io::Error::from(ErrorKind::StorageFull))
            };
            match probed(full, || work(folder.path())) {
                Ok(()) => return names,
                Err(error) => assert_eq!(error.kind(), ErrorKind::StorageFull, "{}", failed.get()),
            }
            names.push(failed.get());
            check(folder.path(), failed.get());
        }
    }

    fn files(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut files = fs::read_dir(folder).unwrap().map(name).collect::<Vec<_>>();
        files.sort();
        files
    }

    #[test]
    fn a_full_disk_leaves_the_old_file_and_nothing_beside_it() {
        let steps = full_at_each_step(
            |folder| fs::write(folder.join("a.sql"), "old").unwrap(),
            |folder| replace(&folder.join("a.sql"), "new"),
            |folder, step| {
                assert_eq!(files(folder), ["a.sql"], "{step}");
                let expected = if step == "sync folder" { "new" } else { "old" };
                assert_eq!(fs::read_to_string(folder.join("a.sql")).unwrap(), expected, "{step}");
            },
        );
        assert_eq!(steps, ["open", "write", "write more", "sync", "rename", "sync folder"]);
    }
}
