//! Who gains and loses what, at a terminal: folded by who, by what can be done and by document.

use crate::policy::AccessWord;
use crate::policy::catalogue::{self, AccessLevel};
use std::collections::{BTreeMap, BTreeSet};

use super::super::access::{
    AccessLine, AccessReport, AccessStatement, DenialLine, EscalationLine, Principals, RoleAccessLine,
    RoleAccessPart,
};
use super::super::page::{Page, piece};
use super::super::style::Label;
use super::super::words::count;
use super::access_ways::ways;

/// Names told before the rest is counted.
pub(super) const NAMES_MAX: usize = 4;
/// Groups of resources told in a line before the rest is counted.
const PARTS_MAX: usize = 2;
/// Patterns told together before the rest is counted.
const PATTERNS_MAX: usize = 2;
/// Services told together before the rest is counted.
const SERVICES_MAX: usize = 4;
/// What all of a service's actions count for.
const WHOLE_SERVICE: usize = 100;
/// Of all actions: so many are not told one by one.
const NEARLY_ALL_PERCENT: usize = 95;
/// Actions that change who may do what, told by name where others are folded away.
const GRAVE_MAX: usize = 4;
/// Actions that read secrets.
const SECRETS: [(&str, &str); 2] =
    [("secretsmanager", "GetSecretValue"), ("secretsmanager", "BatchGetSecretValue")];
/// Services whose resources hold data or run code.
const HOLDING_DATA: [&str; 7] = ["s3", "kms", "secretsmanager", "ecr", "lambda", "dynamodb", "sqs"];
/// Conditions longer than this are not told in full.
const CONDITION_CHARS_MAX: usize = 60;

/// All of it, before what changes.
pub(crate) fn access(page: &mut Page, report: &AccessReport) {
    let AccessReport {
        escalations,
        heirs: _,
        closed: _,
        roles: _,
        gained,
        lost,
        denials,
        without_effect,
        unreadable,
        not_evaluated,
    } = report;
    let detail = page.terminal().detail;
    page.blank();
    if report.is_unchanged() {
        page.flow(
            0,
            2,
            [
                piece(Label::Heading, "Access:"),
                piece(
                    Label::Plain,
                    " nobody gains or loses any, by policies of identities, buckets and roles.",
                ),
            ],
        );
    } else {
        page.flow(
            0,
            2,
            [piece(Label::Heading, "Access:"), piece(Label::Plain, format!(" {}", headline(report)))],
        );
    }
    ways(page, report, detail);
    // What is a way to more was told of with what it leads to.
    let said = |line: &&AccessLine| {
        let told = |e: &EscalationLine| {
            let passes = line.actions == ["iam:PassRole"];
            let by = |action: &String| e.actions.iter().flatten().any(|known| known == action);
            let about = |on: &String| e.targets.iter().any(|target| on.ends_with(&format!(":{target}")));
            let plain = line.conditions.is_empty() && line.except.is_empty() && !line.all_but;
            let whole = plain && line.actions.iter().all(by) && line.resources.iter().all(about);
            e.statement == line.statement && e.principals == line.principals && (passes || whole)
        };
        detail || !escalations.iter().any(told)
    };
    let gained: Vec<&AccessLine> = gained.iter().filter(said).collect();
    let lost: Vec<&AccessLine> = lost.iter().collect();
    for (sign, label, lines) in [("+ ", Label::Added, gained), ("- ", Label::Removed, lost)] {
        folded(page, sign, label, &lines, detail);
    }
    for each in denials {
        denial(page, each);
    }
    if !without_effect.is_empty() {
        let noun = if without_effect.len() == 1 { "document changes" } else { "documents change" };
        let text = format!(
            "{} {noun} without changing access: {}",
            without_effect.len(),
            told(without_effect, if detail { usize::MAX } else { NAMES_MAX })
        );
        page.say(2, 4, Label::Dim, text);
    }
    if !unreadable.is_empty() {
        let text = format!("could not be read, and so is not compared: {}", told(unreadable, usize::MAX));
        page.flow(2, 4, [piece(Label::Hazard, "? "), piece(Label::Plain, text)]);
    }
    if !report.is_unchanged() {
        page.say(2, 4, Label::Dim, format!("not evaluated: {}", not_evaluated.join(", ")));
    }
}

