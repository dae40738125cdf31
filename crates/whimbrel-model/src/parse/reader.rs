//! Gathers mistakes while an item is read.

use proc_macro2::{Ident, Span};

use super::Mistakes;
use crate::at::At;
use crate::problem::Problem;

/// What is known while an item is read.
pub(super) struct Reader {
    file: String,
    /// The spans of the places, by their marks.
    spans: Vec<Span>,
    problems: Vec<Problem>,
    /// The type parameters of the item, which is wrong to have any.
    parameters: Vec<Ident>,
}

/// Reads an item; where anything is wrong with it, all mistakes are returned.
pub(super) fn read<T>(file: &str, item: impl FnOnce(&mut Reader) -> T) -> Result<T, Mistakes> {
    let (value, mistakes) = read_so_far(file, item);
    if mistakes.is_empty() { Ok(value) } else { Err(mistakes) }
}

/// Reads what can be read of an item, with all mistakes in it.
pub(super) fn read_so_far<T>(file: &str, item: impl FnOnce(&mut Reader) -> T) -> (T, Mistakes) {
    let mut reader = Reader {
        file: file.to_owned(),
        spans: vec![Span::call_site()],
        problems: Vec::new(),
        parameters: Vec::new(),
    };
    let value = item(&mut reader);
    let spans = &reader.spans;
    let with_span = |problem: Problem| {
        let span = spans.get(problem.at.mark as usize).copied().unwrap_or_else(Span::call_site);
        (problem, span)
    };
    (value, reader.problems.into_iter().map(with_span).collect())
}

impl Reader {
    /// The file that is read.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Keeps a span, and returns the place it is at.
    pub(super) fn at(&mut self, span: Span) -> At {
        let start = span.start();
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        self.spans.push(span);
        At {
            line: number(start.line),
            column: number(start.column + 1),
            length: number(span.byte_range().len()),
            mark: number(self.spans.len() - 1),
        }
    }

    /// Notes the parameters of the item.
    pub(super) fn has_parameters(&mut self, generics: &syn::Generics) {
        self.parameters = generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    }

    /// Says whether a path is a parameter of the item.
    pub(super) fn is_parameter(&self, path: &syn::Path) -> bool {
        path.get_ident().is_some_and(|ident| self.parameters.contains(ident))
    }

    /// Notes a mistake at a span.
    pub(super) fn wrong(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        let at = self.at(span);
        self.problems.push(Problem::new(at, message, help).in_file(&self.file));
    }

    /// Notes what does not follow the grammar.
    pub(super) fn syntax(&mut self, error: &syn::Error, help: &str) {
        for one in error.clone() {
            self.wrong(one.span(), one.to_string(), help);
        }
    }

    /// Notes mistakes that were found in the finished item.
    pub(super) fn found(&mut self, problems: Vec<Problem>) {
        self.problems.extend(problems.into_iter().map(|problem| problem.in_file(&self.file)));
    }
}
