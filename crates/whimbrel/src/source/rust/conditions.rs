//! Conditions on items: `cfg` and `cfg_attr`.
//!
//! Nothing is compiled, so which features are on is not known. Whatever is there in
//! some build counts, and what is there for tests alone does not.

use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, LitBool, Meta, MetaList, Token};

/// Says whether something is there in any build but one of tests.
pub(super) fn is_there(attributes: &[Attribute]) -> bool {
    let conditions = attributes.iter().filter(|one| one.path().is_ident("cfg"));
    conditions.filter_map(known_of).all(|holds| holds)
}

/// An item with what its `cfg_attr`s say in their places, and without the fields and
/// variants that are not there.
pub(super) fn applied(mut input: DeriveInput) -> DeriveInput {
    input.attrs = attributes(input.attrs);
    match &mut input.data {
        Data::Struct(data) => keep_fields(&mut data.fields),
        Data::Enum(data) => {
            let variants = std::mem::take(&mut data.variants).into_iter();
            let there = variants.filter(|one| is_there(&one.attrs));
            data.variants = there.map(|one| syn::Variant { attrs: attributes(one.attrs), ..one }).collect();
        }
        Data::Union(_) => {}
    }
    input
}

fn keep_fields(fields: &mut Fields) {
    let fields = match fields {
        Fields::Named(named) => &mut named.named,
        Fields::Unnamed(unnamed) => &mut unnamed.unnamed,
        Fields::Unit => return,
    };
    let there = std::mem::take(fields).into_iter().filter(|one| is_there(&one.attrs));
    *fields = there.map(|one| syn::Field { attrs: attributes(one.attrs), ..one }).collect();
}

fn attributes(all: Vec<Attribute>) -> Vec<Attribute> {
    all.into_iter().flat_map(in_its_place).collect()
}

/// What `#[cfg_attr(condition, ...)]` says if the condition may hold.
fn in_its_place(attribute: Attribute) -> Vec<Attribute> {
    let given = match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => parts(list),
        Meta::Path(_) | Meta::List(_) | Meta::NameValue(_) => return vec![attribute],
    };
    match given.split_first() {
        Some((condition, given)) if known(condition) != Some(false) => attributes(
            given.iter().map(|meta| Attribute { meta: meta.clone(), ..attribute.clone() }).collect(),
        ),
        Some(_) | None => Vec::new(),
    }
}

/// Whether the condition of a `cfg` holds, if that is known.
fn known_of(attribute: &Attribute) -> Option<bool> {
    match attribute.parse_args::<Meta>() {
        Ok(condition) => known(&condition),
        // `cfg(true)` and `cfg(false)`.
        Err(_) => attribute.parse_args::<LitBool>().ok().map(|literal| literal.value),
    }
}

fn known(condition: &Meta) -> Option<bool> {
    match condition {
        Meta::Path(path) => path.is_ident("test").then_some(false),
        Meta::NameValue(_) => None,
        Meta::List(list) => {
            let parts: Vec<_> = parts(list).iter().map(known).collect();
            let all_are = |value: bool| parts.iter().all(|part| *part == Some(value)).then_some(value);
            let has = |value: bool| parts.contains(&Some(value)).then_some(value);
            match list.path.get_ident()?.to_string().as_str() {
                "not" => parts.first().copied()?.map(|holds| !holds),
                "all" => has(false).or_else(|| all_are(true)),
                "any" => has(true).or_else(|| all_are(false)),
                _ => None,
            }
        }
    }
}

fn parts(list: &MetaList) -> Vec<Meta> {
    let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    parts.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_conditions() {
        let there = |condition: &str| {
            let item: DeriveInput = syn::parse_str(&format!("#[cfg({condition})] struct T;")).unwrap();
            is_there(&item.attrs)
        };
        for condition in
            ["test", "all(test, feature = \"a\")", "any(test)", "any()", "not(not(test))", "false"]
        {
            assert!(!there(condition), "{condition}");
        }
        for condition in
            ["feature = \"a\"", "not(feature = \"a\")", "not(test)", "any(test, unix)", "all()", "true"]
        {
            assert!(there(condition), "{condition}");
        }
    }
}
