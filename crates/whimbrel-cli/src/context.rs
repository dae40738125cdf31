//! What every command that talks to a database starts from.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use whimbrel::db::{Access, Canceller, ConnectOptions, DatabaseUrl, LockNotice, LockWait, Missing};
use whimbrel::{Migrator, MigratorBuilder, Written};

use crate::args::Global;
use crate::dir::Dir;
use crate::error::CliError;
use crate::interrupt::Interrupt;
use crate::prompt::TerminalPrompter;
use crate::settings::Settings;
use crate::term::Term;

/// The terminal, the settings, and who listens for signals.
pub(crate) struct Context {
    pub(crate) term: Term,
    pub(crate) global: Global,
    pub(crate) settings: Settings,
    pub(crate) interrupt: Interrupt,
}

impl Context {
    /// Who asks, where a person can be asked.
    pub(crate) fn prompter(&self) -> Option<TerminalPrompter> {
        let asks = self.term.interactive && !self.global.json;
        asks.then(|| TerminalPrompter::new(self.term, self.interrupt.clone()))
    }

    /// Who confirms what is about to be done, where a person can be asked and
    /// did not say yes beforehand.
    pub(crate) fn confirming(&self) -> Option<TerminalPrompter> {
        self.prompter().filter(|_| !self.global.yes)
    }

    /// Says a line to people, unless a program listens.
    pub(crate) fn say(&self, text: impl std::fmt::Display) {
        if !self.global.json {
            self.term.say(text);
        }
    }

    /// Says a line to people who want to know more.
    pub(crate) fn detail(&self, text: impl std::fmt::Display) {
        if self.global.verbose {
            self.say(text);
        }
    }

    /// Connects to the database, with the settings of this run.
    ///
    /// # Errors
    ///
    /// If it cannot be opened.
    pub(crate) async fn connect(
        &self,
        url: &DatabaseUrl,
        source: Option<&Path>,
        options: ConnectOptions,
    ) -> Result<Migrator, CliError> {
        self.open(self.builder(url, source, options)?).await
    }

    /// Connects for a command that begins with what the migrations are.
    ///
    /// # Errors
    ///
    /// If no database is named, or it cannot be opened.
    pub(crate) async fn connect_reading(&self, options: ConnectOptions) -> Result<Migrator, CliError> {
        self.open(self.builder(&self.settings.url()?, None, options)?.read_ahead()).await
    }

    fn builder(
        &self,
        url: &DatabaseUrl,
        source: Option<&Path>,
        mut options: ConnectOptions,
    ) -> Result<MigratorBuilder, CliError> {
        let settings = &self.settings;
        let (term, json) = (self.term, self.global.json);
        let notice: LockNotice = Arc::new(move |waiting| {
            if !json {
                term.say(waiting);
            }
        });
        options.server_wait = settings.wait;
        let wait = LockWait { limit: settings.lock_wait, notice: Some(notice) };
        let store = settings.dir()?.store(ConnectOptions { lock_wait: wait.clone(), ..options.clone() })?;
        let mut builder =
            Migrator::at(url.clone()).connect_options(options).lock_wait(wait).policy(settings.policy);
        builder = builder.store(store).clock(settings.clock()?);
        if let Some(path) = source {
            builder = builder.source(settings.source(path));
        }
        if let Some(folder) = &settings.cache {
            builder = builder.cache(folder);
        }
        if let Some(name) = &settings.table_name {
            builder = builder.table_name(name);
        }
        if let Some(url) = &settings.scratch_url {
            builder = builder.scratch_url(url.parse()?);
        }
        Ok(builder)
    }

    async fn open(&self, builder: MigratorBuilder) -> Result<Migrator, CliError> {
        let connecting = self.interrupt.abandon(builder.connect()).await;
        Ok(connecting.ok_or(CliError::Interrupted { happened: NOTHING })??)
    }

    /// Opens what serves as a workshop for migrations where their database is
    /// not needed: any server of the engine will do, and it may be offline.
    ///
    /// # Errors
    ///
    /// If no engine is named, or none can be reached.
    pub(crate) async fn connect_scratch(&self, source: Option<&Path>) -> Result<Migrator, CliError> {
        let url = self.settings.scratch_database()?;
        let options = ConnectOptions {
            access: Access::ReadOnly,
            missing: Missing::Create,
            ..ConnectOptions::default()
        };
        self.connect(&url, source, options).await.map_err(CliError::without_scratch)
    }

    /// The place of migrations, for messages.
    ///
    /// # Errors
    ///
    /// If what was named is no place for them.
    pub(crate) fn dir(&self) -> Result<Dir, CliError> {
        self.settings.dir()
    }

    /// The paths of all files of migrations.
    ///
    /// # Errors
    ///
    /// If what was named is no place for them.
    pub(crate) fn files<'w>(
        &self,
        migrations: impl IntoIterator<Item = &'w Written>,
    ) -> Result<Vec<String>, CliError> {
        let dir = self.dir()?;
        let files = migrations.into_iter().flat_map(|one| [&one.up, &one.down]);
        Ok(files.map(|file| dir.file(&file.path)).collect())
    }

    /// What a verb that may have asked came to: nothing, if a person said no.
    /// `left` says whether the person left a prompt, `nothing` what was not done.
    ///
    /// # Errors
    ///
    /// What the verb failed with, or that the person left.
    pub(crate) fn answered<T>(
        &self,
        left: &AtomicBool,
        result: Result<T, CliError>,
        nothing: &'static str,
    ) -> Result<Option<T>, CliError> {
        match result {
            _ if left.load(Ordering::Relaxed) => Err(CliError::Interrupted { happened: nothing }),
            Err(error) if error.is_rejection() => {
                self.say(format_args!("declined, {nothing}"));
                Ok(None)
            }
            result => result.map(Some),
        }
    }

    /// Runs a verb; a signal cancels it through `canceller`.
    ///
    /// # Errors
    ///
    /// What the verb fails with, or that it was interrupted.
    pub(crate) async fn guard<T>(
        &self,
        canceller: &dyn Canceller,
        verb: impl Future<Output = Result<T, whimbrel::Error>>,
    ) -> Result<T, CliError> {
        match self.interrupt.guard(canceller, verb).await {
            Some(Ok(done)) => Ok(done),
            Some(Err(_)) | None if self.interrupt.was_heard() => {
                Err(CliError::Interrupted { happened: "what was begun was rolled back" })
            }
            Some(Err(error)) => Err(error.into()),
            None => Err(CliError::Interrupted { happened: NOTHING }),
        }
    }
}

const NOTHING: &str = "nothing was done";
