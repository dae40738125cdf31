//! Notes over HTTP, kept in SQLite.
//!
//! [`start`] applies the migrations that are in the binary, then opens sqlx's pool
//! on the same file.

pub mod models;

use std::error::Error;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqlitePool};
use whimbrel::{EmbeddedStore, Migrator, embed};

use models::Note;

/// The folder `migrations`, as it was when this was compiled.
pub static MIGRATIONS: EmbeddedStore = embed!();

/// A note as a client sends it.
#[derive(Debug, Deserialize)]
pub struct NewNote {
    title: String,
    #[serde(default)]
    body: String,
}

/// Brings the database up to date and returns the service on it.
///
/// # Errors
///
/// If the database cannot be opened or migrated.
pub async fn start(url: &str) -> Result<Router, Box<dyn Error>> {
    let mut migrator = Migrator::builder(url)?.store(MIGRATIONS).connect().await?;
    migrator.apply().await?;
    migrator.close().await?;
    let pool = SqlitePool::connect(url).await?;
    let routes = Router::new().route("/notes", get(list).post(add)).route("/notes/{id}", get(read));
    Ok(routes.with_state(pool))
}

async fn list(State(pool): State<SqlitePool>) -> Result<Json<Vec<Note>>, Failure> {
    let rows = sqlx::query("SELECT * FROM notes ORDER BY pinned DESC, id").fetch_all(&pool).await?;
    Ok(Json(rows.iter().map(note).collect::<Result<_, _>>()?))
}

async fn read(State(pool): State<SqlitePool>, Path(id): Path<i64>) -> Result<Json<Note>, Failure> {
    let row = sqlx::query("SELECT * FROM notes WHERE id = ?").bind(id).fetch_one(&pool).await?;
    Ok(Json(note(&row)?))
}

async fn add(
    State(pool): State<SqlitePool>,
    Json(new): Json<NewNote>,
) -> Result<(StatusCode, Json<Note>), Failure> {
    let insert = sqlx::query("INSERT INTO notes (title, body) VALUES (?, ?) RETURNING *");
    let row = insert.bind(new.title).bind(new.body).fetch_one(&pool).await?;
    Ok((StatusCode::CREATED, Json(note(&row)?)))
}

fn note(row: &SqliteRow) -> Result<Note, sqlx::Error> {
    Ok(Note {
        id: row.try_get("id")?,
        title: row.try_get("title")?,
        body: row.try_get("body")?,
        pinned: row.try_get("pinned")?,
        written_at: row.try_get("written_at")?,
    })
}

/// What a client is told when the database says no.
struct Failure(sqlx::Error);

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            sqlx::Error::RowNotFound => StatusCode::NOT_FOUND,
            sqlx::Error::Database(error) if error.is_check_violation() => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        status.into_response()
    }
}
