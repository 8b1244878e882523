//! `hatrack can`

use crate::cli::asking::{Asking, Question};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::report::harmless;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    asking: Asking,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let explanation = args.asking.explain(global, &args.question, output)?;
    let word = if explanation.allowed { "yes" } else { "no" };
    output.result(&match output.format {
        Format::Json => explanation.json(),
        Format::Terminal | Format::Markdown | Format::Brief | Format::Sarif | Format::Github => {
            format!("{word}: {}\n", harmless(&explanation.because()))
        }
    });
    Ok(if explanation.allowed { ExitCode::Done } else { ExitCode::Refused })
}
