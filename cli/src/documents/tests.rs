//! Whatever the form, each document is found on its line, and a bad line hides no other.

use super::*;

const MIB: usize = 1024 * 1024;

/// What a text holds: `line value`, or `line! what is wrong`.
fn read(text: &str) -> Vec<String> {
    // A small buffer, so that lines are put together from parts.
    let reader = BufReader::with_capacity(7, text.as_bytes());
    Documents::of(reader, MIB)
        .map(|next| match next {
            Next::Document { line, value } => format!("{line} {value}"),
            Next::Unread { line, what } => format!("{line}! {what}"),
            Next::Refused(fault) => panic!("{fault}"),
        })
        .collect()
}

#[test]
fn documents_follow_one_another_in_any_form() {
    let none: [&str; 0] = [];
    assert_eq!(read(""), none);
    assert_eq!(read(" \r\n\n\t"), none);
    assert_eq!(read("{}"), ["1 {}"]);
    assert_eq!(
        read("{\"a\":1}\n{\"a\":2}\r\n"),
        ["1 {\"a\":1}", "2 {\"a\":2}"]
    );
    assert_eq!(
        read("{\"a\":1}{\"a\":2} 3\n4"),
        ["1 {\"a\":1}", "1 {\"a\":2}", "1 3", "2 4"]
    );
    assert_eq!(
        read("\n\n{\n \"a\": [\n 1]\n}\n\n{\"b\":\n2} {\n\"c\":3}\n5"),
        ["3 {\"a\":[1]}", "8 {\"b\":2}", "9 {\"c\":3}", "11 5"]
    );
    assert_eq!(
        read("{\"}\":\n\"{[\\\"{\\\\\"}\n6"),
        ["1 {\"}\":\"{[\\\"{\\\\\"}", "3 6"]
    );
}

#[test]
fn what_is_no_document_takes_only_its_own_line_with_it() {
    assert_eq!(
        read("1\nnot {\"a\":1}\n{\"a\":\"\n2\n{]\n3"),
        [
            "1 1",
            "2! not JSON: expected ident, column 2",
            "3! not JSON: EOF while parsing a string, column 6",
            "4 2",
            "5! not JSON: key must be a string, column 2",
            "6 3"
        ]
    );
    // Cut off with an object open: the lines below are no part of it.
    assert_eq!(
        read("0 {\"a\":\n{\"b\":1}\n{\"c\":2}\n\n3"),
        [
            "1 0",
            "1! not JSON: expected `,` or `}`, line 3, column 1",
            "2 {\"b\":1}",
            "3 {\"c\":2}",
            "5 3"
        ]
    );
    assert_eq!(
        read("1 {\"a\":1,\n\"a\":2}"),
        [
            "1 1",
            "1! one member is named twice",
            "2 \"a\"",
            "2! not JSON: expected value, column 4"
        ]
    );
    let deep = format!("{}{}\n1", "[".repeat(33), "]".repeat(33));
    assert_eq!(read(&deep), ["1! nested too deep", "2 1"]);
}

#[test]
fn no_line_and_no_document_is_held_that_is_too_long() {
    let spaces = " ".repeat(MIB);
    assert_eq!(read(&format!("{spaces}\n1")), ["2 1"]);
    assert_eq!(
        read(&format!("{spaces} \n1")),
        ["1! longer than 1 MiB", "2 1"]
    );
    let long = format!("[\n{spaces}\n{spaces}\n]\n1");
    let told = read(&long);
    assert_eq!(told.first().unwrap(), "1! longer than 1 MiB");
    assert_eq!(told.last().unwrap(), "5 1");
}

#[test]
fn of_many_documents_that_break_off_each_is_told_on_its_line() {
    // Each could go on to the end of the file. Were it looked for there each time, this would take
    // minutes.
    let cut = "{\"a\":\n".repeat(40_000);
    let read = read(&cut);
    assert_eq!(read.len(), 40_000);
    assert!(read.last().unwrap().starts_with("40000! not JSON: "));
}
