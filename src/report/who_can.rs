//! Who can do something, as data, as a table, and for spreadsheets.

use std::collections::BTreeSet;

use serde::Serialize;

use super::page::{Page, Terminal, piece};
use super::style::Label;
use super::why::Ground;
use super::{FORMAT_VERSION, escape, json, markdown, words};
use crate::access::decide::Unseen;
use crate::access::who_can::{Able, Open, Route};

/// Who can do something. It is the documented JSON.
#[derive(Clone, Debug, Serialize)]
pub struct WhoCan {
    /// The version of this format.
    pub format_version: u32,
    /// Of which state: `spec`, `plan`, `live`, or a file.
    pub on: String,
    /// An action, or an access word.
    pub asked: String,
    /// The actions that were tried.
    pub actions: Vec<String>,
    /// An ARN, `*`, or a pattern for ARNs.
    pub resource: String,
    /// The account of the resource.
    pub resource_account: Option<String>,
    /// Who can, in order of account and name.
    pub principals: Vec<AbleLine>,
    /// Of whom nobody can say for all resources of a pattern, and why.
    pub not_proven: Vec<String>,
    /// What was not looked at.
    pub not_evaluated: Vec<&'static str>,
}

/// One principal and how it can.
#[derive(Clone, Debug, Serialize)]
pub struct AbleLine {
    /// An ARN, a service, an account's root for whoever that account lets, or `*` for everybody.
    pub principal: String,
    /// As people call it.
    pub name: String,
    /// Its account.
    pub account: Option<String>,
    /// The environments of its account, or the number of one that has none.
    #[serde(skip)]
    home: String,
    /// Whether nothing that is not known could forbid it.
    pub certain: bool,
    /// Condition keys that would have to be known.
    pub keys: Vec<String>,
    /// Policies that would have to be known: `identity_policies`, `permissions_boundary`, `resource_policy`.
    pub unknown_policies: Vec<&'static str>,
    /// The roles to become, one after the other.
    pub roles: Vec<String>,
    /// The groups whose policies allow it.
    pub groups: Vec<String>,
    /// The policy of the resource that allows it.
    pub resource_policy: Option<String>,
    /// Whether the resource is in another account.
    pub across_accounts: bool,
    /// Which of the actions.
    pub actions: Vec<String>,
    /// On what: the resource asked about; for a pattern those of it that were tried and can be reached so.
    pub resources: Vec<String>,
}

impl WhoCan {
    /// Of what was found.
    pub fn new(
        able: &[Able],
        asked: &str,
        actions: Vec<String>,
        resource: &str,
        unproven: &BTreeSet<String>,
        ground: Ground<'_>,
    ) -> Self {
        let resource_account = ground.landscape.account_of(resource).map(str::to_owned);
        let mut principals: Vec<AbleLine> =
            able.iter().map(|able| line(able, resource_account.as_deref(), ground)).collect();
        principals.sort_by(|a, b| {
            let key = |line: &AbleLine| (line.account.clone(), line.principal.clone(), !line.certain);
            key(a).cmp(&key(b)).then_with(|| a.roles.cmp(&b.roles)).then_with(|| a.actions.cmp(&b.actions))
        });
        Self {
            format_version: FORMAT_VERSION,
            on: ground.on.to_owned(),
            asked: asked.to_owned(),
            actions,
            resource: resource.to_owned(),
            resource_account,
            principals,
            not_proven: unproven.iter().cloned().collect(),
            not_evaluated: vec!["scps", "rcps", "session_policies", "endpoint_policies"],
        }
    }

    /// As JSON.
    pub fn json(&self) -> String {
        json::written(self)
    }

