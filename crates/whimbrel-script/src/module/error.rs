//! What can be wrong with the file of a script.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, SourceCode};
use whimbrel_core::sql::position;
use whimbrel_db::apply::Place;

/// A file that is no migration, shown where it goes wrong.
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
