//! The types.

use std::collections::{BTreeMap, BTreeSet};

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

/// Principal type (`AWS`, `Service`, `Federated`, `CanonicalUser`) → values. `"*"` is `AWS: ["*"]`; an account
/// number is its root ARN.
pub type Principals = BTreeMap<String, BTreeSet<String>>;

/// Text that AWS compares without case (actions, condition keys): shown as written, equal ignoring ASCII case.
#[derive(Clone, Debug)]
pub struct Folded(pub String);

// ---- API stubs, to be written properly -------------------------------------------------------------------

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
    /// JSON pointer into the document: `/Statement/0/Action`.
    pub pointer: String,
    /// The key itself is at fault rather than its value.
    pub at_key: bool,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

impl PartialEq for Folded {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}
impl Eq for Folded {}
impl PartialOrd for Folded {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Folded {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.to_ascii_lowercase().cmp(&other.0.to_ascii_lowercase())
    }
}

impl Document {
    /// Reads an authored document strictly: every problem at once.
    pub fn read(_json: &serde_json::Value, _usage: Usage, _partition: &str) -> Result<Self, Vec<Problem>> {
        Ok(Self { version: Version::V2012, id: None, statements: vec![] })
    }
    /// As JSON, in the smallest usual spelling.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
    /// As compact JSON text: what is sent to AWS.
    pub fn to_text(&self) -> String {
        self.to_json().to_string()
    }
    /// Characters that count against IAM's quotas: all but white space.
    pub fn size(&self) -> usize {
        0
    }
    /// Every `AWS` principal named in an Is-principal, as written in normal form (ARNs, `*`, unique ids).
    pub fn aws_principals(&self) -> BTreeSet<&str> {
        BTreeSet::new()
    }
    /// Whether any statement denies.
    pub fn denies(&self) -> bool {
        false
    }
    /// Whether every statement denies, so that setting the document can only take access away.
    pub fn only_denies(&self) -> bool {
        false
    }
    /// The same document with some `AWS` principals left out, and statements that then name nobody; none if none of
    /// them is named. May have no statement left.
    pub fn without_principals(&self, _absent: &BTreeSet<String>) -> Option<Self> {
        None
    }
    /// The same document with `AWS` principals renamed.
    #[must_use]
    pub fn with_principals_renamed(&self, _rename: &dyn Fn(&str) -> Option<String>) -> Self {
        self.clone()
    }
}

impl Policy {
    /// Reads a document an account returned: whatever is not IAM grammar is kept as it is.
    pub fn from_text(text: &str, _partition: &str) -> Self {
        Self::Unreadable(text.to_owned())
    }
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

impl serde::Serialize for Policy {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Normal(document) => document.to_json().serialize(serializer),
            Self::Unreadable(text) => text.serialize(serializer),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Policy {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        Ok(Self::Unreadable(json.to_string()))
    }
}

/// Stub.
pub fn glob(_pattern: &str, _text: &str) -> bool {
    false
}
