//! Reports for chats, issues and pull requests: the gist in sight, the rest folded away.

use super::aws_managed::AwsManagedLine;
use super::by_hand::ByHand;
use super::changes::{Action, ResourceChange};
use super::escape::{markdown, markdown_code};
use super::meters::{MeterLine, NEAR_FROM_PERCENT, text};
use super::page::Terminal;
use super::plan::{AcceptableHazard, AccountFinding, CoverageLine, EnvironmentHead, NotChecked};
use super::said::Said;
use super::terminal::{apply_counts, drift_counts, plan_counts, resource_text};
use super::words;
use super::{ApplyReport, DriftReport, PlanReport, StepResult};

/// How wide text within code fences is.
pub(super) const FENCED: Terminal = Terminal { width: 100, colour: false, detail: false };

/// A fence that nothing in the text can close.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end())
}

fn details(summary: &str, body: &str) -> String {
    format!("<details><summary>{summary}</summary>\n\n{body}\n</details>\n\n")
}

fn head(environment: &EnvironmentHead) -> String {
    let EnvironmentHead { name, account, region, source: _ } = environment;
    let region = if region.is_empty() { String::new() } else { format!(" · {}", markdown(region)) };
    format!("### {} · account {account}{region}\n\n", markdown(name))
}

/// What rules find in the accounts and not in the files.
fn found(all: &[AccountFinding]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut out = "**Found in the account, and not in the files**\n\n".to_owned();
    for each in all {
        let AccountFinding {
            environment: _,
            address: _,
            setting: _,
            rule,
            severity: _,
            message,
            help,
            stays,
        } = each;
        let (place, rule) = (markdown_code(&each.place()), markdown_code(rule));
        out.push_str(&format!("- {rule} {place}: {}\n", sentence(message)));
        if *stays {
            out.push_str(&format!("  - {}\n", sentence(help)));
        }
    }
    out.push('\n');
    out
}

pub(super) fn list(title: &str, all: &[Said]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut out = format!("**{title}**\n\n");
    for Said { code: _, address: _, text, help } in all {
        out.push_str(&format!("- {}\n", sentence(text)));
        for help in help {
            out.push_str(&format!("  - {}\n", sentence(help)));
        }
    }
    out.push('\n');
    out
}

/// A sentence of ours with foreign names in it: what stands in back-ticks becomes code, and all of it is harmless.
pub(super) fn sentence(help: &str) -> String {
    let parts = help.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { markdown_code(part) } else { markdown(part) }).collect()
}

/// What is open or old of what is done by hand, as a task list.
fn by_hand_list(items: &[ByHand]) -> String {
    let todo: Vec<&ByHand> = items.iter().filter(|item| item.standing != "done").collect();
    if todo.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n### By hand\n\nAWS has no call for it.\n\n");
    for item in todo {
        out.push_str(&format!("- [ ] {}: {}\n", markdown(&item.environment), markdown(&item.text())));
    }
    out
}

fn coverage(lines: &[CoverageLine]) -> String {
    lines.iter().map(|line| format!("_{}_\n\n", markdown(&line.text()))).collect()
}

fn not_checked(all: &[Said]) -> String {
    list("Not checked, because it could not be read", all)
}

/// Environments of which nothing is known, before all else.
pub(super) fn not_looked_at(all: &[NotChecked]) -> String {
    let said = |each: &NotChecked| Said {
        code: String::from("unreached"),
        address: None,
        text: each.line(),
        help: each.help.clone(),
    };
    let title = format!("{} not checked", words::count(all.len(), "environment"));
    list(&title, &all.iter().map(said).collect::<Vec<_>>())
}

fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "change",
        Action::Replace => "make anew",
        Action::Delete => "delete",
        Action::Rename => "rename",
    }
}

