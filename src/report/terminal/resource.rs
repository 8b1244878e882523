//! One resource on a page: its line, and what is set on it.

use super::super::changes::{Action, FieldChange, ResourceChange, SettingAction, SettingLine};
use super::super::meters;
use super::super::page::{Page, Piece, piece};
use super::super::statements::{self, Side};
use super::super::style::Label;
use super::super::value::Value;
use super::super::words;
use super::setting::{field, field_value, setting};
use crate::state::Setting;

/// A changed resource as a plan shows it.
pub(super) fn resource(page: &mut Page, change: &ResourceChange) {
    let (sign, label) = sign(change.action);
    let mut pieces = vec![piece(label, format!("{sign} ")), piece(Label::Heading, change.address.as_str())];
    match (&change.renamed_from, change.action) {
        (Some(from), _) => pieces.push(piece(Label::Dim, format!(" renamed from {from}"))),
        (None, Action::Replace) => {
            pieces.push(piece(Label::Hazard, format!(" made anew: {}", change.reason)));
        }
        (None, _) => {}
    }
    let first = page.len();
    page.flow(0, 4, pieces);
    // A line that was wrapped has no room at its right end.
    let room = if page.len() == first + 1 { first } else { usize::MAX };
    if room == first {
        page.at_right(first, change.origin.as_deref(), Some(4));
    } else if let Some(origin) = &change.origin {
        page.say(4, 2, Label::Path, origin.as_str());
    }
    body(page, change);
    meters::line(page, 4, "quotas:", &change.meters);
}

fn sign(action: Action) -> (&'static str, Label) {
    match action {
        Action::Create => ("+", Label::Added),
        Action::Update => ("~", Label::Changed),
        Action::Replace => ("±", Label::Hazard),
        Action::Delete => ("-", Label::Removed),
        Action::Rename => ("→", Label::Changed),
    }
}

fn body(page: &mut Page, change: &ResourceChange) {
    match change.action {
        Action::Create => whole(page, 4, ("+", Label::Added), change, true),
        // What a thing said is no news once it goes.
        Action::Delete => whole(page, 4, ("-", Label::Removed), change, false),
        Action::Update | Action::Replace | Action::Rename => {
            for FieldChange { field: name, found, wanted } in &change.core {
                field(page, 4, name, found.as_ref(), wanted.as_ref(), Side::Plan);
            }
            differing(page, change);
        }
    }
}

/// Settings in the order a reader expects them.
fn in_order(settings: &[SettingLine]) -> Vec<&SettingLine> {
    let mut lines: Vec<&SettingLine> = settings.iter().collect();
    lines.sort_by_key(|line| line.either().map(|s| words::sort_of(&s.key())));
    lines
}

/// The settings of a resource that stays.
fn differing(page: &mut Page, change: &ResourceChange) {
    let is_tag = |line: &&SettingLine| matches!(line.either(), Some(Setting::Tag { .. }));
    let (tags, others): (Vec<_>, Vec<_>) = in_order(&change.settings).into_iter().partition(is_tag);
    for line in others {
        let first = page.len();
        let (found, wanted) = (line.sides.0.as_ref(), line.sides.1.as_ref());
        setting(page, 4, found, wanted, Side::Plan);
        if line.origin != change.origin {
            page.at_right(first, line.origin.as_deref(), None);
        }
    }
    let of = |action: SettingAction| -> Vec<&SettingLine> {
        tags.iter().copied().filter(|line| line.action == action).collect()
    };
    folded(page, 4, ("+", Label::Added), &of(SettingAction::Add));
    for line in of(SettingAction::Change) {
        setting(page, 4, line.sides.0.as_ref(), line.sides.1.as_ref(), Side::Plan);
    }
    folded(page, 4, ("-", Label::Removed), &of(SettingAction::Remove));
}

/// Everything on a resource that comes or goes as a whole: values, not differences; what its documents say, if wanted.
pub(super) fn whole(
    page: &mut Page,
    indent: usize,
    sign: (&str, Label),
    change: &ResourceChange,
    documents: bool,
) {
    let mut facts = vec![];
    for FieldChange { field, found, wanted } in &change.core {
        let Some(value) = wanted.as_ref().or(found.as_ref()) else { continue };
        let usual = match value {
            Value::Text(text) => text.is_empty() || (field == "path" && text == "/"),
            Value::Number(n) => field == "max_session_duration" && *n == 3_600,
            Value::Document(_) => true,
            Value::Present | Value::Structure(_) => false,
        };
        if !usual {
            facts.push(format!("{} {}", words::field(field), field_value(field, value)));
        }
    }
    if !facts.is_empty() {
        page.say(indent, 2, Label::Plain, facts.join(" · "));
    }
    for FieldChange { field, found, wanted } in &change.core {
        if let (Some(Value::Document(policy)), true) = (wanted.as_ref().or(found.as_ref()), documents) {
            if field == "trust" {
                statements::trust(page, indent, policy);
            } else {
                statements::summary(page, indent, policy);
            }
        }
    }
    let lines = in_order(&change.settings);
    let mut rest = lines.as_slice();
    while let Some(first) = rest.first() {
        let sort = first.either().map(|s| words::sort_of(&s.key()));
        let alike = |line: &&SettingLine| match (line.either(), first.either()) {
            (Some(Setting::Tag { .. }), Some(Setting::Tag { .. })) => true,
            (Some(setting), _) => Some(words::sort_of(&setting.key())) == sort,
            _ => false,
        };
        let n = rest.iter().take_while(|line| alike(line)).count().max(1);
        let (group, tail) = rest.split_at(n);
        rest = tail;
        match first.either() {
            Some(Setting::Inline { .. } | Setting::BucketPolicy(_) | Setting::Lifecycle(_)) if documents => {
                for line in group {
                    setting(page, indent, None, line.either(), Side::Plan);
                }
            }
            _ => folded(page, indent, sign, group),
        }
    }
}

/// Settings of one sort in one line.
fn folded(page: &mut Page, indent: usize, (sign, label): (&str, Label), group: &[&SettingLine]) {
    let Some(first) = group.first().and_then(|line| line.either()) else { return };
    let (_, sort) = words::sort_of(&first.key());
    let each = group.iter().filter_map(|line| line.either());
    let text = match first {
        Setting::Tag { .. } => {
            let pairs: Vec<String> = each
                .filter_map(|s| match s {
                    Setting::Tag { key, value } => Some(format!("{key}={value}")),
                    _ => None,
                })
                .collect();
            match pairs.as_slice() {
                [one] => format!("tag {one}"),
                all => format!("{}: {}", words::count(all.len(), "tag"), all.join(", ")),
            }
        }
        Setting::Attached(_) | Setting::Membership(_) | Setting::Credential { .. } => {
            let names = each.map(|s| match s {
                Setting::Attached(policy) => policy.to_string(),
                Setting::Membership(group) => group.name.clone(),
                Setting::Credential { kind: _, id } => id.clone(),
                other => words::setting(&other.key()),
            });
            format!("{sort} {}", names.collect::<Vec<_>>().join(", "))
        }
        other => match words::value(other) {
            Some(value) => format!("{sort} {value}"),
            None => {
                let names = each.map(|s| words::setting(&s.key()));
                names.collect::<Vec<_>>().join(", ")
            }
        },
    };
    let pieces: [Piece; 2] = [piece(label, sign), piece(Label::Plain, format!(" {text}"))];
    page.flow(indent, 4, pieces);
}
