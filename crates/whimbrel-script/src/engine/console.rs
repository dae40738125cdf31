//! `console`: what scripts say, and values in words.

use std::rc::Rc;

use rquickjs::function::Rest;
use rquickjs::object::Filter;
use rquickjs::{Coerced, Ctx, Exception, FromJs, Function, Object, Result, TypedArray, Value};

use super::object::freeze;
use super::session::Session;

/// Puts `console` among the globals.
pub(super) fn install<'js>(ctx: &Ctx<'js>, globals: &Object<'js>, session: &Rc<Session>) -> Result<()> {
    let console = Object::new(ctx.clone())?;
    for name in ["log", "info", "warn", "error"] {
        let session = Rc::clone(session);
        let say = move |values: Rest<Value<'js>>| {
            let words: Vec<String> = values.0.iter().map(said).collect();
            session.say(words.join(" "));
        };
        console.set(name, Function::new(ctx.clone(), say)?.with_name(name)?)?;
    }
    freeze(ctx, &console)?;
    globals.set("console", console)
}

/// What a value is when it is said: text as it is, all else as it is written.
fn said(value: &Value<'_>) -> String {
    match value.as_string().map(rquickjs::String::to_string) {
        Some(Ok(text)) => text,
        Some(Err(_)) | None => shown(value),
    }
}

/// A value as it is written in a script.
pub(super) fn shown(value: &Value<'_>) -> String {
    written(value, 0)
}

/// How deep objects are shown.
const DEPTH: usize = 3;
/// How many elements are shown.
const ELEMENTS: usize = 100;

fn written(value: &Value<'_>, depth: usize) -> String {
    if let Some(text) = value.as_string() {
        let escaped = text.to_string().unwrap_or_default().escape_debug().to_string();
        return format!("'{}'", escaped.replace("\\\"", "\""));
    }
    if value.is_big_int() {
        return format!("{}n", coerced(value));
    }
    let is_worded = value.is_object() || value.is_symbol();
    if !is_worded {
        return coerced(value);
    }
    if let Some(exception) = value.as_object().cloned().and_then(Exception::from_object) {
        let name = exception.get::<_, String>("name").unwrap_or_default();
        return format!("{name}: {}", exception.message().unwrap_or_default());
    }
    if let Ok(bytes) = TypedArray::<u8>::from_value(value.clone()) {
        return format!("Uint8Array({})", bytes.len());
    }
    match value.as_array() {
        _ if depth >= DEPTH && (value.is_array() || is_plain(value)) => "...".to_owned(),
        Some(array) => {
            let elements =
                array.iter::<Value<'_>>().take(ELEMENTS).flatten().map(|one| written(&one, depth + 1));
            bracketed("[", elements.collect(), array.len(), "]")
        }
        None if is_plain(value) => fields(value, depth),
        None if is_date(value) => coerced(value),
        None => format!("[{}]", kind(value).split_once(' ').map_or(kind(value), |(_, noun)| noun)),
    }
}

fn fields(value: &Value<'_>, depth: usize) -> String {
    let Some(object) = value.as_object() else { return String::new() };
    let keys: Vec<String> = object.own_keys(Filter::new().string().enum_only()).flatten().collect();
    let field = |key: &String| {
        let value = object.get::<_, Value<'_>>(key.as_str()).ok()?;
        Some(format!("{key}: {}", written(&value, depth + 1)))
    };
    let fields = keys.iter().take(ELEMENTS).filter_map(field).collect();
    bracketed("{ ", fields, keys.len(), " }")
}

fn bracketed(open: &str, mut elements: Vec<String>, count: usize, close: &str) -> String {
    if elements.is_empty() {
        return format!("{}{}", open.trim(), close.trim());
    }
    if count > elements.len() {
        elements.push(format!("and {} more", count - elements.len()));
    }
    format!("{open}{}{close}", elements.join(", "))
}

fn coerced(value: &Value<'_>) -> String {
    let text = Coerced::<String>::from_js(value.ctx(), value.clone()).map(|text| text.0);
    // What cannot be made text throws, and nobody is to find that later.
    text.unwrap_or_else(|_| {
        drop(value.ctx().catch());
        kind(value).to_owned()
    })
}

/// What people call a value of its kind.
pub(super) fn kind(value: &Value<'_>) -> &'static str {
    match () {
        () if value.is_undefined() => "undefined",
        () if value.is_null() => "null",
        () if value.is_bool() => "a boolean",
        () if value.is_big_int() => "a bigint",
        () if value.is_number() => "a number",
        () if value.is_string() => "a string",
        () if value.is_symbol() => "a symbol",
        () if value.is_function() => "a function",
        () if value.is_promise() => "a promise",
        () if value.is_array() => "an array",
        () if is_date(value) => "a date",
        () => "an object",
    }
}

/// Says whether it is an object that was written as `{}`.
pub(super) fn is_plain(value: &Value<'_>) -> bool {
    let Some(object) = value.as_object() else { return false };
    let is_other = value.is_function() || value.is_array() || value.is_promise() || value.is_proxy();
    !is_other && !is_date(value) && !object.is_error()
}

/// Says whether it is a date.
pub(super) fn is_date(value: &Value<'_>) -> bool {
    let Ok(constructor) = value.ctx().globals().get::<_, Value<'_>>("Date") else { return false };
    !value.is_proxy() && value.as_object().is_some_and(|object| object.is_instance_of(&constructor))
}
