//! One request, and what is known of it.

use std::collections::{BTreeMap, BTreeSet};

use super::principal::Caller;

/// One call of AWS's API, as far as policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub caller: Caller,
    /// The action, as `service:Name`, in any case.
    pub action: String,
    /// The ARN of what is asked for, or `*` for actions on nothing in particular.
    pub resource: String,
    /// Whose it is; none if not said, and no part of the ARN (buckets).
    pub resource_account: Option<String>,
    /// The condition keys.
    pub context: Context,
}

/// The condition keys of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Keys in small letters, with their values.
    pub values: BTreeMap<String, Vec<String>>,
    /// Keys in small letters that the request certainly does not have.
    pub absent: BTreeSet<String>,
    /// What is to be thought of every other key.
    pub others: Others,
}

/// What is to be thought of a condition key that nothing was said of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// The request does not have it.
    Absent,
    /// Nobody knows.
    Unknown,
}

/// What is known of one condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<'c> {
    /// Its values: one, or several.
    Values(&'c [String]),
    /// The request does not have it.
    Absent,
    /// Nobody said.
    Unknown,
}

impl Context {
    /// Nothing given.
    pub fn new(others: Others) -> Self {
        Self { values: BTreeMap::new(), absent: BTreeSet::new(), others }
    }

    /// What is known of a key, given in small letters.
    pub fn get(&self, key: &str) -> Known<'_> {
        match (self.values.get(key), self.others) {
            // A key without any value is the same as none.
            (Some(values), _) if values.is_empty() => Known::Absent,
            (Some(values), _) => Known::Values(values),
            (None, Others::Unknown) if !self.absent.contains(key) => Known::Unknown,
            (None, _) => Known::Absent,
        }
    }

    /// Sets the one value of a key, in any case, unless something is known of it.
    pub fn offer(&mut self, key: &str, value: impl Into<String>) {
        let key = key.to_ascii_lowercase();
        if !self.absent.contains(&key) {
            self.values.entry(key).or_insert_with(|| vec![value.into()]);
        }
    }
}
