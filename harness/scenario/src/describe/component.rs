//! A real program in words.

use super::client::contents;
use super::listed;
use crate::component::ComponentSpec;

/// What is said of it: `nginx, listening on port 443`. Of a patch, what is otherwise.
pub(super) fn role(spec: &ComponentSpec) -> String {
    let mut parts: Vec<String> = spec.program.clone().into_iter().collect();
    let ports = |ports: &[u16]| {
        let words: Vec<String> = ports.iter().map(u16::to_string).collect();
        listed(&words)
    };
    if let Some(listen) = spec.listen.as_ref().filter(|listen| !listen.is_empty()) {
        parts.push(format!("listening on port {}", ports(listen)));
    }
    if let Some(listen) = spec.listen_udp.as_ref().filter(|listen| !listen.is_empty()) {
        parts.push(format!("on UDP port {}", ports(listen)));
    }
    if let Some(paths) = spec.listen_unix.as_ref().filter(|paths| !paths.is_empty()) {
        parts.push(format!("listening at {}", listed(paths)));
    }
    // A whole program has files; told are those that a patch changes.
    if spec.program.is_none() {
        parts.extend(spec.files.iter().map(|(name, content)| match content {
            Some(content) => format!("its {name} {}", contents(content)),
            None => format!("its {name} does not exist"),
        }));
        if let Some(arguments) = &spec.arguments {
            parts.push(format!("its arguments are `{}`", arguments.join(" ")));
        }
        parts.extend(spec.env.iter().map(|(name, value)| match value {
            Some(value) => format!("its {name}={value}"),
            None => format!("its {name} is not set"),
        }));
    }
    parts.join(", ")
}
