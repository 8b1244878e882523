//! Reports for people at a terminal.

mod access;
mod access_line;
mod access_ways;
mod apply;
mod audit;
mod aws_managed;
mod drift;
mod plan;
mod resource;
mod setting;
mod why;

use super::page::{Page, Terminal, piece};
use super::plan::{AcceptableHazard, AccountFinding, CoverageLine, EnvironmentHead, NotChecked};
use super::said::Said;
use super::style::Label;
use super::words;

pub(super) use access::{access, resource as readable};
pub(super) use apply::counts as apply_counts;
pub(super) use drift::counts as drift_counts;
pub(super) use plan::counts as plan_counts;

/// One changed resource alone.
pub(super) fn resource_text(change: &super::ResourceChange, terminal: Terminal) -> String {
    let mut page = Page::new(terminal);
    resource::resource(&mut page, change);
    page.finish()
}

/// `analytics · account 111122223333 · eu-west-1`.
fn head(page: &mut Page, environment: &EnvironmentHead, remark: &str) {
    let EnvironmentHead { name, account, region, source: _ } = environment;
    page.blank();
    let region = if region.is_empty() { String::new() } else { format!(" · {region}") };
    page.flow(
        0,
        2,
        [
            piece(Label::Heading, name.as_str()),
            piece(Label::Dim, format!(" · account {account}{region}")),
            piece(Label::Dim, remark),
        ],
    );
}

/// A sentence with its ways out.
fn said(page: &mut Page, indent: usize, label: Label, lead: &str, said: &Said) {
    page.flow(indent, 4, [piece(label, lead), piece(Label::Plain, said.text.as_str())]);
    for help in &said.help {
        page.flow(indent + 4, 2, [piece(Label::Help, "→ "), piece(Label::Plain, help.as_str())]);
    }
}

fn notes(page: &mut Page, notes: &[Said]) {
    if !notes.is_empty() {
        page.blank();
    }
    for each in notes {
        said(page, 0, Label::Dim, "note: ", each);
    }
}

fn findings(page: &mut Page, list: &[AccountFinding]) {
    if list.is_empty() {
        return;
    }
    page.blank();
    page.say(0, 2, Label::Heading, "Found in the account, and not in the files:");
    for each in list {
        let AccountFinding {
            environment: _,
            address: _,
            setting: _,
            rule,
            severity: _,
            message,
            help,
            stays,
        } = each;
        // What the plan puts right needs no other way out.
        let help = if *stays { vec![help.clone()] } else { vec![] };
        let text = format!("[{rule}] {}: {message}", each.place());
        let code = String::new();
        said(page, 2, Label::Hazard, "! ", &Said { code, address: None, text, help });
    }
}

/// The environments of which nothing is known: said before all else, and again at the end.
fn not_looked_at(page: &mut Page, list: &[NotChecked]) {
    if list.is_empty() {
        return;
    }
    page.blank();
    let environments = words::count(list.len(), "environment");
    page.say(0, 2, Label::Error, format!("{environments} not checked:"));
    for each in list {
        page.flow(2, 4, [piece(Label::Error, "? "), piece(Label::Plain, each.line())]);
        for help in &each.help {
            page.flow(6, 2, [piece(Label::Help, "→ "), piece(Label::Plain, help.as_str())]);
        }
    }
}

fn not_checked(page: &mut Page, list: &[Said]) {
    if list.is_empty() {
        return;
    }
    page.blank();
    page.say(0, 2, Label::Hazard, "Not checked, because it could not be read:");
    for each in list {
        said(page, 2, Label::Hazard, "? ", each);
    }
}

fn coverage(page: &mut Page, lines: &[CoverageLine]) {
    if !lines.is_empty() {
        page.blank();
    }
    for line in lines {
        page.say(0, 2, Label::Dim, line.text());
    }
}

fn hazards(page: &mut Page, hazards: &[AcceptableHazard]) {
    if hazards.is_empty() {
        return;
    }
    page.blank();
    page.say(
        0,
        2,
        Label::Hazard,
        format!(
            "{} to agree to{}:",
            words::count(hazards.len(), "hazard"),
            if hazards.len() > 1 { ", the gravest last" } else { "" }
        ),
    );
    for hazard in hazards {
        let AcceptableHazard { code: _, address: _, text, needs_acceptance, help } = hazard;
        let label = if needs_acceptance.is_some() { Label::Error } else { Label::Hazard };
        page.flow(2, 4, [piece(label, "! "), piece(Label::Plain, text.as_str())]);
        for help in help {
            page.flow(6, 2, [piece(Label::Help, "→ "), piece(Label::Plain, help.as_str())]);
        }
    }
}

fn objections(page: &mut Page, list: &[Said]) {
    if list.is_empty() {
        return;
    }
    page.blank();
    for each in list {
        said(page, 0, Label::Error, "error: ", each);
    }
}

/// How far "as declared" reaches: nobody should take a part for the whole.
fn reach(unread: &[Said], notes: &[Said]) -> &'static str {
    match (unread.is_empty(), notes.iter().any(|note| note.code == "narrowed")) {
        (true, false) => "",
        (false, false) => ", as far as it could be read",
        (true, true) => ", as far as `--target` reaches",
        (false, true) => ", as far as `--target` reaches and it could be read",
    }
}

/// Errors with their ways out: objections, and why there is no plan.
pub fn said_terminal(list: &[Said], terminal: Terminal) -> String {
    let mut page = Page::new(terminal);
    objections(&mut page, list);
    page.finish()
}
