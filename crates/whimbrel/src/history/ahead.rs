//! [`Ahead`]: a history that is read while somebody connects.

use std::future::{Future, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;

use futures_util::future::{Either, select};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use whimbrel_core::dialect::Dialect;

use super::{Extent, History, Layout};
use crate::cache::Cache;
use crate::error::Error;
use crate::store::{Store, View};

/// A history that is read while something else is waited for. Who takes it looks
/// whether it still is what the store holds. Dropping it ends the reading.
pub(crate) struct Ahead {
    reading: Reading,
}

/// Comes to what was read; `None` if that failed.
type Reading = Pin<Box<dyn Future<Output = Option<History>> + Send>>;

impl Ahead {
    /// What will read journal and up files, those aside of which `cache` knows that
    /// they are as the journal says.
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
            Either::Right((history, work)) => {
                self.reading = Box::pin(ready(history));
                work.await
            }
        }
    }

    /// What was read; `None` if that failed.
    pub(super) async fn history(self) -> Option<History> {
        self.reading.await
    }
}

/// Reads on a thread of its own; not at all where no runtime of tokio has one.
async fn on_a_thread(reading: impl Future<Output = Option<History>> + Send + 'static) -> Option<History> {
    let runtime = Handle::try_current().ok()?;
    // Nobody sends anything: it is closed when the history is not wanted any more.
    let (_wanted, unwanted) = oneshot::channel::<()>();
    let thread = runtime.clone().spawn_blocking(move || {
        runtime.block_on(async {
            tokio::select! {
                biased;
                _ = unwanted => None,
                history = reading => history,
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
) -> Result<History, Error> {
    let view = View::open(store).await?;
    match (layout, cache) {
        (Layout::Journal, Some(cache)) => History::known_or_read(&view, dialect, cache).await,
        _ => History::through_layout(&view, layout, dialect, Extent::Ups).await,
    }
}
