//! What the policies of buckets and roles give to those whom no state has.

use std::collections::BTreeSet;

use super::Limit;
use super::actions::{Universe, contains};
use super::gain::{Gain, gains};
use super::pool::{Entry, Pool, Side};
use super::settle::Judge;
use crate::access::landscape::{DocumentId, Landscape};
use crate::access::principal::{Caller, Home, Named};
use crate::access::request::{Context, Others};
use crate::policy::Element;
use crate::state::ResourceId;

/// What somebody outside gains and loses by the policy of one resource.
pub(super) struct Outside {
    pub named: Named,
    pub gained: Vec<Gain>,
    pub lost: Vec<Gain>,
}

/// The resource that a document is the policy of.
pub(super) fn resource_of(document: &DocumentId) -> Option<&ResourceId> {
    match document {
        DocumentId::Bucket(id) | DocumentId::Trust(id) => Some(id),
        DocumentId::Inline(..) | DocumentId::Customer(_) | DocumentId::Aws(..) => None,
    }
}

/// The policies of resources that are not on both sides what they are on one.
pub(super) fn changed(before: &Side<'_>, after: &Side<'_>) -> BTreeSet<DocumentId> {
    let all: BTreeSet<&DocumentId> = before.resource_documents().chain(after.resource_documents()).collect();
    let differs = |id: &&DocumentId| {
        before.landscape.document(id) != after.landscape.document(id)
            || before.landscape.is_closed(id) != after.landscape.is_closed(id)
    };
    all.into_iter().filter(differs).cloned().collect()
}

/// What those outside gain and lose by a document.
pub(super) fn outside(
    document: &DocumentId,
    before: &mut Side<'_>,
    after: &mut Side<'_>,
    universe: &mut Universe,
) -> Vec<Outside> {
    let old = before.entries(document, None, universe);
    let new = after.entries(document, None, universe);
    let landscapes = [before.landscape, after.landscape];
    let Some(resource) = resource_of(document) else { return vec![] };
    let mut all: BTreeSet<Named> = BTreeSet::new();
    for entry in old.iter().chain(&new).filter(|entry| entry.allows()) {
        all.extend(principals(entry).into_iter().filter(|named| is_outside(named, resource, landscapes)));
    }
    let mut found = vec![];
    for named in &all {
        let named = named.clone();
        let (mut from, mut to) = (of(&named, &old, landscapes[0]), of(&named, &new, landscapes[1]));
        let sides = [(&mut from, landscapes[0]), (&mut to, landscapes[1])];
        let shown = within_block(named.clone(), document, sides);
        let mut judge = Judge::new(None, None);
        let mut gained = gains(&from, &to, universe, &mut judge);
        let mut lost = gains(&to, &from, universe, &mut judge);
        // What their account gains or loses, or everybody, is told of there.
        gained.retain(|gain| names(&new, gain, &named));
        lost.retain(|gain| names(&old, gain, &named));
        // And who had it, or keeps it, is not among those who gain or lose with the account.
        for (gains, others) in [(&mut gained, &old), (&mut lost, &new)] {
            for gain in gains {
                let same: Vec<Named> =
                    all.iter().filter(|one| has(one, &named, others, gain)).cloned().collect();
                if !same.is_empty() {
                    gain.limits.push(Limit::SameFor(same));
                }
            }
        }
        found.push(Outside { named: shown, gained, lost });
    }
    found
}

/// Takes out what Block Public Access keeps from somebody. Where a policy for everybody is closed to all but the bucket's
/// own account, and was never open to others, the account stands for everybody.
fn within_block(named: Named, document: &DocumentId, sides: [(&mut Pool<'_>, &Landscape<'_>); 2]) -> Named {
    let closed = |landscape: &Landscape<'_>| landscape.is_closed(document);
    if !sides.iter().any(|(_, landscape)| closed(landscape))
        || matches!(named, Named::Caller(Caller::Service(_)))
    {
        return named;
    }
    let open = sides.iter().any(|(pool, landscape)| !closed(landscape) && !pool.allows.is_empty());
    if let (Named::Everyone, false, Some(bucket)) = (&named, open, resource_of(document)) {
        return Named::Account(bucket.account.to_string());
    }
    for (pool, _) in sides.into_iter().filter(|(_, landscape)| closed(landscape)) {
        pool.allows.clear();
    }
    named
}

