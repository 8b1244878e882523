//! Policy documents on a page: summarised, or compared statement by statement and word by word.

use similar::{Algorithm, ChangeTag};

use super::page::{Page, piece};
use super::style::Label;
use super::{escape, words};
use crate::policy::{
    self, Change, Document, Effect, Element, ElementChange, Policy, Principals, Statement, StatementChange,
};

/// From whose side a difference is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// What hatrack is going to do: from found to wanted.
    Plan,
    /// What became of the account: from declared to found.
    Account,
}

impl Side {
    /// What is said after something that came.
    pub fn came(self) -> &'static str {
        match self {
            Self::Plan => "",
            Self::Account => " ← not declared",
        }
    }

    /// What is said of what is the same.
    pub fn same(self) -> &'static str {
        match self {
            Self::Plan => "unchanged",
            Self::Account => "as declared",
        }
    }

    /// What is said after something that went.
    pub fn went(self) -> &'static str {
        match self {
            Self::Plan => "",
            Self::Account => " ← missing",
        }
    }
}

/// Every statement of a policy, in few words.
pub(super) fn summary(page: &mut Page, indent: usize, policy: &Policy) {
    match policy {
        Policy::Normal(document) => {
            if document.statements.is_empty() {
                page.say(indent, 2, Label::Dim, "no statements");
            }
            for each in &document.statements {
                statement(page, indent, None, each, "");
            }
        }
        Policy::Unreadable(text) => page.say(indent, 2, Label::Plain, format!("not an IAM policy: {text}")),
    }
}

/// A role's trust policy, in a line if it is only one statement.
pub(super) fn trust(page: &mut Page, indent: usize, policy: &Policy) {
    match policy.document().map(|document| document.statements.as_slice()) {
        Some([only]) => statement(page, indent, Some(("trust policy:", Label::Plain)), only, ""),
        _ => {
            page.say(indent, 2, Label::Plain, "trust policy");
            summary(page, indent + 2, policy);
        }
    }
}

/// What differs between two policies.
pub(super) fn difference(page: &mut Page, indent: usize, before: &Policy, after: &Policy, side: Side) {
    let (Policy::Normal(before), Policy::Normal(after)) = (before, after) else {
        for (sign, label, policy) in [("-", Label::Removed, before), ("+", Label::Added, after)] {
            match policy {
                Policy::Normal(document) => {
                    for each in &document.statements {
                        statement(page, indent, Some((sign, label)), each, "");
                    }
                }
                Policy::Unreadable(text) => {
                    page.say(indent, 2, label, format!("{sign} not an IAM policy: {text}"));
                }
            }
        }
        return;
    };
    documents(page, indent, before, after, side);
}

fn documents(page: &mut Page, indent: usize, before: &Document, after: &Document, side: Side) {
    for element in policy::document_changes(before, after) {
        element_change(page, indent, &element, side);
    }
    let changes = policy::diff(before, after);
    let same = changes.iter().filter(|c| matches!(c.change, Change::Same(_))).count();
    if same > 0 {
        let text = format!("{} {}", words::count(same, "statement"), side.same());
        page.say(indent, 2, Label::Dim, text);
    }
    for StatementChange { name, change } in &changes {
        match change {
            Change::Same(_) => {}
            Change::Added(added) => statement(page, indent, Some(("+", Label::Added)), added, side.came()),
            Change::Removed(gone) => statement(page, indent, Some(("-", Label::Removed)), gone, side.went()),
            Change::Changed { found: before, wanted: after } => {
                page.flow(indent, 2, [piece(Label::Changed, "~ "), piece(Label::Plain, name.as_str())]);
                for element in policy::element_changes(before, after) {
                    element_change(page, indent + 2, &element, side);
                }
            }
        }
    }
}

