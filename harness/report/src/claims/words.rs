//! What a claim foretells, in words.

use super::Language;
use modfault_outcome::reason::stopped_words;
use modfault_scenario::Expect;

/// Each thing that would be seen.
pub(super) fn foretold(expect: &Expect, language: Language) -> Vec<String> {
    let say = |en: &str, zh: &str| language.choose(en, zh).to_owned();
    let mut words = Vec::new();
    if let Some(exit) = expect.exit {
        words.push(format!("{} {exit}", say("exit", "退出码")));
    }
    if expect.is_hang() {
        words.push(say("it hangs", "命令永不结束"));
    }
    for (stream, texts) in [("stdout", &expect.stdout), ("stderr", &expect.stderr)] {
        for text in texts {
            words.push(match language {
                Language::En => format!("{stream} says `{text}`"),
                Language::Zh => format!("{stream} 出现 `{text}`"),
            });
        }
    }
    for text in &expect.absent {
        words.push(match language {
            Language::En => format!("nothing says `{text}`"),
            Language::Zh => format!("不出现 `{text}`"),
        });
    }
    if let Some(stopped) = &expect.stopped {
        let place = stopped_words(Some(stopped));
        words.push(format!("{} {place}", say("it is stopped", "停在")));
    }
    for host in &expect.asked {
        words.push(format!("{host} {}", say("is asked", "被访问")));
    }
    for host in &expect.not_asked {
        words.push(format!("{host} {}", say("is not asked", "未被访问")));
    }
    for request in &expect.requested {
        words.push(format!("{request} {}", say("is requested", "被请求")));
    }
    for request in &expect.not_requested {
        words.push(format!("{request} {}", say("is not requested", "未被请求")));
    }
    if let Some(least) = expect.at_least {
        words.push(format!(
            "{} {least:?}",
            say("it takes at least", "耗时至少")
        ));
    }
    if let Some(most) = expect.at_most {
        words.push(format!("{} {most:?}", say("it takes at most", "耗时至多")));
    }
    words
}
