//! `crate = "..."`: where whimbrel is found by what the derives write. A schema
//! does not depend on it, so that whoever reads source files only checks it.

use syn::parse::Parser as _;
use syn::{Attribute, LitStr, Path};

use super::reader::Reader;
use super::tree::{self, Arg, Value};
use super::words::{Setting, SettingValue};
use crate::item::Literal;

/// The attributes in which it may stand.
const OWNERS: [&str; 3] = ["model", "db_enum", "column"];

/// Refuses what is no path.
pub(super) fn check(reader: &mut Reader, setting: &Setting<'_>) {
    let Some(text) = setting.text(reader) else { return };
    if Path::parse_mod_style.parse_str(&text).is_err() {
        let span = if let SettingValue::Pair(arg) = &setting.value { arg.span } else { setting.span };
        reader.wrong(
            span,
            format!("`{text}` is no path to a crate"),
            "write where `whimbrel` is found from here: `crate = \"db\"`, `crate = \"other::whimbrel\"`",
        );
    }
}

/// The path that attributes tell, which the compiler looks for at its text.
pub(super) fn told(attributes: &[Attribute]) -> Option<Path> {
    let ours = attributes.iter().filter(|one| OWNERS.iter().any(|owner| one.path().is_ident(owner)));
    ours.filter_map(|one| tree::arguments(one).ok()).flatten().find_map(|arg| path(&arg))
}

fn path(arg: &Arg) -> Option<Path> {
    let Value::Pair { key, value } = &arg.value else { return None };
    let Value::Literal(Literal::Text(text)) = &value.value else { return None };
    let text = LitStr::new(text, value.span);
    (key == "crate").then(|| text.parse_with(Path::parse_mod_style).ok()).flatten()
}
