//! AWS's own policies at a terminal.

use super::super::aws_managed::{
    ActionLines, AwsElementLine, AwsHolder, AwsManagedLine, AwsPolicyChange, AwsStatementLine, by_service,
};
use super::super::page::{Page, piece};
use super::super::statements::element_words;
use super::super::style::Label;
use super::super::words::count;

/// What the policies say that a plan attaches, a line each.
pub(super) fn attached(page: &mut Page, lines: &[AwsManagedLine]) {
    if lines.is_empty() {
        return;
    }
    page.blank();
    page.say(0, 2, Label::Dim, "What the AWS managed policies in it say:");
    for line in lines {
        let AwsManagedLine { name, version, known_from: _, as_of, text, .. } = line;
        let known = as_of.as_ref().map_or_else(String::new, |date| format!(" as of {date}"));
        page.flow(
            2,
            4,
            [
                piece(Label::Plain, name.as_str()),
                piece(Label::Dim, format!(" v{version}{known}: ")),
                piece(Label::Plain, text.as_str()),
            ],
        );
    }
}

/// What AWS changed in a policy, under the line of its name.
pub(super) fn changed(page: &mut Page, indent: usize, change: &AwsPolicyChange) {
    let AwsPolicyChange { arn: _, locked_version, found_version, holders, allows, denies, statements } =
        change;
    let holders: Vec<String> = holders.iter().map(AwsHolder::words).collect();
    page.flow(
        indent,
        2,
        [
            piece(Label::Hazard, "! "),
            piece(
                Label::Plain,
                format!("AWS changed it: v{locked_version} → v{found_version}; it applies to "),
            ),
            piece(Label::Plain, holders.join(", ")),
        ],
    );
    actions(page, indent, allows, "allows");
    actions(page, indent, denies, "denies");
    for statement in statements {
        self::statement(page, indent, statement);
    }
    if allows.is_empty() && denies.is_empty() && statements.is_empty() {
        page.say(indent, 2, Label::Plain, "it names the same actions, in other statements");
    }
}

fn actions(page: &mut Page, indent: usize, lines: &ActionLines, verb: &str) {
    let ActionLines { came, went } = lines;
    let sides = [(came, "+", Label::Added, "now"), (went, "-", Label::Removed, "no longer")];
    for (actions, sign, label, when) in sides.into_iter().filter(|(actions, ..)| !actions.is_empty()) {
        let said = format!("{sign} {when} {verb} {}", count(actions.len(), "action"));
        page.say(indent, 2, label, said);
        for (service, names) in by_service(actions) {
            page.flow(
                indent + 4,
                2,
                [piece(Label::Dim, format!("{service}: ")), piece(Label::Plain, names.join(", "))],
            );
        }
    }
}

fn statement(page: &mut Page, indent: usize, line: &AwsStatementLine) {
    let AwsStatementLine { name, change, elements } = line;
    let (sign, label) = match change.as_str() {
        "added" => ("+", Label::Added),
        "removed" => ("-", Label::Removed),
        _ => ("~", Label::Changed),
    };
    page.flow(
        indent,
        2,
        [piece(label, format!("{sign} ")), piece(Label::Plain, format!("statement {name}"))],
    );
    for AwsElementLine { element, came, went } in elements {
        let element = element_words(element);
        for (values, sign, label) in [(went, "-", Label::Removed), (came, "+", Label::Added)] {
            if !values.is_empty() {
                page.say(indent + 4, 2, label, format!("{sign} {element} {}", values.join(", ")));
            }
        }
    }
}
