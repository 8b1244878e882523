//! Every rule trips on its own example, keeps quiet on the mended one, and has a page in `docs/rules/` made from its
//! texts. `HATRACK_BLESS=1` writes the pages anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hatrack::diagnostic::{Diagnostic, Severity, Source};
use hatrack::lint::{self, Check, Example, Home, Rule, rules};
use hatrack::policy::{Usage, Written};
use hatrack::spec::document::parse_document;
use hatrack::state::{Resource, ResourceId, State};
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 21);
const HEADER: &str = "environment: analytics\naccount: \"111122223333\"\nregion: eu-west-1\n";

fn source(name: &str, text: &str) -> Arc<Source> {
    Arc::new(Source { name: name.to_owned(), text: text.to_owned() })
}

/// What is found in an example: rule and message.
fn found(example: Example) -> Vec<(String, String)> {
    match example {
        Example::Policy(usage, text) => {
            let (node, wrong) = parse_document(&source("policy.json", text));
            let Some(node) = node.filter(|_| wrong.is_empty()) else {
                return wrong.into_iter().map(|d| ("policy-syntax".to_owned(), d.message)).collect();
            };
            let (written, problems) = Written::read(&node.to_json(), usage, "aws");
            let home = Home::default();
            let single = lint::Single {
                written: written.as_ref(),
                problems: &problems,
                node: &node,
                ceiling: false,
                home: &home,
                today: TODAY,
            };
            said(&lint::document(single).findings)
        }
        Example::Environment(body) => said(&in_environment(body, None, None)),
        Example::Template(template, body) => said(&in_environment(body, Some(template), None)),
        Example::Account(body, account) => said(&in_environment(body, None, Some(account))),
    }
}

/// Rules of which a milder form is a warning; their pages say when.
const MILDER: [&str; 7] = [
    "action-resource-mismatch",
    "malformed-arn",
    "malformed-value",
    "missing-version",
    "quota-exceeded",
    "unknown-service-principal",
    "variable-not-expanded",
];

#[test]
fn what_is_said_when_a_document_is_read_is_as_bad_as_its_rule_says() {
    for rule in rules::ALL.iter().filter(|rule| matches!(rule.check, Check::Reading)) {
        let Example::Policy(usage, text) = rule.trips else { continue };
        let (node, _) = parse_document(&source("policy.json", text));
        let Some(node) = node else { continue };
        let (written, mut problems) = Written::read(&node.to_json(), usage, "aws");
        problems.extend(written.iter().flat_map(|written| written.check("aws")));
        problems.extend(written.iter().flat_map(Written::size_problems));
        for problem in problems.iter().filter(|problem| problem.rule == rule.id) {
            assert_eq!(problem.severity, rule.severity, "{}: {}", rule.id, problem.message);
        }
        assert_eq!(MILDER.contains(&rule.id), rule.why.contains("a warning"), "{}", rule.id);
    }
}

fn said(findings: &[Diagnostic]) -> Vec<(String, String)> {
    findings.iter().map(|d| (d.rule.unwrap_or("none").to_owned(), d.message.clone())).collect()
}

fn in_environment(body: &str, template: Option<&str>, account: Option<&str>) -> Vec<Diagnostic> {
    let environment = source("environments/analytics.yaml", &format!("{HEADER}{body}"));
    let templates: Vec<_> = template
        .iter()
        .map(|text| {
            let name = text.lines().find_map(|line| line.strip_prefix("template: ")).unwrap();
            source(&format!("templates/{name}.yaml"), text)
        })
        .collect();
    let (lowered, mut diagnostics) = hatrack::spec::load(&[environment], &templates);
    let Some(lowered) = lowered else { return diagnostics };
    if let Some(account) = account {
        let resources: BTreeMap<ResourceId, Data> = serde_json::from_str(account).unwrap();
        let resources =
            resources.into_iter().map(|(id, d)| (id, Resource::new(d.core, d.settings))).collect();
        let state = State { accounts: lowered.wanted.accounts.clone(), resources };
        let ours: BTreeSet<_> = state.resources.keys().cloned().collect();
        let findings = lint::account(&state, &ours, &lowered.environments, TODAY);
        return findings.into_iter().map(|f| Diagnostic::error(None, f.message).rule(f.rule.id)).collect();
    }
    diagnostics.extend(lint::estate(lint::Estate { lowered: &lowered, today: TODAY }).findings);
    diagnostics
}

#[derive(serde::Deserialize)]
struct Data {
    core: hatrack::state::Core,
    settings: Vec<hatrack::state::Setting>,
}

