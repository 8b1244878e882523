//! A plan at a terminal: what changes, how much, what to know, and last what to agree to.

use std::collections::BTreeSet;

use super::super::by_hand::by_hand;
use super::super::meters::{self, MeterLine};
use super::super::page::{Page, Terminal, piece};
use super::super::plan::{BridgeLine, EnvironmentPlan, PlanReport, PlanSummary, StepLine};
use super::super::style::Label;
use super::super::words;
use super::access::access;
use super::aws_managed::attached;
use super::resource::resource;
use super::{coverage, findings, hazards, head, not_checked, not_looked_at, notes, objections, reach};

/// Resources with more lines than this get air around them.
const DENSE_LINES_MAX: usize = 3;

impl PlanReport {
    /// As text for a terminal.
    pub fn terminal(&self, terminal: Terminal) -> String {
        let mut page = Page::new(terminal);
        let Self {
            format_version: _,
            shard: _, // Said before anything is read.
            summary,
            access: who,
            environments,
            environments_not_checked: away,
            across_accounts: bridges,
            steps,
            meters,
            hazards: dangers,
            aws_managed: own,
            findings: broken,
            notes: remarks,
            not_checked: unread,
            coverage: covered,
            by_hand: manual,
            objections: refused,
            basis: _,
            assertions: _, // Told with their lines, as what is wrong in files is.
        } = self;
        not_looked_at(&mut page, away);
        if !steps.is_empty() {
            access(&mut page, who);
        }
        if steps.is_empty() {
            if refused.is_empty() {
                for each in environments {
                    page.flow(
                        0,
                        2,
                        [
                            piece(Label::Added, "No changes."),
                            piece(
                                Label::Plain,
                                format!(
                                    " {} (account {}) is as declared{}.",
                                    each.environment.name,
                                    each.environment.account,
                                    reach(unread, remarks)
                                ),
                            ),
                        ],
                    );
                }
            }
        } else {
            for each in environments {
                environment(&mut page, each);
            }
            page.blank();
            let said = counts(summary);
            let operations = words::count(steps.len(), "operation");
            let one_line = said.len() + operations.len() + 9 <= terminal.width;
            let tail = if one_line { format!(" ({operations})") } else { String::new() };
            page.flow(
                0,
                2,
                [
                    piece(Label::Heading, "Plan:"),
                    piece(Label::Plain, format!(" {said}")),
                    piece(Label::Dim, tail),
                ],
            );
            if !one_line {
                page.say(6, 2, Label::Dim, operations);
            }
            of_accounts(&mut page, environments, meters);
        }
        across(&mut page, bridges);
        attached(&mut page, own);
        findings(&mut page, broken);
        notes(&mut page, remarks);
        not_checked(&mut page, unread);
        coverage(&mut page, covered);
        by_hand(&mut page, manual);
        hazards(&mut page, dangers);
        objections(&mut page, refused);
        not_looked_at(&mut page, away);
        page.finish()
    }
}

/// Each account's own meters, by name where there are several accounts.
fn of_accounts(page: &mut Page, environments: &[EnvironmentPlan], all: &[MeterLine]) {
    let accounts: BTreeSet<&str> = all.iter().map(|line| line.account.as_str()).collect();
    let several = environments
        .iter()
        .any(|e| environments.iter().any(|f| e.environment.account != f.environment.account));
    for account in accounts {
        let own = all.iter().filter(|line| line.of.is_none() && line.account == account);
        let own: Vec<_> = own.map(MeterLine::meter).collect();
        let lead = if several {
            format!("quotas of account {account}:")
        } else {
            String::from("quotas of the account:")
        };
        meters::line(page, 0, &lead, &own);
    }
}

/// Both sides of what spans accounts, together.
fn across(page: &mut Page, bridges: &[BridgeLine]) {
    if bridges.is_empty() {
        return;
    }
    page.blank();
    page.say(0, 2, Label::Heading, "Across accounts:");
    for bridge in bridges {
        let (sign, label) = if bridge.whole { ("+ ", Label::Added) } else { ("! ", Label::Hazard) };
        page.flow(2, 4, [piece(label, sign), piece(Label::Plain, bridge.text.as_str())]);
    }
}

fn environment(page: &mut Page, plan: &EnvironmentPlan) {
    let EnvironmentPlan { environment, resources, relinked } = plan;
    if resources.is_empty() && relinked.is_empty() {
        return head(page, environment, " · no changes");
    }
    head(page, environment, "");
    page.blank();
    let mut airy = false;
    for (at, each) in resources.iter().enumerate() {
        let mut own = Page::new(page.terminal());
        resource(&mut own, each);
        let long = own.len() > DENSE_LINES_MAX + 1;
        if at > 0 && (airy || long) {
            page.blank();
        }
        airy = long;
        page.append(own);
    }
    for StepLine { text, because, .. } in relinked {
        page.flow(
            0,
            4,
            [
                piece(Label::Changed, "~ "),
                piece(Label::Plain, text.as_str()),
                piece(Label::Dim, format!(" (because {because})")),
            ],
        );
    }
}

/// `12 to create, 3 to change, 1 to delete`.
pub(crate) fn counts(summary: &PlanSummary) -> String {
    let PlanSummary {
        create,
        update,
        replace,
        delete,
        rename,
        settings_put: _,
        settings_removed: _,
        operations: _,
    } = *summary;
    let all = [
        (create, "to create"),
        (update, "to change"),
        (replace, "to make anew"),
        (rename, "to rename"),
        (delete, "to delete"),
    ];
    let said: Vec<_> = all.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if said.is_empty() { String::from("nothing to do") } else { said.join(", ") }
}
