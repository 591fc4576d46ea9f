//! What can be wrong with it.

macro_rules! faults {
    ($($fault:ident = $word:literal: $says:literal,)*) => {
        /// One thing wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Fault {
            $(#[doc = $says] $fault,)*
        }

        impl Fault {
            /// The fault of that name.
            pub(crate) fn named(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$fault),)*
                    _ => None,
                }
            }
        }
    };
}

faults! {
    ListShort = "list-short": "The list lacks its first version.",
    ListEmpty = "list-empty": "The list is empty.",
    ListJson = "list-json": "The list is said to be JSON.",
    ListPseudo = "list-pseudo": "The list of a module without releases has its pseudo-version.",
    ListMissing = "list-missing": "There is no list of a module without releases.",
    LatestHtml = "latest-html": "The latest version is a page.",
    InfoOther = "info-other": "`.info` names another version.",
    InfoTime = "info-time": "The time of `.info` is a word.",
    ModCrlf = "mod-crlf": "Lines of `.mod` end as on Windows.",
    ZipPrefix = "zip-prefix": "The names in zips begin with something else.",
    ZipAltered = "zip-altered": "Zips have a file more.",
    NoEscape = "no-escape": "A path with `!` is not known.",
    FoldEscaped = "fold-escaped": "`!c` is taken for `c`.",
    FoldCapitals = "fold-capitals": "`C` is taken for `c`.",
    AbsentOk = "absent-ok": "What is absent is 200, empty.",
    AbsentHtml = "absent-html": "What is absent is told by a page.",
    GoneError = "gone-error": "What is gone is an error of the server.",
    BranchError = "branch-error": "A branch is an error of the server.",
    NoPseudo = "no-pseudo": "There are no pseudo-versions.",
    NoIncompatible = "no-incompatible": "There are no `+incompatible` versions.",
    NoHead = "no-head": "HEAD is not allowed.",
    LongLength = "long-length": "Content-Length is one more than it should be.",
    EmptyCondition = "empty-condition": "A conditional request is 200, empty.",
    BareRange = "bare-range": "A part comes without Content-Range.",
    KeepForEver = "keep-for-ever": "Caches may keep everything for a year.",
    SumdbError = "sumdb-error": "Whether the database is passed on is an error of the server.",
    SumdbRewritten = "sumdb-rewritten": "What the database says gets a line more.",
    SumdbAbsentOk = "sumdb-absent-ok": "What the database lacks is 200, empty.",
    ErrorsAbsent = "errors-absent": "Whatever goes wrong upstream is 404.",
    NoLimit = "no-limit": "The upstream is waited for without end.",
    NoRedirect = "no-redirect": "A redirect upstream is an error.",
    KeepErrors = "keep-errors": "An error is kept.",
    KeepAbsence = "keep-absence": "An absence is kept.",
    Unchecked = "unchecked": "Zips are not looked at.",
    Partial = "partial": "What came before a connection closed is the whole.",
    MixedCrowd = "mixed-crowd": "Every other request for a zip gets other bytes.",
    Dies = "dies": "It ends when it is asked for a zip.",
    EachAsks = "each-asks": "The upstream is asked anew by every request.",
}