/// A statement in a line if it fits, else a line for each of what, on what, to whom and on what terms.
fn statement(
    page: &mut Page,
    indent: usize,
    sign: Option<(&str, Label)>,
    statement: &Statement,
    remark: &str,
) {
    let Statement { sid, effect, principal, action, resource, conditions } = statement;
    let name = sid.as_ref().map(|sid| format!("{sid}: ")).unwrap_or_default();
    let but = |is_not: bool| if is_not { "all but " } else { "" };
    let verb = match effect {
        Effect::Allow => "allow",
        Effect::Deny => "deny",
    };
    let actions: Vec<&str> = action.value().iter().map(policy::Folded::as_str).collect();
    let mut parts = vec![format!("{name}{verb} {}{}", but(action.is_not()), actions.join(", "))];
    if let Some(resource) = resource {
        let all: Vec<&str> = resource.value().iter().map(String::as_str).collect();
        parts.push(format!("on {}{}", but(resource.is_not()), all.join(", ")));
    }
    parts.extend(principal.as_ref().map(|p| format!("to {}{}", but(p.is_not()), principals(p))));
    for (at, (operator, key, values)) in conditions
        .iter()
        .flat_map(|(operator, keys)| keys.iter().map(move |(key, values)| (operator, key, values)))
        .enumerate()
    {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let word = if at == 0 { "if" } else { "and" };
        parts.push(format!("{word} {operator} {key} = {}", values.join(", ")));
    }
    let (mark, label) = match sign {
        Some((sign, label)) => (format!("{sign} "), label),
        None => (String::new(), Label::Plain),
    };
    let inner = indent + mark.chars().count();
    let one = format!("{mark}{}", parts.join(" "));
    let remark = piece(Label::Hazard, remark);
    if indent + escape::width(&escape::text(&one)) <= page.terminal().width {
        return page.flow(indent, inner - indent + 2, [piece(label, one), remark]);
    }
    let mut parts = parts.into_iter();
    let first = parts.next().unwrap_or_default();
    page.flow(indent, inner - indent + 2, [piece(label, format!("{mark}{first}")), remark]);
    for part in parts {
        page.say(inner.min(indent + 2) + 2, 2, label, part);
    }
}

fn principals(element: &Element<Principals>) -> String {
    let kinds = element.value().iter().map(|(kind, values)| {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let values = values.join(", ");
        match kind.as_str() {
            "AWS" if values == "*" => String::from("anyone (*)"),
            "AWS" => values,
            "Service" => format!("service {values}"),
            "Federated" => format!("identity provider {values}"),
            "CanonicalUser" => format!("canonical user {values}"),
            other => format!("{other} {values}"),
        }
    });
    kinds.collect::<Vec<_>>().join(", ")
}

/// `Condition StringLike s3:prefix` → `if StringLike s3:prefix =`.
pub(super) fn element_words(element: &str) -> String {
    match element.split_once(' ') {
        Some(("Condition", rest)) => format!("if {rest} ="),
        Some((word, rest)) => format!("{} {rest}", lower(word)),
        None => lower(element),
    }
}

fn lower(word: &str) -> String {
    match word.strip_prefix("Not") {
        Some(rest) => format!("not {}", rest.to_ascii_lowercase()),
        None => word.to_ascii_lowercase(),
    }
}

fn element_change(page: &mut Page, indent: usize, change: &ElementChange, side: Side) {
    let ElementChange { element, removed, added, kept } = change;
    let element = element_words(element);
    let (mut removed, mut added): (Vec<&str>, Vec<&str>) =
        (removed.iter().map(String::as_str).collect(), added.iter().map(String::as_str).collect());
    for (before, after) in alike(&mut removed, &mut added) {
        scalar(page, indent, &element, before, after, side);
    }
    let stay = match (kept, side) {
        (0, _) => String::new(),
        (1, Side::Plan) => String::from(" (1 other stays)"),
        (n, Side::Plan) => format!(" ({n} others stay)"),
        (n, Side::Account) => format!(" ({} as declared)", words::count(*n, "other")),
    };
    let stay_at_added = !added.is_empty();
    let mut list = |sign: &str, label: Label, values: &[&str], remark: &str, stay: &str| {
        if !values.is_empty() {
            let text = format!("{sign} {element} {}", values.join(", "));
            page.flow(indent, 4, [piece(label, text), piece(Label::Dim, stay), piece(Label::Hazard, remark)]);
        }
    };
    list("-", Label::Removed, &removed, side.went(), if stay_at_added { "" } else { &stay });
    list("+", Label::Added, &added, side.came(), &stay);
}

/// Takes out the pairs of values that share most of their text.
fn alike<'a>(removed: &mut Vec<&'a str>, added: &mut Vec<&'a str>) -> Vec<(&'a str, &'a str)> {
    /// Comparing each with each is not worth it for long lists.
    const LIST_MAX: usize = 20;
    let mut pairs = vec![];
    if removed.len() > LIST_MAX || added.len() > LIST_MAX {
        return pairs;
    }
    removed.retain(|before| {
        let scored = added.iter().enumerate().map(|(at, after)| (likeness(&inline(before, after)), at));
        match scored.filter(|(score, _)| *score >= 60).max_by_key(|(score, at)| (*score, usize::MAX - at)) {
            Some((_, at)) => {
                pairs.push((*before, added.remove(at)));
                false
            }
            None => true,
        }
    });
    pairs
}

