//! Two policy documents compared, as data and as text.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::page::{Page, Terminal, piece};
use super::style::Label;
use super::{FORMAT_VERSION, json, markdown, statements, words};
use crate::policy::{
    self, Change, Document, DocumentKind, ElementChange, Policy, Statement, StatementChange,
};

/// What differs between two documents. It is the documented JSON.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyDiff {
    /// The version of this format.
    pub format_version: u32,
    /// Whether both mean the same.
    pub equivalent: bool,
    /// The two files, as the user typed them.
    pub files: [String; 2],
    /// What the documents are for.
    pub kind: &'static str,
    /// What differs beside the statements: `Version` and `Id`.
    pub elements: Vec<ElementLine>,
    /// What becomes of each statement that is not the same in both.
    pub changes: Vec<StatementLine>,
    /// How many statements are the same in both.
    pub unchanged: usize,
    /// What one should know of the difference.
    pub notes: Vec<String>,
    #[serde(skip)]
    documents: [Policy; 2],
}

/// One statement that differs.
#[derive(Clone, Debug, Serialize)]
pub struct StatementLine {
    /// Its Sid, or its effect and first action.
    pub statement: String,
    /// `added`, `removed` or `changed`, from the first file to the second.
    pub change: &'static str,
    /// As it is in the first file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// As it is in the second file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// What differs in it, if it is in both.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elements: Vec<ElementLine>,
}

/// One element that differs.
#[derive(Clone, Debug, Serialize)]
pub struct ElementLine {
    /// `Effect`, `Action`, `Principal AWS`, `Condition StringLike s3:prefix`, …
    pub element: String,
    /// Values of the first file only.
    pub removed: Vec<String>,
    /// Values of the second file only.
    pub added: Vec<String>,
    /// How many values are in both.
    pub kept: usize,
}

impl PolicyDiff {
    /// Compares the document of the first file with that of the second.
    pub fn new(files: [&str; 2], kind: DocumentKind, before: &Document, after: &Document) -> Self {
        let all = policy::diff(before, after);
        let unchanged = all.iter().filter(|line| matches!(line.change, Change::Same(_))).count();
        Self {
            format_version: FORMAT_VERSION,
            equivalent: before == after,
            files: files.map(str::to_owned),
            kind: kind.word(),
            elements: policy::document_changes(before, after).into_iter().map(element).collect(),
            changes: all.iter().filter_map(statement).collect(),
            unchanged,
            notes: notes(files, before, after),
            documents: [before, after].map(|document| Policy::Normal(document.clone())),
        }
    }

    /// As JSON.
    pub fn json(&self) -> String {
        json::written(self)
    }

    /// For people at a terminal.
    pub fn terminal(&self, terminal: Terminal) -> String {
        let mut page = Page::new(terminal);
        if self.equivalent {
            page.say(0, 2, Label::Plain, self.gist());
        } else {
            let [one, other] = &self.files;
            page.flow(0, 2, [piece(Label::Heading, format!("{one} → {other}"))]);
            let [before, after] = &self.documents;
            statements::difference(&mut page, 2, before, after, statements::Side::Plan);
            page.blank();
            page.say(0, 2, Label::Plain, self.gist());
        }
        for note in &self.notes {
            page.flow(0, 4, [piece(Label::Dim, "note: "), piece(Label::Plain, note.as_str())]);
        }
        page.finish()
    }

    /// For issues and chats.
    pub fn markdown(&self) -> String {
        let mut out = format!("## {}\n\n", markdown::sentence(&self.gist()));
        if !self.equivalent {
            let mut page = Page::new(markdown::FENCED);
            let [before, after] = &self.documents;
            statements::difference(&mut page, 0, before, after, statements::Side::Plan);
            out.push_str(&markdown::fenced("diff", &markdown::for_diff(&page.finish())));
        }
        for note in &self.notes {
            out.push_str(&format!("\n- {}\n", markdown::sentence(note)));
        }
        out
    }