/// `3 principals gain, 1 loses; 2 ways to more rights open`.
fn headline(report: &AccessReport) -> String {
    let who = |lines: &[AccessLine], change: &str| -> BTreeSet<String> {
        let of_lines = lines.iter().flat_map(|line| names(&line.principals));
        let of_roles = report.roles.iter().filter(|role| {
            let gained = ["gained", "widened"].contains(&role.change);
            gained == (change == "gained")
        });
        // Who gains by what others may do stands in none of the lines.
        let gain = change == "gained";
        let of_heirs = report.heirs.iter().filter(|_| gain).map(|heir| &heir.principals);
        let by_trust = report.escalations.iter().filter(|e| gain && e.by_trust).map(|e| &e.principals);
        let closed = report.closed.iter().filter(|_| !gain).map(|closed| &closed.principals);
        let others = of_heirs.chain(by_trust).chain(closed).flat_map(names);
        of_lines.chain(of_roles.flat_map(|role| names(&role.principals))).chain(others).collect()
    };
    let (gain, lose) = (who(&report.gained, "gained").len(), who(&report.lost, "lost").len());
    let said = |number: usize, one: &str, many: &str| match number {
        0 => format!("nobody {one}"),
        1 => format!("1 principal {one}"),
        number => format!("{number} principals {many}"),
    };
    let denied = report.denials.len();
    let denied = match denied {
        0 => String::new(),
        1 => "; what a bucket denies changes".to_owned(),
        number => format!("; what buckets deny changes in {number} ways"),
    };
    format!("{}, {}{denied}", said(gain, "gains", "gain"), said(lose, "loses", "lose"))
}

fn names(who: &Principals) -> Vec<String> {
    let Principals { kind: _, group, names, others: _ } = who;
    if names.is_empty() { group.iter().cloned().collect() } else { names.clone() }
}

/// Some by name, and how many more.
pub(super) fn told(names: &[String], max: usize) -> String {
    let first = names.iter().take(max).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(max) {
        None | Some(0) => first,
        Some(more) => format!("{first} and {more} more"),
    }
}

/// `group/DataScientists (3 users: alice, bob, cy)`.
pub(crate) fn label(who: &Principals, detail: bool) -> String {
    let Principals { kind: _, group, names, others } = who;
    let max = if detail { usize::MAX } else { NAMES_MAX };
    let short = |names: &[String]| {
        let bare: Vec<String> = names.iter().map(|n| n.trim_start_matches("user/").to_owned()).collect();
        told(&bare, max)
    };
    match (group, names.len()) {
        (None, _) => told(names, max),
        (Some(group), 0) => format!("{group} (no users yet)"),
        (Some(group), number) if others.is_empty() => {
            format!("{group} ({}: {})", count(number, "user"), short(names))
        }
        (Some(group), number) => format!(
            "{group} ({number} of {} users: {}; nothing changes for {})",
            number + others.len(),
            short(names),
            short(others)
        ),
    }
}

pub(super) fn place(statement: &AccessStatement) -> String {
    let AccessStatement { document, number, sid } = statement;
    match sid {
        Some(sid) => format!("{document} #{number} {sid}"),
        None => format!("{document} #{number}"),
    }
}

/// `arn:aws:s3:::b/*` → `s3://b/*`; `arn:aws:iam::*:role/x` → `role/x`.
pub(crate) fn resource(pattern: &str) -> String {
    if pattern == "*" {
        return "everything".to_owned();
    }
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    match parts.as_slice() {
        [_, _, "s3", _, _, rest] => format!("s3://{rest}"),
        [_, _, "iam", _, account, rest] if *account == "*" || account.is_empty() => (*rest).to_owned(),
        [_, _, "iam", _, account, rest] => format!("{rest} in {account}"),
        [_, _, service, region, account, rest]
            if ["*", ""].contains(region) && ["*", ""].contains(account) =>
        {
            format!("{service}:{rest}")
        }
        _ => pattern.to_owned(),
    }
}

/// `group/DataScientists`: who that is stands with what they gain.
pub(super) fn short(who: &Principals) -> String {
    match &who.group {
        Some(group) if who.others.is_empty() => group.clone(),
        _ => label(who, false),
    }
}

/// What stands in one line: of whom, and then rank, word, document, and why it comes or goes.
type Key<'a> = (usize, &'static str, String, Vec<&'a AccessStatement>, bool);

const RANKS: [&str; 5] = ["external", "public", "escalation", "sensitive", "rest"];
const WORDS: [&str; 6] = ["become", "administer", "delete-data", "write-data", "read-data", "list"];

