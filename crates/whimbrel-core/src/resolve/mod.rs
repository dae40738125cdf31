//! Questions that only a person can answer, and who answers them.

mod flag;
mod loss;
mod losses;
mod policy;
mod question;
mod replacement;
mod resolver;

pub use flag::{EnumMapping, FlagError, parse_enum_mapping, parse_rename};
pub use loss::{Loss, LossKind};
pub use losses::losses;
pub use policy::{Policy, Violation};
pub use question::{
    Answer, Candidate, DownQuestion, Facts, LossQuestion, Question, RenameKind, RenameQuestion,
};
pub use replacement::{ReplacementProblem, replace_enum_values};
pub use resolver::{
    Predefined, Resolver, always_add_drop, always_rename, from_fn, lenient, predefined, reject_all, strict,
};
