//! Resources that nobody declares are written down.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::{Work, lower, proof};
use crate::account::{CredentialSource, Reading};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::report;
use crate::spec::Lowered;
use crate::spec::edit::text::Text;
use crate::spec::raise::{self, Raised, Shared, Unsaid};
use crate::spec::read::keys_to;
use crate::spec::shipped;
use crate::spec::source::parse;
use crate::state::{Blind, Kind, ResourceId, Scope, Unread};

/// How often a text is written anew because something in it cannot be said. Each time that is left out.
const TRIES: usize = 50;

/// The rule about secrets in files.
const SECRET: &str = "secret-literal";

pub(super) fn adopt(
    work: &Work<'_>,
    mut chosen: BTreeSet<ResourceId>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let profiles = chosen.iter().filter(|id| id.kind == Kind::Role);
    let profiles: Vec<_> =
        profiles.map(|role| ResourceId { kind: Kind::InstanceProfile, ..role.clone() }).collect();
    chosen.extend(profiles);
    let mut scope = work.scope.clone();
    scope.declared.extend(chosen.iter().cloned());
    let reading = work.read(&scope, CredentialSource::Live)?;
    chosen.retain(|id| reading.state.resources.contains_key(id) || !reading.state.covers(id));
    let kinds: Vec<Unsaid> = unread_kinds(work, &reading.unread);
    let Said { mut text, mut raised, mut lowered } = said(work, &scope, &reading, &chosen)?;
    raised.left_out.extend(kinds);
    let mut templates = vec![];
    if work.is_new
        && work.args.output.is_none()
        && let Some(shared) = shared(work, &scope, &raised)
    {
        (text, lowered, templates) = shared;
    }
    let before = match &work.lowered {
        Some(lowered) if !work.is_new => Some(proof::outcome(lowered, &work.home.name, &reading)?),
        _ => None,
    };
    let after = proof::outcome(&lowered, &work.home.name, &reading)?;
    let new_scope = lowered.scopes.iter().find(|scope| scope.environment == work.home.name);
    let marks = proof::only_marks(before.as_ref(), &after, new_scope.unwrap_or(&scope))?;

    let old = work.file().map_or("", |file| &file.span.source.text);
    work.agree(old, &text, output)?;
    for template in &templates {
        work.write_template(template, output)?;
    }
    work.write(&text, output)?;
    tell(work, &raised, marks, output);
    Ok(if raised.left_out.iter().any(|one| one.unread) { ExitCode::Error } else { ExitCode::Done })
}

/// The text, what it says and what not. What the language refuses is left out with the reason.
fn said(
    work: &Work<'_>,
    scope: &Scope,
    reading: &Reading,
    chosen: &BTreeSet<ResourceId>,
) -> Result<Said, Failure> {
    let around = work.around(scope, reading);
    let declared = &work.scope.declared;
    let mut refused: BTreeMap<ResourceId, String> = BTreeMap::new();
    let before: Vec<String> = match &work.lowered {
        Some(lowered) if !work.is_new => {
            proof::lint_errors(lowered, &work.home).into_iter().map(|finding| finding.message).collect()
        }
        _ => vec![],
    };
    for _ in 0..TRIES {
        let mut raised = raise::raise(&around, declared, chosen, &refused);
        if raised.bodies.is_empty() {
            return Err(nothing(&raised.left_out));
        }
        let text = match work.file() {
            None => raise::new_file(scope, &mut raised),
            Some(file) => raise::added(&file.span.source.text, file, &raised).map_err(|why| {
                Failure::error(format!("{} cannot be added to: {}", work.home.source, why.0))
            })?,
        };
        match checked(work, text, &raised, &before, &[])? {
            Checked::Sound(text, lowered) => return Ok(Said { text, raised, lowered: *lowered }),
            Checked::Refused(more) => refused.extend(more),
        }
    }
    Err(Failure::error("nothing was written: too much of what was found cannot be said")
        .help("adopt a part of it: `--kind`, `--prefix`, `--path`, or addresses"))
}

