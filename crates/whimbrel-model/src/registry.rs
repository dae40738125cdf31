//! The models that are compiled into a program, found without a list of them.
//!
//! Each derive leaves a [`Registered`] behind; the linker gathers them in an order
//! of its own, so whoever asks gets them sorted.

#[doc(hidden)]
pub use inventory::submit;

use crate::item::Model;

/// A struct that derives `Model`, as the derive leaves it behind.
///
/// ```
/// use whimbrel_model::item::Model;
/// use whimbrel_model::registry::{Registered, of_package, submit};
///
/// // What the derive leaves behind.
/// submit! {
///     Registered {
///         package: "shop",
///         module: "shop::models",
///         name: "User",
///         model: || Model::new("User", "users".into()),
///     }
/// }
/// assert_eq!(of_package("shop")[0].name, "User");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Registered {
    /// The package it is in, as its `Cargo.toml` has it.
    pub package: &'static str,
    /// The module it is in.
    pub module: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The model.
    pub model: fn() -> Model,
}

inventory::collect!(Registered);

/// Returns the models of a package that are linked into this program, in the
/// order of their paths.
///
/// ```
/// assert!(whimbrel_model::registry::of_package("no-such-package").is_empty());
/// ```
pub fn of_package(package: &str) -> Vec<Model> {
    let mut found: Vec<&Registered> =
        inventory::iter::<Registered>.into_iter().filter(|one| one.package == package).collect();
    found.sort_by_key(|one| (one.module, one.name));
    found.into_iter().map(|one| (one.model)()).collect()
}
