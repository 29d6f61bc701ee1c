//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

/// What `--help` prints.
pub const HELP: &str = "\
Postern on one machine: the real handlers and sweeper, a stand-in AWS, and a small issuer of
tokens, all on loopback. It tells the story of one grant and stays up for you to try.

Usage: cargo run -- [--once] [--data DIR] [--port N]

  --once      end after the story: status 0 if every step was as it should be, 1 if not
  --data DIR  keep the state in DIR, so that it survives a restart; else it is in memory
  --port N    listen on N (the API), N+1 (the issuer) and N+2 (the stand-in AWS);
              else on 8470, 8471 and 8472 if they are free, or on any three that are
  --help      print this

Wrong arguments, or anything else that keeps it from starting, end it with status 2.
What Postern logs goes to standard error; POSTERN_LOG=info shows it.
";

/// What the run is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Run.
    Run(Arguments),
    /// Explain.
    Help,
}

/// How to run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Whether to end after the story.
    pub once: bool,
    /// Where the state is kept.
    pub data: Option<PathBuf>,
    /// The first of three ports.
    pub port: Option<u16>,
}

/// What is wrong with a command line, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadArguments {
    /// An argument nobody knows.
    #[error("`{0}` is not an argument; `--help` lists them")]
    Unknown(String),
    /// An argument without its value.
    #[error("`{name}` needs a value: `{name} {value}`")]
    NoValue {
        /// The argument.
        name: &'static str,
        /// An example.
        value: &'static str,
    },
    /// An argument given twice.
    #[error("`{0}` is given twice; leave one out")]
    Twice(&'static str),
    /// Not a port with two more behind it.
    #[error("`{0}` is not a port; give a number from 1024 to 65533, such as `--port 8470`")]
    NotAPort(String),
}

impl Wanted {
    /// Reads the arguments, the program's name left out.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn read(given: impl IntoIterator<Item = OsString>) -> Result<Self, BadArguments> {
        let mut arguments = Arguments::default();
        let mut given = given.into_iter();
        while let Some(argument) = given.next() {
            let text = argument.to_string_lossy().into_owned();
            // `--port=1` and `--port 1` are the same.
            let (name, attached) = match text.split_once('=') {
                Some((name, value)) if name.starts_with("--") => {
                    (name, Some(OsString::from(value)))
                }
                _ => (text.as_str(), None),
            };
            let mut value = |name, value| {
                let value_given = attached.clone().or_else(|| given.next());
                value_given
                    .filter(|v| !v.is_empty())
                    .ok_or(BadArguments::NoValue { name, value })
            };
            match name {
                "--help" | "-h" if attached.is_none() => return Ok(Self::Help),
                "--once" if attached.is_none() => {
                    once("--once", arguments.once)?;
                    arguments.once = true;
                }
                "--data" => {
                    once("--data", arguments.data.is_some())?;
                    arguments.data = Some(value("--data", "DIR")?.into());
                }
                "--port" => {
                    once("--port", arguments.port.is_some())?;
                    arguments.port = Some(port(&value("--port", "8470")?)?);
                }
                _ => return Err(BadArguments::Unknown(text)),
            }
        }
        Ok(Self::Run(arguments))
    }
}

fn once(name: &'static str, before: bool) -> Result<(), BadArguments> {
    if before {
        Err(BadArguments::Twice(name))
    } else {
        Ok(())
    }
}

/// A port that is not the system's, with room for two more.
fn port(given: &OsString) -> Result<u16, BadArguments> {
    let text = given.to_string_lossy();
    text.parse()
        .ok()
        .filter(|port| (1_024..=u16::MAX - 2).contains(port))
        .ok_or_else(|| BadArguments::NotAPort(text.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Wanted, BadArguments> {
        Wanted::read(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn a_command_line_says_how_to_run() {
        let run = |once, data: Option<&str>, port| {
            Ok(Wanted::Run(Arguments {
                once,
                data: data.map(PathBuf::from),
                port,
            }))
        };
        let table = [
            ("", run(false, None, None)),
            ("--once", run(true, None, None)),
            ("--data state", run(false, Some("state"), None)),
            (
                "--data=state --once --port 1024",
                run(true, Some("state"), Some(1_024)),
            ),
            ("--port=65533", run(false, None, Some(65_533))),
            ("--data=a=b", run(false, Some("a=b"), None)),
            ("--once --help", Ok(Wanted::Help)),
            ("-h", Ok(Wanted::Help)),
        ];
        for (line, expected) in table {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn a_wrong_command_line_is_told_what_to_do() {
        let table = [
            ("--twice", "`--help`"),
            ("story", "`--help`"),
            ("--once=yes", "`--help`"),
            ("--once --once", "leave one out"),
            ("--port 1 --port 2", "from 1024"),
            ("--port 2000 --port 2001", "leave one out"),
            ("--data", "`--data DIR`"),
            ("--data=", "`--data DIR`"),
            ("--port", "`--port 8470`"),
            ("--port 80", "from 1024"),
            ("--port 65534", "to 65533"),
            ("--port eight", "`eight` is not a port"),
        ];
        for (line, says) in table {
            let fault = read(line).unwrap_err().to_string();
            assert!(fault.contains(says), "{line}: {fault}");
        }
    }
}
