//! Defaults: `default = 0`, `default = now()`, `default = sql("...")`.

use super::reader::Reader;
use super::tree::{Arg, Value};
use super::words;
use crate::item::{Default, Generator, Literal};

const HELP: &str = "write a value, `Enum::Variant`, `null`, `now()`, `uuid()`, `ulid()`, `cuid()`, `nanoid()`, \
                    or an expression: `sql(\"...\")`";

/// Reads what stands after `default =`.
pub(super) fn read(reader: &mut Reader, arg: &Arg) -> Option<Default> {
    words::no_modifiers(reader, arg);
    match &arg.value {
        Value::Literal(literal) => return Some(Default::Literal(literal.clone())),
        Value::Word { path, args: None } if path == "null" => return Some(Default::Literal(Literal::Null)),
        Value::Word { path, args: None } => {
            if let Some((_, variant)) = path.rsplit_once("::") {
                return Some(Default::Literal(Literal::Variant(variant.to_owned())));
            }
        }
        Value::Word { path, args: Some(args) } if path == "sql" => {
            return words::per_engine(reader, args, arg.span).map(Default::Sql);
        }
        Value::Word { path, args: Some(args) } => {
            if let Some(generator) = Generator::parse(path).filter(|_| args.is_empty()) {
                return Some(Default::Generated(generator));
            }
        }
        Value::Pair { .. } => {}
    }
    reader.wrong(arg.span, "this is no default", HELP);
    None
}
