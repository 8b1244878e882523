//! `hatrack why`

use crate::cli::asking::{Asking, Question};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    asking: Asking,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let explanation = args.asking.explain(global, &args.question, output)?;
    output.result(&match output.format {
        Format::Terminal => explanation.terminal(output.terminal),
        Format::Json | Format::Sarif | Format::Github => explanation.json(),
        Format::Markdown | Format::Brief => explanation.markdown(),
    });
    Ok(ExitCode::Done)
}
