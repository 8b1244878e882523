//! Findings as SARIF 2.1.0: what code scanning reads.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::audit::AuditReport;
use super::diagnostics::{lines_for_services, place_in_file};
use super::escape;
use super::findings::{CLAIMS, rule_id, rule_ids};
use super::ignored::Ignored;
use crate::audit::{self, Check};
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::lint::{Rule, Suppressed, rules};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    automation_details: Option<Automation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    invocations: Vec<Invocation>,
    results: Vec<Found>,
}

/// How the run went; only where it did not go well.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<About>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'static str>,
    help: Text,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    tags: Vec<&'static str>,
    /// How GitHub ranks what has the tag `security`: from 0 to 10.
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    security_severity: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial_fingerprints: Option<Fingerprints>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
}

/// By which a service knows a finding again, wherever its line has gone.
#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "hatrackFinding/v1")]
    finding: String,
    /// The only one that GitHub's code scanning looks at; without it, it would take the text of the line.
    /// <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>
    #[serde(rename = "primaryLocationLineHash")]
    primary: String,
}

/// Tells the uploads of two commands apart, so that one does not replace the other.
#[derive(Serialize)]
struct Automation {
    id: &'static str,
}

/// A fingerprint as GitHub has it: a hash, and which of its kind.
fn hashed(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    let start: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{start}:1")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    justification: String,
}

/// The log of one run.
pub(super) fn log(findings: &[Diagnostic], suppressed: &[Suppressed]) -> Log {
    let ids = rule_ids(findings.iter().chain(suppressed.iter().map(|s| &s.finding)));
    let allowed = suppressed.iter().map(|one| {
        let Suppressed { finding, reason, until: _, said: _ } = one;
        let justification = escape::text(reason);
        Found { suppressions: vec![Suppression { kind: "inSource", justification }], ..found(finding, &ids) }
    });
    let results = findings.iter().map(|finding| found(finding, &ids)).chain(allowed).collect();
    whole(ids.iter().map(|id| about(id)).collect(), results, vec![], None)
}

fn whole(
    rules: Vec<About>,
    results: Vec<Found>,
    invocations: Vec<Invocation>,
    automation_details: Option<Automation>,
) -> Log {
    let driver = Driver { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION"), rules };
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver },
            column_kind: "unicodeCodePoints",
            automation_details,
            invocations,
            results,
        }],
    }
}

/// The log of an audit: each finding where what it is about is declared, or else in the file of its environment. What
/// could not be looked at makes the run one that failed in part.
pub(super) fn audit_log(report: &AuditReport) -> Log {
    let checks: Vec<&'static Check> = audit::ALL
        .iter()
        .copied()
        .filter(|check| report.findings.iter().any(|finding| finding.check == check.id))
        .collect();
    let results = report.findings.iter().filter_map(|finding| {
        let at = checks.iter().position(|check| check.id == finding.check)?;
        let message = format!("{}: {}\n{}", finding.subject, finding.text, finding.help);
        let suppression =
            |why: &Ignored| Suppression { kind: "external", justification: escape::text(&why.words()) };
        Some(Found {
            rule_id: finding.check,
            rule_index: at,
            level: level(checks.get(at)?.severity),
            message: Text { text: message.split('\n').map(escape::text).collect::<Vec<_>>().join("\n") },
            locations: vec![match &finding.place {
                Ok(span) => location(span, None),
                Err(file) => beginning(file),
            }],
            partial_fingerprints: Some(Fingerprints {
                finding: escape::text(&finding.id),
                primary: hashed(&finding.id),
            }),
            related_locations: vec![],
            suppressions: finding.ignored.iter().map(suppression).collect(),
        })
    });
    let gaps = report.not_checked.iter().map(|gap| format!("{}: {}", gap.account, gap.words()));
    let away = report.environments_not_checked.iter().map(|e| format!("{}: {}", e.environment, e.text));
    let notifications: Vec<Notification> = gaps
        .chain(away)
        .map(|text| Notification {
            level: "error",
            message: Text { text: format!("not checked: {}", escape::text(&text)) },
        })
        .collect();
    let invocations = match notifications.is_empty() {
        true => vec![],
        false => {
            vec![Invocation { execution_successful: false, tool_execution_notifications: notifications }]
        }
    };
    whole(
        checks.iter().map(|check| of_check(check)).collect(),
        results.collect(),
        invocations,
        Some(Automation { id: "hatrack-audit/" }),
    )
}

