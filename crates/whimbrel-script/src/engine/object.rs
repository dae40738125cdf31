//! The object `db`: all that a script has of the world.

use std::rc::Rc;

use rquickjs::function::Opt;
use rquickjs::{Ctx, Exception, Function, Object, Promise, Result, Value};
use whimbrel_core::dialect::Dialect;
use whimbrel_core::lockfile::read_fields;
use whimbrel_db::{Datum, Fetched};

use super::session::Session;
use super::{console, value};

/// The object `db`.
///
/// Its functions have done their work when they return. They return promises all
/// the same, as scripts expect them to.
pub(super) fn database<'js>(ctx: &Ctx<'js>, session: &Rc<Session>, dialect: Dialect) -> Result<Object<'js>> {
    let db = Object::new(ctx.clone())?;
    db.set("dialect", named(dialect))?;
    let exec = Rc::clone(session);
    db.set(
        "exec",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, sql: Opt<Value<'js>>, values: Opt<Value<'js>>| {
            promised(&ctx, "exec", || {
                let fetched = ask(&ctx, &exec, "db.exec", sql.0, values.0, false)?;
                value::count(&ctx, fetched.affected)
            })
        })?
        .with_name("exec")?,
    )?;
    let query = Rc::clone(session);
    db.set(
        "query",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, sql: Opt<Value<'js>>, values: Opt<Value<'js>>| {
            promised(&ctx, "query", || {
                value::rows(&ctx, ask(&ctx, &query, "db.query", sql.0, values.0, true)?)
            })
        })?
        .with_name("query")?,
    )?;
    let describe = Rc::clone(session);
    db.set(
        "updateSchema",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, table: Opt<Value<'js>>, fields: Opt<Value<'js>>| {
            promised(&ctx, "updateSchema", || update_schema(&ctx, &describe, table.0, fields.0))
        })?
        .with_name("updateSchema")?,
    )?;
    freeze(ctx, &db)?;
    Ok(db)
}

/// What scripts call a dialect: what the journal calls it.
fn named(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgresql",
    }
}

/// Nothing of an object can be changed from now on.
pub(super) fn freeze<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> Result<()> {
    let constructor: Object<'js> = ctx.globals().get("Object")?;
    constructor.get::<_, Function<'js>>("freeze")?.call((object.clone(),))
}

/// A promise that is settled already, of a function of this name.
fn promised<'js>(
    ctx: &Ctx<'js>,
    function: &str,
    work: impl FnOnce() -> Result<Value<'js>>,
) -> Result<Promise<'js>> {
    let (promise, resolve, reject) = ctx.promise()?;
    match work() {
        Ok(value) => resolve.call::<_, ()>((value,))?,
        Err(rquickjs::Error::Exception) => {
            let thrown = ctx.catch();
            if let Some(error) = thrown.as_object().filter(|object| object.is_error()) {
                // Functions that are not the engine's own are not in its stack.
                let stack: Option<String> = error.get("stack")?;
                error.set("stack", below(function, &stack.unwrap_or_default()))?;
            }
            reject.call::<_, ()>((thrown,))?;
        }
        Err(error) => return Err(error),
    }
    Ok(promise)
}

fn ask<'js>(
    ctx: &Ctx<'js>,
    session: &Session,
    function: &str,
    sql: Option<Value<'js>>,
    values: Option<Value<'js>>,
    is_query: bool,
) -> Result<Fetched> {
    let sql = text(ctx, sql, &format!("the SQL of `{function}`"))?;
    let values = parameters(ctx, function, values)?;
    session.ask(ctx, &sql, values, is_query)
}

/// A stack with a function on top.
pub(super) fn below(function: &str, stack: &str) -> String {
    format!("    at {function} (native)\n{stack}")
}

/// The values for the parameters of a statement.
fn parameters<'js>(ctx: &Ctx<'js>, function: &str, values: Option<Value<'js>>) -> Result<Vec<Datum>> {
    let Some(values) = values.filter(|values| !values.is_undefined()) else { return Ok(Vec::new()) };
    let Some(array) = values.as_array() else {
        let kind = console::kind(&values);
        let message =
            format!("the parameters of `{function}` are {kind}: give them as an array, such as `[id, name]`");
        return Err(refusal(ctx, &message));
    };
    let datum = |(at, value): (usize, Result<Value<'js>>)| {
        value::datum(&value?)
            .map_err(|problem| refusal(ctx, &format!("parameter {} of `{function}` is {problem}", at + 1)))
    };
    array.iter().enumerate().map(datum).collect()
}

fn update_schema<'js>(
    ctx: &Ctx<'js>,
    session: &Session,
    table: Option<Value<'js>>,
    fields: Option<Value<'js>>,
) -> Result<Value<'js>> {
    let table = text(ctx, table, "the table of `db.updateSchema`")?;
    let json = match fields.filter(|fields| fields.is_object() && !fields.is_array()) {
        Some(fields) => ctx.json_stringify(fields)?.map(|json| json.to_string()).transpose()?,
        None => None,
    };
    let Some(json) = json else {
        let message = "the fields of `db.updateSchema` are an object, such as `{ age: { type: 'number' } }`";
        return Err(refusal(ctx, message));
    };
    if let Err(problem) = read_fields(&json) {
        return Err(refusal(ctx, &format!("of the fields of `db.updateSchema` {problem}")));
    }
    session.describe(table, json);
    Ok(Value::new_undefined(ctx.clone()))
}

/// The error of a function that was given what it cannot use. Unlike those that
/// the engine throws for us, it knows at once where it was made.
pub(super) fn refusal(ctx: &Ctx<'_>, message: &str) -> rquickjs::Error {
    Exception::from_message(ctx.clone(), message).map_or_else(|error| error, Exception::throw)
}

/// A text that a function was given.
fn text<'js>(ctx: &Ctx<'js>, value: Option<Value<'js>>, what: &str) -> Result<String> {
    match value.as_ref().map(value::text) {
        Some(Ok(text)) => Ok(text),
        Some(Err(problem)) => Err(refusal(ctx, &format!("{what} is {problem}"))),
        None => Err(refusal(ctx, &format!("{what} is missing"))),
    }
}
