//! The tables of the service.

use serde::Serialize;
use whimbrel::Model;

/// Something worth remembering.
#[derive(Debug, Serialize, Model)]
#[model(table = "notes", strict, index(pinned, id))]
pub struct Note {
    /// Its number.
    #[column(primary_key, auto_increment)]
    pub id: i64,
    /// What it is about.
    #[column(check = "length(title) BETWEEN 1 AND 200")]
    pub title: String,
    /// What it says.
    #[column(default = "")]
    pub body: String,
    /// Whether it comes before others.
    #[column(default = false)]
    pub pinned: bool,
    /// When it was written, in UTC.
    #[column(default = sql("datetime('now')"))]
    pub written_at: String,
}
