//! Who gains and loses what, at a terminal: folded by who, by what can be done and by document.

use crate::policy::catalogue;
use std::collections::{BTreeMap, BTreeSet};

use super::super::access::{
    AccessLine, AccessReport, AccessStatement, DenialLine, EscalationLine, Principals, RoleAccessLine,
    RoleAccessPart,
};
use super::super::page::{Page, piece};
use super::super::style::Label;
use super::super::words::count;
use super::access_line::{SERVICES_MAX, excepted, is_partial, what};
use super::access_ways::ways;

/// Names told before the rest is counted.
pub(super) const NAMES_MAX: usize = 4;
/// Patterns told together before the rest is counted.
const PATTERNS_MAX: usize = 2;
/// Of all actions: so many are not told one by one.
const NEARLY_ALL_PERCENT: usize = 95;

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
        denial(page, each, detail);
    }
    if !without_effect.is_empty() {
        let text = format!(
            "without effect on access: {}",
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
    let by_denials = |change: &str| -> BTreeSet<String> {
        let those = report.denials.iter().filter(|denial| denial.change == change);
        those.flat_map(|denial| denial.affected.iter().chain(&denial.perhaps)).flat_map(names).collect()
    };
    let both = |one: BTreeSet<String>, other: BTreeSet<String>| one.union(&other).count();
    let gain = both(who(&report.gained, "gained"), by_denials("no-longer-denied"));
    let lose = both(who(&report.lost, "lost"), by_denials("denied"));
    // Where a Deny moves there may be somebody whom no state has.
    let moved = |change: &str| report.denials.iter().any(|denial| denial.change == change);
    let said = |number: usize, moved: bool, one: &str, many: &str| match number {
        0 if moved => None,
        0 => Some(format!("nobody {one}")),
        1 => Some(format!("1 principal {one}")),
        number => Some(format!("{number} principals {many}")),
    };
    let parts = [
        said(gain, moved("no-longer-denied"), "gains", "gain"),
        said(lose, moved("denied"), "loses", "lose"),
    ];
    let mut parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        parts.push("no user or role here gains or loses".to_owned());
    }
    let denied = match report.denials.len() {
        0 => String::new(),
        1 => "; what a bucket denies changes".to_owned(),
        number => format!("; what buckets deny changes in {number} ways"),
    };
    format!("{}{denied}", parts.join(", "))
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
type Key<'a> = (usize, &'static str, String, [Vec<&'a AccessStatement>; 2], bool);

const RANKS: [&str; 5] = ["external", "public", "escalation", "sensitive", "rest"];
const WORDS: [&str; 6] = ["become", "administer", "delete-data", "write-data", "read-data", "list"];

/// Statements that give everything, and the lines of others: there is nothing to tell apart in everything.
fn everything<'r>(lines: Vec<&'r AccessLine>) -> (Vec<(&'r AccessStatement, String)>, Vec<&'r AccessLine>) {
    let plain = |line: &AccessLine| {
        line.resources == ["*"]
            && !line.all_but
            && line.proven
            && line.conditions.iter().all(|said| is_partial(said))
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
        let own: Vec<&AccessLine> =
            lines.iter().copied().filter(|line| plain(line) && line.statement == *statement).collect();
        let excepted = excepted(&own, false);
        if *count >= every {
            return Some(format!("everything: every action on every resource{excepted}"));
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
        nearly.then(|| format!("{count} of AWS's {every} actions on every resource{without}{excepted}"))
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
            let others = [line.because.iter().collect(), line.with.iter().collect()];
            let key = (rank(line), word, line.statement.document.clone(), others, line.proven);
            by.entry(key).or_default().push(line);
        }
        let mut by: Vec<_> = by.into_iter().collect();
        by.sort_by_key(|((rank, word, ..), _)| (*rank, WORDS.iter().position(|other| other == word)));
        for ((rank, word, document, [because, with], proven), lines) in by {
            let rank = RANKS.get(rank).copied().unwrap_or_default();
            let mark = if rank == "rest" { String::new() } else { format!("{rank}: ") };
            let mark_style = if rank == "sensitive" { Label::Hazard } else { Label::Error };
            let mut tail = format!(" · {document}");
            if !with.is_empty() {
                let routes: Vec<String> = with.iter().map(|route| place(route)).collect();
                tail.push_str(&format!(" and {}", told(&routes, NAMES_MAX)));
            }
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

fn denial(page: &mut Page, line: &DenialLine, detail: bool) {
    let DenialLine {
        change,
        rank,
        principals,
        spares,
        words,
        resources,
        all_but,
        except,
        conditions,
        limits,
        statement,
        affected,
        perhaps,
    } = line;
    let max = |number: usize| if detail { usize::MAX } else { number };
    let who = match (principals.as_slice(), spares.as_slice()) {
        ([], []) => "everyone".to_owned(),
        ([], spares) => format!("everyone but {}", told(spares, max(NAMES_MAX))),
        (principals, _) => told(principals, max(NAMES_MAX)),
    };
    let comes = *change == "denied";
    let (sign, style, verb) =
        if comes { ("- ", Label::Removed, "is denied") } else { ("+ ", Label::Added, "is no longer denied") };
    let readable =
        |patterns: &[String]| patterns.iter().map(|pattern| resource(pattern)).collect::<Vec<String>>();
    let when: String =
        if conditions.is_empty() { String::new() } else { format!(" {}", conditions.join(" and ")) };
    let on = told(&readable(resources), max(PATTERNS_MAX));
    let on = if *all_but { format!("all but {on}") } else { on };
    let mut text = format!("{who} {verb}{when}: {} on {on}", words.join(", "));
    if !except.is_empty() {
        text.push_str(&format!(", but for {}", told(&readable(except), max(PATTERNS_MAX))));
    }
    for limit in limits {
        text.push_str(&format!(", {limit}"));
    }
    let does = if comes { "lost" } else { "gained" };
    let labels = |all: &[Principals]| -> Vec<String> {
        let one = |who: &Principals| match &who.group {
            Some(_) => vec![label(who, detail)],
            None => who.names.clone(),
        };
        all.iter().flat_map(one).collect()
    };
    match labels(affected).as_slice() {
        [] if perhaps.is_empty() => text.push_str(&format!("; {does} by no user or role here")),
        [] => {}
        some => text.push_str(&format!("; {does} by {}", told(some, max(NAMES_MAX)))),
    }
    if !perhaps.is_empty() {
        let some = told(&labels(perhaps), max(NAMES_MAX));
        text.push_str(&format!("; not proven whether {does} by {some}"));
    }
    let mark = if *rank == "sensitive" { "sensitive: " } else { "" };
    page.flow(
        2,
        4,
        [
            piece(style, sign),
            piece(Label::Hazard, mark),
            piece(Label::Plain, text),
            piece(Label::Dim, format!(" · {}", place(statement))),
        ],
    );
}
