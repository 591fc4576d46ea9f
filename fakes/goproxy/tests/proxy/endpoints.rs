//! Every endpoint of a proxy that works.

use http::{Method, StatusCode};

use crate::fixture::{GO_MOD, classify, content, files, get, path, request, send, site, version};
use modfault_gomod::{CommitTime, hash_files, hash_zip};
use modfault_goproxy::GoproxySite;
use modfault_kit::{Login, RequestKind};

#[tokio::test]
async fn the_list_has_releases_and_prereleases_and_no_pseudo_versions() {
    let answer = get(&site(), "/example.com/!greet/@v/list").await;
    assert_eq!(answer.text(), "v1.0.0\nv1.10.0\nv1.11.0-RC.1\n");
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=UTF-8")
    );
}

#[tokio::test]
async fn latest_is_the_highest_release() {
    let answer = get(&site(), "/example.com/!greet/@latest").await;
    assert_eq!(
        answer.text(),
        r#"{"Version":"v1.10.0","Time":"2020-01-01T00:00:00Z"}"#
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn info_gives_the_version_and_its_time() {
    let site = site();
    for (file, json) in [
        (
            "v1.0.0",
            r#"{"Version":"v1.0.0","Time":"2020-01-01T00:00:00Z"}"#,
        ),
        (
            "main",
            r#"{"Version":"v1.10.0","Time":"2020-01-01T00:00:00Z"}"#,
        ),
        (
            "v1.11.0-!r!c.1",
            r#"{"Version":"v1.11.0-RC.1","Time":"2020-01-01T00:00:00Z"}"#,
        ),
        (
            "v1.10.1-0.20210203040506-abcdefabcdef",
            r#"{"Version":"v1.10.1-0.20210203040506-abcdefabcdef","Time":"2021-02-03T04:05:06Z"}"#,
        ),
    ] {
        let answer = get(&site, &format!("/example.com/!greet/@v/{file}.info")).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::OK, json));
    }
}

#[tokio::test]
async fn a_time_that_was_said_is_served() {
    let mut content = content();
    let greet = content.modules.get_mut(&path("example.com/Greet")).unwrap();
    greet.versions.get_mut(&version("v1.0.0")).unwrap().time =
        Some(CommitTime::parse("2022-03-04T05:06:07Z").unwrap());
    let site = GoproxySite::new(content);
    let answer = get(&site, "/example.com/!greet/@v/v1.0.0.info").await;
    assert!(
        answer.text().contains("2022-03-04T05:06:07Z"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn a_module_without_go_mod_gets_one_that_is_not_in_its_zip() {
    let site = site();
    let with = get(&site, "/example.com/!greet/@v/v1.0.0.mod").await;
    assert_eq!(with.text(), GO_MOD);
    let without = get(&site, "/example.com/bare/@v/v0.1.0.mod").await;
    assert_eq!(without.text(), "module example.com/bare\n");
    let zip = get(&site, "/example.com/bare/@v/v0.1.0.zip").await;
    assert_eq!(
        hash_zip(&zip.body).unwrap(),
        hash_files("example.com/bare@v0.1.0/", &files(None))
    );
}

#[tokio::test]
async fn the_zip_is_packed_once() {
    let site = site();
    let first = get(&site, "/example.com/!greet/@v/v1.0.0.zip").await;
    let second = get(&site, "/example.com/!greet/@v/v1.0.0.zip").await;
    assert_eq!(first.header("content-type"), Some("application/zip"));
    assert_eq!(
        hash_zip(&first.body).unwrap(),
        hash_files("example.com/Greet@v1.0.0/", &files(Some(GO_MOD)))
    );
    assert_eq!(first, second);
    assert_eq!(
        first.body.as_ptr(),
        second.body.as_ptr(),
        "both share one buffer"
    );
}

#[tokio::test]
async fn what_the_proxy_does_not_have_is_404_with_a_line_of_text() {
    let site = site();
    for path in [
        "/example.com/!greet/@v/v9.9.9.info",
        "/example.com/!greet/@v/v9.9.9.mod",
        "/example.com/!greet/@v/v9.9.9.zip",
        "/example.com/!greet/@v/main.zip",
        "/example.com/!greet/@v/devel.info",
        "/example.com/!greet/@v/v1.0.0.tar",
        "/example.com/greet/@v/list",
        "/example.com/Greet/@v/list",
        "/example.com/other/@latest",
        "/sumdb/sum.golang.org/supported",
        "/sumdb/sum.golang.org/latest",
    ] {
        let answer = get(&site, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text().starts_with("not found: "), "{path}");
        assert_eq!(answer.text().lines().count(), 1, "{path}");
    }
}

#[tokio::test]
async fn a_database_that_it_stands_in_for_is_supported() {
    let mut content = content();
    content.sumdbs.insert("sum.golang.org".to_owned());
    let site = GoproxySite::new(content);
    let answer = get(&site, "/sumdb/sum.golang.org/supported").await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, ""));
    let other = get(&site, "/sumdb/sum.example/supported").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn below_a_prefix_only_its_own_paths_are_taken() {
    let mut content = content();
    content.prefix = "/goproxy".to_owned();
    let site = GoproxySite::new(content);
    assert_eq!(classify(&site, "/example.com/!greet/@v/list"), None);
    let asked = classify(&site, "/goproxy/example.com/!greet/@v/list?x=1").unwrap();
    assert_eq!(asked.kind, RequestKind::List);
    assert_eq!(asked.path, "/goproxy/example.com/!greet/@v/list?x=1");
    assert_eq!(asked.module.as_deref(), Some("example.com/Greet"));
    let answer = get(&site, "/goproxy/example.com/!greet/@latest").await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn without_the_right_login_nothing_is_served() {
    let login = Login {
        user: "ci".to_owned(),
        password: "s3cret".to_owned(),
    };
    let site = GoproxySite::new(modfault_goproxy::GoproxyContent {
        login: Some(login.clone()),
        ..content()
    });
    let with = |value: &str| {
        let mut request = request(Method::GET, "/example.com/!greet/@latest");
        request
            .headers_mut()
            .insert("authorization", value.parse().unwrap());
        request
    };
    let anonymous = get(&site, "/example.com/!greet/@latest").await;
    assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        anonymous.header("www-authenticate"),
        Some("Basic realm=\"modules\"")
    );
    let wrong = Login {
        password: "other".to_owned(),
        ..login.clone()
    };
    let refused = send(&site, with(&wrong.to_basic()), &[]).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let admitted = send(&site, with(&login.to_basic()), &[]).await;
    assert_eq!(admitted.status, StatusCode::OK);
}

#[tokio::test]
async fn it_answers_head_as_get_and_refuses_to_be_written_to() {
    let site = site();
    let path = "/example.com/!greet/@latest";
    let head = send(&site, request(Method::HEAD, path), &[]).await;
    assert_eq!(head.status, StatusCode::OK);
    let put = send(&site, request(Method::PUT, path), &[]).await;
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(put.header("allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn the_toolchain_module_has_a_kind_of_its_own() {
    let version = version("v0.0.1-go1.26.8.linux-amd64");
    let site = GoproxySite::new(content().with_version(
        path("golang.org/toolchain"),
        version,
        files(Some("module golang.org/toolchain\n")),
    ));
    let zip = "/golang.org/toolchain/@v/v0.0.1-go1.26.8.linux-amd64.zip";
    assert_eq!(classify(&site, zip).unwrap().kind, RequestKind::Toolchain);
    assert_eq!(get(&site, zip).await.status, StatusCode::OK);
}
