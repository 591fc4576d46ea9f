//! `modfault new`

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::arguments::NewArguments;
use crate::context::Context;
use crate::failure::{Ending, Failure, FileError};
use crate::output::Output;
use modfault_scenario::diagnostic::nearest;
use modfault_scenario::{Layer, template};
use modfault_suite::Collection;

/// The text is no id.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not `<layer>/<name>`")]
struct InvalidId(String);

/// There is a scenario with this id.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` exists already")]
struct Exists(PathBuf);

/// Writes a first scenario file and says how to run it.
pub(super) fn new(
    arguments: &NewArguments,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let id = checked(&arguments.id)?;
    let checkout = Collection::checkout(context.scenarios.as_deref().unwrap_or(&context.directory));
    let (root, is_ours) = match (&arguments.dir, checkout) {
        (Some(directory), _) => (directory.clone(), false),
        (None, Some(Collection::Checkout { scenarios, .. })) => {
            let below = scenarios.strip_prefix(&context.directory);
            (below.unwrap_or(&scenarios).to_owned(), true)
        }
        (None, _) => (PathBuf::from("."), false),
    };
    let path = root.join(format!("{id}.toml"));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .map_err(FileError::of("create", folder))
            .map_err(Failure::usage)?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::usage(Exists(path.clone()))
                .help("choose another name, or change that file"),
            _ => Failure::usage(FileError::of("create", &path)(error)),
        })?;
    file.write_all(template(id).as_bytes())
        .map_err(FileError::of("write", &path))
        .map_err(Failure::machine)?;
    writeln!(output.data, "{}", path.display())?;
    // a path would make it somebody's own, with its snapshot beside it
    let shown = match (is_ours, &context.scenarios) {
        (true, None) => id.to_owned(),
        (true, Some(checkout)) => format!("{id} --scenarios {}", checkout.display()),
        (false, _) => shown(&path),
    };
    writeln!(output.notes, "run it with: modfault run {shown} --bless")?;
    Ok(Ending::AsExpected)
}

fn checked(id: &str) -> Result<&str, Failure> {
    let invalid = || Failure::usage(InvalidId(id.to_owned()));
    let layers = Layer::ALL.map(Layer::as_str);
    let Some((layer, name)) = id.split_once('/') else {
        return Err(invalid().help(format!("the layers are {}", layers.join(", "))));
    };
    if !layers.contains(&layer) {
        let near = nearest(layer, layers);
        return Err(invalid().help(match near.first() {
            Some(near) => format!("did you mean `{near}/{name}`?"),
            None => format!("the layers are {}", layers.join(", ")),
        }));
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(plain) || name.starts_with('-') {
        return Err(invalid().help("a name has lower-case letters, digits and hyphens"));
    }
    Ok(id)
}

/// The path so that `run` takes it for one.
fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    if path.is_absolute() || text.starts_with('.') {
        text
    } else {
        format!("./{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_a_layer_and_a_plain_name() {
        assert!(checked("tls/expired-leaf-2").is_ok());
        for id in [
            "expired",
            "tsl/expired",
            "tls/",
            "tls/Expired",
            "tls/a/b",
            "tls/../x",
            "tls/-x",
            "/x",
        ] {
            assert!(checked(id).is_err(), "{id}");
        }
        let help = checked("goprox/expired").unwrap_err().help.unwrap();
        assert_eq!(help, "did you mean `goproxy/expired`?");
    }
}
