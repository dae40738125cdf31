//! What whimbrel's tests share.

pub mod cluster;
