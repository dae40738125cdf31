//! What people and programs get to see.

mod excerpt;
pub(crate) mod json;
pub(crate) mod plan;
pub(crate) mod problem;
pub(crate) mod question;
mod words;

pub(crate) use words::{count, left_alone};
