//! The machine that a toolchain runs on.

use std::fmt;

/// An operating system and architecture, in Go's words: `linux-amd64`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Platform {
    os: String,
    arch: String,
}

impl Platform {
    /// The platform with these GOOS and GOARCH.
    pub fn new(os: impl Into<String>, arch: impl Into<String>) -> Self {
        Self {
            os: os.into(),
            arch: arch.into(),
        }
    }

    /// The one that modfault was built for.
    pub fn current() -> Self {
        let os = match std::env::consts::OS {
            "macos" => "darwin",
            other => other,
        };
        let arch = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "x86" => "386",
            "powerpc64" => "ppc64le",
            "loongarch64" => "loong64",
            other => other,
        };
        Self::new(os, arch)
    }

    /// Whether a wheel with this platform tag runs here: `manylinux_2_17_x86_64`
    /// (<https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>).
    ///
    /// The toolchain is statically linked, so a wheel for either C library serves.
    pub(crate) fn takes_wheel_tag(&self, tag: &str) -> bool {
        let arch = match self.arch.as_str() {
            "amd64" => "x86_64",
            "arm64" if self.os == "darwin" => "arm64",
            "arm64" => "aarch64",
            "386" => "i686",
            other => other,
        };
        let systems: &[&str] = match self.os.as_str() {
            "linux" => &["manylinux", "musllinux", "linux"],
            "darwin" => &["macosx"],
            _ => &[],
        };
        // one file may carry several tags, joined by dots
        tag.split('.').any(|tag| {
            systems.iter().any(|system| tag.starts_with(system))
                && tag
                    .strip_suffix(arch)
                    .is_some_and(|rest| rest.ends_with('_'))
        })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.os, self.arch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheel_is_taken_only_for_its_own_system_and_architecture() {
        let linux = Platform::new("linux", "amd64");
        assert!(linux.takes_wheel_tag("manylinux_2_17_x86_64"));
        assert!(linux.takes_wheel_tag("manylinux_2_17_x86_64.manylinux2014_x86_64"));
        assert!(linux.takes_wheel_tag("musllinux_1_1_x86_64"));
        assert!(!linux.takes_wheel_tag("manylinux_2_17_aarch64"));
        assert!(!linux.takes_wheel_tag("macosx_10_9_x86_64"));
        assert!(!linux.takes_wheel_tag("any"));
        let mac = Platform::new("darwin", "arm64");
        assert!(mac.takes_wheel_tag("macosx_11_0_arm64"));
        assert!(!mac.takes_wheel_tag("manylinux_2_17_aarch64"));
    }
}
