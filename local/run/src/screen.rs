//! What the run writes to standard output: at most 100 columns, and colour only for people.

use std::fmt;
use std::io::{self, IsTerminal as _, Write};

/// The widest line.
const WIDTH: usize = 100;
/// Where what was asked and answered begins.
const MARGIN: usize = 13;

/// Somewhere to write to.
pub struct Screen {
    out: Box<dyn Write + Send>,
    colour: bool,
    steps: u32,
}

/// How a text stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It does not.
    Plain,
    /// A heading.
    Strong,
    /// Less than the rest.
    Faint,
    /// A yes.
    Good,
    /// A no that is as it should be.
    Refused,
    /// Something that is not as it should be.
    Bad,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Good => "32",
            Self::Refused => "33",
            Self::Bad => "1;31",
        }
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen")
            .field("colour", &self.colour)
            .finish_non_exhaustive()
    }
}

impl Screen {
    /// A screen over any writer.
    #[must_use]
    pub fn new(out: Box<dyn Write + Send>, colour: bool) -> Self {
        Self {
            out,
            colour,
            steps: 0,
        }
    }

    /// Standard output: in colour if it is a terminal and `NO_COLOR` is not set.
    #[must_use]
    pub fn stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let out = io::stdout();
        let colour = out.is_terminal() && !unwanted;
        Self::new(Box::new(out), colour)
    }

    /// A line as it stands.
    ///
    /// # Errors
    /// Nobody reads any more.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }

    /// A line of a tone.
    ///
    /// # Errors
    /// Nobody reads any more.
    pub fn toned(&mut self, tone: Tone, text: &str) -> io::Result<()> {
        let text = self.painted(tone, text);
        self.line(&text)
    }

    /// The heading of the next step, with its number.
    ///
    /// # Errors
    /// Nobody reads any more.
    pub fn step(&mut self, text: &str) -> io::Result<()> {
        self.steps = self.steps.saturating_add(1);
        let heading = format!("{:>2}. {text}", self.steps);
        self.line("")?;
        self.toned(Tone::Strong, &heading)
    }

    /// How many steps have had their heading.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// Who asks for what.
    ///
    /// # Errors
    /// Nobody reads any more.
    pub fn asks(&mut self, who: &str, what: &str) -> io::Result<()> {
        self.entry(who, Tone::Plain, what)
    }

    /// What is answered.
    ///
    /// # Errors
    /// Nobody reads any more.
    pub fn answers(&mut self, mark: &str, tone: Tone, text: &str) -> io::Result<()> {
        self.entry(mark, tone, text)
    }

    /// More about what was asked or answered.
    ///
    /// # Errors
    /// Nobody reads any more.
    pub fn more(&mut self, text: &str) -> io::Result<()> {
        self.entry("", Tone::Faint, text)
    }

    /// A mark, and a text beside it, in as many lines as it takes.
    fn entry(&mut self, mark: &str, tone: Tone, text: &str) -> io::Result<()> {
        let mut mark = mark;
        let faint = mark.is_empty();
        for part in wrapped(text, WIDTH - MARGIN) {
            let padded = format!("{mark:<width$}", width = MARGIN - 5);
            let part = if faint {
                self.painted(tone, &part)
            } else {
                part
            };
            let line = format!("    {} {part}", self.painted(tone, &padded));
            self.line(line.trim_end())?;
            mark = "";
        }
        Ok(())
    }

    fn painted(&self, tone: Tone, text: &str) -> String {
        if self.colour && tone != Tone::Plain && !text.trim().is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", tone.code())
        } else {
            text.to_owned()
        }
    }
}

/// A text in lines of at most `width` columns, broken at blanks. A word that is longer has a line
/// of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(colour: bool) -> String {
        let paper = Paper::default();
        let mut screen = Screen::new(Box::new(paper.clone()), colour);
        screen.step("Anna asks").unwrap();
        screen.asks("Anna", &"word ".repeat(60)).unwrap();
        screen
            .answers("403", Tone::Refused, "self-approval")
            .unwrap();
        screen.more("nobody answers their own request").unwrap();
        let bytes = paper.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn no_line_is_wider_than_the_screen_and_texts_stand_under_each_other() {
        let text = written(false);
        assert!(
            text.lines().all(|line| line.chars().count() <= WIDTH),
            "{text}"
        );
        for line in text.lines().filter(|line| line.starts_with("     ")) {
            assert!(line.starts_with(&" ".repeat(MARGIN)), "{line}");
        }
        assert!(
            text.contains("\n 1. Anna asks\n    Anna     word"),
            "{text}"
        );
    }

    #[test]
    fn colour_is_only_used_where_it_is_wanted() {
        assert!(!written(false).contains('\u{1b}'));
        let coloured = written(true);
        assert!(coloured.contains("\u{1b}[33m403"), "{coloured}");
        assert_eq!(coloured.matches("\u{1b}[0m").count(), 3);
    }
}