/// The same with documents that several holders have in templates; none if there are none, or if that is not as good.
fn shared(work: &Work<'_>, scope: &Scope, raised: &Raised) -> Option<(String, Lowered, Vec<Arc<Source>>)> {
    let taken: BTreeSet<String> = shipped::TEMPLATES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .chain(work.texts.templates.iter().filter_map(|source| stem(&source.name)))
        .collect();
    let mut raised = raised.clone();
    let templates: Vec<Arc<Source>> = raise::share(&mut raised, &scope.environment, &taken)
        .into_iter()
        .map(|Shared { name, text }| Arc::new(Source { name: format!("templates/{name}.yaml"), text }))
        .collect();
    if templates.is_empty() {
        return None;
    }
    let text = raise::new_file(scope, &mut raised);
    match checked(work, text, &raised, &[], &templates) {
        Ok(Checked::Sound(text, lowered)) => Some((text, *lowered, templates)),
        Ok(Checked::Refused(_)) | Err(_) => None,
    }
}

fn stem(name: &str) -> Option<String> {
    Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned())
}

/// What can be written.
struct Said {
    text: String,
    raised: Raised,
    lowered: Lowered,
}

enum Checked {
    /// It is read, and rules do not keep it from being planned.
    Sound(String, Box<Lowered>),
    /// Some of it cannot be said.
    Refused(Vec<(ResourceId, String)>),
}

/// Reads a text again. What rules would refuse of it is allowed in a comment, as it was found so.
fn checked(
    work: &Work<'_>,
    text: String,
    raised: &Raised,
    before: &[String],
    templates: &[Arc<Source>],
) -> Result<Checked, Failure> {
    let mut text = text;
    for round in 0..3 {
        let source = Arc::new(Source { name: work.home.source.clone(), text: text.clone() });
        let holders = holders(&source, raised);
        let of = |finding: &Diagnostic| {
            let span = finding.span.as_ref().filter(|span| span.source.name == source.name)?;
            // People stand within their domain: theirs is the shortest.
            let around = holders.iter().filter(|(range, _)| range.contains(&span.start));
            around.min_by_key(|(range, _)| range.len()).map(|(_, id)| id.clone())
        };
        let (lowered, said) = lower(&work.texts, std::slice::from_ref(&source), templates);
        let errors: Vec<Diagnostic> =
            said.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
        if !errors.is_empty() {
            let refused: Vec<_> =
                errors.iter().filter_map(|finding| Some((of(finding)?, finding.message.clone()))).collect();
            return if refused.is_empty() {
                Err(Failure::in_text(errors))
            } else {
                Ok(Checked::Refused(refused))
            };
        }
        let Some(lowered) = lowered else { return Err(Failure::in_text(errors)) };
        let mut findings = proof::lint_errors(&lowered, &work.home);
        findings.retain(|finding| !before.contains(&finding.message));
        if findings.is_empty() {
            return Ok(Checked::Sound(text, Box::new(lowered)));
        }
        let placed: Vec<(ResourceId, Diagnostic)> =
            findings.iter().filter_map(|finding| Some((of(finding)?, finding.clone()))).collect();
        if placed.is_empty() {
            return Err(Failure::in_text(findings));
        }
        // What looks like a secret is not written into a file, whoever put it where it was found.
        let secrets: Vec<(ResourceId, String)> = placed
            .iter()
            .filter(|(_, finding)| finding.rule == Some(SECRET))
            .map(|(id, finding)| (id.clone(), format!("in what it says, {}", finding.message)))
            .collect();
        if !secrets.is_empty() {
            return Ok(Checked::Refused(secrets));
        }
        if round == 2 {
            let why = |(id, finding): (ResourceId, Diagnostic)| (id, finding.message);
            return Ok(Checked::Refused(placed.into_iter().map(why).collect()));
        }
        text = allowed(&text, placed.iter().map(|(_, finding)| finding));
    }
    Err(Failure::error("nothing was written: what was found would not be planned"))
}

