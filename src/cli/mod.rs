//! The command line: one file a command. Only this room prints.

mod address;
mod asking;
mod claims;
mod codes;
mod connect;
mod document;
pub mod exit;
mod findings;
mod failure;
mod guardians;
mod ignored;
mod notify;
mod options;
mod output;
mod parts;
mod passwords;
mod pipeline;
mod progress;
mod project;
mod report_file;
mod shard;

mod adopt;
mod apply;
mod audit;
mod can;
mod completions;
mod decide;
mod drift;
mod lock;
mod merge;
mod permissions;
mod plan;
mod policy;
mod revert;
mod schema;
mod show;
mod snapshot;
mod validate;
mod who_can;
mod why;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};

use exit::ExitCode;
use failure::Failure;
use options::{Format, Global};
use output::Output;

/// Keep an AWS account's data-science people, roles, policies and buckets as YAML: plan, apply, and tell when
/// somebody changed them by hand.
#[derive(Debug, Parser)]
#[command(name = "hatrack", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing to do, or done
  1  error: bad input, unreachable account, a read that failed, a step that was not done
  2  differences
  3  refused by a safety rule or an assertion; the \"no\" of `can`";

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what would change, and touch nothing
    Plan(plan::Args),
    /// Make the account what the environments say
    Apply(apply::Args),
    /// Tell what somebody changed by hand; exit code 2 if anything
    Drift(drift::Args),
    /// Write down what was made by hand, or take a change by hand into the file
    Adopt(adopt::Args),
    /// Put back what somebody changed by hand, one resource or setting
    Revert(revert::Args),
    /// Look at what every account should keep: MFA, keys, unused users and roles, trails, open buckets; exit code 2 on
    /// findings
    Audit(audit::Args),
    /// Keep what AWS's own policies say now, so that drift tells what AWS changes in them
    Lock(lock::Args),
    /// Show a saved plan, or the reports of all shards as one
    Show(show::Args),
    /// Check the environments, offline
    Validate(validate::Args),
    /// Write what is found to an account file, for `--account-file`
    Snapshot(snapshot::Args),
    /// Print the rights that hatrack itself needs, and no more, as policies
    Permissions(permissions::Args),
    /// Look at single policy documents, without a project or an account
    Policy(policy::Args),
    /// Tell whether somebody can do something; exit code 0 if so, 3 if not
    Can(can::Args),
    /// Explain why somebody can do something, or what is missing
    Why(why::Args),
    /// Tell who can do something, and how they came by it
    WhoCan(who_can::Args),
    /// Decide requests by policies that are given with them, case by case
    Decide(decide::Args),
    /// Print the JSON Schema of environment files, for editors
    Schema(schema::Args),
    /// Print shell completions
    Completions(completions::Args),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let arguments = options::kind_spellings(std::env::args_os());
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(error),
    };
    let output = Output::new(&cli.global);
    output.start_logging(cli.global.verbose);
    let of_files = match &cli.command {
        Command::Validate(_) => true,
        Command::Policy(args) => args.is_lint(),
        _ => false,
    };
    let of_audit = matches!(cli.command, Command::Audit(_));
    let of_drift = match &cli.command {
        Command::Drift(_) => true,
        Command::Show(args) => args.merge,
        _ => false,
    };
    let result = match &cli.command {
        _ if cli.global.format == Format::Github && !of_files => Err(no_such_format()),
        _ if cli.global.format == Format::Sarif && !of_files && !of_audit => Err(no_such_format()),
        _ if cli.global.format == Format::Brief && !of_drift => Err(not_in_brief()),
        Command::Plan(args) => plan::run(&cli.global, args, &output),
        Command::Apply(args) => apply::run(&cli.global, args, &output),
        Command::Drift(args) => drift::run(&cli.global, args, &output),
        Command::Adopt(args) => adopt::run(&cli.global, args, &output),
        Command::Revert(args) => revert::run(&cli.global, args, &output),
        Command::Audit(args) => audit::run(&cli.global, args, &output),
        Command::Lock(args) => lock::run(&cli.global, args, &output),
        Command::Show(args) => show::run(args, &output),
        Command::Validate(args) => validate::run(&cli.global, args, &output),
        Command::Snapshot(args) => snapshot::run(&cli.global, args, &output),
        Command::Permissions(args) => permissions::run(&cli.global, args, &output),
        Command::Policy(args) => policy::run(args, &output),
        Command::Can(args) => can::run(&cli.global, args, &output),
        Command::Why(args) => why::run(&cli.global, args, &output),
        Command::WhoCan(args) => who_can::run(&cli.global, args, &output),
        Command::Decide(args) => decide::run(args, &output),
        Command::Schema(args) => schema::run(args, &output),
        Command::Completions(args) => completions::run(args, &output),
    };
    output.conclude(result.unwrap_or_else(|failure: Failure| output.failure(&failure)))
}

fn no_such_format() -> Failure {
    Failure::error("this command has no such format: SARIF and annotations tell of files").help(
        "`--format json` is for programs; `validate` and `policy lint` have the formats `sarif` and `github`, `audit` has \
         `sarif`",
    )
}

fn not_in_brief() -> Failure {
    Failure::error("this command has no such format: only drift is told in brief")
        .help("`--format markdown` is for pull requests, issues and chat")
}

/// clap would end with 2, which says "differences" here.
fn usage(mut error: clap::Error) -> ExitCode {
    // What is written nearly the same can be something else: `--adopt` is no `--accept`.
    if let Some(tip) = whose(&error) {
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::Usage);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    let asked_for = !error.use_stderr();
    let _closed_pipe = error.print();
    if asked_for { ExitCode::Done } else { ExitCode::Error }
}

/// The commands that have an option which this one has not.
fn whose(error: &clap::Error) -> Option<String> {
    let unknown =
        (error.kind() == ErrorKind::UnknownArgument).then(|| error.get(ContextKind::InvalidArg))??;
    let ContextValue::String(unknown) = unknown else { return None };
    let long = unknown.strip_prefix("--")?.split('=').next()?;
    let cli = Cli::command();
    let has = |command: &&clap::Command| command.get_arguments().any(|a| a.get_long() == Some(long));
    let names: Vec<String> =
        cli.get_subcommands().filter(has).map(|command| format!("`{}`", command.get_name())).collect();
    (!names.is_empty()).then(|| format!("`--{long}` belongs to {}", names.join(", ")))
}
