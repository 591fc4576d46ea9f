//! Paths of the plan.

use std::ffi::CString;

use crate::SandboxError;

/// `path` as the kernel takes it.
pub(crate) fn c_string(path: &str) -> Result<CString, SandboxError> {
    CString::new(path).map_err(|_| SandboxError::Path {
        path: path.replace('\0', "\u{fffd}"),
        reason: "it holds a NUL",
    })
}

/// Checks that `path` is absolute and says plainly where it leads.
pub(crate) fn absolute(path: &str) -> Result<&str, SandboxError> {
    let refuse = |reason| {
        Err(SandboxError::Path {
            path: path.to_owned(),
            reason,
        })
    };
    match path.strip_prefix('/') {
        None => refuse("it is not absolute"),
        Some("") => refuse("it is the root itself"),
        Some(rest) if rest.split('/').any(|part| matches!(part, "" | "." | "..")) => {
            refuse("it has an empty part, `.` or `..`")
        }
        Some(_) => Ok(path),
    }
}

/// The directories above an absolute path, outermost first, the root left out.
pub(crate) fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/')
        .filter(|(at, _)| *at > 0)
        .map(|(at, _)| &path[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_outermost_first() {
        assert_eq!(
            parents("/home/dev/go/pkg").collect::<Vec<_>>(),
            ["/home", "/home/dev", "/home/dev/go"]
        );
        assert_eq!(parents("/tmp").count(), 0);
    }

    #[test]
    fn a_path_that_could_lead_elsewhere_is_refused() {
        for path in ["etc", "/", "/etc/../x", "/etc//x", "/etc/", "/./etc", ""] {
            assert!(absolute(path).is_err(), "{path}");
        }
        assert!(absolute("/etc/..hosts").is_ok());
    }
}
