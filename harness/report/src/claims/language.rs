//! The languages that claims are told in.

use modfault_scenario::{Bilingual, ClaimVerdict};

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Chinese, the language of the documents.
    Zh,
}

impl Language {
    /// A text in this language.
    pub fn of(self, text: &Bilingual) -> &str {
        match self {
            Self::En => &text.en,
            Self::Zh => &text.zh,
        }
    }

    /// One of two texts.
    pub(crate) fn choose<'a>(self, en: &'a str, zh: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }

    /// A verdict in this language.
    pub fn verdict(self, verdict: ClaimVerdict) -> &'static str {
        match (self, verdict) {
            (Self::En, _) => verdict.as_str(),
            (Self::Zh, ClaimVerdict::Confirmed) => "属实",
            (Self::Zh, ClaimVerdict::Refuted) => "不实",
            (Self::Zh, ClaimVerdict::Partly) => "部分属实",
            (Self::Zh, ClaimVerdict::Depends) => "视情况而定",
            (Self::Zh, ClaimVerdict::Untried) => "未验证",
        }
    }
}
