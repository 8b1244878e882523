//! `hatrack policy lint`

use std::path::PathBuf;

use jiff::civil::Date;

use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::Format;
use crate::cli::output::Output;
use crate::cli::policy::{Kind, kind_of};
use crate::cli::{document, findings};
use crate::diagnostic::{Diagnostic, did_you_mean, has_errors};
use crate::lint::{self, Home, rules};
use crate::policy::{DocumentKind, Written, partition_of};
use crate::report::{self, FindingsReport};
use crate::state::{AccountId, Partition};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Policy documents, JSON or YAML; `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What they are for [default: as each document looks]
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,
    /// The account they will stand in: literals of another one are found
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// The region they will stand in: literals of another one are found
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Allow a rule; for a reason that stays in the file, write `# hatrack: allow(rule): why` into YAML
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// Judge dates as if today were this day [default: today, in UTC]
    #[arg(long, value_name = "DATE", value_parser = findings::day)]
    at: Option<Date>,
}

pub fn run(args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    if let Some(allowed) = args.allow.iter().find(|allowed| rules::find(allowed).is_none()) {
        let failure = Failure::error(format!("there is no rule `{allowed}`"));
        let near = did_you_mean(allowed, rules::ALL.iter().map(|rule| rule.id));
        return Err(match near {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("a rule stands in brackets before what is found"),
        });
    }
    let today = args.at.unwrap_or_else(findings::today);
    let mut report = FindingsReport::default();
    let (mut read, mut unread) = (0, vec![]);
    for file in &args.files {
        let one = match of_file(file, args, today) {
            Ok(one) => one,
            Err(failure) => {
                unread.extend(failure.diagnostics);
                continue;
            }
        };
        read += 1;
        let allowed = |rule: Option<&str>| rule.is_some_and(|rule| args.allow.iter().any(|a| a == rule));
        let (suppressed, findings): (Vec<_>, Vec<_>) =
            one.findings.into_iter().partition(|finding| allowed(finding.rule));
        report.findings.extend(findings);
        report.suppressed.extend(one.suppressed);
        report.allowed += suppressed.len();
    }
    if output.format == Format::Terminal {
        // They are what was asked for, so they are the result.
        output.result(&report::diagnostics_terminal(&report.findings, output.terminal));
        let documents = report::count(read, "document");
        let allowed = report.suppressed.len() + report.allowed;
        let findings = report.findings.len();
        if read > 0 && (findings == 0 || allowed > 0) {
            let findings =
                if findings == 0 { "no findings".to_owned() } else { report::count(findings, "finding") };
            let allowed = if allowed > 0 { format!(", {allowed} allowed") } else { String::new() };
            output.result(&format!("{documents}: {findings}{allowed}\n"));
        }
    } else {
        // Whoever reads the result alone must not take a file that was not read for a clean one.
        let of_syntax = unread.iter().cloned().map(|diagnostic: Diagnostic| diagnostic.rule(SYNTAX));
        report.findings.extend(of_syntax);
        findings::print(&report, output);
    }
    if !unread.is_empty() {
        return Err(Failure::in_text(unread));
    }
    Ok(if report.findings.is_empty() { ExitCode::Done } else { ExitCode::Differences })
}

fn of_file(file: &std::path::Path, args: &Args, today: Date) -> Result<lint::Report, Failure> {
    let (node, mut said) = document::read(file)?;
    let broken = has_errors(&said);
    for diagnostic in &mut said {
        diagnostic.rule.get_or_insert(SYNTAX);
    }
    let Some(node) = node.filter(|_| !broken) else {
        return Ok(lint::Report { findings: said, suppressed: vec![] });
    };
    let json = node.to_json();
    let kind = kind_of(args.kind, &json);
    let partition = args.region.as_deref().map(|region| Partition::of_region(region).as_str().to_owned());
    let partition = partition.or_else(|| partition_of([&json]));
    let home = Home {
        account: args.account.clone(),
        region: args.region.clone(),
        partition: partition.clone(),
        accounts: args.account.iter().cloned().collect(),
    };
    let (written, problems) = Written::read(&json, kind.usage(), partition.as_deref().unwrap_or("aws"));
    let single = lint::Single {
        written: written.as_ref(),
        problems: &problems,
        node: &node,
        ceiling: kind == DocumentKind::Boundary,
        home: &home,
        today,
    };
    let mut report = lint::document(single);
    report.findings.splice(0..0, said);
    Ok(report)
}

/// The rule of what is neither JSON nor YAML.
const SYNTAX: &str = "policy-syntax";