    fn gist(&self) -> String {
        let [one, other] = &self.files;
        if self.equivalent {
            return format!("`{one}` and `{other}` mean the same");
        }
        let of = |word: &str| self.changes.iter().filter(|line| line.change == word).count();
        let mut parts: Vec<_> = ["added", "removed", "changed"]
            .into_iter()
            .filter(|word| of(word) > 0)
            .map(|word| format!("{} {word}", words::count(of(word), "statement")))
            .collect();
        parts.extend(self.elements.iter().map(|line| format!("another {}", line.element)));
        format!("`{one}` and `{other}` differ: {}", parts.join(", "))
    }
}

fn element(change: ElementChange) -> ElementLine {
    let ElementChange { element, removed, added, kept } = change;
    ElementLine { element, removed, added, kept }
}

fn statement(line: &StatementChange) -> Option<StatementLine> {
    let StatementChange { name, change } = line;
    let (word, before, after) = match change {
        Change::Same(_) => return None,
        Change::Added(statement) => ("added", None, Some(statement)),
        Change::Removed(statement) => ("removed", Some(statement), None),
        Change::Changed { found, wanted } => ("changed", Some(found), Some(wanted)),
    };
    let elements = match (before, after) {
        (Some(before), Some(after)) => {
            policy::element_changes(before, after).into_iter().map(element).collect()
        }
        _ => vec![],
    };
    Some(StatementLine {
        statement: name.clone(),
        change: word,
        before: before.map(Statement::to_json),
        after: after.map(Statement::to_json),
        elements,
    })
}

/// What the difference alone does not tell.
fn notes(files: [&str; 2], before: &Document, after: &Document) -> Vec<String> {
    let mut notes = vec![];
    for (file, document, other) in [(files[0], before, after), (files[1], after, before)] {
        let there = other.dangling_principals();
        for id in document.dangling_principals().into_iter().filter(|id| !there.contains(id)) {
            let what = if id.starts_with("AROA") { "role" } else { "user" };
            notes.push(format!(
                "`{id}` in `{file}` names a deleted {what}: AWS shows the id once the {what} that was named is \
                 gone, and one made again under the same name is not meant by it"
            ));
        }
    }
    if before == after {
        return notes;
    }
    let without_names = |document: &Document| {
        let bare = document.statements.iter().cloned().map(|statement| Statement { sid: None, ..statement });
        Document::new(document.version, None, bare.collect())
    };
    if without_names(before) == without_names(after) {
        notes.push("only names differ (`Sid`, `Id`): who may do what is the same".to_owned());
    }
    if before.version != after.version {
        notes.push(
            "in version 2008-10-17 a policy variable such as `${aws:username}` is plain text".to_owned(),
        );
    }
    let roots = |document: &Document| -> BTreeSet<(String, String)> {
        let named = document.aws_principals().into_iter().filter_map(|principal| {
            let [_, partition, service, _, account, resource] = policy::arn::split(principal)?;
            let root = service == "iam" && resource == "root";
            root.then(|| (account.to_owned(), partition.to_owned()))
        });
        named.collect()
    };
    let (one, other) = (roots(before), roots(after));
    for (account, partition) in &one {
        let elsewhere = other.iter().find(|(same, there)| same == account && there != partition);
        if let Some((_, there)) = elsewhere {
            notes.push(format!(
                "account `{account}` in partition `{partition}` and in `{there}` are two accounts"
            ));
        }
    }
    notes.extend(same_test(before, after));
    notes
}

/// `ArnEquals` and `ArnLike` are one test to AWS; they are kept apart, because people read them as two.
fn same_test(before: &Document, after: &Document) -> Option<String> {
    let folded = |document: &Document| {
        let statements = document.statements.iter().cloned().map(|mut statement| {
            let named =
                |word: String| word.replace("ArnEquals", "ArnLike").replace("ArnNotEquals", "ArnNotLike");
            let conditions = std::mem::take(&mut statement.conditions);
            for (operator, keys) in conditions {
                statement.conditions.entry(named(operator)).or_default().extend(keys);
            }
            statement
        });
        Document::new(document.version, document.id.clone(), statements.collect())
    };
    let say = || "`ArnEquals` and `ArnLike` are the same test to AWS: who may do what is the same".to_owned();
    (folded(before) == folded(after)).then(say)
}
