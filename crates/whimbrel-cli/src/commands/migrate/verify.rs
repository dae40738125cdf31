//! `migrate verify`: every migration replayed up, down and up again.

use std::future::IntoFuture as _;

use whimbrel::core::plan::Proof;
use whimbrel::{Outcome, Verdict};

use crate::args::VerifyArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::count;
use crate::render::json::{self, Output};
use crate::render::problem;

pub(crate) async fn run(cx: &Context, args: &VerifyArgs) -> Result<Exit, CliError> {
    let mut migrator = cx.connect_scratch(None).await?;
    let canceller = migrator.canceller();
    let mut verify = migrator.verify().observer(|verdict| tell(cx, args, verdict));
    for name in &args.accept {
        verify = verify.accept(name.as_str());
    }
    let result = cx.guard(canceller.as_ref(), verify.into_future()).await;
    let closed = migrator.close().await;
    let report = result?;
    closed?;
    let exit = if report.is_fine() { Exit::Done } else { Exit::Failed };
    if cx.global.json {
        let migrations = report.verdicts.iter().map(migration).collect();
        let output = Output { migrations: Some(migrations), ..Output::new("migrate verify") };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(exit);
    }
    let bad = report.verdicts.iter().filter(|one| one.edited || !matches!(one.outcome, Outcome::Proved(_)));
    let (bad, all) = (bad.count() as u64, report.verdicts.len() as u64);
    match (all, bad) {
        (0, _) => cx.say(format_args!("`{}` holds no migration", cx.dir()?)),
        (_, 0) => cx.say(format_args!("\n{} verified", count(all, "migration"))),
        _ => cx.say(format_args!("\n{} of {} not as they should be", bad, count(all, "migration"))),
    }
    Ok(exit)
}

/// What keeps a drop from touching other tables.
const FOREIGN_KEYS: &str = "  help: where they are to stay, begin the file with `PRAGMA foreign_keys=OFF;` and end it \
                            with `PRAGMA foreign_keys=ON;`";

fn tell(cx: &Context, args: &VerifyArgs, verdict: &Verdict) {
    let label = super::label(&verdict.entry);
    let edited = if verdict.edited { ", edited" } else { "" };
    match &verdict.outcome {
        Outcome::Proved(proof) => cx.say(format_args!("{label}: {proof}{edited}")),
        Outcome::NotReached => cx.say(format_args!("{label}: not reached{edited}")),
        Outcome::Fails(error) => {
            cx.say(format_args!("{label}: fails{edited}"));
            // What stands in the way of an edit is what the command fails with.
            if args.accept.is_empty() {
                cx.say(problem::text(&cx.term, error.as_ref()));
            }
        }
    }
    for note in &verdict.notes {
        cx.say(format_args!("  note: {note}"));
    }
    if !verdict.notes.is_empty() {
        cx.say(FOREIGN_KEYS);
    }
    if verdict.edited && matches!(verdict.outcome, Outcome::Proved(_)) {
        let name = &verdict.entry.name;
        cx.say(format_args!("  help: record the edit with `whimbrel migrate verify --accept {name}`"));
    }
}

fn migration(verdict: &Verdict) -> json::Migration {
    let (proof, detail): (Option<Proof>, _) = match &verdict.outcome {
        Outcome::Proved(proof) => (Some(proof.clone()), None),
        Outcome::Fails(error) => (None, Some(error.to_string())),
        Outcome::NotReached => (None, Some("not reached".to_owned())),
    };
    let state = verdict.edited.then(|| "edited".to_owned());
    let notes = Some(verdict.notes.clone()).filter(|notes| !notes.is_empty());
    json::Migration { proof, detail, state, notes, ..json::Migration::entry(&verdict.entry) }
}
