//! What a fault makes of what would be served.

use bytes::Bytes;
use http::StatusCode;

use crate::served::Served;
use crate::wanted::File;
use modfault_gomod::with_module_path;
use modfault_kit::fault::GoproxyFault;

/// What is served for `file` of `module` under `fault`, where `served` would have been served without it.
///
/// A fault about another file than `file`, or about one that is missing anyway, changes nothing.
pub(crate) fn bend<'a>(
    fault: &GoproxyFault,
    module: &str,
    file: &File,
    served: Served<'a>,
) -> Served<'a> {
    let missing = |status| missing(status, &file.named(module));
    match (fault, served) {
        (GoproxyFault::NotFound, _) => missing(StatusCode::NOT_FOUND),
        (GoproxyFault::Gone, _) => missing(StatusCode::GONE),

        (GoproxyFault::BadJson, Served::Info { .. } | Served::Raw { .. }) if is_json(file) => {
            Served::Raw {
                content_type: "application/json",
                bytes: Bytes::from_static(b"{\"Version\":"),
            }
        }
        (GoproxyFault::WrongVersion(version), Served::Info { time, .. }) => Served::Info {
            version: version.clone(),
            time,
        },
        (GoproxyFault::NoLatest, _) if *file == File::Latest => missing(StatusCode::NOT_FOUND),

        (GoproxyFault::WrongModulePath(path), served) => {
            with_go_mod(served, |go_mod| with_module_path(go_mod, path))
        }
        // A block without an end. An unknown directive would pass: go overlooks those in what it depends on.
        (GoproxyFault::BadGoMod, served) => {
            with_go_mod(served, |go_mod| format!("{go_mod}\nrequire (\n"))
        }

        (GoproxyFault::TruncatedZip(length), Served::Zip(archive)) => match archive.packed() {
            Ok(bytes) => truncated(bytes, length.0),
            Err(_) => Served::Zip(archive),
        },
        (GoproxyFault::TruncatedZip(length), Served::Raw { bytes, .. })
            if matches!(file, File::Zip(_)) =>
        {
            truncated(bytes, length.0)
        }
        (GoproxyFault::NotAZip, Served::Zip(_)) => Served::Raw {
            content_type: "application/zip",
            bytes: Bytes::from_static(b"these bytes are no archive\n"),
        },
        (GoproxyFault::WrongZipPrefix, Served::Zip(archive)) => {
            let prefix = repository_prefix(archive.prefix());
            Served::Zip(archive.under(prefix))
        }
        (GoproxyFault::AlteredZip, Served::Zip(archive)) => Served::Zip(archive.with_file(
            "ALTERED.txt",
            "This file is in the zip and not in the module.\n".to_owned(),
        )),
        (GoproxyFault::OtherGoModInZip, Served::Zip(archive)) => {
            let go_mod = archive.go_mod().unwrap_or_default();
            let other = format!("// Not the go.mod of the .mod file.\n{go_mod}");
            Served::Zip(archive.with_file("go.mod", other))
        }

        (GoproxyFault::RepackedZip, Served::Zip(archive)) => Served::Zip(archive.deflated()),

        (GoproxyFault::EmptyList, Served::List(_)) => Served::List(Vec::new()),
        (GoproxyFault::StaleList(version), Served::List(mut versions)) => {
            versions.retain(|listed| listed != version);
            Served::List(versions)
        }
        (GoproxyFault::GhostVersion(version), Served::List(mut versions)) => {
            if !versions.contains(version) {
                versions.push(version.clone());
            }
            Served::List(versions)
        }
        (GoproxyFault::GhostVersion(version), _) if file.version() == Some(version) => {
            missing(StatusCode::NOT_FOUND)
        }

        (
            GoproxyFault::BadJson
            | GoproxyFault::WrongVersion(_)
            | GoproxyFault::TruncatedZip(_)
            | GoproxyFault::NotAZip
            | GoproxyFault::WrongZipPrefix
            | GoproxyFault::AlteredZip
            | GoproxyFault::OtherGoModInZip
            | GoproxyFault::RepackedZip
            | GoproxyFault::EmptyList
            | GoproxyFault::StaleList(_)
            | GoproxyFault::GhostVersion(_)
            | GoproxyFault::NoLatest,
            served,
        ) => served,
    }
}

fn is_json(file: &File) -> bool {
    matches!(file, File::Info(_) | File::Latest)
}

fn missing<'a>(status: StatusCode, what: &str) -> Served<'a> {
    match status {
        StatusCode::GONE => {
            Served::Missing(status, format!("gone: this proxy has no {what} any more"))
        }
        _ => Served::not_found(what),
    }
}

/// Changes the go.mod wherever it is served: as a file of its own and, the same way, in the zip.
fn with_go_mod<'a>(served: Served<'a>, change: impl Fn(&str) -> String) -> Served<'a> {
    match served {
        Served::GoMod(go_mod) => Served::GoMod(change(&go_mod)),
        Served::Zip(archive) => Served::Zip(match archive.go_mod().map(change) {
            Some(go_mod) => archive.with_file("go.mod", go_mod),
            None => archive,
        }),
        other => other,
    }
}

fn truncated<'a>(bytes: Bytes, length: u64) -> Served<'a> {
    let length = usize::try_from(length).map_or(bytes.len(), |length| length.min(bytes.len()));
    Served::Raw {
        content_type: "application/zip",
        bytes: bytes.slice(..length),
    }
}

/// The prefix that a code host gives the archive of a tag: `greet-1.0.0/` for `example.com/greet@v1.0.0/`.
fn repository_prefix(prefix: &str) -> String {
    let name = prefix.rsplit('/').nth(1).unwrap_or(prefix);
    format!("{}/", name.replacen("@v", "-", 1))
}