/// Whether the statement that gives something names somebody.
fn names(entries: &[Entry<'_>], gain: &Gain, named: &Named) -> bool {
    let by = entries.iter().filter(|entry| entry.route == gain.route);
    by.flat_map(principals).any(|own| own == *named)
}

/// Whether one of an account is given by name what all of it gains or loses.
fn has(one: &Named, account: &Named, entries: &[Entry<'_>], gain: &Gain) -> bool {
    in_account(account, one)
        && entries.iter().any(|entry| {
            entry.allows()
                && entry.covers(&gain.area)
                && entry.tests.is_empty()
                && contains(&entry.statement.actions, &gain.actions)
                && principals(entry).contains(one)
        })
}

/// Whether one is an account that the other is of.
pub(super) fn in_account(account: &Named, named: &Named) -> bool {
    match (account, named) {
        (Named::Account(account), Named::Caller(caller)) => caller.account() == Some(account),
        _ => false,
    }
}

fn principals(entry: &Entry<'_>) -> Vec<Named> {
    match &entry.statement.rule.principals {
        Some(Element::Is(named)) => named.clone(),
        Some(Element::IsNot(_)) => vec![Named::Everyone],
        None => vec![],
    }
}

/// Whether somebody's access is told of here: whoever the states do not have, and other accounts.
fn is_outside(named: &Named, resource: &ResourceId, landscapes: [&Landscape<'_>; 2]) -> bool {
    match named {
        Named::Everyone => true,
        // What a resource's policy leaves to its own account, the policies there decide.
        Named::Account(account) => *account != resource.account.as_str(),
        Named::Caller(caller) => {
            let ours = landscapes.iter().filter_map(|landscape| landscape.identity_of(caller));
            !ours.into_iter().any(|id| id.account == resource.account)
        }
        Named::Nobody(_) => false,
    }
}

/// What a document says to somebody whom it names.
fn of<'l>(named: &Named, entries: &[Entry<'l>], landscape: &Landscape<'_>) -> Pool<'l> {
    let caller = match named {
        Named::Everyone | Named::Nobody(_) => Caller::Anonymous,
        Named::Account(account) => {
            Caller::Root { home: Home { partition: partition(landscape), account: account.clone() } }
        }
        Named::Caller(caller) => caller.clone(),
    };
    let mut context = Context::new(Others::Unknown);
    // Of everybody nothing is known.
    if *named != Named::Everyone {
        caller.describe(&mut context);
    }
    let mut pool = Pool::default();
    for entry in entries {
        let covers = |own: &Named| own == named || *own == Named::Everyone || in_account(own, named);
        let theirs = principals(entry).iter().any(covers);
        let known = match (entry.allows(), named) {
            (true, _) if !theirs => None,
            (_, Named::Everyone) if entry.allows() => Some(entry.clone()),
            (true, _) => narrowed(entry, &caller, &context),
            (false, _) => entry.for_caller(&caller, &context),
        };
        if let Some(entry) = known {
            pool.add(entry);
        }
    }
    pool
}

/// An account as a whole is named by its root, whose type and name say nothing of those in it.
fn narrowed<'l>(entry: &Entry<'l>, caller: &Caller, context: &Context) -> Option<Entry<'l>> {
    match caller {
        Caller::Root { .. } => Some(entry.clone()),
        _ => entry.for_caller(caller, context),
    }
}

fn partition(landscape: &Landscape<'_>) -> String {
    let first = landscape.state().accounts.values().next();
    first.map_or_else(|| "aws".to_owned(), |extent| extent.partition.as_str().to_owned())
}
