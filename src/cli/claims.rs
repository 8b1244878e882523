//! Assertions held against what is wanted, before anything else is said of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::claim::{Broken, Checked, Deciding, Onward, Verdict, check};
use crate::access::landscape::{DocumentId, Landscape};
use crate::access::place;
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::report::{count, witness};
use crate::spec::assertion::{Assertion, Unproven};
use crate::spec::{EnvironmentInfo, Lowered};
use crate::state::State;

/// Requests that are shown of one broken assertion.
const SHOWN_MAX: usize = 5;

/// What is wrong with the assertions of all environments on what is declared: nothing if all hold. Of environments that
/// were not chosen errors are told, since those chosen can break what others assert.
pub fn of_files(lowered: &Lowered, chosen: &[&EnvironmentInfo]) -> Vec<Diagnostic> {
    let landscape = Landscape::new(&lowered.wanted);
    let mut onward = Onward::default();
    let mut all = vec![];
    for assertion in &lowered.assertions {
        let checked = check(assertion, &landscape, &mut onward);
        let mut said = said(assertion, &checked, lowered, &lowered.wanted);
        if !is_of(assertion, chosen) {
            said.retain(|diagnostic| diagnostic.severity == Severity::Error);
        }
        all.extend(said);
    }
    all
}

/// What is wrong with the assertions of the chosen environments on what is wanted, and with those of others of the same
/// accounts that hold on what was found; and which others nobody checked.
pub fn of_plan(
    lowered: &Lowered,
    chosen: &[&EnvironmentInfo],
    wanted: &State,
    found: &State,
) -> Vec<Diagnostic> {
    let (after, before) = (Landscape::new(wanted), Landscape::new(found));
    let [mut then, mut now] = [Onward::default(), Onward::default()];
    let mut all = vec![];
    let mut unchecked: BTreeMap<&str, usize> = BTreeMap::new();
    for assertion in &lowered.assertions {
        if is_of(assertion, chosen) {
            all.extend(said(assertion, &check(assertion, &after, &mut then), lowered, wanted));
        } else if chosen.iter().any(|environment| environment.account == assertion.account) {
            let mut checked = check(assertion, &after, &mut then);
            if matches!(checked.verdict, Verdict::Holds | Verdict::Empty(_)) {
                continue;
            }
            only_new(&mut checked.verdict, check(assertion, &before, &mut now).verdict);
            let mut said = said(assertion, &checked, lowered, wanted);
            said.retain(|diagnostic| diagnostic.severity == Severity::Error);
            let because =
                format!("environment `{}` asserts it, and is not planned here", assertion.environment);
            all.extend(said.into_iter().map(|diagnostic| diagnostic.help(because.clone())));
        } else {
            *unchecked.entry(&assertion.environment).or_default() += 1;
        }
    }
    all.extend(unchecked.into_iter().map(|(environment, number)| {
        let assertions = count(number, "assertion");
        let were = if number == 1 { "was" } else { "were" };
        let message = format!("{assertions} of environment `{environment}` {were} not checked");
        Diagnostic { severity: Severity::Suggestion, ..Diagnostic::error(None, message) }
            .rule("unchecked-assertion")
            .help("its account is not part of this plan: plan it as well")
    }));
    all
}

fn is_of(assertion: &Assertion, environments: &[&EnvironmentInfo]) -> bool {
    environments.iter().any(|environment| environment.name == assertion.environment)
}

/// Leaves of what breaks a claim what did not break it before: its own environment is to mend that.
fn only_new(after: &mut Verdict, before: Verdict) {
    match (&mut *after, before) {
        (Verdict::Broken(all), Verdict::Broken(old)) => {
            let same = |one: &Broken, other: &Broken| one.who == other.who && one.through == other.through;
            all.retain(|broken| !old.iter().any(|old| same(broken, old)));
            if all.is_empty() {
                *after = Verdict::Holds;
            }
        }
        (Verdict::Unproven(_), Verdict::Broken(_) | Verdict::Unproven(_)) => *after = Verdict::Holds,
        (Verdict::Holds | Verdict::Empty(_), _)
        | (Verdict::Broken(_) | Verdict::Unproven(_), Verdict::Holds | Verdict::Empty(_))
        | (Verdict::Broken(_), Verdict::Unproven(_)) => {}
    }
}

