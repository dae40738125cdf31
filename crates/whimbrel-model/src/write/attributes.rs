//! Attributes as text.

/// A text in quotes; one of several lines, or with quotes in it, in raw ones.
pub(super) fn text(value: &str) -> String {
    let plain = !value.contains(['\n', '"', '\\']);
    let raw = !value.contains(|c: char| c.is_control() && c != '\n');
    if plain || !raw {
        return format!("{value:?}");
    }
    let longest = value.split('"').skip(1).map(|rest| rest.len() - rest.trim_start_matches('#').len()).max();
    let hashes = "#".repeat(longest.unwrap_or(0) + 1);
    format!("r{hashes}\"{value}\"{hashes}")
}

/// A doc comment, as the attributes that it stands for.
pub(super) fn comment(text: Option<&str>) -> String {
    let lines = text.unwrap_or_default().lines();
    lines.map(|line| format!("#[doc = {:?}] ", format!(" {line}"))).collect()
}

/// One attribute with its settings, nothing if there are none.
pub(super) fn attribute(name: &str, settings: &[String]) -> String {
    match settings.is_empty() {
        true => String::new(),
        false => format!("#[{name}({})] ", settings.join(", ")),
    }
}
