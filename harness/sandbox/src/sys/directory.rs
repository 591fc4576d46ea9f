//! What getdents64(2) gives.

use std::ffi::CStr;

/// One entry of a directory.
pub(crate) struct DirectoryEntry<'a> {
    /// Its name.
    pub(crate) name: &'a CStr,
    /// Its type, `DT_DIR` and so on.
    pub(crate) kind: u8,
}

/// The entries in what one getdents64(2) gave.
pub(crate) struct DirectoryEntries<'a>(&'a [u8]);

impl<'a> DirectoryEntries<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl<'a> Iterator for DirectoryEntries<'a> {
    type Item = DirectoryEntry<'a>;

    fn next(&mut self) -> Option<DirectoryEntry<'a>> {
        // Inode and offset, 8 bytes each; length, 2; type, 1; then the name and a NUL.
        let length = usize::from(u16::from_ne_bytes(*self.0.get(16..)?.first_chunk::<2>()?));
        let kind = *self.0.get(18)?;
        let name = CStr::from_bytes_until_nul(self.0.get(19..length)?).ok()?;
        self.0 = self.0.get(length..)?;
        Some(DirectoryEntry { name, kind })
    }
}
