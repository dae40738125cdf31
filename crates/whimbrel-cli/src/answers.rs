//! What the flags of the command line answer.

use async_trait::async_trait;
use whimbrel::core::diff::{Rename, Renames};
use whimbrel::core::resolve::{
    Answer, FlagError, Policy, Predefined, Question, RenameKind, Resolver, parse_rename, predefined,
};
use whimbrel::resolver::AsyncResolver;

use crate::args::AnswerArgs;
use crate::prompt::{PromptResolver, TerminalPrompter};

/// What one flag says about names.
#[derive(Debug, Clone)]
pub(crate) struct Renamed(Vec<Rename>);

impl Renamed {
    pub(crate) fn column(text: &str) -> Result<Self, FlagError> {
        parse_rename(text, RenameKind::Column).map(Self)
    }

    pub(crate) fn table(text: &str) -> Result<Self, FlagError> {
        parse_rename(text, RenameKind::Table).map(Self)
    }

    pub(crate) fn enum_type(text: &str) -> Result<Self, FlagError> {
        parse_rename(text, RenameKind::Enum).map(Self)
    }

    pub(crate) fn enum_value(text: &str) -> Result<Self, FlagError> {
        parse_rename(text, RenameKind::EnumValue).map(Self)
    }
}

impl AnswerArgs {
    /// The renames that the flags state.
    pub(crate) fn renames(&self) -> Renames {
        let flags = [&self.rename_table, &self.rename_enum, &self.rename, &self.rename_value];
        let mut renamed: Vec<Rename> = Vec::new();
        for rename in flags.into_iter().flatten().flat_map(|flag| &flag.0) {
            // Two columns of one renamed table say its rename twice.
            if !renamed.contains(rename) {
                renamed.push(rename.clone());
            }
        }
        Renames { renamed, ..Renames::default() }
    }

    /// Answers what the flags and the policy answer, and nothing else.
    pub(crate) fn resolver(&self, policy: Policy) -> Predefined {
        Predefined {
            no_other_renames: self.no_renames,
            accept_data_loss: self.accept_data_loss || policy == Policy::Allow,
            enum_values: self.map_enum.clone(),
            ..predefined()
        }
    }
}

/// Everybody who may answer: each is asked what the one before leaves open.
pub(crate) struct Answers {
    /// What flags say.
    pub(crate) flags: Predefined,
    /// Who answers for the program.
    pub(crate) program: Option<Box<dyn AsyncResolver>>,
    /// The person at the terminal.
    pub(crate) prompts: Option<PromptResolver<TerminalPrompter>>,
}

#[async_trait]
impl AsyncResolver for Answers {
    async fn answer(&mut self, question: &Question) -> Option<Answer> {
        if let Some(answer) = Resolver::answer(&mut self.flags, question) {
            return Some(answer);
        }
        if let Some(program) = &mut self.program
            && let Some(answer) = program.answer(question).await
        {
            return Some(answer);
        }
        Resolver::answer(self.prompts.as_mut()?, question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_rename_that_two_flags_imply_is_one() {
        let args = AnswerArgs {
            rename: ["a.x=b.y", "a.v=b.w"].map(|text| Renamed::column(text).unwrap()).into(),
            ..AnswerArgs::default()
        };
        assert_eq!(args.renames().renamed.len(), 3);
    }
}