    /// For people at a terminal: a row for each principal and way.
    pub fn terminal(&self, terminal: Terminal) -> String {
        let Self { asked, actions, resource, principals, .. } = self;
        let mut page = Page::new(terminal);
        let title = format!("{asked} on {resource}");
        page.flow(0, 2, [piece(Label::Heading, title)]);
        page.blank();
        let mut out = page.finish();
        out.push('\n');
        let rows: Vec<[String; 4]> = principals.iter().map(|line| self.row(line, actions)).collect();
        let wide = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| escape::width(cell)).max().unwrap_or(0)
        };
        let widths = [wide(0), wide(1), wide(2), 0];
        for row in &rows {
            let mut text = String::new();
            for (cell, width) in row.iter().zip(widths) {
                let gap = (width + 2).saturating_sub(escape::width(cell));
                text.push_str(cell);
                text.push_str(&" ".repeat(gap));
            }
            out.push_str(&format!("  {}\n", text.trim_end()));
        }
        let mut page = Page::new(terminal);
        let able: BTreeSet<&str> = principals.iter().map(|line| line.principal.as_str()).collect();
        let certain: BTreeSet<&str> =
            principals.iter().filter(|line| line.certain).map(|line| line.principal.as_str()).collect();
        let counted = match (able.len(), able.len() - certain.len()) {
            (0, _) => "nobody can".to_owned(),
            (n, 0) => format!("{} can", words::count(n, "principal")),
            (n, open) if n == open => {
                format!("{} can, if what that depends on is so", words::count(n, "principal"))
            }
            (n, open) => format!("{n} principals can, {open} of them if what that depends on is so"),
        };
        page.say(0, 2, Label::Plain, counted);
        for text in &self.not_proven {
            page.flow(0, 2, [piece(Label::Hazard, "not proven: "), piece(Label::Plain, text.as_str())]);
        }
        let not = "not evaluated: service control policies; resource control policies; session policies; policies \
                   of VPC endpoints; of accounts Block Public Access; of buckets access control lists, access points and keys";
        page.say(0, 2, Label::Dim, not);
        let lead = if rows.is_empty() { "" } else { "\n" };
        out + lead + &page.finish()
    }

    fn row(&self, line: &AbleLine, actions: &[String]) -> [String; 4] {
        let AbleLine { name, home, keys, unknown_policies, .. } = line;
        let mut rest: Vec<String> = vec![];
        if !keys.is_empty() || !unknown_policies.is_empty() {
            let keys = keys.iter().map(|key| format!("`{key}`"));
            let policies = unknown_policies.iter().map(|what| (*what).replace('_', " "));
            rest.push(format!("depends on {}", keys.chain(policies).collect::<Vec<_>>().join(", ")));
        }
        if actions.len() > 1 {
            let shown: Vec<&str> = line.actions.iter().take(3).map(String::as_str).collect();
            let more = line.actions.len().saturating_sub(shown.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            rest.push(format!("{}{more}", shown.join(", ")));
        }
        [name.clone(), home.clone(), line.how(), rest.join("; ")].map(|cell| escape::text(&cell))
    }

    /// For issues and chats.
    pub fn markdown(&self) -> String {
        let text = self.terminal(markdown::FENCED);
        let (title, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
        format!("## {}\n\n{}", escape::markdown(title), markdown::fenced("", rest))
    }

    /// For spreadsheets: RFC 4180, one row for each principal and way.
    pub fn csv(&self) -> String {
        let mut out =
            "principal,account,certain,across_accounts,through,keys,unknown_policies,actions\r\n".to_owned();
        for line in &self.principals {
            let fields = [
                line.principal.clone(),
                line.account.clone().unwrap_or_default(),
                line.certain.to_string(),
                line.across_accounts.to_string(),
                line.how(),
                line.keys.join(" "),
                line.unknown_policies.join(" "),
                line.actions.join(" "),
            ];
            let fields = fields.map(|field| quoted(&escape::text(&field)));
            out.push_str(&(fields.join(",") + "\r\n"));
        }
        out
    }
}

impl AbleLine {
    /// `its own policies`, `in group/DataScientists`, `as role/A, then role/B`.
    fn how(&self) -> String {
        let Self { roles, groups, resource_policy, across_accounts, .. } = self;
        let mut parts = vec![];
        if !roles.is_empty() {
            parts.push(format!("as {}", roles.join(", then ")));
        }
        if !groups.is_empty() {
            parts.push(format!("in {}", groups.join(", ")));
        }
        if let Some(policy) = resource_policy {
            parts.push(format!("by the {policy}"));
        }
        if parts.is_empty() {
            parts.push("its own policies".to_owned());
        }
        if *across_accounts {
            parts.push("across accounts".to_owned());
        }
        parts.join(", ")
    }
}

fn line(able: &Able, resource_account: Option<&str>, ground: Ground<'_>) -> AbleLine {
    let Able { caller, route, open, actions, resources } = able;
    let Route { roles, groups, resource } = route;
    let Open { keys, policies } = open;
    let account = caller.account().map(str::to_owned);
    let known = ground.landscape.identity_of(caller);
    let name = known.map_or_else(|| caller.in_words(), |id| ground.names.shortest(id));
    AbleLine {
        home: account.as_deref().map(|account| ground.names.home(account)).unwrap_or_default(),
        principal: caller.to_string(),
        name,
        certain: open.is_certain(),
        keys: keys.iter().cloned().collect(),
        unknown_policies: policies.iter().copied().map(Unseen::word).collect(),
        roles: roles.iter().map(|role| ground.names.shortest(role)).collect(),
        groups: groups.iter().map(|group| ground.names.shortest(group)).collect(),
        resource_policy: resource.as_ref().map(ToString::to_string),
        across_accounts: resource_account.is_some_and(|there| account.as_deref().is_some_and(|a| a != there)),
        account,
        actions: actions.iter().cloned().collect(),
        resources: resources.iter().cloned().collect(),
    }
}

fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
