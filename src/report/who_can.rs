//! Who can do something, as data, as a table, and for spreadsheets.

use std::collections::BTreeSet;

use serde::Serialize;

use super::page::{Page, Terminal, piece};
use super::style::Label;
use super::why::Ground;
use super::{FORMAT_VERSION, escape, json, markdown, words};
use crate::access::decide::Unseen;
use crate::access::principal::Caller;
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
    /// Whether the resource can have a policy that is not known here: of whom that lets in nobody is listed.
    #[serde(skip)]
    unread: bool,
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
    /// Whether policies of its own allow it, or of its groups; of the last role, if it becomes one.
    pub own_policies: bool,
    /// The policy of the resource that allows it.
    pub resource_policy: Option<String>,
    /// Of everybody: the users and roles here that cannot.
    pub except: Vec<String>,
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
        unread: bool,
        ground: Ground<'_>,
    ) -> Self {
        let unread_policy = unread.then_some(Unseen::Resource.word());
        let always = ["scps", "rcps", "session_policies", "endpoint_policies"];
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
            not_evaluated: unread_policy.into_iter().chain(always).collect(),
            unread,
        }
    }

    /// As JSON.
    pub fn json(&self) -> String {
        json::written(self)
    }

    /// For people at a terminal: a row for each principal and way.
    pub fn terminal(&self, terminal: Terminal) -> String {
        let Self { asked, actions, resource, principals, unread, .. } = self;
        let mut page = Page::new(terminal);
        let title = format!("{asked} on {resource}");
        page.flow(0, 2, [piece(Label::Heading, title)]);
        page.blank();
        let rows: Vec<[String; COLUMNS]> = principals.iter().map(|line| self.row(line, actions)).collect();
        let mut out = page.finish();
        out.push('\n');
        out.push_str(&table(&rows, terminal.width).unwrap_or_else(|| blocks(&rows, terminal)));
        let mut page = Page::new(terminal);
        let able: BTreeSet<&str> = principals.iter().map(|line| line.principal.as_str()).collect();
        let certain: BTreeSet<&str> =
            principals.iter().filter(|line| line.certain).map(|line| line.principal.as_str()).collect();
        let counted = match (able.len(), able.len() - certain.len()) {
            (0, _) if *unread => "nobody can by what is known here".to_owned(),
            (0, _) => "nobody can".to_owned(),
            (n, 0) => format!("{} can", words::count(n, "principal")),
            (n, open) if n == open => {
                format!("{} can, if what that depends on is so", words::count(n, "principal"))
            }
            (n, open) => format!("{n} principals can, {open} of them if what that depends on is so"),
        };
        page.say(0, 2, Label::Plain, counted);
        if *unread {
            let text = format!("whoever the policy of {resource} lets in can as well: it is not known here");
            page.say(0, 2, Label::Hazard, text);
        }
        for text in &self.not_proven {
            page.flow(0, 2, [piece(Label::Hazard, "not proven: "), piece(Label::Plain, text.as_str())]);
        }
        let not = "not evaluated: service control policies; resource control policies; session policies; policies \
                   of VPC endpoints; of accounts Block Public Access; of buckets access control lists, access points and keys";
        page.say(0, 2, Label::Dim, not);
        let lead = if rows.is_empty() { "" } else { "\n" };
        out + lead + &page.finish()
    }

    fn row(&self, line: &AbleLine, actions: &[String]) -> [String; COLUMNS] {
        let AbleLine { name, home, keys, unknown_policies, .. } = line;
        let keys = keys.iter().map(|key| format!("`{key}`"));
        let policies = unknown_policies.iter().map(|what| (*what).replace('_', " "));
        let open: Vec<String> = keys.chain(policies).collect();
        let open = if open.is_empty() { String::new() } else { format!("depends on {}", open.join(", ")) };
        let shown: Vec<&str> = line.actions.iter().take(3).map(String::as_str).collect();
        let more = line.actions.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let done = if actions.len() > 1 { format!("{}{more}", shown.join(", ")) } else { String::new() };
        [name.clone(), home.clone(), line.how(), done, open].map(|cell| escape::text(&cell))
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
            "principal,account,certain,across_accounts,through,keys,unknown_policies,actions,name,roles,\
                       groups,own_policies,resource_policy,except,resources\r\n"
                .to_owned();
        for line in &self.principals {
            let AbleLine {
                principal,
                name,
                account,
                home: _,
                certain,
                keys,
                unknown_policies,
                roles,
                groups,
                own_policies,
                resource_policy,
                except,
                across_accounts,
                actions,
                resources,
            } = line;
            let fields = [
                principal.clone(),
                account.clone().unwrap_or_default(),
                certain.to_string(),
                across_accounts.to_string(),
                line.how(),
                keys.join(" "),
                unknown_policies.join(" "),
                actions.join(" "),
                name.clone(),
                roles.join(" "),
                groups.join(" "),
                own_policies.to_string(),
                resource_policy.clone().unwrap_or_default(),
                except.join(" "),
                resources.join(" "),
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
        let Self { roles, groups, own_policies, resource_policy, except, across_accounts, .. } = self;
        let mut parts = vec![];
        if !roles.is_empty() {
            parts.push(format!("as {}", roles.join(", then ")));
        }
        if !groups.is_empty() {
            parts.push(format!("in {}", groups.join(", ")));
        }
        if roles.is_empty() && groups.is_empty() && *own_policies {
            parts.push("its own policies".to_owned());
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
        if !except.is_empty() {
            parts.push(format!("but not {}", except.join(", ")));
        }
        parts.join(", ")
    }
}

fn line(able: &Able, resource_account: Option<&str>, ground: Ground<'_>) -> AbleLine {
    let Able { caller, route, open, actions, resources } = able;
    let Route { roles, groups, resource, own, but } = route;
    let Open { keys, policies } = open;
    // Who may be of any account is of none in particular.
    let stranger = caller.is_stranger();
    let account = caller.account().filter(|_| !stranger).map(str::to_owned);
    let known = ground.landscape.identity_of(caller);
    let name = known.map_or_else(|| caller.in_words(), |id| ground.names.shortest(id));
    AbleLine {
        home: account.as_deref().map(|account| ground.names.home(account)).unwrap_or_default(),
        principal: if stranger { Caller::Anonymous.to_string() } else { caller.to_string() },
        name,
        certain: open.is_certain(),
        keys: keys.iter().cloned().collect(),
        unknown_policies: policies.iter().copied().map(Unseen::word).collect(),
        roles: roles.iter().map(|role| ground.names.shortest(role)).collect(),
        groups: groups.iter().map(|group| ground.names.shortest(group)).collect(),
        own_policies: *own,
        resource_policy: resource.as_ref().map(ToString::to_string),
        except: but.iter().map(|id| ground.names.shortest(id)).collect(),
        across_accounts: stranger
            || resource_account.is_some_and(|there| account.as_deref().is_some_and(|a| a != there)),
        account,
        actions: actions.iter().cloned().collect(),
        resources: resources.iter().cloned().collect(),
    }
}

/// Columns of a table, of which some may be empty.
const COLUMNS: usize = 5;

/// Rows side by side, if they are not too wide.
fn table(rows: &[[String; COLUMNS]], width: usize) -> Option<String> {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (cell, wide) in row.iter().zip(&mut widths) {
            *wide = escape::width(cell).max(*wide);
        }
    }
    let needed: usize = widths.iter().filter(|wide| **wide > 0).map(|wide| wide + 2).sum();
    if needed > width {
        return None;
    }
    let mut out = String::new();
    for row in rows {
        let mut text = String::new();
        for (cell, wide) in row.iter().zip(widths).filter(|(_, wide)| *wide > 0) {
            text.push_str(&format!("  {cell}{}", " ".repeat(wide.saturating_sub(escape::width(cell)))));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    Some(out)
}

/// Rows one cell under the other.
fn blocks(rows: &[[String; COLUMNS]], terminal: Terminal) -> String {
    let mut page = Page::new(terminal);
    for [name, home, rest @ ..] in rows {
        let home = if home.is_empty() { String::new() } else { format!(" ({home})") };
        page.flow(2, 2, [piece(Label::Plain, name.as_str()), piece(Label::Dim, home)]);
        for cell in rest.iter().filter(|cell| !cell.is_empty()) {
            page.say(4, 2, Label::Plain, cell.as_str());
        }
    }
    page.finish()
}

fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
