//! What is done by hand because AWS has no call for it: what is open, what is old, what somebody did.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::page::{Page, piece};
use super::style::Label;
use crate::spec::checklist::{CheckItem, Standing};

/// One thing to be done by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByHand {
    /// The environment.
    pub environment: String,
    /// Its name in the file.
    pub name: String,
    /// What is to be done.
    pub what: String,
    /// `open`, `old` (more than a year ago) or `done`.
    pub standing: String,
    /// Who did it.
    pub by: Option<String>,
    /// When: `YYYY-MM-DD`.
    pub on: Option<String>,
    /// Where it is written, or would be.
    pub origin: String,
}

impl ByHand {
    /// An item of an environment's checklist, seen from a day.
    pub fn new(environment: &str, item: &CheckItem, today: Date) -> Self {
        let CheckItem { name, what, by, on, place } = item;
        Self {
            environment: environment.to_owned(),
            name: name.clone(),
            what: what.clone(),
            standing: match item.standing(today) {
                Standing::Done => "done",
                Standing::Old(_) => "old",
                Standing::Open => "open",
            }
            .to_owned(),
            by: by.clone(),
            on: on.map(|date| date.to_string()),
            origin: format!("{}:{}", place.source.name, place.line_column().0),
        }
    }

    /// What is to be said of it in a line.
    pub(super) fn text(&self) -> String {
        let Self { environment: _, name, what, standing, by, on, origin: _ } = self;
        let who = by.as_deref().zip(on.as_deref()).map(|(by, on)| format!("{by} on {on}"));
        match (standing.as_str(), who) {
            ("old", Some(who)) => format!("{name}: {who}, more than a year ago; look again: {what}"),
            ("done", Some(who)) => format!("{name}: {who}"),
            _ => format!("{name}: {what}"),
        }
    }
}

/// What is open or old, on a page; what is done is only counted.
pub(super) fn by_hand(page: &mut Page, items: &[ByHand]) {
    let todo: Vec<_> = items.iter().filter(|item| item.standing != "done").collect();
    if todo.is_empty() {
        return;
    }
    page.blank();
    page.say(0, 2, Label::Heading, "By hand (AWS has no call for it):");
    let several = items.iter().any(|item| items.iter().any(|other| other.environment != item.environment));
    for item in todo {
        let place = if several { format!("{}: ", item.environment) } else { String::new() };
        page.flow(
            2,
            4,
            [piece(Label::Hazard, "[ ] "), piece(Label::Plain, format!("{place}{}", item.text()))],
        );
    }
    let first = items.iter().find(|item| item.standing != "done");
    if let Some(first) = first {
        let help = format!(
            "say so when it is done: `account_settings: {{ checklist: {{ {}: {{ by: …, on: YYYY-MM-DD }} }} }}`",
            first.name
        );
        page.say(2, 4, Label::Dim, help);
    }
}
