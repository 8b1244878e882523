//! `hatrack apply`

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::account::{CredentialSource, Reading};
use crate::apply::{Journal, Outcome, execute};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::cli::passwords::FILE_NAME as PASSWORD_FILE;
use crate::cli::pipeline::{Prepared, Selection, Session};
use crate::cli::{drift, plan, progress};
use crate::diagnostic::has_errors;
use crate::plan::{Hazard, LOCKS_OUT, Plan, SavedPlan, SavedSelection};
use crate::report::{self, ApplyReport, Finding};
use crate::state::{Setting, Verb};

#[derive(Debug, clap::Args)]
#[command(mut_arg("environments", |argument| argument.help(
    "Environments, by name or file [default: all]; or one plan file that `hatrack plan -o` saved"
)))]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    agreement: Agreement,
}

/// What is agreed to beforehand.
#[derive(Debug, clap::Args)]
pub struct Agreement {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Agree to a hazard that a yes does not cover: many-deletions, caller-loses-rights, lockout:ADDRESS; may be
    /// repeated
    #[arg(long, value_name = "HAZARD", value_parser = hazard)]
    accept: Vec<String>,
}

/// Nothing is done that breaks what must hold.
fn held(prepared: &Prepared, output: &Output) -> Result<(), Failure> {
    output.diagnostics(&prepared.claims);
    if has_errors(&prepared.claims) {
        return Err(Failure::refused("nothing was changed: assertions would not hold, see above"));
    }
    Ok(())
}

/// A word for `--accept`.
fn hazard(word: &str) -> Result<String, String> {
    let known = ["many-deletions", "caller-loses-rights"].contains(&word)
        || word.strip_prefix(LOCKS_OUT).is_some_and(|address| address.contains('/'));
    if known {
        return Ok(word.to_owned());
    }
    Err(format!("one of many-deletions, caller-loses-rights, {LOCKS_OUT}ADDRESS as the plan says it"))
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    match plan_file(args) {
        Some(path) => apply_saved(global, args, &path, output),
        None => apply_now(global, &args.selection, &args.agreement, &|_, _| Ok(()), output),
    }
}

/// An argument that is a file, but not an environment's, is a plan.
fn plan_file(args: &Args) -> Option<PathBuf> {
    let [only] = args.selection.environments.as_slice() else { return None };
    let path = Path::new(only);
    let environment = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
    let looks_like_a_file = path.is_file() || only.contains('/') || path.extension().is_some();
    (looks_like_a_file && !environment).then(|| path.to_owned())
}

/// Plans what is selected, shows it, asks, and does it. `also` says more beneath the plan.
///
/// # Errors
/// As for every plan; a refusal; what `also` has against it.
pub fn apply_now(
    global: &Global,
    selection: &Selection,
    agreement: &Agreement,
    also: &dyn Fn(&Session, &Prepared) -> Result<(), Failure>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let interrupted = progress::on_interrupt()?;
    let session = Session::open(global, selection, true, &interrupted, output)?;
    session.lint(output)?;
    let prepared = session.prepare(session.read_reached(CredentialSource::Live)?)?;
    let without = without(&prepared);
    let report = plan::report_of(&session, &prepared);
    if output.format == Format::Terminal {
        plan::show(&report, output);
    }
    also(&session, &prepared)?;
    if !prepared.settled.objections.is_empty() {
        if output.format != Format::Terminal {
            plan::show(&report, output);
        }
        return Err(Failure::refused("nothing was changed: see what was refused above"));
    }
    held(&prepared, output)?;
    if prepared.plan.steps.is_empty() {
        if output.format != Format::Terminal {
            plan::show(&report, output);
        }
        return Ok(plan::exit_of(&prepared));
    }
    accepted(agreement, needed(&prepared.hazards))?;
    if !without.is_empty() {
        output.say(&format!("left out, since nothing is known of them: {without}"));
    }
    if agree(agreement.yes, &without, output)? {
        // The answer took its time, and nobody agreed to what happened meanwhile.
        let now = session.prepare(session.read_reached(CredentialSource::Live)?)?;
        if now.plan.steps != prepared.plan.steps {
            return Err(Failure::refused(
                "the account has moved since the plan was shown, and nothing was changed",
            )
            .help("run it again, and look at the new plan"));
        }
    }
    let journal = perform(&session, &prepared.plan, global, &interrupted, output);
    let Reading { unread, unreached, .. } = &prepared.reading;
    conclude(&session, &prepared.plan, &journal, !unread.is_empty() || !unreached.is_empty(), output)
}