impl PlanReport {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        let Self {
            format_version: _,
            shard: _,
            summary,
            access,
            environments,
            environments_not_checked: away,
            across_accounts: bridges,
            steps,
            meters,
            hazards,
            aws_managed,
            findings,
            notes,
            not_checked: unread,
            coverage: covered,
            by_hand,
            objections,
            assertions,
            basis: _,
        } = self;
        let mut out = String::new();
        if steps.is_empty() {
            out.push_str(if objections.is_empty() { "## No changes\n\n" } else { "## No plan\n\n" });
        } else {
            let operations = words::count(steps.len(), "operation");
            out.push_str(&format!("## Plan: {} ({operations})\n\n", plan_counts(summary)));
        }
        out.push_str(&not_looked_at(away));
        out.push_str(&list("Errors", objections));
        out.push_str(&list("Assertions that would not hold", assertions));
        if !steps.is_empty() {
            out.push_str(&super::access_markdown::section(access));
        }
        if !hazards.is_empty() {
            out.push_str("**Hazards, the gravest last**\n\n");
            for AcceptableHazard { code: _, address: _, text, needs_acceptance: _, help } in hazards {
                out.push_str(&format!("- ⚠️ {}\n", sentence(text)));
                for help in help {
                    out.push_str(&format!("  - {}\n", sentence(help)));
                }
            }
            out.push('\n');
        }
        for environment in environments.iter().filter(|e| !e.resources.is_empty() || !e.relinked.is_empty()) {
            out.push_str(&head(&environment.environment));
            out.push_str("| | resource | declared at |\n|---|---|---|\n");
            for ResourceChange { address, action, origin, .. } in &environment.resources {
                let origin = origin.as_deref().map(markdown_code).unwrap_or_default();
                out.push_str(&format!("| {} | {} | {origin} |\n", sign(*action), markdown_code(address)));
            }
            for line in &environment.relinked {
                out.push_str(&format!("| set again | {} | |\n", markdown(&line.text)));
            }
            out.push('\n');
            let text: Vec<_> = environment.resources.iter().map(|r| resource_text(r, FENCED)).collect();
            out.push_str(&details("Every change", &fenced("diff", &for_diff(&text.concat()))));
        }
        if !bridges.is_empty() {
            out.push_str("**Across accounts**\n\n");
            for bridge in bridges {
                let sign = if bridge.whole { "" } else { "⚠️ " };
                out.push_str(&format!("- {sign}{}\n", sentence(&bridge.text)));
            }
            out.push('\n');
        }
        out.push_str(&nearly_used(meters));
        if !aws_managed.is_empty() {
            out.push_str("**What the AWS managed policies in it say**\n\n");
            for AwsManagedLine { name, version, as_of, text, .. } in aws_managed {
                let known =
                    as_of.as_ref().map_or_else(String::new, |date| format!(" as of {}", markdown(date)));
                out.push_str(&format!("- {} v{version}{known}: {}\n", markdown_code(name), markdown(text)));
            }
            out.push('\n');
        }
        out.push_str(&found(findings));
        out.push_str(&list("Notes", notes));
        out.push_str(&not_checked(unread));
        out.push_str(&coverage(covered));
        out.push_str(&by_hand_list(by_hand));
        ended(out)
    }
}

/// What is nearly used up; the rest is with each change.
fn nearly_used(all: &[MeterLine]) -> String {
    let mut out = String::new();
    for line in all.iter().filter(|line| line.meter().percent() >= NEAR_FROM_PERCENT) {
        let of = line.of.clone().unwrap_or_else(|| format!("account {}", line.account));
        out.push_str(&format!("| {} | {} |\n", markdown_code(&of), text(&line.meter())));
    }
    if out.is_empty() {
        out
    } else {
        format!("**Quotas nearly used up**\n\n| of | used |\n|---|---|\n{out}\n")
    }
}

/// GitHub colours lines of a `diff` fence by their first character: the sign moves there.
pub(super) fn for_diff(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let sign = ["+ ", "- ", "! "].into_iter().find(|sign| trimmed.starts_with(sign));
        match sign {
            Some(sign) if indent > 0 => {
                let rest = trimmed.get(sign.len()..).unwrap_or_default();
                out.push_str(&format!("{}{} {rest}\n", sign.trim_end(), " ".repeat(indent)));
            }
            Some(_) => out.push_str(&format!("{line}\n")),
            None => out.push_str(format!(" {line}").trim_end()),
        }
        if sign.is_none() {
            out.push('\n');
        }
    }
    out
}

