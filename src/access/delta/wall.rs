//! What the policies of buckets deny, put together once for all who ask: a hundred buckets that ask for TLS are one
//! statement about them all.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::actions::{Actions, Universe, meet};
use super::pool::{Compiled, Entry, Pool, Side};
use super::{Route, Test};
use crate::access::landscape::DocumentId;
use crate::access::principal::{Caller, Named};
use crate::access::request::Context;
use crate::policy::Element;

/// What the policies of all buckets of a state deny.
#[derive(Default)]
pub(super) struct Walls<'l> {
    all: Vec<Entry<'l>>,
}

/// All that several statements have in common but the resources; and the document, if what they say depends on its version.
type Common = (Actions, BTreeSet<Test>, Option<Element<Vec<Named>>>, Option<DocumentId>);

impl<'l> Walls<'l> {
    pub(super) fn new(side: &mut Side<'l>, universe: &mut Universe) -> Self {
        let documents = side.resource_documents().filter(|id| matches!(id, DocumentId::Bucket(_)));
        let documents: Vec<&DocumentId> = documents.collect();
        let mut by: BTreeMap<Common, (Route, Vec<Rc<Compiled<'l>>>)> = BTreeMap::new();
        for document in documents {
            for entry in side.entries(document, None, universe).into_iter().filter(|entry| !entry.allows()) {
                let statement = entry.statement;
                let principals = statement.rule.principals.clone();
                let variables =
                    statement.tests.iter().flat_map(|test| &test.values).any(|v| v.contains("${"));
                let alone = variables.then(|| document.clone());
                let common = (statement.actions.clone(), statement.tests.clone(), principals, alone);
                by.entry(common).or_insert_with(|| (entry.route, vec![])).1.push(statement);
            }
        }
        let merged = |(route, statements): (Route, Vec<Rc<Compiled<'l>>>)| {
            Some(Entry::new(route, Rc::new(Compiled::merged(statements)?), true))
        };
        Self { all: by.into_values().filter_map(merged).collect() }
    }

    /// Those that have to do with what somebody is allowed, whoever it is.
    pub(super) fn around(&self, pools: [&Pool<'l>; 2]) -> Vec<Entry<'l>> {
        let touches = |deny: &&Entry<'l>| {
            let allows = pools.into_iter().flat_map(|pool| &pool.allows);
            allows.into_iter().any(|allow| {
                let statement = &allow.statement;
                meet(&statement.actions, &deny.statement.actions)
                    && statement.areas.iter().any(|area| deny.overlaps(area))
            })
        };
        self.all.iter().filter(touches).cloned().collect()
    }
}

/// What of some statements is about a caller.
pub(super) fn about<'l>(denies: &[Entry<'l>], caller: &Caller, context: &Context) -> Vec<Entry<'l>> {
    denies.iter().filter_map(|deny| deny.for_caller(caller, context)).collect()
}

/// Whether a Deny may be another for each caller of an account.
pub(super) fn is_personal(deny: &Entry<'_>) -> bool {
    let rule = deny.statement.rule;
    let everyone = matches!(&rule.principals, Some(Element::Is(named)) if named.contains(&Named::Everyone));
    let by_key = rule.comparisons.iter().any(|comparison| {
        let key = comparison.key.as_str();
        let same = ["aws:principalaccount", "aws:principalisawsservice", "aws:principalorgid"].contains(&key);
        (key.starts_with("aws:principal") && !same) || key.starts_with("aws:user")
    });
    !everyone || by_key
}