/// Statements that give everything, and the lines of others: there is nothing to tell apart in everything.
fn everything<'r>(lines: Vec<&'r AccessLine>) -> (Vec<(&'r AccessStatement, String)>, Vec<&'r AccessLine>) {
    let plain = |line: &AccessLine| {
        line.resources == ["*"]
            && !line.all_but
            && line.proven
            && line.conditions.is_empty()
            && line.except.is_empty()
            && line.because.is_empty()
    };
    let mut words: BTreeMap<&'r AccessStatement, BTreeSet<&str>> = BTreeMap::new();
    let mut counts: BTreeMap<&'r AccessStatement, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for line in lines.iter().filter(|line| plain(line)) {
        words.entry(&line.statement).or_default().insert(line.word);
        let (count, services) = counts.entry(&line.statement).or_default();
        *count += line.action_count;
        services.extend(line.services.iter().map(String::as_str));
    }
    let every = catalogue::services().map(|service| service.actions().len()).sum::<usize>();
    let text = |statement: &AccessStatement| {
        let (count, services) = counts.get(statement)?;
        if *count >= every {
            return Some("everything: every action on every resource".to_owned());
        }
        let without = catalogue::services().map(|service| service.prefix);
        let without: Vec<String> =
            without.filter(|prefix| !services.contains(prefix)).map(str::to_owned).collect();
        let without = if without.is_empty() {
            String::new()
        } else {
            format!(", none of {}", told(&without, NAMES_MAX))
        };
        let nearly = count * 100 >= every * NEARLY_ALL_PERCENT;
        nearly.then(|| format!("{count} of AWS's {every} actions on every resource{without}"))
    };
    let whole: BTreeMap<&'r AccessStatement, String> = words
        .into_iter()
        .filter(|(_, words)| words.len() == WORDS.len())
        .filter_map(|(statement, _)| Some((statement, text(statement)?)))
        .collect();
    let others =
        lines.into_iter().filter(|line| !(plain(line) && whole.contains_key(&line.statement))).collect();
    (whole.into_iter().collect(), others)
}

fn folded<'r>(page: &mut Page, sign: &str, style: Label, lines: &[&'r AccessLine], detail: bool) {
    let rank = |line: &AccessLine| RANKS.iter().position(|rank| *rank == line.rank).unwrap_or(RANKS.len());
    let mut all: BTreeMap<&Principals, Vec<&'r AccessLine>> = BTreeMap::new();
    for line in lines {
        all.entry(&line.principals).or_default().push(line);
    }
    let mut all: Vec<(usize, &Principals, Vec<&AccessLine>)> = all
        .into_iter()
        .map(|(who, own)| (own.iter().map(|line| rank(line)).min().unwrap_or_default(), who, own))
        .collect();
    all.sort_by_key(|(rank, who, _)| (*rank, *who));
    for (_, who, own) in all {
        let verb = if sign == "+ " { "gains" } else { "loses" };
        let verb = if who.kind != "group" && who.names.len() > 1 { verb.trim_end_matches('s') } else { verb };
        page.flow(2, 4, [piece(Label::Heading, label(who, detail)), piece(Label::Dim, format!(" {verb}"))]);
        let (whole, own) = if detail { (vec![], own) } else { everything(own) };
        for (statement, text) in whole {
            let place = format!(" · {}", place(statement));
            let mark = piece(Label::Error, "escalation: ");
            page.flow(4, 4, [piece(style, sign), mark, piece(Label::Plain, text), piece(Label::Dim, place)]);
        }
        let mut by: BTreeMap<Key<'r>, Vec<&'r AccessLine>> = BTreeMap::new();
        for line in own {
            let word = WORDS.iter().find(|word| **word == line.word).copied().unwrap_or_default();
            let because = line.because.iter().collect();
            let key = (rank(line), word, line.statement.document.clone(), because, line.proven);
            by.entry(key).or_default().push(line);
        }
        let mut by: Vec<_> = by.into_iter().collect();
        by.sort_by_key(|((rank, word, ..), _)| (*rank, WORDS.iter().position(|other| other == word)));
        for ((rank, word, document, because, proven), lines) in by {
            let rank = RANKS.get(rank).copied().unwrap_or_default();
            let mark = if rank == "rest" { String::new() } else { format!("{rank}: ") };
            let mark_style = if rank == "sensitive" { Label::Hazard } else { Label::Error };
            let mut tail = format!(" · {document}");
            if !because.is_empty() {
                let verb = if sign == "+ " { "was denied by" } else { "denied by" };
                let routes: Vec<String> = because.iter().map(|route| place(route)).collect();
                tail.push_str(&format!(", {verb} {}", told(&routes, NAMES_MAX)));
            }
            if !proven {
                let doubts: BTreeSet<&str> = lines.iter().filter_map(|line| line.doubt.as_deref()).collect();
                tail.push_str(&format!(
                    " · not proven: {}",
                    doubts.into_iter().collect::<Vec<_>>().join("; ")
                ));
            }
            // Who may act as a role is told of by the role.
            let trusted = word == "become" && document.starts_with("trust policy of ");
            let text = if trusted {
                let conditions: BTreeSet<&str> =
                    lines.iter().flat_map(|line| &line.conditions).map(String::as_str).collect();
                let conditions: String = conditions.iter().map(|said| format!(", {said}")).collect();
                let can = lines.iter().find_map(|line| line.role.as_ref()).and_then(role_can);
                let can = can.unwrap_or_default();
                format!("{word} {}{conditions}{can}", document.trim_start_matches("trust policy of "))
            } else {
                format!("{word} {}", what(&lines, detail))
            };
            let is_administrator = |line: &&AccessLine| line.role.as_ref().is_some_and(|r| r.administrator);
            let sign = if trusted && lines.iter().any(is_administrator) { "! " } else { sign };
            page.flow(
                4,
                4,
                [
                    piece(if sign == "! " { Label::Error } else { style }, sign),
                    piece(mark_style, mark),
                    piece(Label::Plain, text),
                    piece(Label::Dim, tail),
                ],
            );
            if detail {
                for line in lines {
                    let text = format!("#{} {}", line.statement.number, line.actions.join(", "));
                    page.say(8, 2, Label::Dim, text);
                }
            }
        }
    }
}

