//! One setting or field on a page, from whichever side it is told.

use super::super::page::{Page, piece};
use super::super::statements::{self, Side};
use super::super::style::Label;
use super::super::value::Value;
use super::super::words;
use crate::policy::Policy;
use crate::state::{LifecycleRule, Setting};

/// A setting that came, went or became another.
pub(crate) fn setting(
    page: &mut Page,
    indent: usize,
    before: Option<&Setting>,
    after: Option<&Setting>,
    side: Side,
) {
    match (before, after) {
        (Some(before), Some(after)) => changed(page, indent, before, after, side),
        (None, Some(after)) => alone(page, indent, ("+", Label::Added), after, side.came()),
        (Some(before), None) => alone(page, indent, ("-", Label::Removed), before, side.went()),
        (None, None) => {}
    }
}

/// A setting with its value.
fn alone(page: &mut Page, indent: usize, (sign, label): (&str, Label), setting: &Setting, remark: &str) {
    let mut text = format!(" {}", words::setting(&setting.key()));
    if let Some(value) = words::value(setting) {
        let join = if matches!(setting, Setting::Tag { .. }) { "=" } else { " " };
        text.push_str(&format!("{join}{value}"));
    }
    page.flow(indent, 4, [piece(label, sign), piece(Label::Plain, text), piece(Label::Hazard, remark)]);
    match setting {
        Setting::Inline { document, .. } | Setting::BucketPolicy(document) => {
            // What goes is on its way out; what it said is worth a look where it took someone by surprise.
            statements::summary(page, indent + 4, document);
        }
        Setting::Lifecycle(rules) => {
            for rule in rules {
                page.say(indent + 4, 2, Label::Plain, words::rule(rule));
            }
        }
        _ => {}
    }
}

fn changed(page: &mut Page, indent: usize, before: &Setting, after: &Setting, side: Side) {
    let name = words::setting(&after.key());
    match (before, after) {
        (Setting::Inline { document: a, .. }, Setting::Inline { document: b, .. })
        | (Setting::BucketPolicy(a), Setting::BucketPolicy(b)) => document(page, indent, &name, a, b, side),
        (Setting::Lifecycle(a), Setting::Lifecycle(b)) => {
            head(page, indent, &name);
            rules(page, indent + 4, a, b, side);
        }
        (before, after) => {
            let shown = |setting| words::value(setting).unwrap_or_default();
            statements::scalar(page, indent, &format!("{name}:"), &shown(before), &shown(after), side);
        }
    }
}

fn head(page: &mut Page, indent: usize, name: &str) {
    page.flow(indent, 4, [piece(Label::Changed, "~"), piece(Label::Plain, format!(" {name}"))]);
}

fn document(page: &mut Page, indent: usize, name: &str, before: &Policy, after: &Policy, side: Side) {
    head(page, indent, name);
    statements::difference(page, indent + 4, before, after, side);
}

fn rules(page: &mut Page, indent: usize, before: &[LifecycleRule], after: &[LifecycleRule], side: Side) {
    let same = before.iter().filter(|rule| after.contains(rule)).count();
    if same > 0 {
        let text = format!("{} {}", words::count(same, "rule"), side.same());
        page.say(indent, 2, Label::Dim, text);
    }
    for rule in before.iter().filter(|rule| !after.contains(rule)) {
        let text = piece(Label::Removed, format!("- {}", words::rule(rule)));
        page.flow(indent, 4, [text, piece(Label::Hazard, side.went())]);
    }
    for rule in after.iter().filter(|rule| !before.contains(rule)) {
        let text = piece(Label::Added, format!("+ {}", words::rule(rule)));
        page.flow(indent, 4, [text, piece(Label::Hazard, side.came())]);
    }
}

/// A field of a core that became another.
pub(crate) fn field(
    page: &mut Page,
    indent: usize,
    name: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    side: Side,
) {
    let title = words::field(name);
    match (before, after) {
        (Some(Value::Document(a)), Some(Value::Document(b))) => document(page, indent, title, a, b, side),
        (before, after) => {
            let shown = |value: Option<&Value>| value.map(|v| field_value(name, v)).unwrap_or_default();
            statements::scalar(page, indent, &format!("{title}:"), &shown(before), &shown(after), side);
        }
    }
}

/// A field's value in words; none for documents.
pub(crate) fn field_value(name: &str, value: &Value) -> String {
    match value {
        // A profile's; nothing else is without one.
        Value::Text(text) if name == "execution_role" && text.is_empty() => String::from("the domain's"),
        Value::Text(text) => text.clone(),
        Value::Number(n) if name == "max_session_duration" => duration(*n),
        Value::Number(n) => n.to_string(),
        Value::Present => String::from("yes"),
        Value::Document(policy) => policy.to_text(),
        Value::Structure(json) => json.to_string(),
    }
}

fn duration(seconds: u64) -> String {
    match (seconds / 3_600, seconds % 3_600 / 60, seconds % 60) {
        (hours, 0, 0) => format!("{hours} h"),
        (hours, minutes, 0) => format!("{hours} h {minutes} min"),
        _ => format!("{seconds} s"),
    }
}
