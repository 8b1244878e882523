//! The types: what a policy says, in normal form.
//!
//! A value that was read is in normal form; one that is put together from parts becomes so in
//! [`Document::new`].

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::diagnostic::Severity;

/// What a policy text says. Every document in a [`State`](crate::state) is one of these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Policy {
    /// IAM grammar, in normal form.
    Normal(Document),
    /// Found in an account but not IAM grammar as hatrack knows it; kept as it is, equal only to itself.
    Unreadable(String),
}

/// A policy document in normal form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Document {
    /// The policy language version.
    pub version: Version,
    /// The optional `Id`.
    pub id: Option<String>,
    /// Sorted, without duplicates.
    pub statements: Vec<Statement>,
}

/// Policy language version. 2008-10-17 knows no policy variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// `2008-10-17`, and what an absent `Version` means.
    V2008,
    /// `2012-10-17`.
    V2012,
}

/// Allow or Deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Allow.
    Allow,
    /// Deny.
    Deny,
}

/// One statement in normal form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    /// Statement id.
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`; none in identity policies.
    pub principal: Option<Element<Principals>>,
    /// `Action` or `NotAction`.
    pub action: Element<BTreeSet<Folded>>,
    /// `Resource` or `NotResource`; none in trust policies.
    pub resource: Option<Element<BTreeSet<String>>>,
    /// Operator (in AWS's spelling) → key → values.
    pub conditions: BTreeMap<String, BTreeMap<Folded, BTreeSet<String>>>,
}

/// An element or its `Not…` twin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element<T> {
    /// `Action`, `Resource`, `Principal`.
    Is(T),
    /// `NotAction`, `NotResource`, `NotPrincipal`.
    IsNot(T),
}

/// Principal type (`AWS`, `Service`, `Federated`, `CanonicalUser`) → values. `"*"` is `AWS: ["*"]`; an
/// account number is its root ARN.
pub type Principals = BTreeMap<String, BTreeSet<String>>;

/// Text that AWS compares without case (actions, condition keys): shown as written, equal ignoring ASCII
/// case.
#[derive(Clone, Debug)]
pub struct Folded(pub String);

/// What kind of policy a document is written for; the grammar differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Managed or inline policy of a user, group or role, or a permissions boundary.
    Identity,
    /// Trust policy of a role.
    Trust,
    /// Bucket policy.
    Bucket,
}

/// Something wrong in an authored document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule it breaks: the name of its page in the documentation.
    pub rule: &'static str,
    /// How bad it is; at worst what the rule says.
    pub severity: Severity,
    /// JSON pointer into the document: `/Statement/0/Action`.
    pub pointer: String,
    /// The key itself is at fault rather than its value.
    pub at_key: bool,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

impl Problem {
    /// An error in the value at a JSON pointer.
    pub fn at(rule: &'static str, pointer: &str, message: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.to_owned(), message.into());
        Self { rule, severity: Severity::Error, pointer, at_key: false, message, help: None }
    }

    /// An error in the key at a JSON pointer.
    pub fn at_key(rule: &'static str, pointer: &str, message: impl Into<String>) -> Self {
        Self { at_key: true, ..Self::at(rule, pointer, message) }
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Whether AWS refuses the document for it, or part of it can never work.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl Folded {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().map(|b| b.to_ascii_lowercase())
    }
}

impl PartialEq for Folded {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Folded {}

impl PartialOrd for Folded {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Folded {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl AsRef<str> for Folded {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Folded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Version {
    /// As AWS spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Effect {
    /// As AWS spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl<T> Element<T> {
    /// What stands in it, whichever of the two it is.
    pub fn value(&self) -> &T {
        match self {
            Self::Is(value) | Self::IsNot(value) => value,
        }
    }

    /// Whether it is the `Not…` twin.
    pub fn is_not(&self) -> bool {
        matches!(self, Self::IsNot(_))
    }

    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Element<U> {
        match self {
            Self::Is(value) => Element::Is(change(value)),
            Self::IsNot(value) => Element::IsNot(change(value)),
        }
    }
}

impl Document {
    /// Whether any statement denies.
    pub fn denies(&self) -> bool {
        self.statements.iter().any(|s| s.effect == Effect::Deny)
    }

    /// Whether every statement denies, so that setting the document can only take access away.
    pub fn only_denies(&self) -> bool {
        self.statements.iter().all(|s| s.effect == Effect::Deny)
    }
}

impl Statement {
    /// How a person would point at it: its Sid, or its effect and first action.
    pub fn name(&self) -> String {
        if let Some(sid) = &self.sid {
            return sid.clone();
        }
        let not = if self.action.is_not() { "not " } else { "" };
        let actions = self.action.value();
        let first = actions.first().map_or("nothing", Folded::as_str);
        let more = if actions.len() > 1 { ", …" } else { "" };
        format!("{} {not}{first}{more}", self.effect)
    }
}

impl Policy {
    /// The document, if it is one.
    pub fn document(&self) -> Option<&Document> {
        match self {
            Self::Normal(document) => Some(document),
            Self::Unreadable(_) => None,
        }
    }

    /// The text to send to AWS.
    pub fn to_text(&self) -> String {
        match self {
            Self::Normal(document) => document.to_text(),
            Self::Unreadable(text) => text.clone(),
        }
    }
}
