//! [`Ahead`]: a history that is read while somebody connects.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::{JoinHandle, yield_now};
use whimbrel_core::dialect::Dialect;

use super::{Extent, History, Layout};
use crate::error::Error;
use crate::store::{Store, View};

/// A history that is being read. Who takes it looks whether it still is what the
/// store holds. Dropping it ends the reading.
pub(crate) struct Ahead(JoinHandle<Result<History, Error>>);

impl Ahead {
    /// Begins to read journal and up files; `None` where no runtime of tokio could
    /// do so meanwhile.
    pub(crate) fn begin(store: &Arc<dyn Store>, layout: Layout, dialect: Dialect) -> Option<Self> {
        let (runtime, store) = (Handle::try_current().ok()?, Arc::clone(store));
        Some(Self(runtime.spawn(async move {
            // First of all the server is to hear of us.
            yield_now().await;
            let view = View::open(store.as_ref()).await?;
            History::through_layout(&view, layout, dialect, Extent::Ups).await
        })))
    }

    /// What was read; `None` if that failed.
    pub(super) async fn history(mut self) -> Option<History> {
        (&mut self.0).await.ok()?.ok()
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.abort();
    }
}
