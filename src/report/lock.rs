//! What becomes of the lock file, as plain data and in words.

use serde::Serialize;

use super::aws_managed::AwsPolicyChange;
use super::escape::{markdown, markdown_code};
use super::page::{Page, Terminal, piece};
use super::said::Said;
use super::style::Label;
use super::words::count;
use super::{FORMAT_VERSION, json};
use crate::plan::{AwsChange, KnownFrom, Relocked};
use crate::spec::lock::{AwsPolicyName, LOCK_FILE, Lock, digest};
use crate::state::AwsManaged;

/// What becomes of the lock file. This is the documented JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LockReport {
    /// 1.
    pub format_version: u32,
    /// The file's name, in the folder that holds `environments/`.
    pub file: String,
    /// Whether the file is, or with `--check` would be, another than before.
    pub changed: bool,
    /// Whether it was written: not with `--check`, and not where it is as before.
    pub written: bool,
    /// The policies that are locked, and those that no longer are, in the order of their ARNs.
    pub policies: Vec<LockLine>,
    /// What a person should know.
    pub notes: Vec<Said>,
}

/// What becomes of one policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LockLine {
    /// Its ARN.
    pub arn: String,
    /// What becomes of it.
    pub action: LockAction,
    /// The version that was locked; none if it was not.
    pub version_before: Option<u32>,
    /// The version that is locked; none if it is no longer.
    pub version: Option<u32>,
    /// The digest of its document; none if it is no longer locked.
    pub sha256: Option<String>,
    /// In words.
    pub text: String,
}

/// What becomes of one policy in the lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockAction {
    /// It was not locked.
    Add,
    /// It was locked otherwise.
    Change,
    /// It was locked as it is.
    Same,
    /// It is attached no more.
    Remove,
}

impl LockReport {
    /// What becomes of a lock.
    pub fn new(before: Option<&Lock>, relocked: &Relocked, changed: bool, written: bool) -> Self {
        let Relocked { lock, known_from, unknown } = relocked;
        let before = before.cloned().unwrap_or_default();
        let mut all: Vec<(&AwsPolicyName, LockLine)> = lock
            .policies
            .iter()
            .map(|(name, managed)| {
                (name, kept(name, before.policies.get(name), managed, known_from.get(name)))
            })
            .collect();
        let gone = before.policies.iter().filter(|(name, _)| !lock.policies.contains_key(name));
        all.extend(gone.map(|(name, managed)| (name, removed(name, managed))));
        all.sort_by(|a, b| a.0.cmp(b.0));
        let unknown = unknown.iter().map(|name| Said {
            code: String::from("aws-unknown"),
            address: None,
            text: format!("{} is not locked: no account that was read has it in use, and the catalogue does not know it", name.name),
            help: vec![],
        });
        Self {
            format_version: FORMAT_VERSION,
            file: LOCK_FILE.to_owned(),
            changed,
            written,
            policies: all.into_iter().map(|(_, line)| line).collect(),
            notes: unknown.collect(),
        }
    }

    fn outcome(&self) -> &'static str {
        match (self.changed, self.written) {
            (false, _) => "as before",
            (true, true) => "written",
            (true, false) => "not written, and not as it should be",
        }
    }

    /// As JSON.
    pub fn json(&self) -> String {
        json::written(self)
    }

    /// As text for a terminal.
    pub fn terminal(&self, terminal: Terminal) -> String {
        let mut page = Page::new(terminal);
        let Self { format_version: _, file, changed: _, written: _, policies, notes } = self;
        for LockLine { action, text, .. } in policies {
            let (sign, label) = match action {
                LockAction::Add => ("+ ", Label::Added),
                LockAction::Change => ("~ ", Label::Changed),
                LockAction::Same => continue,
                LockAction::Remove => ("- ", Label::Removed),
            };
            page.flow(0, 2, [piece(label, sign), piece(Label::Plain, text.as_str())]);
        }
        for note in notes {
            page.flow(0, 4, [piece(Label::Dim, "note: "), piece(Label::Plain, note.text.as_str())]);
        }
        page.blank();
        let locked = policies.iter().filter(|line| line.action != LockAction::Remove).count();
        page.say(0, 2, Label::Plain, format!("{file}: {}, {}", policies_counted(locked), self.outcome()));
        page.finish()
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let Self { format_version: _, file, changed: _, written: _, policies, notes } = self;
        let mut out = format!("## {}: {}\n\n", markdown(file), self.outcome());
        for LockLine { action, text, arn, .. } in policies.iter().filter(|l| l.action != LockAction::Same) {
            let word = match action {
                LockAction::Add => "added",
                LockAction::Change => "changed",
                LockAction::Same => "same",
                LockAction::Remove => "removed",
            };
            out.push_str(&format!("- {word} {}: {}\n", markdown_code(arn), markdown(text)));
        }
        for note in notes {
            out.push_str(&format!("- {}\n", markdown(&note.text)));
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        out
    }
}

fn policies_counted(n: usize) -> String {
    if n == 1 { String::from("1 AWS managed policy") } else { format!("{n} AWS managed policies") }
}

fn kept(
    name: &AwsPolicyName,
    before: Option<&AwsManaged>,
    now: &AwsManaged,
    known_from: Option<&KnownFrom>,
) -> LockLine {
    let AwsManaged { version, document } = now;
    let from = match known_from {
        Some(KnownFrom::Account(account)) => format!("as account {account} has it"),
        Some(KnownFrom::Catalogue(day)) => {
            format!("as hatrack's catalogue of {day} has it, since no account that was read has it in use")
        }
        Some(KnownFrom::Lock) | None => {
            String::from("as it was locked, since no account that was read has it in use")
        }
    };
    let (action, text) = match before {
        None => {
            let size = document.document().map_or_else(
                || String::from("not an IAM policy"),
                |document| count(document.statements.len(), "statement"),
            );
            (LockAction::Add, format!("{} v{version} ({size}), {from}", name.name))
        }
        Some(before) if before == now => (LockAction::Same, format!("{} v{version}, {from}", name.name)),
        Some(before) => {
            let change = AwsChange::between(name, before, now);
            let gist = if before.document == *document {
                String::from("says the same")
            } else {
                AwsPolicyChange::of(&change).gist()
            };
            (LockAction::Change, format!("{} v{} → v{version}, {from}: {gist}", name.name, before.version))
        }
    };
    LockLine {
        arn: name.arn(),
        action,
        version_before: before.map(|before| before.version),
        version: Some(*version),
        sha256: Some(digest(document)),
        text,
    }
}

fn removed(name: &AwsPolicyName, before: &AwsManaged) -> LockLine {
    LockLine {
        arn: name.arn(),
        action: LockAction::Remove,
        version_before: Some(before.version),
        version: None,
        sha256: None,
        text: format!("{} v{}: no environment attaches it any more", name.name, before.version),
    }
}
