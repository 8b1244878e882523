//! What is declared and was found otherwise: the file is edited where it says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::{Work, load, lower, proof};
use crate::account::CredentialSource;
use crate::cli::address::{Address, part_name, part_names};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Source, did_you_mean, has_errors};
use crate::report;
use crate::spec::Lowered;
use crate::spec::edit::{Cannot, Part, Wish, text, wished};
use crate::state::ResourceId;

pub(super) fn adopt(
    work: &Work<'_>,
    targets: &[(ResourceId, Address)],
    output: &Output,
) -> Result<ExitCode, Failure> {
    let (Some(lowered), Some(file)) = (&work.lowered, work.file()) else {
        return Err(Failure::error("nothing is declared yet"));
    };
    let reading = work.read(&work.scope, CredentialSource::Live)?;
    let before = proof::outcome(lowered, &work.home.name, &reading)?;
    let chosen = chosen(work, targets, &before, &reading)?;
    if chosen.is_empty() {
        output.say("what is named is as declared: there is nothing to adopt");
        work.tell(&json!({"adopted": []}), output);
        return Ok(ExitCode::Done);
    }

    let mut around = work.around(&work.scope, &reading);
    around.tags.clear();
    let mut lowered: Lowered = load(&work.texts, &[])?;
    let mut now = file.span.source.text.clone();
    let mut refused: Vec<Diagnostic> = vec![];
    for (id, part) in &chosen {
        let found = reading.state.resources.get(id);
        let wish = Wish { lowered: &lowered, around: &around, id, part, found };
        let edits = wished(&wish).and_then(|edits| Ok(text::apply(&now, edits)?));
        let next = match edits {
            Ok(next) => next,
            Err(cannot) => {
                refused.push(said(id, part, cannot));
                continue;
            }
        };
        let source = Arc::new(Source { name: work.home.source.clone(), text: next.clone() });
        match lower(&work.texts, &[source], &[]) {
            (Some(after), said) if !has_errors(&said) => (now, lowered) = (next, after),
            (_, mut said) => {
                said.retain(|one| one.severity == crate::diagnostic::Severity::Error);
                let mut diagnostic = Diagnostic::error(
                    lowered.origins.of(id, None).cloned(),
                    format!("{} cannot be declared as it was found", name(id, part)),
                );
                diagnostic.help = said.into_iter().map(|one| one.message).collect();
                refused.push(diagnostic);
            }
        }
    }
    if !refused.is_empty() {
        let message = "nothing was written: some of this cannot be edited in place";
        return Err(Failure { diagnostics: refused, ..Failure::error(message) });
    }
    prove(work, &lowered, &before, &chosen, &reading)?;
    work.agree(&file.span.source.text, &now, output)?;
    work.write(&now, output)?;
    let names: Vec<String> = chosen.iter().map(|(id, part)| name(id, part)).collect();
    output.say(&format!(
        "{} {} now declared as found: {}",
        report::count(names.len(), "difference"),
        if names.len() == 1 { "is" } else { "are" },
        names.join(", ")
    ));
    work.tell(&json!({"adopted": names}), output);
    Ok(ExitCode::Done)
}

/// The parts that are named and differ.
fn chosen(
    work: &Work<'_>,
    targets: &[(ResourceId, Address)],
    before: &proof::Outcome,
    reading: &crate::account::Reading,
) -> Result<BTreeSet<(ResourceId, Part)>, Failure> {
    let mut chosen = BTreeSet::new();
    for (id, address) in targets {
        if let Some(objection) = before.settled.objections.iter().find(|objection| objection.subject() == id)
        {
            let said = report::objection(objection);
            return Err(Failure { help: said.help, ..Failure::error(said.text) });
        }
        let blind = reading.unread.iter().find(|unread| match &unread.what {
            crate::state::Blind::Kind(account, kind) => *account == id.account && *kind == id.kind,
            crate::state::Blind::Resource(other)
            | crate::state::Blind::Setting(other, _)
            | crate::state::Blind::Credentials(other) => other == id,
        });
        if let Some(unread) = blind {
            return Err(Failure::error(format!("{} was not checked: {}", id.address(), unread.reason)).help(
                "what could not be read is not written down: give the caller the right, and run this again",
            ));
        }
        let differs: BTreeSet<Part> = before.plan.changes.get(id).map(crate::plan::parts).unwrap_or_default();
        let mut meant: Vec<Part> = differs.iter().filter(|part| address.means(part)).cloned().collect();
        if meant.is_empty() && address.setting.is_some() && !differs.is_empty() {
            let names: Vec<String> = differs.iter().flat_map(part_names).collect();
            let asked = address.setting.as_deref().unwrap_or_default();
            let failure =
                Failure::error(format!("`{}` names nothing that is otherwise than declared", address.text));
            return Err(match did_you_mean(asked, names.iter().map(String::as_str)) {
                Some(near) => failure.help(format!("did you mean `{}/{near}`?", id.address())),
                None => failure.help(format!("what differs there: {}", names.join(", "))),
            });
        }
        // A profile that is not there is said by its role.
        meant.retain(|part| {
            work.scope.declared.contains(id) || matches!(part, Part::Setting(_) | Part::Field(_))
        });
        chosen.extend(meant.into_iter().map(|part| (id.clone(), part)));
    }
    Ok(chosen)
}

fn name(id: &ResourceId, part: &Part) -> String {
    match part {
        Part::Whole => id.address(),
        Part::Field(_) | Part::Setting(_) => format!("{}/{}", id.address(), part_name(part)),
    }
}

fn said(id: &ResourceId, part: &Part, cannot: Cannot) -> Diagnostic {
    let Cannot { span, why, propose } = cannot;
    let mut diagnostic = Diagnostic::error(span, format!("{} is not edited in place: {why}", name(id, part)));
    if let Some(text) = propose {
        diagnostic.help.push(format!("write it yourself: `{text}`"));
    }
    diagnostic
}

/// What was chosen is declared as found, and nothing else is otherwise than before.
fn prove(
    work: &Work<'_>,
    lowered: &Lowered,
    before: &proof::Outcome,
    chosen: &BTreeSet<(ResourceId, Part)>,
    reading: &crate::account::Reading,
) -> Result<(), Failure> {
    let after = proof::outcome(lowered, &work.home.name, reading)?;
    let (then, now) = (proof::differences(&before.plan.changes), proof::differences(&after.plan.changes));
    let left = now.iter().filter(|one| chosen.contains(one) || !then.contains(one));
    let left: Vec<String> = left.map(|(id, part)| name(id, part)).collect();
    let objections = after.settled.objections.iter().filter(|o| !before.settled.objections.contains(o));
    let objections: Vec<String> = objections.map(|o| report::objection(o).text).collect();
    if !left.is_empty() || !objections.is_empty() {
        let mut failure =
            Failure::error("nothing was written: with the edit this would still differ, or newly so");
        failure.details = left.into_iter().chain(objections).collect();
        return Err(failure);
    }
    let old = work.lowered.as_ref().map(|old| proof::lint_errors(old, &work.home)).unwrap_or_default();
    let mut findings = proof::lint_errors(lowered, &work.home);
    findings.retain(|finding| !old.iter().any(|old| old.message == finding.message));
    if findings.is_empty() {
        return Ok(());
    }
    let message = "nothing was written: with the edit the file could not be planned";
    Err(Failure { diagnostics: findings, ..Failure::error(message) })
}
