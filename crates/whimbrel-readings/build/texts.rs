//! The texts in a file that may be Rust: the file itself, the blocks of code in
//! its documentation, and the strings in it. Each row of the type tables is a model.

use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

/// The type tables.
const TYPES: &str = "types.txt";

/// Says whether there can be such texts in a file.
pub(crate) fn may_have_models(path: &Path) -> bool {
    path.ends_with(TYPES) || path.extension().is_some_and(|extension| extension == "rs" || extension == "md")
}

/// Lists them.
pub(crate) fn of_file(path: &Path, text: &str) -> Vec<String> {
    if path.ends_with(TYPES) {
        return vec![of_rows(text)];
    }
    if path.extension().is_some_and(|extension| extension == "md") {
        return blocks(text);
    }
    let mut all = vec![text.to_owned()];
    if let Ok(tokens) = text.parse::<TokenStream>() {
        let mut doc = String::new();
        of_tokens(tokens, &mut doc, &mut all);
        all.extend(blocks(&doc));
    }
    all
}

/// A model for each row of the type tables.
fn of_rows(table: &str) -> String {
    let rows = table.lines().filter(|line| !line.starts_with('#')).skip(1).enumerate();
    let models = rows.filter_map(|(index, line)| {
        let mut cells = line.split('|').map(str::trim);
        let (rust, says) = (cells.next()?, cells.next()?);
        Some(format!(
            "#[derive(Model)] #[model(no_primary_key)] struct Row{index} {{ #[column({says})] field: {rust} }}\n"
        ))
    });
    models.chain(["#[derive(DbEnum)] enum Mood { Happy, Sad }".to_owned()]).collect()
}

/// Gathers strings, and the lines of doc comments, which are strings too.
fn of_tokens(tokens: TokenStream, doc: &mut String, all: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => of_tokens(group.stream(), doc, all),
            TokenTree::Ident(ident) if ident == "doc" => {
                tokens.next_if(|next| matches!(next, TokenTree::Punct(punct) if punct.as_char() == '='));
                if let Some(TokenTree::Literal(literal)) = tokens.peek() {
                    let line = string(literal).unwrap_or_default();
                    doc.push_str(line.strip_prefix(' ').unwrap_or(&line));
                    doc.push('\n');
                    tokens.next();
                }
            }
            TokenTree::Literal(literal) => all.extend(string(&literal)),
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

fn string(literal: &proc_macro2::Literal) -> Option<String> {
    match syn::Lit::new(literal.clone()) {
        syn::Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

/// The blocks of Rust in a text in Markdown, with the lines that are not shown.
fn blocks(text: &str) -> Vec<String> {
    const OTHERS: [&str; 8] = ["console", "diff", "json", "sh", "sql", "text", "toml", "ts"];
    let mut all = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        let block = lines.by_ref().take_while(|line| !line.trim_start().starts_with("```"));
        let block: String = block.map(|line| format!("{}\n", shown(line))).collect();
        if !OTHERS.contains(&info.split(',').next().unwrap_or_default()) {
            all.push(block);
        }
    }
    all
}

/// A line without the mark that hides it.
fn shown(line: &str) -> &str {
    match line.trim_start() {
        "#" => "",
        hidden if hidden.starts_with("# ") => &hidden[2..],
        _ => line,
    }
}
