//! What stands in the parentheses of an attribute, as a tree.
//!
//! All attributes share one grammar: values (`now()`, `"text"`, `-1`), pairs
//! (`name = "x"`), and words behind a value that refine it (`created_at desc`).

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Lit, Token};

use crate::item::Literal;

/// One argument.
#[derive(Debug, Clone)]
pub(super) struct Arg {
    pub(super) span: Span,
    pub(super) value: Value,
    /// The words behind it.
    pub(super) modifiers: Vec<(Modifier, Span)>,
}

/// What an argument is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// `"text"`, `1`, `true`
    Literal(Literal),
    /// `word`, `some::Path`, `word(...)`
    Word { path: String, args: Option<Vec<Arg>> },
    /// `key = value`
    Pair { key: String, value: Box<Arg> },
}

/// A word behind a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Modifier {
    Word(String),
    Text(String),
}

/// Reads what stands in the parentheses of an attribute.
///
/// # Errors
///
/// If it does not follow the grammar.
pub(super) fn arguments(attribute: &Attribute) -> syn::Result<Vec<Arg>> {
    if attribute.meta.require_path_only().is_ok() {
        return Ok(Vec::new());
    }
    let list = attribute.parse_args_with(Punctuated::<Arg, Token![,]>::parse_terminated)?;
    Ok(list.into_iter().collect())
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        let value = parse_value(input)?;
        let mut modifiers = Vec::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            let span = input.span();
            let modifier = match input.peek(syn::LitStr) {
                true => Modifier::Text(input.parse::<syn::LitStr>()?.value()),
                false => Modifier::Word(word(input)?),
            };
            modifiers.push((modifier, span));
        }
        Ok(Self { span, value, modifiers })
    }
}

fn parse_value(input: ParseStream<'_>) -> syn::Result<Value> {
    let negative = input.parse::<Option<Token![-]>>()?.is_some();
    if negative || input.peek(Lit) {
        return Ok(Value::Literal(literal(input.parse()?, negative)?));
    }
    let path = path(input)?;
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        return Ok(Value::Pair { key: path, value: Box::new(input.parse()?) });
    }
    if !input.peek(syn::token::Paren) {
        return Ok(Value::Word { path, args: None });
    }
    let inner;
    syn::parenthesized!(inner in input);
    let args = Punctuated::<Arg, Token![,]>::parse_terminated(&inner)?;
    Ok(Value::Word { path, args: Some(args.into_iter().collect()) })
}

fn literal(lit: Lit, negative: bool) -> syn::Result<Literal> {
    let sign = if negative { "-" } else { "" };
    match &lit {
        Lit::Int(number) => Ok(Literal::Int(format!("{sign}{}", number.base10_digits()))),
        Lit::Float(number) => Ok(Literal::Float(format!("{sign}{}", number.base10_digits()))),
        Lit::Str(text) if !negative => Ok(Literal::Text(text.value())),
        Lit::Bool(value) if !negative => Ok(Literal::Bool(value.value)),
        _ => Err(syn::Error::new(lit.span(), "expected a number, a text in quotes, `true` or `false`")),
    }
}

fn path(input: ParseStream<'_>) -> syn::Result<String> {
    let mut path = String::new();
    if input.parse::<Option<Token![::]>>()?.is_some() {
        path.push_str("::");
    }
    path.push_str(&word(input)?);
    while input.parse::<Option<Token![::]>>()?.is_some() {
        path.push_str("::");
        path.push_str(&word(input)?);
    }
    Ok(path)
}

fn word(input: ParseStream<'_>) -> syn::Result<String> {
    Ok(input.call(Ident::parse_any)?.unraw().to_string())
}
