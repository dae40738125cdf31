//! [`Ahead`]: a history that is read while somebody connects.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use whimbrel_core::dialect::Dialect;

use super::{Extent, History, Layout};
use crate::error::Error;
use crate::store::{Store, View};

/// A history that is being read, on a thread of its own: whoever connects
/// meanwhile hears the server at once. Who takes it looks whether it still is what
/// the store holds. Dropping it ends the reading.
pub(crate) struct Ahead {
    reading: JoinHandle<Option<History>>,
    /// Nobody sends anything: it is closed when the history is not wanted any more.
    _wanted: oneshot::Sender<()>,
}

impl Ahead {
    /// Begins to read journal and up files; `None` where no runtime of tokio could
    /// do so meanwhile.
    pub(crate) fn begin(store: &Arc<dyn Store>, layout: Layout, dialect: Dialect) -> Option<Self> {
        let (runtime, store) = (Handle::try_current().ok()?, Arc::clone(store));
        let (wanted, unwanted) = oneshot::channel();
        let reading = runtime.clone().spawn_blocking(move || {
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    _ = unwanted => None,
                    history = read(store.as_ref(), layout, dialect) => history.ok(),
                }
            })
        });
        Some(Self { reading, _wanted: wanted })
    }

    /// What was read; `None` if that failed.
    pub(super) async fn history(self) -> Option<History> {
        self.reading.await.ok()?
    }
}

async fn read(store: &dyn Store, layout: Layout, dialect: Dialect) -> Result<History, Error> {
    History::through_layout(&View::open(store).await?, layout, dialect, Extent::Ups).await
}
