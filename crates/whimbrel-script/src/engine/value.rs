//! Values on their way between scripts and the database.

use rquickjs::object::Property;
use rquickjs::{Array, Coerced, Ctx, FromJs, Object, Result, TypedArray, Value};
use whimbrel_db::{Datum, Fetched};

use super::console;
use super::object::refusal;

/// The largest whole number up to which a number of JavaScript's is exact.
const LARGEST: f64 = 9_007_199_254_740_991.0;

/// What the database gets for a value; where it can have none, what the value is.
pub(super) fn datum(value: &Value<'_>) -> std::result::Result<Datum, String> {
    if value.is_null() {
        return Ok(Datum::Null);
    }
    if let Some(boolean) = value.as_bool() {
        return Ok(boolean.into());
    }
    if let Some(number) = value.as_number() {
        return Ok(of_number(number));
    }
    if value.is_string() {
        return text(value).map(Datum::Text);
    }
    if value.is_big_int() {
        return whole(value)
            .map(Datum::Integer)
            .ok_or_else(|| "a whole number of more than 64 bits".to_owned());
    }
    if let Some(bytes) = bytes(value) {
        return Ok(Datum::Bytes(bytes));
    }
    let help = match () {
        () if value.is_undefined() => "write `null` for NULL",
        () if console::is_date(value) => "give its text, such as `date.toISOString()`",
        () if value.is_array() || console::is_plain(value) => {
            "give its text, such as `JSON.stringify(value)`"
        }
        () => "there is no such value in a database",
    };
    Err(format!("{}: {help}", console::kind(value)))
}

/// A whole number stays one.
#[expect(clippy::cast_possible_truncation, reason = "it was looked at whether it fits")]
fn of_number(number: f64) -> Datum {
    let is_whole = number.fract() == 0.0 && number.abs() <= LARGEST;
    let is_zero_below = number == 0.0 && number.is_sign_negative();
    match is_whole && !is_zero_below {
        true => i32::try_from(number as i64).map_or(Datum::Integer(number as i64), Datum::Small),
        false => Datum::Real(number),
    }
}

fn whole(value: &Value<'_>) -> Option<i64> {
    // The engine's own conversion cuts off what does not fit.
    Coerced::<String>::from_js(value.ctx(), value.clone()).ok()?.0.parse().ok()
}

fn bytes(value: &Value<'_>) -> Option<Vec<u8>> {
    let array = TypedArray::<u8>::from_value(value.clone()).ok()?;
    let index = |at: usize| array.as_object().get::<_, u8>(u32::try_from(at).ok()?).ok();
    (0..array.len()).map(index).collect()
}

/// The text that a value is; where it is none, what it is.
pub(super) fn text(value: &Value<'_>) -> std::result::Result<String, String> {
    let text = value.as_string().ok_or_else(|| console::kind(value).to_owned())?;
    text.to_string()
        .map_err(|_| "text with half a character in it: a surrogate without its other half".to_owned())
}

/// A count, as scripts have it.
pub(super) fn count<'js>(ctx: &Ctx<'js>, count: u64) -> Result<Value<'js>> {
    #[expect(clippy::cast_precision_loss, reason = "no table has so many rows")]
    Ok(Value::new_number(ctx.clone(), count as f64))
}

/// Rows, each an object with a property for each column.
pub(super) fn rows<'js>(ctx: &Ctx<'js>, fetched: Fetched) -> Result<Value<'js>> {
    let Fetched { columns, rows, .. } = fetched;
    if let Some(name) = columns.iter().enumerate().find(|(at, name)| columns[..*at].contains(name)) {
        let message =
            format!("two columns of the result are called `{}`: name one of them anew with `AS`", name.1);
        return Err(refusal(ctx, &message));
    }
    let array = Array::new(ctx.clone())?;
    for (at, row) in rows.into_iter().enumerate() {
        let object = Object::new(ctx.clone())?;
        for (column, datum) in columns.iter().zip(row) {
            // Defined, not assigned: neither `__proto__` nor a setter takes it.
            let property = Property::from(of_datum(ctx, datum)?).writable().enumerable().configurable();
            object.prop(column.as_str(), property)?;
        }
        array.set(at, object)?;
    }
    Ok(array.into_value())
}

fn of_datum<'js>(ctx: &Ctx<'js>, datum: Datum) -> Result<Value<'js>> {
    let ctx = ctx.clone();
    Ok(match datum {
        Datum::Null => Value::new_null(ctx),
        Datum::Boolean(value) => Value::new_bool(ctx, value),
        Datum::Small(value) => Value::new_int(ctx, value),
        Datum::Integer(value) => Value::new_big_int(ctx, value)?,
        Datum::Real(value) => Value::new_float(ctx, value),
        Datum::Text(text) | Datum::Json(text) => rquickjs::String::from_str(ctx, &text)?.into_value(),
        Datum::Bytes(bytes) => TypedArray::<u8>::new(ctx, bytes)?.into_value(),
    })
}
