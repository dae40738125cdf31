//! Files read by their names in an open folder.
//!
//! The system finds a name in a folder faster than a path, and refuses by itself
//! to follow a link there: so nothing has to be looked at before. What is anything
//! but a plain file is left to whoever asks.

use std::fs::File;
use std::path::Path;

/// A folder that is open.
pub(super) struct Near(File);

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
    /// or more than its name is needed to know what it holds.
    pub(super) fn read(&self, name: &str) -> Option<String> {
        use std::io::Read as _;

        use rustix::fs::{FileType, Mode, OFlags, fstat, openat};

        // A pipe would have to be waited for.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = openat(&self.0, name, flags, Mode::empty()).ok()?;
        let found = fstat(&file).ok()?;
        let size = u64::try_from(found.st_size).ok()?;
        // Some file systems know no size before they are read.
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile || size == 0 {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).ok()?);
        File::from(file).take(size).read_to_end(&mut bytes).ok()?;
        String::from_utf8(bytes).ok()
    }
}

#[cfg(not(unix))]
impl Near {
    /// Elsewhere every file is looked at by its path.
    pub(super) fn open(_: &Path) -> Option<Self> {
        None
    }

    /// Nothing: no folder was opened.
    pub(super) fn read(&self, _: &str) -> Option<String> {
        let Self(_) = self;
        None
    }
}
