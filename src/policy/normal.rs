//! Normal form: what AWS does not tell apart is written one way.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::Operator;
use super::{Document, Principals, Statement, Version, arn};

impl Document {
    /// A document put together from parts, in normal form: statements sorted, none twice, empty parts left
    /// out.
    pub fn new(version: Version, id: Option<String>, statements: Vec<Statement>) -> Self {
        let mut statements: Vec<_> = statements.into_iter().map(Statement::normal).collect();
        statements.sort();
        statements.dedup();
        Self { version, id: id.filter(|text| !text.is_empty()), statements }
    }
}

impl Statement {
    /// The statement without empty principal lists, without conditions on nothing, and with an empty Sid as
    /// none.
    #[must_use]
    pub fn normal(self) -> Self {
        let Self { sid, effect, principal, action, resource, mut conditions } = self;
        let named = |mut principals: Principals| {
            principals.retain(|_, values| !values.is_empty());
            principals
        };
        // `"Principal": {}` names nobody, as its absence does; `"NotPrincipal": {}` would be everybody.
        let principal = principal.map(|p| p.map(named)).filter(|p| p.is_not() || !p.value().is_empty());
        conditions.retain(|_, keys| !keys.is_empty());
        Self { sid: sid.filter(|text| !text.is_empty()), effect, principal, action, resource, conditions }
    }
}

/// `"Principal": "*"`.
pub(super) fn everyone() -> Principals {
    BTreeMap::from([("AWS".to_owned(), BTreeSet::from(["*".to_owned()]))])
}

/// Whether a principal element is just `"*"`.
pub(super) fn is_everyone(principals: &Principals) -> bool {
    principals.len() == 1
        && principals.get("AWS").is_some_and(|values| values.len() == 1 && values.contains("*"))
}

/// An account number is shown as its root ARN by AWS; every other principal stays.
pub(super) fn principal(kind: &str, value: &str, partition: &str) -> String {
    if kind == "AWS" && arn::is_account(value) {
        format!("arn:{partition}:iam::{value}:root")
    } else {
        value.to_owned()
    }
}

/// The values of truth are compared without case; every other condition value stays.
pub(super) fn condition_value(operator: Option<Operator>, value: String) -> String {
    let word = value.to_ascii_lowercase();
    let is_truth = operator.is_some_and(|o| o.test.is_truth());
    if is_truth && (word == "true" || word == "false") { word } else { value }
}