impl DriftReport {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        let Self {
            format_version: _,
            shard: _,
            environments,
            environments_not_checked: away,
            drift,
            not_checked: unread,
            coverage: covered,
            findings,
            notes,
            summary,
            basis: _,
        } = self;
        let mut out = format!("## Drift: {}\n\n", drift_counts(summary));
        out.push_str(&not_looked_at(away));
        for environment in environments {
            let own: Vec<_> = drift.iter().filter(|f| f.environment == environment.name).collect();
            out.push_str(&head(environment));
            let counted: Vec<_> = own.iter().filter(|f| f.drift).collect();
            if counted.is_empty() {
                out.push_str("No drift.\n\n");
            } else {
                out.push_str("| | what | declared at |\n|---|---|---|\n");
            }
            for finding in &counted {
                let class = finding.class.word();
                let origin = finding.origin.as_deref().map(markdown_code).unwrap_or_default();
                let who =
                    finding.changed_by.as_ref().map_or_else(String::new, |by| format!("; {}", by.markdown()));
                out.push_str(&format!("| {class} | {}{who} | {origin} |\n", sentence(&finding.text)));
            }
            if !counted.is_empty() {
                let only = Self { environments: vec![environment.clone()], ..self.clone() };
                let text = only.without_frame().terminal(FENCED);
                // Head and counts stand above already; foreign text has no line ends to cut at.
                let text = text.rsplit_once("\n\nDrift: ").map_or(text.as_str(), |(body, _)| body);
                let text = text.split_once("\n\n").map_or(text, |(_, body)| body);
                out.push_str(&format!("\n{}", details("What differs", &fenced("diff", &for_diff(text)))));
                let answers: String =
                    counted.iter().map(|f| f.answers.markdown(&f.whole_address())).collect();
                out.push_str(&details("Put back, keep, or ignore", &answers));
            }
            let ignored: String = own.iter().filter_map(|f| Some(f.ignored.as_ref()?.markdown(f))).collect();
            if !ignored.is_empty() {
                out.push_str(&format!("**Ignored, and no drift until then**\n\n{ignored}\n"));
            }
            let rest = own.iter().filter(|f| !f.drift && f.ignored.is_none());
            let rest: Vec<_> = rest.map(|f| format!("- {}\n", sentence(&f.text))).collect();
            if !rest.is_empty() {
                let title = format!("Not answered for, and no drift ({})", rest.len());
                out.push_str(&details(&title, &rest.concat()));
            }
        }
        out.push_str(&found(findings));
        out.push_str(&list("Notes", notes));
        out.push_str(&not_checked(unread));
        out.push_str(&coverage(covered));
        ended(out)
    }

    /// Nothing but what differs in the environments at hand.
    fn without_frame(mut self) -> Self {
        let names: Vec<String> = self.environments.iter().map(|e| e.name.clone()).collect();
        self.drift.retain(|finding| finding.drift && names.contains(&finding.environment));
        self.environments_not_checked.clear();
        self.not_checked.clear();
        self.coverage.clear();
        self.notes.clear();
        self
    }
}

impl ApplyReport {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        let Self { format_version: _, summary, steps, remaining, not_checked, next } = self;
        let mut out = format!("## Apply: {}\n\n", apply_counts(summary));
        let rows = |done: bool| -> String {
            let own = steps.iter().filter(|s| (s.result == StepResult::Done) == done);
            own.map(|step| {
                let result = match step.result {
                    StepResult::Done => "done",
                    StepResult::Failed => "**failed**",
                    StepResult::NotStarted => "not started",
                    StepResult::Unknown => "**unknown**",
                };
                let reason = step.reason.as_deref().map(markdown).unwrap_or_default();
                format!("| {result} | {} | {reason} |\n", markdown(&step.text))
            })
            .collect()
        };
        let table = "| | operation | why |\n|---|---|---|\n";
        let open = rows(false);
        if !open.is_empty() {
            out.push_str(&format!("{table}{open}\n"));
        }
        let left: Vec<_> = remaining.iter().filter(|f| f.drift).collect();
        if !left.is_empty() {
            out.push_str("**Still not as declared**\n\n");
            for finding in left {
                out.push_str(&format!("- {}\n", sentence(&finding.text)));
            }
            out.push('\n');
        }
        out.push_str(&self::not_checked(not_checked));
        for step in next {
            out.push_str(&format!("- {}\n", sentence(step)));
        }
        let done = rows(true);
        if !done.is_empty() {
            let title = format!("Done ({})", summary.done);
            out.push_str(&format!("\n{}", details(&title, &format!("{table}{done}"))));
        }
        ended(out)
    }
}

/// One newline at the end.
fn ended(mut out: String) -> String {
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}
