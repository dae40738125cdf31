//! `inspect`: the schema of the database, on standard output.

use std::future::IntoFuture as _;

use whimbrel::db::{Access, ConnectOptions, Missing};

use crate::args::{Format, InspectArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::json::Output;
use crate::render::left_alone;

pub(crate) async fn run(cx: &Context, args: &InspectArgs) -> Result<Exit, CliError> {
    let access =
        ConnectOptions { access: Access::ReadOnly, missing: Missing::Refuse, ..ConnectOptions::default() };
    let mut migrator = cx.connect(&cx.settings.url()?, None, access).await?;
    let canceller = migrator.canceller();
    let inspection = cx.guard(canceller.as_ref(), migrator.inspect().into_future()).await?;
    let models = match args.format {
        Format::Models if !cx.global.json => {
            Some(cx.guard(canceller.as_ref(), migrator.write_models(&inspection)).await?)
        }
        Format::Models | Format::Sql | Format::Json => None,
    };
    migrator.close().await?;

    if cx.global.json {
        let output = Output {
            schema: Some(inspection.to_snapshot()),
            sql: Some(inspection.to_sql()?),
            left_alone: Some(inspection.left_alone.clone()),
            ..Output::new("inspect")
        };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    let text = match (args.format, &models) {
        (_, Some(models)) => models.text.clone(),
        (Format::Sql | Format::Models, None) => inspection.to_sql()?,
        (Format::Json, None) => inspection.to_snapshot().to_json() + "\n",
    };
    cx.term.data(&text).map_err(CliError::output)?;
    for difference in models.iter().flat_map(|models| &models.differences) {
        cx.say(format_args!("note: the models do not say this:\n{difference}"));
    }
    if let Some(line) = left_alone(&inspection.left_alone) {
        cx.say(line);
    }
    Ok(Exit::Done)
}
