//! One request decided, for people at a terminal.

use super::super::why::{Explanation, MissingLeg, NearMiss, PlacedStatement, StatementReason, TestLine};
use super::{Label, Page, Terminal, piece};
use crate::report::markdown;

/// More near misses than these hide what matters.
const NEAR_MAX: usize = 8;

impl Explanation {
    /// For people at a terminal.
    pub fn terminal(&self, terminal: Terminal) -> String {
        let mut page = Page::new(terminal);
        let Self {
            format_version: _,
            on: _,
            request,
            allowed,
            decision: _,
            depends: _,
            gist,
            statements,
            missing,
            near,
            unknown_keys,
            not_evaluated,
            carried: _,
        } = self;
        let label = if *allowed { Label::Added } else { Label::Error };
        page.say(0, 2, label, gist.as_str());
        for text in [&request.principal, &request.action, &request.resource] {
            page.say(2, 2, Label::Plain, text.as_str());
        }
        if !missing.is_empty() {
            heading(&mut page, "What is missing");
        }
        for MissingLeg { leg: _, text } in missing {
            page.flow(2, 2, [piece(Label::Removed, "✗ "), piece(Label::Plain, text.as_str())]);
        }
        for (applies, title) in [
            ("yes", "What applies"),
            ("unknown", "What depends on more than is known"),
            ("no", "What does not apply, for its condition"),
        ] {
            let mut of_this = statements.iter().filter(|s| s.applies == applies).peekable();
            if of_this.peek().is_some() {
                heading(&mut page, title);
            }
            of_this.for_each(|reason| statement(&mut page, reason));
        }
        if !near.is_empty() {
            heading(&mut page, "Near misses");
        }
        let shown = if terminal.detail { near.len() } else { NEAR_MAX };
        for miss in near.iter().take(shown) {
            near_miss(&mut page, miss);
        }
        if near.len() > shown {
            page.say(2, 2, Label::Dim, format!("and {} more; `-v` shows them", near.len() - shown));
        }
        if !unknown_keys.is_empty() {
            page.blank();
            let help = "say what is known of the request with `--context KEY=VALUE`, or `--without KEY`";
            page.flow(0, 2, [piece(Label::Help, "→ "), piece(Label::Plain, help)]);
        }
        page.blank();
        let texts: Vec<&str> = not_evaluated.iter().map(|not| not.text.as_str()).collect();
        page.flow(0, 2, [piece(Label::Dim, "not evaluated: "), piece(Label::Dim, texts.join("; "))]);
        page.finish()
    }

    /// For issues and chats.
    pub fn markdown(&self) -> String {
        let text = self.terminal(markdown::FENCED);
        let (gist, rest) = text.split_once('\n').unwrap_or((&text, ""));
        format!("## {}\n\n{}", crate::report::escape::markdown(gist), markdown::fenced("", rest))
    }
}

fn heading(page: &mut Page, title: &str) {
    page.blank();
    page.say(0, 2, Label::Heading, title);
}

fn statement(page: &mut Page, reason: &StatementReason) {
    let StatementReason { effect, applies: _, place, unmet } = reason;
    let label = if *effect == "Allow" { Label::Added } else { Label::Removed };
    placed(page, &[piece(label, format!("{effect} "))], place);
    for test in unmet {
        let TestLine { operator, key, values, met: _, given } = test;
        let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        let told = match (given, test.met) {
            (Some(given), _) => {
                let given: Vec<String> = given.iter().map(|value| format!("`{value}`")).collect();
                format!("the request has {}", given.join(", "))
            }
            (None, "no") => "the request does not have it".to_owned(),
            (None, _) => "nobody said".to_owned(),
        };
        let asked = format!("if `{key}` {operator} {}: {told}", values.join(", "));
        page.flow(4, 2, [piece(Label::Dim, asked)]);
    }
}

fn near_miss(page: &mut Page, miss: &NearMiss) {
    let NearMiss { misses, place, instead } = miss;
    placed(page, &[piece(Label::Changed, "Allow ")], place);
    let what = if *misses == "principal" { "it names " } else { "it is on " };
    let instead: Vec<String> = instead.iter().map(|one| format!("`{one}`")).collect();
    page.flow(4, 2, [piece(Label::Dim, what), piece(Label::Dim, instead.join(", "))]);
}

/// What it is and where it stands.
fn placed(page: &mut Page, lead: &[super::super::page::Piece], place: &PlacedStatement) {
    let PlacedStatement { sid, document: _, account: _, number, origin, via, boundary } = place;
    let name = sid.as_ref().map_or_else(|| format!("statement {number}"), |sid| format!("`{sid}`"));
    let kind = if *boundary { ", the permissions boundary" } else { "" };
    let via = via.as_ref().map(|via| format!(", via {via}")).unwrap_or_default();
    let first = page.len();
    let text = format!("{name} of {}{kind}{via}", place.document_in_words());
    page.flow(2, 2, lead.iter().cloned().chain([piece(Label::Plain, text)]));
    let origin = origin.as_ref().map(ToString::to_string);
    let last = page.len().saturating_sub(1).max(first);
    page.at_right(last, origin.as_deref(), Some(4));
}
