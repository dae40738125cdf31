//! [`Ahead`]: a history that is read while somebody connects.

use std::future::{Future, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;

use futures_util::future::{Either, select};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use whimbrel_core::dialect::Dialect;

use super::known::Known;
use super::{Extent, History, Layout};
use crate::cache::Cache;
use crate::error::Error;
use crate::store::{Store, StoreError, View};

/// A history that is read while something else is waited for. Who takes it looks
/// whether it still is what the store holds. Dropping it ends the reading.
pub(crate) struct Ahead {
    reading: Reading,
}

/// Comes to what was found; `None` if the reading failed.
type Reading = Pin<Box<dyn Future<Output = Option<Found>> + Send>>;

/// What was found of a history.
#[derive(Debug)]
pub(super) enum Found {
    /// It need not be read to know what a database holds that has all of it.
    Known(Known),
    /// It was read.
    Read(Box<History>),
}

impl Found {
    /// What was found ahead if it still is what the store holds, or else what is read
    /// now.
    pub(super) async fn of(
        ahead: Option<Ahead>,
        store: &dyn Store,
        layout: Layout,
        dialect: Dialect,
    ) -> Result<Self, Error> {
        let found = match ahead {
            Some(ahead) => ahead.reading.await,
            None => None,
        };
        match found {
            Some(found) if found.is_current(store).await? => Ok(found),
            Some(_) | None => Ok(Self::read(History::read(store, layout, dialect).await?)),
        }
    }

    pub(super) fn read(history: History) -> Self {
        Self::Read(Box::new(history))
    }

    async fn is_current(&self, store: &dyn Store) -> Result<bool, StoreError> {
        match self {
            Self::Known(known) => known.is_current(store).await,
            Self::Read(history) => history.is_current(store).await,
        }
    }
}

impl Ahead {
    /// What will read journal and up files, unless `cache` knows what they are.
    ///
    /// Whoever connects to a server is to hear it at once, so a thread reads. An
    /// engine in this process has a thread already, and who waits for it may read.
    pub(crate) fn new(
        store: &Arc<dyn Store>,
        layout: Layout,
        dialect: Dialect,
        cache: Option<&Cache>,
    ) -> Self {
        let (store, cache) = (Arc::clone(store), cache.cloned());
        let reading = async move { read(store.as_ref(), layout, dialect, cache.as_ref()).await.ok() };
        let reading: Reading = match dialect {
            Dialect::Sqlite => Box::pin(reading),
            Dialect::Postgres => Box::pin(on_a_thread(reading)),
        };
        Self { reading }
    }

    /// Does `work`, and reads as soon as it waits.
    pub(crate) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        match select(pin!(work), &mut self.reading).await {
            Either::Left((done, _)) => done,
            Either::Right((found, work)) => {
                self.reading = Box::pin(ready(found));
                work.await
            }
        }
    }
}

/// Reads on a thread of its own; not at all where no runtime of tokio has one.
async fn on_a_thread(reading: impl Future<Output = Option<Found>> + Send + 'static) -> Option<Found> {
    let runtime = Handle::try_current().ok()?;
    // Nobody sends anything: it is closed when the history is not wanted any more.
    let (_wanted, unwanted) = oneshot::channel::<()>();
    let thread = runtime.clone().spawn_blocking(move || {
        runtime.block_on(async {
            tokio::select! {
                biased;
                _ = unwanted => None,
                found = reading => found,
            }
        })
    });
    thread.await.ok()?
}

async fn read(
    store: &dyn Store,
    layout: Layout,
    dialect: Dialect,
    cache: Option<&Cache>,
) -> Result<Found, Error> {
    let view = View::open(store).await?;
    match (layout, cache) {
        (Layout::Journal, Some(cache)) => Found::known_or_read(&view, dialect, cache).await,
        _ => Ok(Found::read(History::through_layout(&view, layout, dialect, Extent::Ups).await?)),
    }
}
