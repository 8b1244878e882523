//! Which of two documents allows more, as data and as text.

use std::collections::BTreeMap;

use serde::Serialize;

use super::page::{Page, Terminal, piece};
use super::style::Label;
use super::{FORMAT_VERSION, json, markdown};
use crate::access::compare::{Comparison, Gap, Relation};
use crate::access::rule::Rules;
use crate::policy::catalogue;

/// How the second of two documents stands to the first. It is the documented JSON.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyComparison {
    /// The version of this format.
    pub format_version: u32,
    /// `equivalent`, `narrower`, `broader`, `incomparable` or `unknown`.
    pub relation: &'static str,
    /// A request that the second allows and the first does not.
    pub gained: Option<GapLine>,
    /// A request that the first allows and the second does not.
    pub lost: Option<GapLine>,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip)]
    files: [String; 2],
    #[serde(skip)]
    how: Relation,
}

/// One request, and the statement that allows it.
#[derive(Clone, Debug, Serialize)]
pub struct GapLine {
    /// Who asks, if it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// In AWS's spelling.
    pub action: String,
    /// An ARN, or `*`.
    pub resource: String,
    /// The condition keys that it has to have.
    pub context: BTreeMap<String, Vec<String>>,
    /// The statement that allows it.
    pub statement: StatementInFile,
}

/// A statement of a document.
#[derive(Clone, Debug, Serialize)]
pub struct StatementInFile {
    /// Which one, from 1, in the file's order.
    pub number: usize,
    /// Its Sid.
    pub sid: Option<String>,
}

impl PolicyComparison {
    /// Of the documents of two files.
    pub fn new(files: [&str; 2], comparison: Comparison, found: &Rules, wanted: &Rules) -> Self {
        let Comparison { relation, gained, lost, reason } = comparison;
        Self {
            format_version: FORMAT_VERSION,
            relation: relation.word(),
            gained: gained.map(|gap| GapLine::new(gap, wanted)),
            lost: lost.map(|gap| GapLine::new(gap, found)),
            reason: reason.map(|reason| reason.to_string()),
            files: files.map(str::to_owned),
            how: relation,
        }
    }

    /// As JSON.
    pub fn json(&self) -> String {
        json::written(self)
    }

    /// For people at a terminal.
    pub fn terminal(&self, terminal: Terminal) -> String {
        let mut page = Page::new(terminal);
        page.say(0, 2, Label::Plain, self.gist());
        self.gaps(&mut page);
        page.finish()
    }

    /// For issues and chats.
    pub fn markdown(&self) -> String {
        let mut out = format!("## {}\n", markdown::sentence(&self.gist()));
        let mut page = Page::new(markdown::FENCED);
        self.gaps(&mut page);
        let text = page.finish();
        if !text.trim().is_empty() {
            out.push_str(&format!("\n{}", markdown::fenced("", &text)));
        }
        out
    }

    fn gist(&self) -> String {
        let [one, other] = &self.files;
        match self.how {
            Relation::Equivalent => format!("`{one}` and `{other}` allow the same"),
            Relation::Narrower => format!("`{other}` allows less than `{one}`, and nothing else"),
            Relation::Broader => format!("`{other}` allows all that `{one}` does, and more"),
            Relation::Incomparable => format!("`{one}` and `{other}` each allow what the other does not"),
            Relation::Unknown => {
                let reason = self.reason.as_deref().unwrap_or_default();
                format!("it is not known which of `{one}` and `{other}` allows more: {reason}")
            }
        }
    }

    fn gaps(&self, page: &mut Page) {
        let [one, other] = &self.files;
        for (gap, label, which) in [
            (&self.gained, Label::Added, format!("only `{other}` allows, for example")),
            (&self.lost, Label::Removed, format!("only `{one}` allows, for example")),
        ] {
            if let Some(gap) = gap {
                page.blank();
                page.flow(0, 2, [piece(label, which)]);
                gap.said(page);
            }
        }
    }
}

impl GapLine {
    fn new(gap: Gap, rules: &Rules) -> Self {
        let Gap { witness, statement } = gap;
        let rule = rules.rules.get(statement);
        let spelled = |key: String| {
            let written = rules.rules.iter().flat_map(|rule| &rule.comparisons).find(|test| test.key == key);
            let known = catalogue::condition_key(&key).map(|known| known.name);
            match (known, written) {
                (Some(name), _) if name.eq_ignore_ascii_case(&key) => name.to_owned(),
                (_, Some(test)) => test.key_written.clone(),
                (_, None) => key,
            }
        };
        Self {
            principal: witness.principal.map(|caller| caller.to_string()),
            action: witness.action,
            resource: witness.resource,
            context: witness.context.into_iter().map(|(key, values)| (spelled(key), values)).collect(),
            statement: StatementInFile { number: statement + 1, sid: rule.and_then(|rule| rule.sid.clone()) },
        }
    }

    fn said(&self, page: &mut Page) {
        let Self { principal, action, resource, context, statement } = self;
        let mut line = |what: &str, value: &str| {
            page.flow(2, 4, [piece(Label::Dim, format!("{what} ")), piece(Label::Plain, value)]);
        };
        line("action", action);
        line("resource", resource);
        if let Some(principal) = principal {
            line("principal", principal);
        }
        for (key, values) in context {
            line(key, &values.join(", "));
        }
        let StatementInFile { number, sid } = statement;
        let named = sid.as_ref().map(|sid| format!(" (`{sid}`)")).unwrap_or_default();
        line("by statement", &format!("{number}{named}"));
    }
}
