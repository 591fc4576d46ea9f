//! A rule played on a stand.

use std::time::Duration;

use futures_util::future::join_all;

use crate::act::{Act, Ask};
use crate::client::exchange;
use crate::result::{Demonstration, Finding, RuleResult};
use crate::rule::{Rule, Setting, Shortfall, Shown};
use crate::sample::Sample;
use crate::seen::{Reply, Seen};
use crate::stand::Stand;

/// The proxy behind the subject in GOPROXY, where there is one.
pub const NEXT: &str = "https://next.corp.example";

/// Does what `rule` says on `stand`, waiting so long for each answer, and judges it.
///
/// # Errors
/// It could not be done, and that is no fault of the subject.
pub async fn play<S: Stand>(
    stand: &mut S,
    rule: &Rule,
    sample: &Sample,
    patience: Duration,
) -> Result<RuleResult, S::Error> {
    let acts = (rule.acts)(sample);
    let is_bent = rule.setting != Setting::Healthy;
    if acts.is_empty() || (is_bent && !sample.has_world) {
        let why = match sample.has_world {
            true => "there is nothing to ask it with",
            false => "it takes a world: `modfault conform -- SERVER`",
        };
        return Ok(RuleResult::of(rule, Finding::not_tried(why)));
    }
    let seen = seen(stand, &acts, patience).await?;
    Ok(RuleResult::of(rule, judged(rule, sample, &seen)))
}

/// What a rule finds in what was seen.
pub fn judged(rule: &Rule, sample: &Sample, seen: &Seen) -> Finding {
    match (rule.check)(sample, seen) {
        Ok(seen) => Finding::passed(seen),
        Err(Shortfall::Fails(seen)) => Finding::failed(seen),
        Err(Shortfall::NotTried(why)) => Finding::not_tried(why),
    }
}

/// Runs `go` as `shown` says on `stand`.
///
/// # Errors
/// It could not be run, and that is no fault of the subject.
pub async fn show<S: Stand>(
    stand: &mut S,
    shown: Shown,
) -> Result<Option<Demonstration>, S::Error> {
    let subject = stand.subject().url();
    let goproxy = match shown.next {
        true => format!("{subject},{NEXT}"),
        false => subject,
    };
    stand.go(shown.run, &goproxy).await
}

async fn seen<S: Stand>(stand: &mut S, acts: &[Act], patience: Duration) -> Result<Seen, S::Error> {
    let mut seen = Seen::default();
    drop(stand.upstream().await);
    for act in acts {
        match act {
            Act::Ask(ask) => {
                let ask = conditioned(ask, &seen);
                let reply = exchange(stand, stand.subject(), &ask, patience).await;
                seen.replies.push(reply);
            }
            Act::Together(times, ask) => {
                let asking = (0..*times).map(|_| exchange(stand, stand.subject(), ask, patience));
                let replies = join_all(asking).await;
                seen.replies.extend(replies);
            }
            Act::AskDatabase(path) => {
                let reply = match stand.database() {
                    Some(database) => exchange(stand, database, &Ask::get(path), patience).await,
                    None => Reply::Broken("it is not to be reached".to_owned()),
                };
                seen.replies.push(reply);
            }
            Act::Lift => stand.lift(),
            Act::Go(command) => {
                let goproxy = stand.subject().url();
                seen.runs.extend(stand.go(command, &goproxy).await?);
            }
        }
    }
    seen.upstream = stand.upstream().await;
    Ok(seen)
}

/// The request with the entity tag of the reply that it names.
fn conditioned(ask: &Ask, seen: &Seen) -> Ask {
    let tag = ask.unless.and_then(|index| match seen.replies.get(index)? {
        Reply::Answered(answer) => answer.header("etag"),
        Reply::Broken(_) | Reply::Silent(_) => None,
    });
    match tag {
        Some(tag) => ask.clone().with("if-none-match", tag),
        None => ask.clone(),
    }
}
