//! Modules: the files of migrations in TypeScript and JavaScript, read and checked
//! as far as that can be done without running them.

mod erase;
mod error;
mod outline;
mod types;

pub use error::{ModuleError, ModuleFault};
pub(crate) use outline::Call;

use std::sync::Arc;
use std::thread;

use oxc_allocator::Allocator;
use oxc_ast_visit::Visit;
use oxc_parser::Parser;
use oxc_span::{SourceType, Span};
use whimbrel_db::apply::Place;

use crate::engine::compile;
use outline::{Calls, Outline};
use types::Types;

/// What a module is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// TypeScript, of which the types are left out.
    TypeScript,
    /// JavaScript.
    JavaScript,
}

/// The file of a migration, ready to be run.
///
/// ```
/// use whimbrel_script::{Language, Module};
/// let text = "export default {\n  version: 3,\n  up: async (db: any) => { await db.exec('SELECT 1'); },\n};\n";
/// let module = Module::read(Language::TypeScript, 3, "0003_a.ts", text).unwrap();
/// assert!(!module.goes_back());
/// let error = Module::read(Language::TypeScript, 4, "0004_a.ts", text).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "0004_a.ts:2:12: its `version` is 3, and the number of its file is 4"
/// );
/// ```
#[derive(Debug, Clone)]
pub struct Module {
    pub(crate) file: String,
    pub(crate) number: u32,
    /// The text as it was written.
    pub(crate) text: Arc<str>,
    /// The same without types: what the engine runs.
    pub(crate) code: String,
    calls: Vec<Call>,
    goes_back: bool,
}

/// The largest script, in bytes.
const LARGEST: usize = 1 << 20;

/// How deep brackets may be nested.
const DEEPEST: usize = 1000;

/// What the parser may need of the stack for each byte of a text: it calls itself
/// for all that is nested, and knows no bounds. Most it needs for a bracket; with
/// those counted, no other byte makes it take as much.
const STACK_PER_BYTE: usize = 1 << 10;

/// What stands in the way of running a module.
struct Refused {
    fault: ModuleFault,
    span: Span,
    message: String,
    help: &'static str,
}

impl Module {
    /// Reads the file of the migration with this number.
    ///
    /// # Errors
    ///
    /// If it is no such module: its syntax is wrong, it needs a compiler, it
    /// imports something, or it exports something else than a migration with that
    /// number as its version.
    pub fn read(language: Language, number: u32, file: &str, text: &str) -> Result<Self, ModuleError> {
        let at = |offset, length| Place { file: file.to_owned(), text: text.into(), offset, length };
        let unread = |message: String, offset, help: &str| {
            ModuleError::new(ModuleFault::Syntax, message, Some(help.to_owned()), at(offset, 0))
        };
        if text.len() > LARGEST {
            let help = "put what it has to say of rows into a table first, with SQL";
            return Err(unread("a script has at most 1 MiB".to_owned(), 0, help));
        }
        if let Some(offset) = too_deep(text) {
            let help = "write it flatter";
            return Err(unread(format!("it is nested more than {DEEPEST} brackets deep"), offset, help));
        }
        thread::scope(|scope| {
            let parse = || Self::parse(language, number, file, text);
            let started = thread::Builder::new()
                .name("script parser".to_owned())
                .stack_size((8 << 20) + text.len() * STACK_PER_BYTE)
                .spawn_scoped(scope, parse);
            let no_thread =
                |error| unread(format!("the system gives no thread to read it: {error}"), 0, "try again");
            let broken = |_| unread("the parser broke down".to_owned(), 0, "write it in another way");
            started.map_err(no_thread)?.join().map_err(broken)?
        })
    }

