//! The table of all rules, by family: [`list`], [`files`], [`escape`], [`absent`], [`query`] are the protocol, [`http`] what it
//! stands on, [`sumdb`] the checksum database, [`upstream`] bad days, [`heal`] what is left of them, [`load`] many clients, [`client`] a real one.

pub mod absent;
pub mod client;
pub mod escape;
pub mod files;
pub mod heal;
pub mod http;
pub mod list;
pub mod load;
pub mod query;
pub mod sumdb;
pub mod upstream;

use std::sync::LazyLock;

use crate::rule::Rule;

/// The Go Modules Reference on the protocol.
pub(crate) const PROTOCOL: &str = "go.dev/ref/mod#goproxy-protocol";
/// The Go Modules Reference on when the next entry of GOPROXY is asked.
pub(crate) const FALLBACK: &str = "go.dev/ref/mod#goproxy-protocol, `go help goproxy`";

/// Every rule, in the order in which they are told.
pub static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    [
        list::RULES,
        files::RULES,
        escape::RULES,
        absent::RULES,
        query::RULES,
        http::RULES,
        sumdb::RULES,
        upstream::RULES,
        heal::RULES,
        load::RULES,
        client::RULES,
    ]
    .concat()
});
