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

#[test]
fn every_console_block_is_a_part_of_a_transcript() {
    let readme = read("../../README.md");
    let transcript = read("tests/cmd/blog.trycmd");
    let blocks = console_blocks(&readme);
    assert!(blocks.len() > 5, "the README tells a story");
    for block in blocks {
        assert!(transcript.contains(block.trim_end()), "the transcript does not hold this:\n{block}");
    }
}

#[test]
fn the_transcript_begins_with_the_example() {
    assert_eq!(read("tests/cmd/blog.in/1_first.sql"), read("../../examples/blog/schema.sql"));
    assert_eq!(read("tests/cmd/blog.in/whimbrel.toml"), read("../../whimbrel.toml"));
}
