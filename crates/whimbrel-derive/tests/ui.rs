//! Mistakes in models are compile errors that point at what is wrong.
//!
//! `TRYBUILD=overwrite cargo test -p whimbrel-derive` writes what the compiler
//! says today; read the difference as if it were code.

#[test]
fn mistakes_are_compile_errors() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
