//! Who answers the questions of a verb.
//!
//! `push`, `generate`, `diff`, `down` and `reset` take an [`AsyncResolver`]. Every
//! [`Resolver`] is one: [`strict`] (the default), [`always_rename`],
//! [`always_add_drop`], [`lenient`], [`reject_all`], the answers that are known
//! beforehand ([`predefined`]), and closures ([`from_fn`], [`from_async_fn`]).
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use whimbrel::resolver::{self, Answer, Question};
//! use whimbrel::{Migrator, Source};
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # let url = format!("sqlite://{}", folder.path().join("app.db").display());
//! let before = Source::sql("before.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT);");
//! let mut migrator = Migrator::builder(&url)?.source(before).connect().await?;
//! migrator.push().await?;
//! migrator.close().await?;
//!
//! // A name is new, or one that was renamed: only a person can know.
//! let after = Source::sql("after.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);");
//! let mut migrator = Migrator::builder(&url)?.source(after).connect().await?;
//! let by_hand = resolver::from_fn(|question| match question {
//!     Question::Rename(rename) => Some(Answer::RenamedFrom(rename.candidates[0].name.clone())),
//!     Question::Loss(_) | Question::Down(_) => None,
//! });
//! assert!(migrator.push().resolver(by_hand).await?.applied);
//! # Ok::<(), whimbrel::Error>(())
//! # }).unwrap();
//! ```

use std::fmt;
use std::future::Future;

use async_trait::async_trait;

pub use whimbrel_core::resolve::{
    Answer, Candidate, DownQuestion, Facts, Loss, LossKind, LossQuestion, Question, RenameKind,
    RenameQuestion, Resolver, always_add_drop, always_rename, from_fn, lenient, predefined, reject_all,
    strict,
};

/// Answers questions, one at a time, and may take its time: it may ask in a chat,
/// a web page or another process.
///
/// `None` means "no answer": such questions are gathered, and the verb fails with
/// all of them. No lock is held on the database meanwhile. What answers at once
/// implements [`Resolver`] instead, and is an `AsyncResolver` by that.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use async_trait::async_trait;
/// use tokio::sync::{mpsc, oneshot};
/// use whimbrel::resolver::{Answer, AsyncResolver, Question};
/// use whimbrel::{Migrator, Source};
///
/// /// Puts the questions into a queue; somebody at the other end answers.
/// struct Queue(mpsc::Sender<(Question, oneshot::Sender<Answer>)>);
///
/// #[async_trait]
/// impl AsyncResolver for Queue {
///     async fn answer(&mut self, question: &Question) -> Option<Answer> {
///         let (answer, answered) = oneshot::channel();
///         self.0.send((question.clone(), answer)).await.ok()?;
///         answered.await.ok()
///     }
/// }
///
/// let (questions, mut asked) = mpsc::channel::<(Question, oneshot::Sender<Answer>)>(1);
/// let somebody = tokio::spawn(async move {
///     let (question, answer) = asked.recv().await.unwrap();
///     answer.send(Answer::New).unwrap();
///     question.headline()
/// });
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let url = format!("sqlite://{}", folder.path().join("app.db").display());
/// let before = Source::sql("before.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT);");
/// Migrator::builder(&url)?.source(before).connect().await?.push().await?;
/// let after = Source::sql("after.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);");
/// let mut migrator = Migrator::builder(&url)?.source(after).connect().await?;
/// assert!(migrator.push().resolver(Queue(questions)).await?.applied);
/// assert_eq!(somebody.await.unwrap(), "column users.name: new, or renamed from nick?");
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait AsyncResolver: Send {
    /// Answers `question`, or declines to.
    async fn answer(&mut self, question: &Question) -> Option<Answer>;
}

#[async_trait]
impl<R: Resolver> AsyncResolver for R {
    async fn answer(&mut self, question: &Question) -> Option<Answer> {
        Resolver::answer(self, question)
    }
}

/// Answers with a closure that returns a future.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::resolver::{self, Answer, Question};
/// use whimbrel::{Migrator, Source};
///
/// /// Stands for a chat in which somebody reads the question and answers.
/// async fn ask_the_team(question: Question) -> Option<Answer> {
///     tokio::task::yield_now().await;
///     match question {
///         Question::Rename(_) => Some(Answer::New),
///         Question::Loss(_) | Question::Down(_) => Some(Answer::Accept),
///     }
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let url = format!("sqlite://{}", folder.path().join("app.db").display());
/// let schema = Source::sql("schema.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
/// let mut migrator = Migrator::builder(&url)?.source(schema).connect().await?;
/// migrator.push().resolver(resolver::from_async_fn(ask_the_team)).await?;
/// # Ok::<(), whimbrel::Error>(())
/// # }).unwrap();
/// ```
pub fn from_async_fn<F, A>(ask: F) -> FromAsyncFn<F>
where
    F: FnMut(Question) -> A + Send,
    A: Future<Output = Option<Answer>> + Send,
{
    FromAsyncFn(ask)
}

/// See [`from_async_fn`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use whimbrel::resolver::{Answer, AsyncResolver, DownQuestion, Question, from_async_fn};
///
/// let mut yes = from_async_fn(|_| async { Some(Answer::Accept) });
/// let question = Question::Down(DownQuestion { migration: "add-bio".into(), warnings: vec![] });
/// assert_eq!(yes.answer(&question).await, Some(Answer::Accept));
/// # });
/// ```
#[derive(Clone, Copy)]
pub struct FromAsyncFn<F>(F);

#[async_trait]
impl<F, A> AsyncResolver for FromAsyncFn<F>
where
    F: FnMut(Question) -> A + Send,
    A: Future<Output = Option<Answer>> + Send,
{
    async fn answer(&mut self, question: &Question) -> Option<Answer> {
        (self.0)(question.clone()).await
    }
}

impl<F> fmt::Debug for FromAsyncFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromAsyncFn").finish_non_exhaustive()
    }
}
