//! What documents state, and what experiments make of it: as a table, one by one with the evidence, and as an article.

mod article;
mod card;
mod evidence;
mod language;
mod table;
mod words;

pub use article::claims_article;
pub use card::ClaimCard;
pub use evidence::{claim_evidence, claim_untold};
pub use language::Language;
pub use table::{claims_json, claims_table};

pub(crate) use table::reliance;
