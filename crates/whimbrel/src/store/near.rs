//! Files read, or looked at, by their names in an open folder.
//!
//! The system finds a name in a folder faster than a path, and refuses by itself
//! to follow a link there: so nothing has to be looked at before. What is anything
//! but a plain file is left to whoever asks.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// A folder that is open.
pub(super) struct Near(File);

/// What the system keeps account of for a file.
pub(super) struct Trace {
    /// Which file it is, how long, when it was written and when changed. At least one
    /// is another number after every change, unless two came at the same time.
    pub(super) numbers: [u64; 7],
    /// When something of it changed last, which no program can set.
    pub(super) changed: SystemTime,
}

#[cfg(unix)]
impl Near {
    /// Opens the folder at `place`; `None` if it cannot be opened.
    pub(super) fn open(place: &Path) -> Option<Self> {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;

        let flags = i32::try_from((OFlags::DIRECTORY | OFlags::CLOEXEC).bits()).ok()?;
        File::options().read(true).custom_flags(flags).open(place).ok().map(Self)
    }

    /// The text of the plain file called `name`; `None` if there is no such file,
    /// or more than its name is needed to know what it holds. `buffer` is where it
    /// is read to, and must be longer than the file.
    pub(super) fn read(&self, name: &str, buffer: &mut [u8]) -> Option<String> {
        use rustix::fs::{Mode, OFlags, openat};
        use rustix::io::pread;

        // A pipe would have to be waited for.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = openat(&self.0, name, flags, Mode::empty()).ok()?;
        let mut length = 0;
        // No pipe, folder or terminal has a place to be read at.
        while length < buffer.len() {
            match pread(&file, &mut buffer[length..], length as u64).ok()? {
                0 if length > 0 => return str::from_utf8(&buffer[..length]).ok().map(str::to_owned),
                0 => return None,
                read => length += read,
            }
        }
        None
    }

    /// The trace of the plain file called `name`; `None` if there is no such file.
    pub(super) fn trace(&self, name: &str) -> Option<Trace> {
        use rustix::fs::{AtFlags, FileType, statat};

        let found = statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        if !FileType::from_raw_mode(found.st_mode).is_file() {
            return None;
        }
        let numbers = [
            number(found.st_dev)?,
            number(found.st_ino)?,
            number(found.st_size)?,
            number(found.st_mtime)?,
            number(found.st_mtime_nsec)?,
            number(found.st_ctime)?,
            number(found.st_ctime_nsec)?,
        ];
        let [.., seconds, nanoseconds] = numbers;
        let since = Duration::new(seconds, nanoseconds.try_into().ok()?);
        Some(Trace { numbers, changed: SystemTime::UNIX_EPOCH.checked_add(since)? })
    }
}

/// A number of the system, whose type every system has its own mind of.
#[cfg(unix)]
fn number<N: TryInto<u64>>(number: N) -> Option<u64> {
    number.try_into().ok()
}

#[cfg(not(unix))]
impl Near {
    /// Elsewhere every file is looked at by its path.
    pub(super) fn open(_: &Path) -> Option<Self> {
        None
    }

    /// Nothing: no folder was opened.
    pub(super) fn read(&self, _: &str, _: &mut [u8]) -> Option<String> {
        let Self(_) = self;
        None
    }

    /// Nothing: no folder was opened.
    pub(super) fn trace(&self, _: &str) -> Option<Trace> {
        let Self(_) = self;
        None
    }
}
