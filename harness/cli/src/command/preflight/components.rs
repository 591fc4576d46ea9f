//! The real programs that a host of a scenario may be.

use std::collections::BTreeMap;

use super::{Check, Status, Users};
use crate::context::Context;
use modfault_scenario::KnownComponent;
use modfault_scenario::component::{COMPONENTS, Install};
use modfault_suite::machine::{component_program, component_version};

/// Each that is known: where it is and which version, or what brings it. What is told here is taken out of `users`.
pub(super) fn components(context: &Context, users: &mut BTreeMap<String, Users>) -> Vec<Check> {
    let cache = context.environment.cache_dir().unwrap_or_default();
    let checks = COMPONENTS.iter().map(|known| {
        let users = users.remove(known.name).unwrap_or_default();
        let path = component_program(context.search_path().as_ref(), &cache, known.name);
        match path {
            Some(path) => {
                let version = component_version(&path, known);
                let version = version.unwrap_or_else(|| "of an unknown version".to_owned());
                Check {
                    name: known.name.to_owned(),
                    status: Status::Ok,
                    found: format!("{version}, {}", path.display()),
                    remedy: None,
                }
            }
            None => Check {
                name: known.name.to_owned(),
                status: Status::Limited,
                found: format!("not installed{}", users.in_words()),
                remedy: Some(remedy(known, &cache.to_string_lossy())),
            },
        }
    });
    checks.collect()
}

fn remedy(known: &KnownComponent, cache: &str) -> String {
    let command = known.install.command(cache);
    match known.install {
        Install::Package(_) => {
            format!("install {}: `{command}` on Debian and its kin", known.name)
        }
        Install::Wheel { .. } => format!("install {}: `{command}`", known.name),
        // For a package at a version go wants the list of versions too, and stops where a proxy keeps it back.
        Install::Go(_) => format!(
            "install {}: `.ci/components/install` in a checkout of modfault, or `{command}` where the module proxy lists versions",
            known.name
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_says_which_command_installs_it() {
        let remedy = |name| remedy(KnownComponent::named(name).unwrap(), "/home/x/cache");
        assert_eq!(
            remedy("squid"),
            "install squid: `apt-get install squid` on Debian and its kin"
        );
        let athens = remedy("athens");
        assert!(
            athens.starts_with(
                "install athens: `.ci/components/install` in a checkout of modfault, or `GOBIN=/home/x/cache/components/bin go install github.com/"
            ),
            "{athens}"
        );
    }
}