#[test]
fn every_rule_trips_on_its_example_and_keeps_quiet_on_the_mended_one() {
    let mut wrong = vec![];
    for rule in rules::ALL {
        let trips = found(rule.trips);
        if !trips.iter().any(|(id, _)| id == rule.id) {
            wrong.push(format!("{} does not trip; found {trips:?}", rule.id));
        }
        let passes = found(rule.passes);
        if !passes.is_empty() {
            wrong.push(format!("{}: the mended example still breaks {passes:?}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_rule_is_named_like_its_file_and_says_all_there_is_to_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lint/rules");
    let files: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().replace('_', "-"))
        .filter(|stem| stem != "mod")
        .collect();
    let ids: Vec<String> = rules::ALL.iter().map(|rule| rule.id.to_owned()).collect();
    assert!(ids.is_sorted(), "the rules are listed in the order of their ids");
    assert_eq!(ids.iter().cloned().collect::<BTreeSet<_>>(), files);
    for Rule { id, sentence, why, help, source, .. } in rules::ALL {
        assert!(sentence.starts_with(char::is_uppercase) && sentence.ends_with('.'), "{id}: {sentence}");
        assert!(why.ends_with('.') && why.len() > 40, "{id}: {why}");
        assert!(help.starts_with(char::is_lowercase) && !help.ends_with('.'), "{id}: {help}");
        assert!(source.starts_with("https://") || Path::new(source).exists(), "{id}: {source}");
    }
}

fn page(rule: &Rule) -> String {
    let Rule { id, severity, sentence, why, help, source, trips, passes, check } = rule;
    let when = match check {
        Check::Reading | Check::Document(_) => "every policy document",
        Check::Identity(_) => "all policies of a user, group or role together",
        Check::State(_) => "everything that is declared, or found in the account",
        Check::Text(_) => "the files as they are written",
        Check::Suppression => "suppressions",
    };
    let mut page = format!("# {id}\n\n{}: {sentence}\n\n{why}\n\n", title(*severity));
    writeln!(page, "**The way out:** {help}.\n\n**Looks at** {when}.\n\n## Trips\n\n{}", example(*trips))
        .unwrap();
    writeln!(page, "## Passes\n\n{}\nSource: <{source}>", example(*passes)).unwrap();
    page.replace(&format!("<{source}>"), &link(source))
}

fn link(source: &str) -> String {
    match source.strip_prefix("docs/") {
        Some(page) => format!("[{page}](../{page})"),
        None => format!("<{source}>"),
    }
}

fn title(severity: Severity) -> String {
    let words = severity.words();
    format!("**{}{}**", words[..1].to_uppercase(), &words[1..])
}

fn example(example: Example) -> String {
    match example {
        Example::Policy(usage, text) => {
            let kind = match usage {
                Usage::Trust => "Trust policy:",
                Usage::Bucket => "Bucket policy:",
                _ => "Policy:",
            };
            let parsed = parse_document(&source("policy.json", text));
            let text = match parsed {
                (Some(node), wrong) if wrong.is_empty() => {
                    serde_json::to_string_pretty(&node.to_json()).unwrap()
                }
                _ => text.to_owned(),
            };
            format!("{kind}\n\n```json\n{text}\n```\n")
        }
        Example::Environment(body) => format!("```yaml\n{}\n```\n", body.trim_end()),
        Example::Template(template, body) => {
            format!("```yaml\n{}\n```\n\nused by\n\n```yaml\n{}\n```\n", template.trim_end(), body.trim_end())
        }
        Example::Account(body, account) => {
            let json: serde_json::Value = serde_json::from_str(account).unwrap();
            let json = serde_json::to_string_pretty(&json).unwrap();
            format!("```yaml\n{}\n```\n\nand in the account\n\n```json\n{json}\n```\n", body.trim_end())
        }
    }
}

fn index() -> String {
    let mut page = "# Rules\n\nWhat `hatrack validate` and `hatrack policy lint` say, and why. [lint.md](../lint.md) tells \
                    how to use them and how to allow an exception.\n"
        .to_owned();
    for severity in Severity::ALL {
        writeln!(page, "\n## {}\n\n| rule | what it finds |\n|---|---|", title(severity).replace('*', ""))
            .unwrap();
        for rule in rules::ALL.iter().filter(|rule| rule.severity == severity) {
            writeln!(page, "| [`{0}`]({0}.md) | {1} |", rule.id, rule.sentence).unwrap();
        }
    }
    page
}

#[test]
fn every_rule_has_a_page_made_from_its_own_text() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let mut pages: BTreeMap<PathBuf, String> =
        rules::ALL.iter().map(|rule| (folder.join(format!("{}.md", rule.id)), page(rule))).collect();
    pages.insert(folder.join("README.md"), index());
    if std::env::var_os("HATRACK_BLESS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if !pages.contains_key(&path) {
                fs::remove_file(path).unwrap();
            }
        }
        for (path, text) in &pages {
            #[expect(clippy::disallowed_methods, reason = "documentation may be cut short; git has it")]
            fs::write(path, text).unwrap();
        }
    }
    let there: BTreeSet<PathBuf> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(there, pages.keys().cloned().collect(), "HATRACK_BLESS=1 writes the pages anew");
    for (path, text) in pages {
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "{}: HATRACK_BLESS=1", path.display());
    }
}
