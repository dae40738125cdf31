//! `check`: whether database, migrations and source agree; status 4 if not.

use std::future::IntoFuture as _;

use whimbrel::db::{Access, ConnectOptions, Missing};
use whimbrel::{CheckReport, Finding, LockStanding};

use super::migrate::label;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::json::{self, Output};
use crate::render::{count, plan};

pub(crate) async fn run(cx: &Context) -> Result<Exit, CliError> {
    let options =
        ConnectOptions { access: Access::ReadOnly, missing: Missing::Create, ..ConnectOptions::default() };
    let schema = cx.settings.schema().ok();
    let mut migrator = cx.connect(&cx.settings.url()?, schema.as_ref(), options).await?;
    let name = migrator.server().name.clone();
    let canceller = migrator.canceller();
    let result = cx.guard(canceller.as_ref(), migrator.check().into_future()).await;
    let closed = migrator.close().await;
    let report = result?;
    closed?;
    let exit = if report.findings.is_empty() { Exit::Done } else { Exit::Found };
    if cx.global.json {
        let findings = report.findings.iter().map(finding).collect();
        let notes = Some(report.notes).filter(|notes| !notes.is_empty());
        let output = Output { findings: Some(findings), notes, ..Output::new("check") };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(exit);
    }
    let source = schema.map(|schema| schema.name);
    tell(cx, &report, &name, source.as_deref())?;
    Ok(exit)
}

fn tell(cx: &Context, report: &CheckReport, database: &str, source: Option<&str>) -> Result<(), CliError> {
    let dir = cx.dir()?;
    for note in &report.notes {
        cx.say(format_args!("note: {note}"));
    }
    for finding in &report.findings {
        match finding {
            Finding::Problem(problem) => cx.say(format_args!("! {problem}")),
            Finding::LockBehind(lock) => {
                cx.say(format_args!("! {}", behind(*lock)));
            }
            Finding::Pending(entries) => {
                cx.say(format_args!(
                    "! {} pending in `{database}`",
                    count(entries.len() as u64, "migration")
                ));
                entries.iter().for_each(|entry| cx.say(format_args!("    {}", label(entry))));
            }
            Finding::Unproved(entries) => {
                cx.say(format_args!("! {} not proved", count(entries.len() as u64, "migration")));
                for (entry, reason) in entries {
                    cx.say(format_args!("    {}: {reason}", label(entry)));
                }
            }
            Finding::Drift(changes) => {
                cx.say(format_args!("! `{database}` differs from what its migrations made"));
                cx.say(plan::blocks(&cx.term, changes).trim_end());
            }
            Finding::SourceAhead(changes) => {
                let source = source.unwrap_or("the schema");
                cx.say(format_args!("! `{source}` is ahead of `{dir}`"));
                cx.say(plan::blocks(&cx.term, changes).trim_end());
            }
        }
        cx.say(format_args!("  help: {}\n", finding.help()));
    }
    match (report.findings.len() as u64, source) {
        (0, Some(source)) => cx.say(format_args!("`{database}`, `{dir}` and `{source}` agree")),
        (0, None) => cx.say(format_args!("`{database}` and `{dir}` agree")),
        (found, _) => cx.say(count(found, "finding")),
    }
    Ok(())
}

fn behind(lock: LockStanding) -> String {
    format!("the lock file has version {}, and the database {}", lock.lock, lock.database)
}

fn finding(finding: &Finding) -> json::Finding {
    let mut out = json::Finding { help: finding.help(), ..json::Finding::default() };
    match finding {
        Finding::Problem(problem) => {
            (out.finding, out.message) = ("problem", Some(problem.to_string()));
        }
        Finding::LockBehind(lock) => {
            (out.finding, out.message) = ("lockBehind", Some(behind(*lock)));
        }
        Finding::Pending(entries) => {
            (out.finding, out.migrations) = ("pending", entries.iter().map(json::Migration::entry).collect());
        }
        Finding::Unproved(entries) => {
            let migrations = entries.iter().map(|(entry, _)| json::Migration::entry(entry)).collect();
            (out.finding, out.migrations) = ("unproved", migrations);
        }
        Finding::Drift(changes) => (out.finding, out.changes) = ("drift", changes.clone()),
        Finding::SourceAhead(changes) => (out.finding, out.changes) = ("sourceAhead", changes.clone()),
    }
    out
}
