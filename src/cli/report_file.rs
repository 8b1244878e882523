//! Reports in files: the same run, told for somebody else as well.

use std::path::PathBuf;
use std::str::FromStr;

use crate::account::store;
use crate::cli::output::Output;
use crate::diagnostic::Diagnostic;
use crate::report::{DriftReport, Terminal};

/// A file for a report.
#[derive(Clone, Debug)]
pub struct ReportFile {
    path: PathBuf,
    form: Form,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Json,
    Markdown,
    Brief,
    Text,
}

/// The longer ending first.
const ENDINGS: [(&str, Form); 4] =
    [(".brief.md", Form::Brief), (".md", Form::Markdown), (".json", Form::Json), (".txt", Form::Text)];

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = ENDINGS.iter().find(|(ending, _)| text.ends_with(ending)).map(|(_, form)| *form);
        let form = form.ok_or("a report ends in .json, .md, .brief.md or .txt")?;
        Ok(Self { path: text.into(), form })
    }
}

impl ReportFile {
    /// Writes it, whole or not at all; only its owner may read it. Whether it is there.
    pub fn write(&self, report: &DriftReport, output: &Output) -> bool {
        let Self { path, form } = self;
        let text = match form {
            Form::Json => report.json(),
            Form::Markdown => report.markdown(),
            Form::Brief => report.brief(),
            Form::Text => report.terminal(Terminal { detail: true, ..Terminal::default() }),
        };
        match store::save(path, text.as_bytes()) {
            Ok(()) => true,
            Err(error) => {
                let message = format!("cannot write {}: {error}", path.display());
                output.diagnostics(&[Diagnostic::error(None, message)]);
                false
            }
        }
    }
}
