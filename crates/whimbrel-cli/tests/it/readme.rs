//! What the README shows is what the binary prints.

use std::path::PathBuf;

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of every block of the README that shows a console.
fn console_blocks(text: &str) -> Vec<&str> {
    text.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The text with `[..]` for every time of day and every duration, as the
/// transcripts have it.
fn masked(text: &str) -> String {
    let text = text.replace("under 1 ms", "[..]");
    let mut out = String::new();
    for (at, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split(' ').collect();
        let mut skip = false;
        let masked = words.iter().enumerate().filter_map(|(at, word)| {
            if std::mem::take(&mut skip) {
                return None;
            }
            let next = words.get(at + 1).copied().unwrap_or_default();
            let bare = word.trim_start_matches('(');
            let is_number = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
            let is_day = bare.len() == 10 && bare.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            skip = is_day || (is_number && next.starts_with("ms"));
            let before = &word[..word.len() - bare.len()];
            let after =
                next.trim_start_matches("ms").trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
            Some(if skip { format!("{before}[..]{after}") } else { (*word).to_owned() })
        });
        let masked = masked.collect::<Vec<_>>().join(" ");
        out.extend([if at == 0 { "" } else { "\n" }, &masked]);
    }
    out
}

#[test]
fn times_are_masked() {
    assert_eq!(masked("applied a (2 ms)\nin 10 ms"), "applied a ([..])\nin [..]");
    assert_eq!(masked("a  applied  2026-05-01 10:00:00; as b"), "a  applied  [..]; as b");
    assert_eq!(masked("2 applied, 1 pending"), "2 applied, 1 pending");
}

#[test]
fn every_console_block_is_a_part_of_a_transcript() {
    let readme = masked(&read("../../README.md"));
    let transcript = masked(&(read("tests/cmd/blog.trycmd") + &read("tests/cmd/files.trycmd")));
    let blocks = console_blocks(&readme);
    assert!(blocks.len() > 5, "the README tells a story");
    for block in blocks {
        assert!(transcript.contains(block.trim_end()), "the transcript does not hold this:\n{block}");
    }
}

#[test]
fn the_transcripts_begin_with_the_example() {
    assert_eq!(read("tests/cmd/files.in/1_first.sql"), read("../../examples/blog/schema.sql"));
    assert_eq!(read("tests/cmd/files.in/whimbrel.toml"), read("../../whimbrel.toml"));
    assert_eq!(read("tests/cmd/blog.in/1_first.sql"), read("../../examples/blog/schema.sql"));
    assert_eq!(read("tests/cmd/blog.in/whimbrel.toml"), read("../../whimbrel.toml"));
}
