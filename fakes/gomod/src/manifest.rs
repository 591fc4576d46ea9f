//! The go.mod file.

use crate::path::ModulePath;

/// The go.mod that stands for a module without one (<https://go.dev/ref/mod#non-module-compat>).
pub fn default_go_mod(path: &ModulePath) -> String {
    format!("module {path}\n")
}

/// `go_mod` with `path` in its module directive; where it has none, with one at its head.
pub fn with_module_path(go_mod: &str, path: &str) -> String {
    let directive = format!("module {path}\n");
    let mut replaced = false;
    let mut text: String = go_mod
        .split_inclusive('\n')
        .map(|line| {
            if !replaced && line.split_whitespace().next() == Some("module") {
                replaced = true;
                &directive
            } else {
                line
            }
        })
        .collect();
    if !replaced {
        text.insert_str(0, &directive);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_module_directive_changes() {
        assert_eq!(
            with_module_path(
                "// head\nmodule example.com/a\n\ngo 1.21\n",
                "example.com/b"
            ),
            "// head\nmodule example.com/b\n\ngo 1.21\n"
        );
        assert_eq!(
            with_module_path("go 1.21\n", "example.com/b"),
            "module example.com/b\ngo 1.21\n"
        );
    }

    #[test]
    fn a_module_without_go_mod_gets_a_bare_directive() {
        let path = ModulePath::parse("example.com/greet").unwrap();
        assert_eq!(default_go_mod(&path), "module example.com/greet\n");
    }
}