/// A text that becomes another, with what differs marked.
pub(super) fn scalar(page: &mut Page, indent: usize, name: &str, before: &str, after: &str, side: Side) {
    let parts = inline(before, after);
    let similar = likeness(&parts) >= 50;
    let length = before.chars().count() + after.chars().count();
    let fits = indent + name.chars().count() + length + 20 <= page.terminal().width;
    let name = piece(Label::Plain, format!("{name} "));
    let sign = piece(Label::Changed, "~ ");
    // What shares most of a long text is easier to compare with marks than side by side.
    if fits && (!similar || length <= 24) {
        let shown = |text: &str| if text.is_empty() { String::from("(empty)") } else { text.to_owned() };
        let (before, after) = (shown(before), shown(after));
        let pieces = match side {
            Side::Plan => [
                piece(Label::Removed, before),
                piece(Label::Plain, " → "),
                piece(Label::Added, after),
                piece(Label::Plain, ""),
            ],
            Side::Account => [
                piece(Label::Added, after),
                piece(Label::Plain, ", declared is "),
                piece(Label::Removed, before),
                piece(Label::Plain, ""),
            ],
        };
        return page.flow(indent, 4, [sign, name].into_iter().chain(pieces));
    }
    let changed = parts.iter().filter(|(tag, _)| *tag != ChangeTag::Equal).count();
    if side == Side::Plan && !page.terminal().colour && similar && changed <= 6 {
        let marked = parts.iter().map(|(tag, text)| match tag {
            ChangeTag::Equal => piece(Label::Plain, text.as_str()),
            ChangeTag::Delete => piece(Label::RemovedPart, format!("[-{text}-]")),
            ChangeTag::Insert => piece(Label::AddedPart, format!("{{+{text}+}}")),
        });
        return page.flow(indent, 4, [sign, name].into_iter().chain(marked));
    }
    let mut row = |sign: &str, whole: Label, part: Label, leave_out: ChangeTag, remark: &str| {
        let shown = parts.iter().filter(|(tag, _)| *tag != leave_out).map(|(tag, text)| {
            let label = if *tag == ChangeTag::Equal || !similar { whole } else { part };
            piece(label, text.as_str())
        });
        let head = piece(whole, format!("{sign} {}", name.1));
        page.flow(indent, 4, [head].into_iter().chain(shown).chain([piece(Label::Hazard, remark)]));
    };
    let (declared, found) = match side {
        Side::Plan => ("", ""),
        Side::Account => (" ← declared", " ← found"),
    };
    row("-", Label::Removed, Label::RemovedPart, ChangeTag::Insert, declared);
    row("+", Label::Added, Label::AddedPart, ChangeTag::Delete, found);
}

/// The parts of two texts that are the same, go, and come: cut at anything that is no letter or digit.
fn inline(before: &str, after: &str) -> Vec<(ChangeTag, String)> {
    let (before, after) = (tokens(before), tokens(after));
    similar::utils::diff_slices(Algorithm::Myers, &before, &after)
        .into_iter()
        .map(|(tag, tokens)| (tag, tokens.concat()))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = vec![];
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (token, tail) = rest.split_at(word.max(if word == 0 { first.len_utf8() } else { word }));
        tokens.push(token);
        rest = tail;
    }
    tokens
}

/// How much of two texts is the same, in percent.
fn likeness(parts: &[(ChangeTag, String)]) -> usize {
    let (mut same, mut all) = (0, 0);
    for (tag, text) in parts {
        let n = text.chars().count();
        match tag {
            ChangeTag::Equal => {
                same += 2 * n;
                all += 2 * n;
            }
            ChangeTag::Delete | ChangeTag::Insert => all += n,
        }
    }
    (same * 100).checked_div(all).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_marked() {
        let parts = inline("arn:aws:s3:::my-bucket/*", "arn:aws:s3:::my-lake/*");
        let shown: Vec<_> = parts.iter().map(|(tag, text)| (*tag, text.as_str())).collect();
        assert_eq!(
            shown,
            [
                (ChangeTag::Equal, "arn:aws:s3:::my-"),
                (ChangeTag::Delete, "bucket"),
                (ChangeTag::Insert, "lake"),
                (ChangeTag::Equal, "/*"),
            ]
        );
        assert_eq!(likeness(&inline("", "")), 100);
        assert_eq!(likeness(&inline("abc", "xyz")), 0);
        assert_eq!(tokens("aä-ß::*").concat(), "aä-ß::*");
    }
}
