//! What every command that talks to a database starts from.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use whimbrel::core::resolve::{Policy, Predefined};
use whimbrel::db::{Access, Canceller, ConnectOptions, DatabaseUrl, LockNotice, LockWait, Missing};
use whimbrel::resolver::AsyncResolver;
use whimbrel::{Migration, Migrator, MigratorBuilder, Store, Written};

use crate::answers::Answers;
use crate::args::Global;
use crate::dir::Dir;
use crate::error::CliError;
use crate::interrupt::Interrupt;
use crate::program::{Configure, Program};
use crate::prompt::{PromptResolver, TerminalPrompter};
use crate::settings::{Desired, Settings};
use crate::term::Term;

/// The terminal, the settings, and who listens for signals.
pub(crate) struct Context {
    pub(crate) term: Term,
    pub(crate) global: Global,
    pub(crate) settings: Settings,
    pub(crate) interrupt: Interrupt,
    /// The closures that the program registers.
    migrations: Vec<Migration>,
    /// What the program sets besides.
    configure: Option<Configure>,
    /// Who answers for the program, until a verb takes it.
    resolver: Mutex<Option<Box<dyn AsyncResolver>>>,
}

impl Context {
    pub(crate) fn new(term: Term, global: Global, settings: Settings, program: Program) -> Self {
        let Program { configure, resolver, migrations, .. } = program;
        Self {
            term,
            global,
            settings,
            interrupt: Interrupt::default(),
            migrations,
            configure,
            resolver: Mutex::new(resolver),
        }
    }

    /// Who answers the questions of a verb: the flags, then the program, then the
    /// person at the terminal. `left` becomes true when that person leaves a prompt.
    pub(crate) fn resolver(&self, flags: Predefined, left: &Arc<AtomicBool>) -> Answers {
        let prompts = self.prompter().map(|prompter| PromptResolver::new(prompter, Arc::clone(left)));
        let program = self.resolver.lock().unwrap_or_else(PoisonError::into_inner).take();
        Answers { flags, program, prompts }
    }

    /// Which changes may be made, as far as the command line knows.
    pub(crate) fn policy(&self) -> Policy {
        self.settings.policy.unwrap_or_default()
    }

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
    /// If it cannot be opened, or not for what it is opened for.
    pub(crate) async fn connect(
        &self,
        url: &DatabaseUrl,
        schema: Option<&Desired>,
        options: ConnectOptions,
    ) -> Result<Migrator, CliError> {
        let is_to_write = options.access == Access::ReadWrite;
        let migrator = self.open(self.builder(url, schema, options)?).await?;
        if is_to_write {
            migrator.writable()?;
        }
        Ok(migrator)
    }

    /// Connects for a command that begins with what the migrations are, ways back
    /// aside; also where nothing can be written.
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
        schema: Option<&Desired>,
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
        let limit = settings.lock_wait.unwrap_or(LockWait::default().limit);
        let wait = LockWait { limit, notice: Some(notice) };
        let store = self.store(ConnectOptions { lock_wait: wait.clone(), ..options.clone() })?;
        let builder = Migrator::at(url.clone()).clock(settings.clock()?);
        let builder = self.migrations.iter().cloned().fold(builder, MigratorBuilder::migration);
        let mut builder = match &self.configure {
            Some(configure) => configure(builder),
            None => builder,
        };
        builder = builder.connect_options(options).lock_wait(wait).store(store);
        if let Some(layout) = settings.layout {
            builder = builder.layout(layout);
        }
        #[cfg(feature = "scripts")]
        if let Some(limits) = settings.script_limits() {
            builder = builder.script_limits(limits);
        }
        if let Some(policy) = settings.policy {
            builder = builder.policy(policy);
        }
        if let Some(schema) = schema {
            builder = builder.source(schema.source.clone());
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

    /// Where the migrations are; a database is waited for as `options` say.
    ///
    /// # Errors
    ///
    /// If what was named is no place for them.
    pub(crate) fn store(&self, options: ConnectOptions) -> Result<Arc<dyn Store>, CliError> {
        self.settings.dir()?.store(options, self.settings.layout.unwrap_or_default())
    }

    /// Opens what serves as a workshop for migrations where their database is
    /// not needed: any server of the engine will do, and it may be offline.
    ///
    /// # Errors
    ///
    /// If no engine is named, or none can be reached.
    pub(crate) async fn connect_scratch(&self, schema: Option<&Desired>) -> Result<Migrator, CliError> {
        let url = self.settings.scratch_database()?;
        let options = ConnectOptions {
            access: Access::ReadOnly,
            missing: Missing::Create,
            ..ConnectOptions::default()
        };
        self.connect(&url, schema, options).await.map_err(CliError::without_scratch)
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
        let files = migrations.into_iter().flat_map(Written::files);
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
