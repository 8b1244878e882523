//! `hatrack policy diff`

use std::path::PathBuf;

use crate::cli::document::{self, STANDARD_INPUT};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::Format;
use crate::cli::output::Output;
use crate::policy::partition_of;
use crate::report::PolicyDiff;

use super::Kind;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The one document; `-` is standard input
    #[arg(value_name = "A")]
    one: PathBuf,
    /// The other one
    #[arg(value_name = "B")]
    other: PathBuf,
    /// What they are for [default: what the second looks to be for]
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,
}

pub fn run(args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let paths = [&args.one, &args.other];
    if paths.iter().all(|path| path.as_os_str() == STANDARD_INPUT) {
        return Err(Failure::error("standard input holds one document, not two")
            .help("put one of the two into a file"));
    }
    // Both are read before anything is said, so that all that is wrong is said at once.
    let mut wrong = vec![];
    let mut loaded = vec![];
    for path in paths {
        match document::load(path) {
            Ok(one) => loaded.push(one),
            Err(failure) => wrong.extend(failure.diagnostics),
        }
    }
    let json: Vec<_> = loaded.iter().map(|one| one.node.to_json()).collect();
    let partition = partition_of(&json).unwrap_or_else(|| "aws".to_owned());
    let mut documents = vec![];
    for (loaded, json) in loaded.iter().zip(&json) {
        match super::document(loaded, json, &partition, args.kind) {
            Ok(document) => documents.push(document),
            Err(diagnostics) => wrong.extend(diagnostics),
        }
    }
    let ([found, wanted], [_, of], [one, other]) = (documents.as_slice(), json.as_slice(), loaded.as_slice())
    else {
        return Err(Failure::in_text(wrong));
    };
    let names = [one, other].map(|loaded| loaded.source.name.as_str());
    let report = PolicyDiff::new(names, super::kind_of(args.kind, of), found, wanted);
    output.result(&match output.format {
        Format::Terminal => report.terminal(output.terminal),
        Format::Json | Format::Sarif | Format::Github => report.json(),
        Format::Markdown => report.markdown(),
    });
    Ok(if report.equivalent { ExitCode::Done } else { ExitCode::Differences })
}
