//! `hatrack policy diff`

use std::path::PathBuf;

use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::Format;
use crate::cli::output::Output;
use crate::report::PolicyDiff;

use super::{Kind, pair};

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
    let ([one, other], _) = pair::read([&args.one, &args.other], args.kind)?;
    let names = [&one, &other].map(|one| one.loaded.source.name.as_str());
    let kind = super::kind_of(args.kind, &other.json);
    let report = PolicyDiff::new(names, kind, &one.document, &other.document);
    output.result(&match output.format {
        Format::Terminal => report.terminal(output.terminal),
        Format::Json | Format::Sarif | Format::Github => report.json(),
        Format::Markdown | Format::Brief => report.markdown(),
    });
    Ok(if report.equivalent { ExitCode::Done } else { ExitCode::Differences })
}
