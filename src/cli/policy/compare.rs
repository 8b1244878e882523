//! `hatrack policy compare`

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::pair::{self, One};
use super::{Kind, kind_of};
use crate::access::compare::{Relation, compare};
use crate::access::rule::Rules;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::Format;
use crate::cli::output::Output;
use crate::policy::{Usage, Written};
use crate::report::PolicyComparison;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The one document; `-` is standard input
    #[arg(value_name = "A")]
    one: PathBuf,
    /// The other one, which is held against the first
    #[arg(value_name = "B")]
    other: PathBuf,
    /// What they are for [default: what the second looks to be for]
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,
}

pub fn run(args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let ([one, other], partition) = pair::read([&args.one, &args.other], args.kind)?;
    let usage = kind_of(args.kind, &other.json).usage();
    let [found, wanted] = [&one, &other].map(|one| rules(one, usage, &partition));
    let comparison = compare(&found, &wanted, BTreeSet::new());
    let relation = comparison.relation;
    let names = [&one, &other].map(|one| one.loaded.source.name.as_str());
    let report = PolicyComparison::new(names, comparison, &found, &wanted);
    output.result(&match output.format {
        Format::Terminal => report.terminal(output.terminal),
        Format::Json | Format::Sarif | Format::Github => report.json(),
        Format::Markdown | Format::Brief => report.markdown(),
    });
    Ok(match relation {
        Relation::Equivalent | Relation::Narrower => ExitCode::Done,
        Relation::Broader | Relation::Incomparable => ExitCode::Differences,
        Relation::Unknown => ExitCode::Error,
    })
}

/// The statements in the author's order, by which they are numbered.
fn rules(one: &One, usage: Usage, partition: &str) -> Rules {
    Written::found(&one.json, usage, partition)
        .map_or_else(|_| Rules::of(&one.document), |written| Rules::of_written(&written))
}