fn of_check(check: &'static Check) -> About {
    let Check { id, severity, sentence, why, help, source, look: _ } = check;
    let text = |text: &str| Text { text: text.to_owned() };
    About {
        id,
        short_description: text(sentence),
        full_description: text(why),
        help_uri: Some(source),
        help: text(help),
        default_configuration: Configuration { level: level(*severity) },
        properties: properties(*severity),
    }
}

/// The beginning of a file, for what stands on no line of it.
fn beginning(file: &str) -> Location {
    let region = Region { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };
    let physical_location =
        PhysicalLocation { artifact_location: ArtifactLocation { uri: uri(file) }, region };
    Location { physical_location, message: None }
}

fn about(id: &'static str) -> About {
    let text = |text: &str| Text { text: text.to_owned() };
    match rules::find(id) {
        Some(Rule { severity, sentence, why, help, source, .. }) => About {
            id,
            short_description: text(sentence),
            full_description: text(why),
            help_uri: source.starts_with("https://").then_some(source),
            help: text(help),
            default_configuration: Configuration { level: level(*severity) },
            properties: properties(*severity),
        },
        None if CLAIMS.contains(&id) => About {
            id,
            short_description: text("An assertion does not hold, or is not proven."),
            full_description: text(
                "What the environment says must hold about access does not hold for all requests.",
            ),
            help_uri: None,
            help: text("take away what breaks it, or change the assertion"),
            default_configuration: Configuration { level: "error" },
            properties: properties(Severity::SecurityWarning),
        },
        None => About {
            id,
            short_description: text("The file is no sound specification."),
            full_description: text("It cannot be read, or says something that hatrack or AWS does not know."),
            help_uri: None,
            help: text("see the message"),
            default_configuration: Configuration { level: "error" },
            properties: properties(Severity::Error),
        },
    }
}

fn properties(severity: Severity) -> Properties {
    match severity {
        Severity::SecurityWarning => Properties { tags: vec!["security"], security_severity: Some("7.0") },
        Severity::Error | Severity::Warning => {
            Properties { tags: vec!["correctness"], security_severity: None }
        }
        Severity::Suggestion => Properties { tags: vec!["maintainability"], security_severity: None },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::SecurityWarning | Severity::Warning => "warning",
        Severity::Suggestion => "note",
    }
}

fn found(finding: &Diagnostic, ids: &[&'static str]) -> Found {
    let Diagnostic { severity, rule: _, message: _, span, label: _, related, help: _ } = finding;
    let id = rule_id(finding);
    Found {
        rule_id: id,
        rule_index: ids.iter().position(|known| *known == id).unwrap_or_default(),
        level: level(*severity),
        message: Text { text: lines_for_services(finding) },
        locations: span.iter().map(|span| location(span, None)).collect(),
        partial_fingerprints: None,
        related_locations: related.iter().map(|(span, words)| location(span, Some(words))).collect(),
        suppressions: vec![],
    }
}

fn location(span: &Span, words: Option<&str>) -> Location {
    let at = place_in_file(span);
    let region = Region {
        start_line: at.line,
        start_column: at.column,
        end_line: at.end_line,
        end_column: at.end_column,
    };
    let physical_location =
        PhysicalLocation { artifact_location: ArtifactLocation { uri: uri(&at.file) }, region };
    Location { physical_location, message: words.map(|words| Text { text: escape::text(words) }) }
}

/// A path as a URI reference (RFC 3986): relative, unless the path is not.
fn uri(path: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const UNSAFE: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b':')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'`')
        .add(b'{')
        .add(b'}')
        .add(b'[')
        .add(b']')
        .add(b'^')
        .add(b'|')
        .add(b'\\');
    let path = path.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let from_root = if path.starts_with('/') { "file://" } else { "" };
    format!("{from_root}{}", utf8_percent_encode(path, UNSAFE))
}
