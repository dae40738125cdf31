//! The statements that define things, one function a statement.
//!
//! Layout as a person would write it: two spaces of indentation, a table's keys
//! and conditions within it, its indexes and foreign keys after it. Names in
//! `public` stand bare, others qualified; identifiers are always quoted.

mod kinds;
mod part;
mod table;

pub(super) use kinds::{
    alter_sequence, comment, create_domain, create_enum, create_sequence, create_type, sequence_options,
};
pub(super) use part::{
    check, condition, constraint, create_index, exclusion, foreign_key, is_call, parenthesised, primary_key,
    unique,
};
pub(super) use table::{
    attach, column, create_partition, create_table, detach, identity, parameter, storage,
};
