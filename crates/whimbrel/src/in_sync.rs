//! What was found in sync before, and has not moved since.
//!
//! When a push finds nothing to do, the cache remembers so: under a key of the
//! source, the engine and the database it keeps the fingerprint of the live
//! schema. As long as both are the same there is nothing to read, and nothing
//! to compare. A note that is gone or does not fit only costs time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use whimbrel_db::Fingerprint;
use whimbrel_db::introspect::fingerprint;

use crate::cache::Cache;
use crate::error::Error;
use crate::migrator::Migrator;
use crate::source::SourceText;

/// What is kept of a push that found nothing to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct InSync {
    fingerprint: String,
    /// What was said of the source.
    pub(crate) notes: Vec<String>,
    /// Objects of kinds that whimbrel does not manage, counted by kind.
    pub(crate) left_alone: BTreeMap<String, u64>,
}

impl Migrator {
    /// Says what is known, if the database is still as it was when a push of
    /// these texts last found nothing to do.
    pub(crate) async fn known_in_sync(
        &mut self,
        texts: &[SourceText],
    ) -> Result<Option<(Fingerprint, InSync)>, Error> {
        let key = self.in_sync_key(texts).await?;
        let Some(known) = self.settings.cache.as_ref().and_then(|cache| cache.get::<InSync>(&key)) else {
            return Ok(None);
        };
        let options = self.settings.introspect.clone();
        let now = fingerprint(self.connection.as_mut(), &options).await?;
        Ok((now.to_string() == known.fingerprint).then_some((now, known)))
    }

    /// Remembers that a push of these texts found nothing to do.
    pub(crate) async fn remember_in_sync(
        &mut self,
        texts: &[SourceText],
        fingerprint: &Fingerprint,
        notes: &[String],
        left_alone: &BTreeMap<String, u64>,
    ) -> Result<(), Error> {
        let key = self.in_sync_key(texts).await?;
        if let Some(cache) = &self.settings.cache {
            let known = InSync {
                fingerprint: fingerprint.to_string(),
                notes: notes.to_vec(),
                left_alone: left_alone.clone(),
            };
            cache.put(&key, &known);
        }
        Ok(())
    }

    async fn in_sync_key(&mut self, texts: &[SourceText]) -> Result<String, Error> {
        let read = self.cache_key(texts).await?;
        let table = self.settings.introspect.tracking_table.as_ref().map(ToString::to_string);
        Ok(Cache::key(["in sync", &read, &self.server().name, table.as_deref().unwrap_or_default()]))
    }
}
