//! A document as it was written: every part that something can be said about, with its place.
//!
//! Normal form forgets order, repetition and place; whoever speaks to the author about a document needs them.

use serde_json::Value;

use super::condition::Operator;
use super::{Document, Effect, Problem, Statement, Usage, Version, read};

/// A document with the places of its parts, which are JSON pointers (RFC 6901) into the text it was read from.
#[derive(Clone, Debug)]
pub struct Written {
    /// What it says, in normal form; without the statements that could not be read.
    pub document: Document,
    /// What it was read for.
    pub usage: Usage,
    /// Its statements in the author's order; none that could not be read.
    pub statements: Vec<WrittenStatement>,
    /// Whether it is a whole document that names no version; 2008-10-17 then.
    pub versionless: bool,
}

/// One statement with the places of its parts.
#[derive(Clone, Debug)]
pub struct WrittenStatement {
    /// Where the statement stands: `/Statement/0`.
    pub pointer: String,
    /// What it says, in normal form.
    pub statement: Statement,
    /// The values of `Principal` or `NotPrincipal`, in normal form.
    pub principals: Vec<WrittenPrincipal>,
    /// The values of `Action` or `NotAction`.
    pub actions: Vec<Spot>,
    /// The values of `Resource` or `NotResource`.
    pub resources: Vec<Spot>,
    /// The condition, a key at a time.
    pub tests: Vec<WrittenTest>,
}

/// A text and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// As it was written.
    pub text: String,
    /// Where: a JSON pointer.
    pub pointer: String,
}

/// One principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenPrincipal {
    /// `AWS`, `Service`, `Federated`, `CanonicalUser`; `AWS` for the bare `*`.
    pub kind: String,
    /// In normal form: an account number is its root ARN.
    pub value: String,
    /// Where the value stands.
    pub pointer: String,
}

/// One key of a condition under one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenTest {
    /// The operator, if AWS knows it.
    pub operator: Option<Operator>,
    /// The operator as it was written, and its place, which is that of a key.
    pub word: Spot,
    /// The condition key as it was written, and its place, which is that of a key.
    pub key: Spot,
    /// The values, in normal form.
    pub values: Vec<Spot>,
}

impl Written {
    /// Reads an authored document strictly: every problem at once, and what could be read in spite of them. It may
    /// be a whole document, one statement, or a list of statements.
    pub fn read(json: &Value, usage: Usage, partition: &str) -> (Option<Self>, Vec<Problem>) {
        read::written(json, usage, partition)
    }

    /// Reads a whole document as an account returned it: without a version it is of 2008-10-17, and whatever fits the
    /// grammar is taken.
    ///
    /// # Errors
    /// Each thing that makes it no policy.
    pub fn found(json: &Value, usage: Usage, partition: &str) -> Result<Self, Vec<Problem>> {
        read::found_as_written(json, usage, partition)
    }

    /// A document that nobody wrote down in this form; the pointers lead into [`Document::to_json`].
    pub fn of(document: &Document, usage: Usage) -> Self {
        read::found_written(document, usage)
    }

    /// The place of every part, and of the document itself.
    pub fn pointers(&self) -> impl Iterator<Item = &str> {
        std::iter::once("").chain(self.statements.iter().flat_map(WrittenStatement::pointers))
    }

    /// Whether policy variables are expanded in it.
    pub fn has_variables(&self) -> bool {
        self.document.version == Version::V2012
    }
}

impl WrittenStatement {
    fn pointers(&self) -> impl Iterator<Item = &str> {
        let spots = self.actions.iter().chain(&self.resources).map(|spot| spot.pointer.as_str());
        let principals = self.principals.iter().map(|principal| principal.pointer.as_str());
        let tests = self.tests.iter().flat_map(|test| {
            let of_keys = [test.word.pointer.as_str(), test.key.pointer.as_str()];
            of_keys.into_iter().chain(test.values.iter().map(|value| value.pointer.as_str()))
        });
        std::iter::once(self.pointer.as_str()).chain(spots).chain(principals).chain(tests)
    }

    /// Whether it allows.
    pub fn allows(&self) -> bool {
        self.statement.effect == Effect::Allow
    }

    /// Whether it denies.
    pub fn denies(&self) -> bool {
        self.statement.effect == Effect::Deny
    }

    /// Whether its actions are under `NotAction`.
    pub fn is_not_action(&self) -> bool {
        self.statement.action.is_not()
    }

    /// Whether its resources are under `NotResource`.
    pub fn is_not_resource(&self) -> bool {
        self.statement.resource.as_ref().is_some_and(super::Element::is_not)
    }

    /// Whether its principals are under `NotPrincipal`.
    pub fn is_not_principal(&self) -> bool {
        self.statement.principal.as_ref().is_some_and(super::Element::is_not)
    }

    /// The tests of a condition key, whatever its case; a key that ends in `/` stands for all that begin so.
    pub fn tests_of<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a WrittenTest> + 'a {
        self.tests.iter().filter(move |test| test.is_of(key))
    }

    /// Whether a condition key is tested at all.
    pub fn tests_key(&self, key: &str) -> bool {
        self.tests.iter().any(|test| test.is_of(key))
    }
}

impl WrittenTest {
    /// Whether it tests this key, whatever its case; a key that ends in `/` stands for all that begin so.
    pub fn is_of(&self, key: &str) -> bool {
        if key.ends_with('/') {
            self.key.text.get(..key.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(key))
        } else {
            self.key.text.eq_ignore_ascii_case(key)
        }
    }

    /// Whether one of its values is this, whatever its case.
    pub fn has_value(&self, value: &str) -> bool {
        self.values.iter().any(|v| v.text.eq_ignore_ascii_case(value))
    }
}
