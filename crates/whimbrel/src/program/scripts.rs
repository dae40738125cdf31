//! Migrations that are scripts, as far as this build runs them: with the feature
//! `scripts`, through the crate `whimbrel-script`.

use std::sync::Arc;

use whimbrel_core::history::Entry;
use whimbrel_db::Canceller;
use whimbrel_db::apply::Work;

use super::migration::Way;
use crate::error::Error;

/// What runs scripts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scripts {
    #[cfg(feature = "scripts")]
    engine: whimbrel_script::Engine,
}

#[cfg(feature = "scripts")]
mod run {
    use async_trait::async_trait;
    use whimbrel_core::history::Format;
    use whimbrel_script::{Engine, Language, Limits, Module};

    use super::{Arc, Canceller, Entry, Error, Scripts, Way, Work};

    impl Scripts {
        /// Scripts that may take so much.
        pub(crate) fn within(limits: Limits) -> Self {
            Self { engine: Engine::new(limits) }
        }

        /// What a script does in a direction; `None` if there is nothing in it.
        ///
        /// # Errors
        ///
        /// If the file is no script of this migration.
        pub(crate) fn work(
            &self,
            entry: &Entry,
            file: &str,
            text: &str,
            way: Way,
        ) -> Result<Option<Work>, Error> {
            let language = match entry.format {
                Format::Js => Language::JavaScript,
                Format::Ts | Format::Sql | Format::Rust => Language::TypeScript,
            };
            let module = Module::read(language, entry.idx, file, text).map_err(Box::new)?;
            let module = Arc::new(module);
            Ok(match way {
                Way::There => Some(Work::Program(self.engine.way_there(&entry.name, module))),
                Way::Back if module.goes_back() => {
                    Some(Work::Program(self.engine.way_back(&entry.name, module)))
                }
                Way::Back => None,
            })
        }

        /// What stops a session stops the scripts that run in it, too.
        pub(crate) fn stopped_with(&self, session: Arc<dyn Canceller>) -> Arc<dyn Canceller> {
            Arc::new(Both { session, engine: self.engine.clone() })
        }
    }

    /// A session and the scripts in it.
    struct Both {
        session: Arc<dyn Canceller>,
        engine: Engine,
    }

    #[async_trait]
    impl Canceller for Both {
        async fn cancel(&self) {
            self.engine.stop();
            self.session.cancel().await;
        }
    }
}

#[cfg(not(feature = "scripts"))]
impl Scripts {
    /// Refuses a script.
    ///
    /// # Errors
    ///
    /// Always.
    pub(crate) fn work(&self, _: &Entry, file: &str, _: &str, _: Way) -> Result<Option<Work>, Error> {
        Err(crate::history::HistoryError::NoScripts { file: file.to_owned() }.into())
    }

    /// There is nothing to stop but the session.
    pub(crate) fn stopped_with(&self, session: Arc<dyn Canceller>) -> Arc<dyn Canceller> {
        session
    }
}