/// What can be done as a role that somebody outside may act as.
fn role_can(access: &RoleAccessLine) -> Option<String> {
    let RoleAccessLine { administrator, access, more } = access;
    if *administrator {
        return Some(", which can do everything".to_owned());
    }
    let part = |part: &RoleAccessPart| {
        let RoleAccessPart { rank, word, services, resources, all_but } = part;
        let patterns: Vec<String> = resources.iter().map(|pattern| resource(pattern)).collect();
        let but = if *all_but { "all but " } else { "" };
        let mark = if *rank == "rest" { String::new() } else { format!(" ({rank})") };
        let patterns = told(&patterns, PATTERNS_MAX);
        // A bucket says by itself what it is.
        let on = match services.as_slice() {
            [service] if service == "s3" && patterns.starts_with("s3://") => String::new(),
            services => format!("{} on ", told(services, SERVICES_MAX)),
        };
        format!("{word} {on}{but}{patterns}{mark}")
    };
    let parts: Vec<String> = access.iter().map(part).collect();
    let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
    (!parts.is_empty()).then(|| format!(", which can: {}{more}", parts.join(", ")))
}

/// `s3 s3://a, s3://a/*; sagemaker, ecr everything, only with MFA`.
fn what(lines: &[&AccessLine], detail: bool) -> String {
    let max = |number: usize| if detail { usize::MAX } else { number };
    // What more can be done with stands first.
    let mut weights: BTreeMap<&str, usize> = BTreeMap::new();
    for action in lines.iter().flat_map(|line| &line.actions) {
        let (service, name) = action.split_once(':').unwrap_or((action, ""));
        *weights.entry(service).or_default() += if name == "*" { WHOLE_SERVICE } else { 1 };
    }
    let weight = |service: &str| weights.get(service).copied().unwrap_or_default();
    // The same resources under the same conditions are said once, with all their services.
    let mut by_area: BTreeMap<(String, Vec<&str>), BTreeSet<&str>> = BTreeMap::new();
    for line in lines {
        let patterns: Vec<String> = line.resources.iter().map(|pattern| resource(pattern)).collect();
        let patterns = told(&patterns, max(PATTERNS_MAX));
        let area = if line.all_but { format!("all but {patterns}") } else { patterns };
        let area = if line.except.is_empty() {
            area
        } else {
            let except: Vec<String> = line.except.iter().map(|pattern| resource(pattern)).collect();
            format!("{area} except {}", told(&except, max(PATTERNS_MAX)))
        };
        let conditions = line.conditions.iter().map(String::as_str).collect();
        by_area.entry((area, conditions)).or_default().extend(line.services.iter().map(String::as_str));
    }
    let mut parts: BTreeMap<(Vec<&str>, BTreeSet<&str>), Vec<String>> = BTreeMap::new();
    for ((area, conditions), services) in by_area {
        parts.entry((conditions, services)).or_default().push(area);
    }
    for areas in parts.values_mut() {
        if areas.iter().any(|area| area == "everything") {
            areas.retain(|area| area == "everything");
        }
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|((conditions, services), _)| {
        let heaviest = services.iter().map(|service| weight(service)).max().unwrap_or_default();
        (conditions.len(), std::cmp::Reverse(heaviest))
    });
    let grave = grave(lines);
    let said = parts.iter().take(max(PARTS_MAX)).map(|((conditions, services), areas)| {
        let mut services: Vec<String> = services.iter().map(|service| (*service).to_owned()).collect();
        services.sort_by_key(|service| std::cmp::Reverse(weight(service)));
        let tail: String = conditions.iter().map(|condition| format!(", {condition}")).collect();
        let in_part = conditions.iter().all(|condition| condition.starts_with("other than "));
        let tail = match tail.len() > max(CONDITION_CHARS_MAX) {
            true if in_part => ", in part",
            true => ", under conditions",
            false => tail.as_str(),
        };
        format!("{} on {}{tail}", told(&services, max(SERVICES_MAX)), told(areas, max(PATTERNS_MAX)))
    });
    let mut text = said.collect::<Vec<_>>().join("; ");
    if let Some(more) = parts.len().checked_sub(max(PARTS_MAX)).filter(|more| *more > 0) {
        text.push_str(&format!("; and {more} more on less or under conditions"));
        // What is folded away may be what opens the rest.
        if !grave.is_empty() {
            text.push_str(&format!("; among it all: {}", told(&grave, max(GRAVE_MAX))));
        }
    }
    text
}

