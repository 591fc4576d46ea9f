//! Where there is no Linux.

use crate::{SandboxError, SandboxPlan};

/// A sandbox, which needs Linux.
#[derive(Debug)]
pub enum Sandbox {}

impl Sandbox {
    /// Always [`SandboxError::NeedsLinux`].
    pub fn create(_plan: &SandboxPlan) -> Result<Self, SandboxError> {
        Err(SandboxError::NeedsLinux)
    }
}
