//! Assertions held against what is wanted, before anything else is said of it.

use crate::access::claim::{Broken, Checked, Deciding, Verdict, check};
use crate::access::landscape::Landscape;
use crate::access::place;
use crate::diagnostic::{Diagnostic, Severity};
use crate::report::{count, witness};
use crate::spec::assertion::{Assertion, Unproven};
use crate::spec::{EnvironmentInfo, Lowered};
use crate::state::State;

/// Requests that are shown of one broken assertion.
const SHOWN_MAX: usize = 5;

/// What is wrong with the assertions of the chosen environments on a state: nothing if all hold.
pub fn broken(lowered: &Lowered, chosen: &[&EnvironmentInfo], state: &State) -> Vec<Diagnostic> {
    let landscape = Landscape::new(state);
    let of_chosen = |assertion: &&Assertion| chosen.iter().any(|e| e.name == assertion.environment);
    let assertions = lowered.assertions.iter().filter(of_chosen);
    assertions.flat_map(|assertion| said(assertion, &check(assertion, &landscape), lowered, state)).collect()
}

fn said(assertion: &Assertion, checked: &Checked, lowered: &Lowered, state: &State) -> Option<Diagnostic> {
    let Checked { verdict, principals: _, unseen: _ } = checked;
    let span = Some(assertion.span.clone());
    let mut diagnostic = match verdict {
        Verdict::Holds => return None,
        Verdict::Empty(why) => Diagnostic::warning(span, format!("this claims nothing: {why}"))
            .rule("empty-assertion")
            .help("leave it out, or name who is meant"),
        Verdict::Unproven(reasons) => {
            let severity = match assertion.unproven {
                Unproven::Fail => Severity::Error,
                Unproven::Warn => Severity::Warning,
            };
            let reasons: Vec<&str> = reasons.iter().map(String::as_str).collect();
            let message = format!("not proven: {}", assertion.text);
            Diagnostic { severity, ..Diagnostic::error(span, message) }
                .rule("unproven-assertion")
                .label(reasons.join("; "))
                .help("say less, or `unproven: warn` if it may stay open")
        }
        Verdict::Broken(all) => of_broken(assertion, all, lowered, state),
    };
    if let Some(because) = &assertion.because {
        diagnostic = diagnostic.help(format!("it must hold: {because}"));
    }
    Some(diagnostic)
}

fn of_broken(assertion: &Assertion, all: &[Broken], lowered: &Lowered, state: &State) -> Diagnostic {
    let mut diagnostic =
        Diagnostic::error(Some(assertion.span.clone()), format!("not so: {}", assertion.text))
            .rule("broken-assertion");
    if let Some(first) = all.first() {
        diagnostic = diagnostic.label(witness(first));
    }
    for broken in all.iter().take(SHOWN_MAX) {
        for Deciding { document, number, sid, effect } in &broken.statements {
            let name =
                sid.as_ref().map_or_else(|| format!("statement {}", number + 1), |sid| format!("`{sid}`"));
            match place::of_statement(lowered, state, document, *number) {
                Some(span) => diagnostic = diagnostic.related(span, format!("{effect} {name} of {document}")),
                None => diagnostic = diagnostic.help(format!("{effect} {name} of {document}")),
            }
        }
    }
    for broken in all.iter().skip(1).take(SHOWN_MAX - 1) {
        diagnostic = diagnostic.help(witness(broken));
    }
    if all.len() > SHOWN_MAX {
        diagnostic = diagnostic.help(format!("and {} more", count(all.len() - SHOWN_MAX, "request")));
    }
    diagnostic
}