/// The environments that nothing is done in, because nothing is known of them.
fn without(prepared: &Prepared) -> String {
    let names: Vec<&str> = prepared.reading.unreached.iter().map(|u| u.environment.as_str()).collect();
    names.join(", ")
}

/// Applies a saved plan, if the account is still as it was when the plan was made.
fn apply_saved(global: &Global, args: &Args, path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::error(format!("cannot read the plan {}: {error}", path.display())))?;
    let saved = SavedPlan::parse(&text)
        .map_err(|why| Failure::error(format!("cannot use the plan {}: {why}", path.display())))?;
    let interrupted = progress::on_interrupt()?;
    let Args { selection, agreement } = args;
    if !(selection.target.is_empty() && selection.adopt.is_empty() && selection.takeover.is_empty()) {
        return Err(Failure::error("a saved plan is applied as it is")
            .help("give `--target`, `--adopt` and `--takeover` to `hatrack plan -o FILE`"));
    }
    let SavedSelection { target, adopt, takeover } = saved.made_for.clone();
    let environments = saved.environments.iter().map(|e| e.name.clone()).collect();
    let left_out = saved.left_out.clone();
    let selection = Selection { environments, target, adopt, takeover, shard: None, left_out };
    let session = Session::open(global, &selection, true, &interrupted, output)?;
    session.lint(output)?;
    for environment in &saved.environments {
        if !session
            .environments
            .iter()
            .any(|e| e.name == environment.name && e.account == environment.account)
        {
            let (name, account) = (&environment.name, &environment.account);
            return Err(Failure::refused(format!(
                "the plan is for account {account}, and environment `{name}` is now another account"
            )));
        }
    }
    let reading = session.read(CredentialSource::Live)?;
    let moved = saved.moved(&reading.state);
    if !moved.is_empty() {
        let mut failure =
            Failure::refused("the account has moved since the plan was made, and nothing was changed")
                .help("plan again, and look at what the new plan does");
        failure.details = report::moved(&moved);
        return Err(failure);
    }
    for (name, then, now) in saved.changed_by_aws(&reading.state) {
        output.say(&format!("note: AWS changed {name} since the plan was made: v{then} is now v{now}"));
    }
    let incomplete = !reading.unread.is_empty();
    let prepared = session.prepare(reading)?;
    if prepared.plan.steps != saved.steps {
        return Err(Failure::refused(
            "the environment files have changed since the plan was made, and nothing was changed",
        )
        .help("plan again, and look at what the new plan does"));
    }
    held(&prepared, output)?;
    accepted(agreement, needed(&prepared.hazards))
        .map_err(|failure| failure.help(format!("`hatrack show {}` shows them", path.display())))?;
    if saved.steps.is_empty() {
        output.say("the plan has nothing to do");
        return Ok(ExitCode::Done);
    }
    let plan = prepared.plan;
    let journal = perform(&session, &plan, global, &interrupted, output);
    conclude(&session, &plan, &journal, incomplete, output)
}

fn needed(hazards: &[Hazard]) -> Vec<String> {
    hazards.iter().filter_map(Hazard::needs_acceptance).collect()
}

