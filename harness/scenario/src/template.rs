//! The first file that `modfault new` writes.

/// A scenario file to start from: commented, valid, and it runs. `id` is `<layer>/<name>`.
pub fn template(id: &str) -> String {
    let (layer, name) = id.split_once('/').unwrap_or(("http", id));
    TEMPLATE.replace("{layer}", layer).replace("{name}", name)
}

const TEMPLATE: &str = r#"# {layer}/{name}: a controlled experiment with the real go command. Run it with: modfault run ./{layer}/{name}.toml
# Every key is explained in scenarios/README.md; `modfault schema` prints a JSON Schema that lets an editor complete them.

# One sentence: what is wrong.
description = "The module proxy answers 502 for every zip."

# What it shows: "fails" (the default), "survives", "slower" or "myth".
kind = "fails"

# A command that waits costs no time: the world has a clock of its own, which begins on 2026-01-01 unless `clock.start` says
# another day. `clock.real = "why"` runs it on the machine's.

# The machine that the command runs on. `steps = [...]` in place of `run` where one command does not tell it.
[client]
run = "go mod download example.com/greet@v1.0.0"
env.GOPROXY = "https://goproxy.corp.example"

# The machines of the small internet. DNS, addresses and trusted certificates are there without being asked for.
[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/greet"]

# A module of this file's own: version, then file by file.
[modules."example.com/greet"."v1.0.0"]
"go.mod" = "module example.com/greet\n\ngo 1.19\n"
"greet.go" = "package greet\n"

# The one thing wrong: on which host, for which requests, and what. Without it, everything must work: that is the control.
[[fault]]
on = "goproxy.corp.example"
get = "zip"
http.status = 502

# What must then be seen. The whole of it is recorded beside, by `modfault run --bless`.
[expect]
exit = 1
stopped = { at = "goproxy.corp.example", in = "goproxy" }

# What mends it: each fix is tried in a world of its own, and must.
[[fix]]
title = "The proxy can reach its storage again"
lift = true

# What is often tried and does not mend it: each must not.
[[nonfix]]
title = "An empty module cache: nothing of the zip was in it"
before = [{ run = "go clean -modcache" }]
"#;