    fn parse(language: Language, number: u32, file: &str, text: &str) -> Result<Self, ModuleError> {
        let place = |span: Span| Place {
            file: file.to_owned(),
            text: text.into(),
            offset: span.start as usize,
            length: span.size() as usize,
        };
        let refused = |refused: Refused| {
            ModuleError::new(
                refused.fault,
                refused.message,
                Some(refused.help.to_owned()),
                place(refused.span),
            )
        };
        let source_type = match language {
            Language::TypeScript => SourceType::ts().with_module(true),
            Language::JavaScript => SourceType::mjs(),
        };
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, text, source_type).parse();
        if let Some(error) = parsed.diagnostics.first() {
            let at = error.labels.first().map_or((0, 0), |label| (label.offset(), label.len()));
            let help = error.help.as_deref().map(in_lower_case);
            let place = place(Span::sized(at.0, at.1));
            return Err(ModuleError::new(ModuleFault::Syntax, in_lower_case(&error.message), help, place));
        }
        let mut types = Types::new(text);
        types.visit_program(&parsed.program);
        if let Some(first) = types.refused.into_iter().next() {
            return Err(refused(first));
        }
        let outline = Outline::of(&parsed.program, number);
        if let Some(problem) = outline.refused {
            return Err(refused(problem));
        }
        let mut calls = Calls::default();
        calls.visit_program(&parsed.program);
        let module = Self {
            file: file.to_owned(),
            number,
            text: text.into(),
            code: types.eraser.erased(),
            calls: calls.found,
            goes_back: outline.goes_back,
        };
        // The parser leaves some mistakes to others, such as a name declared twice.
        match compile(&module.file, &module.code) {
            Ok(()) => Ok(module),
            Err((message, at)) => {
                let at = at.and_then(|(line, column)| module.place(line, column, None));
                let place = at.unwrap_or_else(|| place(Span::empty(0)));
                Err(ModuleError::new(ModuleFault::Syntax, message, None, place))
            }
        }
    }

    /// What the engine runs: the text with spaces where types were, as long as it.
    ///
    /// ```
    /// use whimbrel_script::{Language, Module};
    /// let text = "export default { version: 1, up: (db: Db) => 1 as const };";
    /// let module = Module::read(Language::TypeScript, 1, "0001_a.ts", text).unwrap();
    /// assert_eq!(module.code(), "export default { version: 1, up: (db    ) => 1          };");
    /// ```
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Says whether it has a way back, and something in it.
    pub fn goes_back(&self) -> bool {
        self.goes_back
    }

    /// The place of a line and a column in bytes, both from 1, as the engine counts
    /// them. What failed in a function that is not the script's own is shown where
    /// that was called.
    pub(crate) fn place(&self, line: usize, column: usize, function: Option<&str>) -> Option<Place> {
        let start: usize = self.text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
        let offset = start + column.checked_sub(1)?;
        let rest = self.text.get(offset..)?;
        let offset = offset + rest.len() - rest.trim_start().len();
        let (offset, length) = self.callee_at(offset, function).unwrap_or((offset, self.token_at(offset)));
        Some(Place { file: self.file.clone(), text: Arc::clone(&self.text), offset, length })
    }

    /// What is called at this place, and how long its name is. The engine may name
    /// any place in the call of a function, such as its last parameter.
    fn callee_at(&self, offset: usize, function: Option<&str>) -> Option<(usize, usize)> {
        let contains = |(start, end): (u32, u32)| (start as usize..end as usize).contains(&offset);
        let is_it = |call: &&Call| match function {
            Some(name) => contains(call.whole) && self.slice(call.callee).ends_with(name),
            None => contains(call.callee),
        };
        let innermost = self.calls.iter().filter(is_it).min_by_key(|call| call.whole.1 - call.whole.0)?;
        let (start, end) = innermost.callee;
        Some((start as usize, (end - start) as usize))
    }

    fn slice(&self, (start, end): (u32, u32)) -> &str {
        &self.text[start as usize..end as usize]
    }

    /// How long what stands at this place is.
    fn token_at(&self, offset: usize) -> usize {
        let rest = &self.text[offset..];
        erase::word_length(rest).unwrap_or_else(|| rest.chars().next().map_or(0, char::len_utf8))
    }
}

/// The first bracket that is deeper than any should be. Brackets in strings and
/// comments count as well: it takes many of them to matter.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    text.bytes().position(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

/// A message of the parser, as ours begin.
fn in_lower_case(message: impl AsRef<str>) -> String {
    let message = message.as_ref().trim_end_matches('.');
    let mut chars = message.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(chars).collect(),
        _ => message.to_owned(),
    }
}