/// The text with a comment on each line that a rule finds wrong.
fn allowed<'a>(text: &str, findings: impl Iterator<Item = &'a Diagnostic>) -> String {
    let mut lines: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for finding in findings {
        if let (Some(span), Some(rule)) = (&finding.span, finding.rule) {
            lines.entry(span.line_column().0).or_default().insert(rule);
        }
    }
    let mut out = String::new();
    for (n, line) in text.split_inclusive('\n').enumerate() {
        let Some(rules) = lines.get(&(n + 1)) else {
            out.push_str(line);
            continue;
        };
        let rules = rules.iter().copied().collect::<Vec<_>>().join(", ");
        let comment = format!("# hatrack: allow({rules}): found so in the account");
        let end = line.trim_end().len();
        let (body, rest) = line.split_at(end);
        if body.contains(" #") || body.ends_with(['|', '-', '{', '[']) {
            let indent = body.len() - body.trim_start().len();
            out.push_str(&format!("{}{comment}\n{line}", " ".repeat(indent)));
        } else {
            out.push_str(&format!("{body} {comment}{rest}"));
        }
    }
    out
}

/// Where each holder stands in a text.
fn holders(source: &Arc<Source>, raised: &Raised) -> Vec<(Range<usize>, ResourceId)> {
    let (Some(tree), _) = parse(source) else { return vec![] };
    let text = Text(&source.text);
    let mut all = vec![];
    for body in &raised.bodies {
        let keys = keys_to(&body.id);
        let entry = keys
            .split_last()
            .and_then(|(last, before)| before.iter().try_fold(&tree, |node, key| node.get(key))?.entry(last));
        if let Some(entry) = entry {
            all.push((
                entry.key_span.start..text.end(&entry.value).max(entry.key_span.end) + 1,
                body.id.clone(),
            ));
        }
    }
    all
}

/// Kinds that were asked for and could not be read at all.
fn unread_kinds(work: &Work<'_>, unread: &[Unread]) -> Vec<Unsaid> {
    let of = |unread: &Unread| match &unread.what {
        Blind::Kind(account, kind) => {
            let id = ResourceId::new(account, *kind, "*");
            let asked = work.asks_for_all_of(*kind);
            asked.then(|| Unsaid { id, why: format!("not checked: {}", unread.reason), unread: true })
        }
        Blind::Setting(..) | Blind::Resource(_) | Blind::Credentials(_) => None,
    };
    unread.iter().filter_map(of).collect()
}

fn nothing(left_out: &[Unsaid]) -> Failure {
    let mut failure = Failure::error("nothing was written: nothing of what is chosen can be adopted");
    failure.details = left_out.iter().map(line).collect();
    failure
}

fn line(unsaid: &Unsaid) -> String {
    format!("{}: {}", unsaid.id.address(), unsaid.why)
}

/// Says what was written, what was not, and what comes next.
fn tell(work: &Work<'_>, raised: &Raised, marks: usize, output: &Output) {
    let count = report::count(raised.bodies.len(), "resource");
    let to_screen = work.args.output.as_deref() == Some(Path::new("-"));
    for (what, unsaid) in [("left out", &raised.left_out), ("not said", &raised.remarks)] {
        if !unsaid.is_empty() {
            output.say(&format!("{what}:"));
            unsaid.iter().for_each(|one| output.say(&format!("  {}", line(one))));
        }
    }
    let verb = if to_screen { "printed" } else { "wrote" };
    output.say(&format!(
        "{verb} {count} to {}",
        if to_screen { "standard output".to_owned() } else { work.target_name() }
    ));
    let marks = report::count(marks, "ownership mark");
    output
        .say(&format!("the next apply sets {marks} and changes nothing else: this was planned and checked"));
    if !to_screen {
        output.say(&format!("look at it with `hatrack plan {}`", work.home.name));
    }
    let lines = |all: &[Unsaid]| -> Vec<serde_json::Value> {
        all.iter().map(|one| json!({"address": one.id.address(), "why": one.why})).collect()
    };
    let adopted: Vec<String> = raised.bodies.iter().map(|body| body.id.address()).collect();
    let outcome = json!({
        "adopted": adopted,
        "left_out": lines(&raised.left_out),
        "not_said": lines(&raised.remarks),
    });
    work.tell(&outcome, output);
}
