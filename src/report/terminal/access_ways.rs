//! Ways to more rights, at a terminal: those that open, who has them already, roles that can be assumed, and what closes.

use super::super::access::{AccessReport, AccessStatement, ClosedLine, EscalationLine, HeirLine, RoleLine};
use super::super::page::{Page, piece};
use super::super::style::Label;
use super::super::witness::spelled;
use super::access::{NAMES_MAX, label, place, resource, short, told};

/// All of them: what leads to everything stands first, what closes last.
pub(super) fn ways(page: &mut Page, report: &AccessReport, detail: bool) {
    let everything = |e: &&EscalationLine| e.administrator || !e.administrator_roles.is_empty();
    let (gravest, others): (Vec<_>, Vec<_>) =
        report.escalations.iter().filter(|e| e.open).partition(everything);
    let gained = |role: &RoleLine| ["gained", "widened"].contains(&role.change);
    let (mighty, roles): (Vec<_>, Vec<_>) =
        report.roles.iter().partition(|role| role.administrator && gained(role));
    let (heirs, lesser): (Vec<_>, Vec<_>) = report.heirs.iter().partition(|heir| heir.administrator);
    gravest.into_iter().for_each(|each| escalation(page, each, detail));
    mighty.into_iter().for_each(|each| role(page, each, detail));
    heirs.into_iter().for_each(|each| heir(page, each, detail));
    others.into_iter().for_each(|each| escalation(page, each, detail));
    lesser.into_iter().for_each(|each| heir(page, each, detail));
    report.escalations.iter().filter(|e| !e.open).for_each(|each| shut(page, each));
    roles.into_iter().for_each(|each| role(page, each, detail));
    report.closed.iter().for_each(|each| closed(page, each, detail));
}

fn line(page: &mut Page, sign: (Label, &str), text: String, statements: &[&AccessStatement]) {
    let places: Vec<String> = statements.iter().map(|statement| place(statement)).collect();
    let tail = if places.is_empty() { String::new() } else { format!(" · {}", places.join(" and ")) };
    let (style, sign) = sign;
    page.flow(2, 6, [piece(style, sign), piece(Label::Plain, text), piece(Label::Dim, tail)]);
}

const GRAVE: (Label, &str) = (Label::Error, "! escalation: ");

/// The first ways, and how many more.
fn how<T: AsRef<str>>(ways: &[T], detail: bool) -> String {
    let texts: Vec<&str> = ways.iter().map(AsRef::as_ref).collect();
    if texts.len() <= NAMES_MAX || detail {
        return texts.join("; ");
    }
    let first = NAMES_MAX - 1;
    let told: Vec<&str> = texts.iter().take(first).copied().collect();
    format!("{}; and {} more ways", told.join("; "), texts.len() - first)
}

fn escalation(page: &mut Page, line: &EscalationLine, detail: bool) {
    let EscalationLine {
        principals,
        administrator,
        roles,
        known_roles,
        known_role_count,
        administrator_roles,
        shut_roles: _,
        shut_role_count,
        shut_administrator_roles: _,
        open: _,
        targets: _,
        target_count: _,
        by_trust,
        ways,
        actions,
        statement,
    } = line;
    let who = if *by_trust { label(principals, detail) } else { short(principals) };
    let how = how(ways, detail);
    let mut text = match roles {
        _ if *administrator => format!("{who} can do everything: every action on every resource"),
        None => format!("{who} can gain rights: {how}"),
        Some(_) if *by_trust => {
            let named = told(known_roles, if detail { usize::MAX } else { NAMES_MAX });
            let one = *known_role_count == 1;
            let lets = if one { "lets the service be it" } else { "let the service be them" };
            format!("{who} can become {named}, which now {lets}, by passing it on: {how}")
        }
        Some(roles) => {
            let there = match *known_role_count {
                0 if *shut_role_count > 0 => String::from("none there lets the service be it yet"),
                0 => String::from("none there yet"),
                number => format!("there now: {}", told(known_roles, NAMES_MAX.min(number))),
            };
            let exact = !roles.contains(['*', '?']) && *known_role_count == 1;
            let what = match known_roles.first().filter(|_| exact) {
                Some(role) => role.clone(),
                None => format!("{} ({there})", resource(roles)),
            };
            format!("{who} can become {what} by passing it on: {how}")
        }
    };
    if !administrator_roles.is_empty() {
        text.push_str(&format!("; {} can do everything", told(administrator_roles, NAMES_MAX)));
    }
    self::line(page, GRAVE, text, &[statement]);
    if detail {
        for needs in actions {
            page.say(8, 2, Label::Dim, needs.join(" + "));
        }
    }
}

