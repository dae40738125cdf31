//! Reads models from text: names are looked up among the items of the text.

use whimbrel_core::dialect::Dialect;
use whimbrel_model::build::{Built, build};
use whimbrel_model::item::{ColumnTypeDef, Model, Type};
use whimbrel_model::link::{Linked, Unresolved, Wanted, link};
use whimbrel_model::{Problem, parse};

/// Reads the models of a text.
pub(crate) fn models(text: &str) -> Result<Vec<Model>, Vec<Problem>> {
    let file = syn::parse_file(text).expect("the test is Rust");
    let inputs: Vec<syn::DeriveInput> = file.items.into_iter().filter_map(input).collect();
    let (mut models, mut problems) = (Vec::new(), Vec::new());
    for input in inputs.iter().filter(|input| parse::Derive::of(&input.attrs) == [parse::Derive::Model]) {
        let read = parse::model(input, "models.rs").map_err(without_spans);
        match read.and_then(|model| link(model, &mut |wanted| find(&inputs, wanted))) {
            Ok(model) => models.push(model),
            Err(found) => problems.extend(found),
        }
    }
    for input in inputs.iter().filter(|input| parse::Derive::of(&input.attrs) == [parse::Derive::DbEnum]) {
        problems.extend(parse::db_enum(input, "models.rs").map_err(without_spans).err().unwrap_or_default());
    }
    if problems.is_empty() { Ok(models) } else { Err(problems) }
}

/// Makes the schema of the models of a text.
pub(crate) fn built(dialect: Dialect, text: &str) -> Result<Built, Vec<Problem>> {
    build(dialect, &models(text)?)
}

/// Problems as one text: place, message and help.
pub(crate) fn told(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n  help: {}\n", problem.help)).collect()
}

fn input(item: syn::Item) -> Option<syn::DeriveInput> {
    match item {
        syn::Item::Struct(item) => Some(item.into()),
        syn::Item::Enum(item) => Some(item.into()),
        _ => None,
    }
}

fn without_spans(mistakes: parse::Mistakes) -> Vec<Problem> {
    mistakes.into_iter().map(|(problem, _)| problem).collect()
}

fn find(inputs: &[syn::DeriveInput], wanted: &Wanted) -> Result<Linked, Unresolved> {
    let unknown = |name: &str| Unresolved { message: format!("`{name}` is unknown"), help: String::new() };
    let named = |name: &str| inputs.iter().find(|input| input.ident == name).ok_or_else(|| unknown(name));
    let broken = |_| Unresolved { message: "it is broken".to_owned(), help: String::new() };
    match wanted {
        Wanted::Model(name) => Ok(Linked::Model(name.clone())),
        Wanted::Fields(name) => {
            parse::embedded(named(name)?, "models.rs").map(Linked::Fields).map_err(broken)
        }
        Wanted::Type(name) => {
            let def = parse::db_enum(named(name)?, "models.rs").map_err(broken)?;
            Ok(Linked::Type(ColumnTypeDef { ty: Type::Enum(def), nullable: false }))
        }
    }
}
