//! The files of AWS's tools, as these read them
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>).
//!
//! ```text
//! [profile work]            # a section
//! region = eu-central-1
//! s3 =
//!   addressing_style = path
//! ```

use std::collections::BTreeMap;

/// Keys and values.
pub(super) type Section = BTreeMap<String, String>;

/// Sections by name: two of one name are one.
pub(super) type Sections = BTreeMap<String, Section>;

/// Reads a file; `Err` is the line that does not read. A key within another one is
/// called `outer.inner`.
pub(super) fn read(text: &str) -> Result<Sections, usize> {
    let mut sections = Sections::new();
    let mut section = None;
    let mut outer = None;
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    for (number, line) in lines.map(|(index, line)| (index + 1, line)) {
        if line.trim().is_empty() || line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let (name, rest) = name.split_once(']').ok_or(number)?;
            if !rest.trim().is_empty() && !rest.trim_start().starts_with(['#', ';']) {
                return Err(number);
            }
            (section, outer) = (Some(sections.entry(spaced(name)).or_default()), None);
            continue;
        }
        let section: &mut Section = section.as_deref_mut().ok_or(number)?;
        if line.starts_with(char::is_whitespace) {
            let outer: &String = outer.as_ref().ok_or(number)?;
            continue_value(section, outer, line).ok_or(number)?;
        } else {
            let (key, value) = pair(line).ok_or(number)?;
            section.insert(key.clone(), value);
            outer = Some(key);
        }
    }
    Ok(sections)
}

/// An indented line goes on with the value above, or stands within its key if that
/// has none.
fn continue_value(section: &mut Section, outer: &str, line: &str) -> Option<()> {
    let value = section.get_mut(outer)?;
    if value.is_empty() {
        let (key, inner) = pair(line)?;
        section.insert(format!("{outer}.{key}"), inner);
    } else {
        value.push('\n');
        value.push_str(line.trim());
    }
    Some(())
}

/// Keys are of no case, and a comment after a value follows a space.
fn pair(line: &str) -> Option<(String, String)> {
    let (key, value) = line.split_once('=')?;
    let comments = [" #", " ;", "\t#", "\t;"].iter().filter_map(|start| value.find(start));
    let value = &value[..comments.min().unwrap_or(value.len())];
    let key = key.trim().to_ascii_lowercase();
    (!key.is_empty()).then(|| (key, value.trim().to_owned()))
}

/// A name with one space between its words, and without quotes.
fn spaced(name: &str) -> String {
    let words = name.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_as_the_tools_of_aws_read_it() {
        let text = "\u{feff}; work\n# all\n\n[default]\nREGION = eu-central-1 # Frankfurt\r\nkey=a=b#c\n\
                    [ profile   'work' ] ; mine\ns3 =\n  Endpoint_URL = http://x\n\n  # why\n  style=path\n\
                    text = one\n  two = 2\n[default]\nregion = eu-west-1\n";
        let sections = read(text).unwrap();
        let shown: Vec<_> = sections
            .iter()
            .flat_map(|(name, section)| {
                section.iter().map(move |(key, value)| format!("{name}: {key}={value}"))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "default: key=a=b#c",
                "default: region=eu-west-1",
                "profile work: s3=",
                "profile work: s3.endpoint_url=http://x",
                "profile work: s3.style=path",
                "profile work: text=one\ntwo = 2",
            ]
        );
    }

    #[test]
    fn a_line_that_does_not_read_is_known_by_its_number() {
        for (text, line) in [
            ("key = value", 1),
            ("\n[default", 2),
            ("[default] x", 1),
            ("[default]\nkey", 2),
            ("[default]\n= value", 2),
            ("[default]\n  indented = 1", 2),
            ("[default]\ns3 =\n  indented", 3),
        ] {
            assert_eq!(read(text), Err(line), "{text}");
        }
    }
}