fn accepted(agreement: &Agreement, mut needed: Vec<String>) -> Result<(), Failure> {
    needed.sort();
    needed.dedup();
    needed.retain(|word| !agreement.accept.contains(word));
    if needed.is_empty() {
        return Ok(());
    }
    let words: Vec<String> = needed.iter().map(|word| format!("--accept {word}")).collect();
    Err(Failure::refused("nothing was changed: this plan has hazards that need your explicit agreement")
        .help(format!("if you agree, run it again with `{}`", words.join(" "))))
}

/// Whether somebody was asked; a no is a refusal.
fn agree(yes: bool, without: &str, output: &Output) -> Result<bool, Failure> {
    if yes {
        return Ok(false);
    }
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::refused("nothing was changed: there is no terminal to ask on")
            .help("look at the plan, then run it again with `--yes`, or save a plan with `hatrack plan -o FILE` and apply FILE"));
    }
    let rest = if without.is_empty() { String::new() } else { format!(", without {without}") };
    output.say(&format!("Apply this{rest}? Only `yes` is taken for a yes."));
    let mut answer = String::new();
    let read = stdin.lock().read_line(&mut answer);
    if read.is_ok() && answer.trim() == "yes" {
        Ok(true)
    } else {
        Err(Failure::refused("nothing was changed"))
    }
}

fn perform(
    session: &Session,
    plan: &Plan,
    global: &Global,
    interrupted: &std::sync::atomic::AtomicBool,
    output: &Output,
) -> Journal {
    let progress = progress::StepProgress::new(&plan.steps, &session.environments, output);
    let journal = execute(
        &plan.steps,
        session.account.as_ref(),
        usize::from(global.parallelism),
        interrupted,
        &progress,
    );
    progress.finish();
    journal
}

/// Reads again, and says what was done and what did not converge.
fn conclude(
    session: &Session,
    plan: &Plan,
    journal: &Journal,
    incomplete: bool,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let (left, reading, unverified) = match remaining(session, journal) {
        Ok((left, reading)) => (left, reading, None),
        Err(failure) => (vec![], Reading::default(), Some(failure)),
    };
    if session.signs_people_in {
        tell_passwords(plan, journal, output);
    }
    let report = ApplyReport::new(plan, journal, left, &reading.unread).without(&reading.unreached);
    output.result(&match output.format {
        Format::Terminal => report.terminal(output.terminal),
        Format::Json | Format::Sarif | Format::Github => report.json(),
        Format::Markdown | Format::Brief => report.markdown(),
    });
    if let Some(mut failure) = unverified {
        failure.message =
            format!("the last look at the account failed, so nobody checked the result: {}", failure.message);
        return Err(failure);
    }
    Ok(if report.is_complete() && !incomplete { ExitCode::Done } else { ExitCode::Error })
}

/// What still differs, and what could not be read. AWS shows a write to a reader some seconds later, so where all was done it is asked again.
fn remaining(session: &Session, journal: &Journal) -> Result<(Vec<Finding>, Reading), Failure> {
    const PATIENCE_SECONDS: [u64; 4] = [1, 2, 4, 8];
    let mut patience = PATIENCE_SECONDS.iter();
    loop {
        let prepared: Prepared = session.compare(session.read_reached(CredentialSource::Live)?)?;
        let mut left = drift::report_of(session, &prepared).drift;
        left.retain(|finding| finding.drift && !finding.outside); // an apply is done when it can do no more
        match patience.next() {
            Some(seconds) if !left.is_empty() && journal.is_complete() => {
                std::thread::sleep(Duration::from_secs(*seconds));
            }
            _ => return Ok((left, prepared.reading)),
        }
    }
}

/// Where the passwords of new sign-ins are.
fn tell_passwords(plan: &Plan, journal: &Journal, output: &Output) {
    for (step, outcome) in plan.steps.iter().zip(&journal.outcomes) {
        if let (Verb::Put { wanted: Setting::SignIn, .. }, Outcome::Done) = (&step.operation.verb, outcome) {
            output.say(&format!(
                "the one-time password of {} is in {PASSWORD_FILE}, which only you can read: hand it over, then delete it",
                step.operation.target.address()
            ));
        }
    }
}