fn said(assertion: &Assertion, checked: &Checked, lowered: &Lowered, state: &State) -> Vec<Diagnostic> {
    let Checked { verdict, idle, principals: _, unseen: _ } = checked;
    let span = || Some(assertion.span.clone());
    let empty = |message: String| {
        let help = "leave it out, or name what is there";
        Diagnostic::warning(span(), message).rule("empty-assertion").help(help)
    };
    let mut all: Vec<Diagnostic> =
        idle.iter().map(|why| empty(format!("a part of this claims nothing: {why}"))).collect();
    match verdict {
        Verdict::Holds => {}
        Verdict::Empty(why) => all.push(empty(format!("this claims nothing: {why}"))),
        Verdict::Unproven(reasons) => {
            let severity = match assertion.unproven {
                Unproven::Fail => Severity::Error,
                Unproven::Warn => Severity::Warning,
            };
            let reasons: Vec<&str> = reasons.iter().map(String::as_str).collect();
            let message = format!("not proven: {}", assertion.text);
            all.push(
                Diagnostic { severity, ..Diagnostic::error(span(), message) }
                    .rule("unproven-assertion")
                    .label(reasons.join("; "))
                    .help("say less, or `unproven: warn` if it may stay open"),
            );
        }
        Verdict::Broken(broken) => all.push(of_broken(assertion, broken, lowered, state)),
    }
    let template = assertion.template.as_ref().filter(|span| span.source.is_file());
    for diagnostic in &mut all {
        if let Some(template) = template {
            diagnostic.related.push((template.clone(), "the template claims it here".to_owned()));
        }
        if let Some(because) = &assertion.because {
            diagnostic.help.push(format!("it must hold: {because}"));
        }
    }
    all
}

fn of_broken(assertion: &Assertion, all: &[Broken], lowered: &Lowered, state: &State) -> Diagnostic {
    let mut diagnostic =
        Diagnostic::error(Some(assertion.span.clone()), format!("not so: {}", assertion.text))
            .rule("broken-assertion");
    let mut shown = BTreeSet::new();
    for (n, broken) in all.iter().take(SHOWN_MAX).enumerate() {
        let witness = witness(&called(broken, lowered));
        let mut by = vec![];
        for deciding in &broken.statements {
            let text = in_words(deciding);
            let place = placed(deciding, lowered, state);
            if n > 0 || place.is_none() {
                by.push(text.clone());
            }
            if let Some((span, how)) = place
                && shown.insert((span.clone(), text.clone()))
            {
                diagnostic = diagnostic.related(span, format!("{text}{how}"));
            }
        }
        let by = if by.is_empty() { String::new() } else { format!(", by {}", by.join(" and ")) };
        if n == 0 {
            diagnostic = diagnostic.label(format!("{witness}{by}"));
        } else {
            diagnostic = diagnostic.help(format!("{witness}{by}"));
        }
    }
    if all.len() > SHOWN_MAX {
        diagnostic = diagnostic.help(format!("and {} more", count(all.len() - SHOWN_MAX, "request")));
    }
    diagnostic
}

/// Whom nobody declares is looked for in the files in vain.
fn called(broken: &Broken, lowered: &Lowered) -> Broken {
    let mut broken = broken.clone();
    if broken.id.as_ref().is_some_and(|id| !lowered.wanted.resources.contains_key(id)) {
        broken.who.push_str(" (not declared, found in the account)");
    }
    broken
}

fn in_words(deciding: &Deciding) -> String {
    let Deciding { document, held: _, number, sid, effect } = deciding;
    let name = sid.as_ref().map_or_else(|| format!("statement {}", number + 1), |sid| format!("`{sid}`"));
    format!("{effect} {name} of {document}")
}

/// Where a statement was written; of AWS's own policies where it is attached.
fn placed(deciding: &Deciding, lowered: &Lowered, state: &State) -> Option<(Span, String)> {
    let Deciding { document, held, number, sid: _, effect: _ } = deciding;
    if !matches!(document, DocumentId::Aws(..)) {
        return Some((place::of_statement(lowered, state, document, *number)?, String::new()));
    }
    let held = held.as_ref()?;
    let declared = lowered.wanted.resources.get(&held.holder)?.settings.contains_key(&held.setting);
    let span = lowered.origins.of(&held.holder, Some(&held.setting)).filter(|_| declared)?;
    Some((span.clone(), format!(", which {} has", held.holder.address())))
}
