//! What is answered while nothing is wrong.

use http::StatusCode;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use modfault_kit::{Login, Seed};
use modfault_sumdb::{SumdbContent, SumdbSite};
use modfault_web::Site;

use crate::client::{head, lookup};
use crate::fixture::{ask, content, get, record, site};

const LOOKUP: &str = "/lookup/example.com/!greet@v1.1.0";

#[tokio::test]
async fn a_lookup_answers_the_two_lines_of_go_sum_under_a_signed_head() {
    let (head, text) = lookup(&site(3), LOOKUP, &[]).await.unwrap();
    assert_eq!(head.size, 5);
    assert_eq!(text, record("example.com/Greet", "v1.1.0").text());
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("example.com/Greet v1.1.0 h1:"),
        "{text}"
    );
    assert!(
        lines[1].starts_with("example.com/Greet v1.1.0/go.mod h1:"),
        "{text}"
    );
}

#[tokio::test]
async fn the_latest_head_is_that_of_the_lookups() {
    let site = site(300);
    let latest = get(&site, "/latest").await;
    let (looked_up, _) = lookup(&site, LOOKUP, &[]).await.unwrap();
    assert_eq!(head(latest.text()), Ok(looked_up));
}

#[tokio::test]
async fn a_tile_of_the_second_level_has_a_hash_for_each_full_tile() {
    let site = site(600);
    let upper = get(&site, "/tile/8/1/000.p/2").await;
    assert_eq!(upper.body.len(), 64);
    for tile in 0..2 {
        let lower = get(&site, &format!("/tile/8/0/{tile:03}")).await;
        let mut level: Vec<Vec<u8>> = lower.body.chunks(32).map(<[u8]>::to_vec).collect();
        while level.len() > 1 {
            level = level
                .chunks(2)
                .map(|pair| Sha256::digest([&[1], &pair[0][..], &pair[1]].concat()).to_vec())
                .collect();
        }
        assert_eq!(upper.body[tile * 32..][..32], level[0]);
    }
}

#[tokio::test]
async fn a_data_tile_holds_the_records_one_after_the_other() {
    let site = site(1);
    let tile = get(&site, "/tile/8/data/000.p/3").await;
    let greet = record("example.com/Greet", "v1.0.0").text();
    assert!(
        tile.text().contains(&format!("\n1\n{greet}\n2\n")),
        "{}",
        tile.text()
    );
}

#[tokio::test]
async fn what_the_tree_lacks_is_not_found() {
    let site = site(10);
    for path in [
        "/lookup/example.com/greet@v1.0.0",
        "/lookup/example.com/!greet@v1.0.9",
        "/lookup/example.com/Greet@v1.0.0",
        "/tile/8/0/000",
        "/tile/8/0/000.p/13",
        "/tile/8/1/000.p/1",
        "/tile/8/data/000.p/13",
        "/tile/9/0/000.p/1",
    ] {
        let answer = get(&site, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers[CONTENT_TYPE], "text/plain; charset=UTF-8");
    }
}

#[tokio::test]
async fn behind_a_proxy_it_takes_its_own_prefix_and_nothing_else() {
    let prefix = "/goproxy/sumdb/sum.example";
    let site = SumdbSite::new(
        Seed(7),
        SumdbContent {
            prefix: prefix.to_owned(),
            ..content(0)
        },
    );
    let supported = get(&site, &format!("{prefix}/supported")).await;
    assert_eq!(supported.status, StatusCode::OK);
    for path in ["/supported", "/goproxy/sumdb/sum.other.example/supported"] {
        let (parts, ()) = http::Request::get(path).body(()).unwrap().into_parts();
        assert_eq!(site.classify(&parts), None, "{path}");
    }
}

#[tokio::test]
async fn without_the_login_nothing_is_shown() {
    let login = Login {
        user: "dev".to_owned(),
        password: "token".to_owned(),
    };
    let basic = login.to_basic();
    let site = SumdbSite::new(
        Seed(7),
        SumdbContent {
            login: Some(login),
            ..content(0)
        },
    );
    let answer = get(&site, "/latest").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    for (value, status) in [
        (basic.as_str(), StatusCode::OK),
        ("Bearer token", StatusCode::OK),
        ("Bearer another", StatusCode::UNAUTHORIZED),
    ] {
        let request = http::Request::get("/latest").header(AUTHORIZATION, value);
        assert_eq!(ask(&site, request, &[]).await.status, status, "{value}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_log_of_any_length_proves_its_records(fillers in 0u64..1100) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (head, _) = runtime.block_on(lookup(&site(fillers), LOOKUP, &[])).unwrap();
        prop_assert_eq!(head.size, fillers.max(1) + 2);
    }
}