/// Roles that may be passed, and that let no service be them that somebody could run.
fn shut(page: &mut Page, line: &EscalationLine) {
    let mighty = !line.shut_administrator_roles.is_empty();
    let can = if mighty { ", which can do everything, but which" } else { ", which" };
    let lets =
        if line.shut_role_count == 1 { "lets no such service be it" } else { "let no such service be them" };
    let roles = told(&line.shut_roles, NAMES_MAX);
    let text = format!("{} may pass {roles}{can} {lets} yet", short(&line.principals));
    self::line(page, (Label::Hazard, "+ "), text, &[&line.statement]);
}

fn heir(page: &mut Page, line: &HeirLine, detail: bool) {
    let HeirLine { principals, via, roles, rank, administrator, ways, depends_on, statements } = line;
    let who = label(principals, detail);
    let max = if detail { usize::MAX } else { NAMES_MAX };
    let named = told(roles, max);
    let way = if via.is_empty() { String::new() } else { format!(" by way of {}", via.join(" and then ")) };
    let how = match ways.as_slice() {
        [] => String::new(),
        ways => format!(" ({})", how(ways, detail)),
    };
    let keys: Vec<&str> = depends_on.iter().map(|key| spelled(key)).collect();
    let depends = if keys.is_empty() { String::new() } else { format!(", depending on {}", keys.join(", ")) };
    let gain = if *administrator {
        "everything"
    } else if roles.len() > 1 {
        "what they gain"
    } else {
        "what it gains"
    };
    let one = principals.group.is_some() || principals.names.len() == 1;
    let verb = if one { "gains" } else { "gain" };
    let text = format!("{who} can already become {named}{way}{how}{depends}, and so {verb} {gain}");
    let sign = match *rank {
        "escalation" => GRAVE,
        "sensitive" => (Label::Hazard, "+ sensitive: "),
        _ => (Label::Added, "+ "),
    };
    let sign = if *administrator { GRAVE } else { sign };
    let statements: Vec<&AccessStatement> = statements.iter().collect();
    self::line(page, sign, text, &statements);
}

fn closed(page: &mut Page, line: &ClosedLine, detail: bool) {
    let ClosedLine { principals, roles, statement } = line;
    let named = told(roles, if detail { usize::MAX } else { NAMES_MAX });
    let text = format!("{} can no longer become {named} by passing it on", label(principals, detail));
    self::line(page, (Label::Removed, "- "), text, &[statement]);
}

fn role(page: &mut Page, line: &RoleLine, detail: bool) {
    let RoleLine { change, principals, role, account: _, administrator, depends_on, statements } = line;
    let sign = match (["gained", "widened"].contains(change), *administrator) {
        (true, true) => GRAVE,
        (true, false) => (Label::Added, "+ "),
        (false, _) => (Label::Removed, "- "),
    };
    let can = if *change == "lost" { "can no longer become" } else { "can become" };
    let mut text = format!("{} {can} {role} (sts:AssumeRole)", label(principals, detail));
    if *administrator {
        text.push_str(", which can do everything");
    }
    if !depends_on.is_empty() {
        let how = match *change {
            "widened" => "no longer depending on",
            "narrowed" => "from now on depending on",
            _ => "depending on",
        };
        let keys: Vec<&str> = depends_on.iter().map(|key| spelled(key)).collect();
        text.push_str(&format!(", {how} {}", keys.join(", ")));
    }
    let statements: Vec<&AccessStatement> = statements.iter().collect();
    self::line(page, sign, text, &statements);
}
