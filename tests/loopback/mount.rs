//! A small disk of a test's own: a file system in memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A small file system of its own.
pub(crate) struct Disk {
    folder: TempDir,
}

impl Disk {
    /// `None` if this user may not mount one.
    pub(crate) fn mount(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path());
        let status = mount.stdout(Stdio::null()).stderr(Stdio::null()).status();
        let mounted = status.is_ok_and(|status| status.success());
        mounted.then_some(Self { folder })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes all space that is left; the file that does can be removed.
    pub(crate) fn fill(&self) -> PathBuf {
        let filler = self.path().join("filler");
        // As much as fits.
        let full = fs::write(&filler, vec![1; 8 << 20]).expect_err("the disk is full");
        assert_eq!(full.raw_os_error(), Some(28), "{full}");
        filler
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // At once or when the last file on it is closed.
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}
