//! What can be wrong with the file of a script.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, SourceCode};
use whimbrel_core::sql::position;
use whimbrel_db::apply::Place;

/// A file that is no migration, shown where it goes wrong.
///
/// ```
/// use miette::Diagnostic;
/// use whimbrel_script::{Language, Module};
///
/// let text = "import fs from 'fs';\nexport default { version: 1, up: async () => {} };\n";
/// let error = Module::read(Language::JavaScript, 1, "0001_a.js", text).unwrap_err();
/// assert_eq!(error.to_string(), "0001_a.js:1:1: a script imports nothing");
/// assert_eq!(
///     error.help().unwrap().to_string(),
///     "nothing was run; write what it needs into the file; types come with `import type`"
/// );
/// assert_eq!(error.place.offset, 0);
/// ```
#[derive(Debug)]
pub struct ModuleError {
    /// What kind of fault it is.
    pub fault: ModuleFault,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where.
    pub place: Box<Place>,
}

/// What can be wrong with a file.
///
/// ```
/// use whimbrel_script::{Language, Module, ModuleFault};
///
/// let fault = |text| Module::read(Language::TypeScript, 1, "0001_a.ts", text).unwrap_err().fault;
/// assert_eq!(fault("export default {"), ModuleFault::Syntax);
/// assert_eq!(fault("enum Color { Red }\nexport default { version: 1, up() {} };"), ModuleFault::NotErasable);
/// assert_eq!(fault("export default { version: 1 };"), ModuleFault::Shape);
/// assert_eq!(ModuleFault::Shape.code(), "whimbrel::script::shape");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleFault {
    /// It is no TypeScript or JavaScript.
    Syntax,
    /// More than leaving out its types would have to be done to it.
    NotErasable,
    /// It imports something.
    Import,
    /// It exports something else than the migration that it should.
    Shape,
}

impl ModuleFault {
    /// The code of its errors.
    pub fn code(self) -> &'static str {
        match self {
            Self::Syntax => "whimbrel::script::syntax",
            Self::NotErasable => "whimbrel::script::not_erasable",
            Self::Import => "whimbrel::script::import",
            Self::Shape => "whimbrel::script::shape",
        }
    }
}

impl ModuleError {
    pub(super) fn new(fault: ModuleFault, message: String, help: Option<String>, place: Place) -> Self {
        Self { fault, message, help, place: Box::new(place) }
    }
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, text, offset, .. } = &*self.place;
        write!(f, "{file}:{}: {}", position(text, *offset), self.message)
    }
}

impl std::error::Error for ModuleError {}

impl Diagnostic for ModuleError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.fault.code()))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.help.as_deref().map(|help| format!("; {help}")).unwrap_or_default();
        Some(Box::new(format!("nothing was run{help}")))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.place)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new(Some("here".to_owned()), self.place.offset, self.place.length);
        Some(Box::new(std::iter::once(label)))
    }
}
