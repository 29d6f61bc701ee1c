//! The fenced blocks of a page of `docs/`.

use std::fs;
use std::path::Path;

/// A fenced block of a page.
pub(crate) struct Block {
    pub(crate) line: usize,
    pub(crate) language: String,
    /// What stands after the language.
    pub(crate) name: Option<String>,
    pub(crate) text: String,
}

/// The text of a page.
pub(crate) fn page(name: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    fs::read_to_string(page.join(name)).unwrap()
}

/// The blocks of a page, in its order.
pub(crate) fn blocks(name: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (line, text) in (1..).zip(page(name).lines()) {
        match (text.strip_prefix("```"), &mut open) {
            (Some(""), Some(_)) => blocks.extend(open.take()),
            (Some(info), None) => {
                let mut words = info.split(' ').map(ToOwned::to_owned);
                open = Some(Block {
                    line,
                    language: words.next().unwrap(),
                    name: words.next(),
                    text: String::new(),
                });
            }
            (None, Some(block)) => {
                block.text.push_str(text);
                block.text.push('\n');
            }
            (None, None) => {}
            (Some(info), Some(_)) => panic!("line {line}: `{info}` opens a block inside a block"),
        }
    }
    assert!(open.is_none(), "the last block is not closed");
    blocks
}