/// Actions that change who may do what, and that read secrets.
fn grave(lines: &[&AccessLine]) -> Vec<String> {
    let mut found: BTreeSet<(bool, bool, &str)> = BTreeSet::new();
    for name in lines.iter().flat_map(|line| &line.actions) {
        let whole = name.strip_suffix(":*").and_then(catalogue::service);
        let is_grave = |action: &catalogue::Action| {
            action.level == AccessLevel::PermissionsManagement
                || SECRETS.contains(&(action.service, action.name))
        };
        let word = lines.first().map(|line| line.word).unwrap_or_default();
        let of_whole = whole.into_iter().flat_map(catalogue::Service::actions);
        let of_whole = of_whole.filter(|action| AccessWord::of(action).word() == word);
        let one = catalogue::expand(name).into_iter().filter(|_| whole.is_none());
        if of_whole.chain(one).any(is_grave) {
            // What opens stands before what takes back, and what holds data before the rest.
            let (service, action) = name.split_once(':').unwrap_or_default();
            let takes_back =
                ["Delete", "Remove", "Revoke", "Detach"].iter().any(|verb| action.starts_with(verb));
            found.insert((takes_back, !HOLDING_DATA.contains(&service), name));
        }
    }
    found.into_iter().map(|(_, _, name)| name.to_owned()).collect()
}

fn denial(page: &mut Page, line: &DenialLine) {
    let DenialLine { change, principals, spares, words, resources, conditions, statement } = line;
    let who = match (principals.as_slice(), spares.as_slice()) {
        ([], []) => "everyone".to_owned(),
        ([], spares) => format!("everyone but {}", told(spares, NAMES_MAX)),
        (principals, _) => told(principals, NAMES_MAX),
    };
    let comes = *change == "denied";
    let (sign, style, verb) =
        if comes { ("- ", Label::Removed, "is denied") } else { ("+ ", Label::Added, "is no longer denied") };
    let patterns: Vec<String> = resources.iter().map(|pattern| resource(pattern)).collect();
    let when: String =
        if conditions.is_empty() { String::new() } else { format!(" {}", conditions.join(" and ")) };
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let text =
        format!("{who} {verb}{when}: {} on {}", told(&words, words.len()), told(&patterns, PATTERNS_MAX));
    page.flow(
        2,
        4,
        [
            piece(style, sign),
            piece(Label::Plain, text),
            piece(Label::Dim, format!(" · {}", place(statement))),
        ],
    );
}
