//! A small XML writer: enough for the answers of S3, STS and IAM, with every text escaped.

use std::fmt::Write as _;

/// One element with its attributes, text and children.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    name: &'static str,
    namespace: Option<&'static str>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// An element that holds other elements, or nothing.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            namespace: None,
            text: String::new(),
            children: Vec::new(),
        }
    }

    /// An element that holds text.
    pub(crate) fn text(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::new(name)
        }
    }

    /// Sets the default namespace (`xmlns`).
    #[must_use]
    pub(crate) fn namespace(mut self, namespace: &'static str) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// Adds a child.
    #[must_use]
    pub(crate) fn child(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    /// Adds a child that holds text.
    #[must_use]
    pub(crate) fn leaf(self, name: &'static str, text: impl Into<String>) -> Self {
        self.child(Element::text(name, text))
    }

    /// Adds a child that holds text, when there is one.
    #[must_use]
    pub(crate) fn maybe(self, name: &'static str, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.leaf(name, text),
            None => self,
        }
    }

    /// Adds children.
    #[must_use]
    pub(crate) fn children(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children);
        self
    }

    /// The whole document, with its declaration.
    pub(crate) fn document(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        // Writing to a `String` cannot fail.
        let _ = write!(out, "<{}", self.name);
        if let Some(namespace) = self.namespace {
            let _ = write!(out, " xmlns=\"{namespace}\"");
        }
        out.push('>');
        escape(&self.text, out);
        for child in &self.children {
            child.write(out);
        }
        let _ = write!(out, "</{}>", self.name);
    }
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\r' => out.push_str("&#13;"),
            // XML 1.0 has no way to write these; S3 offers `encoding-type=url` for keys with them.
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push(char::REPLACEMENT_CHARACTER);
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        let document = Element::text("A", "a\u{1}b\0c\td\ne\u{ffff}").document();
        assert!(document.ends_with("<A>a\u{fffd}b\u{fffd}c\td\ne\u{fffd}</A>"));
    }

    #[test]
    fn text_is_escaped_and_order_is_kept() {
        let document = Element::new("A")
            .namespace("urn:x")
            .leaf("B", "<&\"'>")
            .maybe("C", None::<String>)
            .child(Element::new("D").leaf("E", "e"))
            .document();
        assert_eq!(
            document,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <A xmlns=\"urn:x\"><B>&lt;&amp;&quot;&apos;&gt;</B><D><E>e</E></D></A>"
        );
    }
}
