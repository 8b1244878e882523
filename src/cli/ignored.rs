//! The ignore files of `drift` and `audit`, from the disk.

use std::path::Path;

use jiff::civil::Date;

use crate::cli::output::Output;
use crate::cli::project::{Project, read_text};
use crate::diagnostic::{Diagnostic, has_errors};
use crate::spec::ignore_file::{self, IgnoreEntry, Ignores};

/// What an ignore file says, and what is wrong with it.
pub struct Ignoring {
    /// The entries; none if anything is wrong.
    pub entries: Vec<IgnoreEntry>,
    said: Vec<Diagnostic>,
}

impl Ignoring {
    /// Reads the file given, or the project's if there is one.
    pub fn read(of: Ignores<'_>, project: &Project, given: Option<&Path>, today: Date) -> Self {
        let (path, name) = match given {
            Some(path) => (path.to_owned(), path.display().to_string()),
            None => (project.root.join(of.file()), of.file().to_owned()),
        };
        match Self::parse(of, project, &path, &name, given.is_some(), today) {
            Ok((entries, said)) => Self { entries, said },
            Err(said) => Self { entries: vec![], said: vec![said] },
        }
    }

    fn parse(
        of: Ignores<'_>,
        project: &Project,
        path: &Path,
        name: &str,
        required: bool,
        today: Date,
    ) -> Result<(Vec<IgnoreEntry>, Vec<Diagnostic>), Diagnostic> {
        let Some(source) = read_text(path, name)? else {
            return if required {
                Err(Diagnostic::error(None, format!("cannot read `{name}`: there is no such file")))
            } else {
                Ok((vec![], vec![]))
            };
        };
        let names: Vec<&str> = project.lowered.environments.iter().map(|e| e.name.as_str()).collect();
        Ok(ignore_file::parse(of, &source, &names, today))
    }

    /// Says what is wrong with the file. Whether it counted.
    pub fn tell(&self, output: &Output) -> bool {
        let sound = !has_errors(&self.said);
        let mut said = self.said.clone();
        if !sound {
            said.push(Diagnostic::error(None, "nothing was ignored: the ignore file has errors"));
        }
        output.diagnostics(&said);
        sound
    }
}
