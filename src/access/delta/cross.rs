//! Access that spans accounts, which takes both sides: the policies of who asks, and that of the bucket.

use std::collections::BTreeSet;

use super::actions::{Universe, both, contains, either, meet};
use super::area::Area;
use super::fold::{Fold, Part};
use super::gain::Gain;
use super::holders::{Class, context, hand, pool};
use super::pool::{Entry, Side};
use super::resource::Outside;
use super::{Limit, Route, Test};
use crate::access::landscape::DocumentId;
use crate::access::principal::Named;
use crate::state::{AccountId, ResourceId};

/// How far one side lets be what the other gives.
enum Leg {
    /// All of it, by these statements.
    All(Vec<Route>),
    /// Perhaps not all.
    Some,
    /// Nothing.
    None,
}

/// How far some statements allow all of a gain.
fn leg(allows: &[Entry<'_>], gain: &Gain) -> Leg {
    let only: BTreeSet<&Test> = gain.limits.iter().flat_map(only_if).collect();
    let (mut some, mut open, mut routes) = (false, vec![], BTreeSet::new());
    for allow in allows.iter().filter(|allow| allow.overlaps(&gain.area)) {
        if gain.actions.is_empty() || !meet(&allow.statement.actions, &gain.actions) {
            continue;
        }
        some = true;
        if allow.covers(&gain.area) && allow.tests.iter().all(|test| only.contains(test)) {
            open = either(&open, &both(&allow.statement.actions, &gain.actions));
            routes.insert(allow.route.clone());
        }
    }
    match some {
        true if contains(&open, &gain.actions) => Leg::All(routes.into_iter().collect()),
        true => Leg::Some,
        false => Leg::None,
    }
}

fn only_if(limit: &Limit) -> &[Test] {
    match limit {
        Limit::OnlyIf(tests) => tests,
        Limit::NotWhile(_)
        | Limit::On(..)
        | Limit::OtherThan(..)
        | Limit::SameFor(_)
        | Limit::AsFarAs(_)
        | Limit::Until(_) => &[],
    }
}

/// Whether the policy of another account's bucket lets anybody of a class in, as far as it is known: leave of one's own
/// account is not enough there.
pub(super) fn is_let_in(
    class: &Class,
    side: &mut Side<'_>,
    gain: &mut Gain,
    universe: &mut Universe,
) -> bool {
    let Area::Of(named) = &gain.area else { return true };
    let bucket = named.bucket().and_then(|name| side.landscape.resource_of(&format!("arn:aws:s3:::{name}")));
    let Some(bucket) = bucket else { return true };
    let members: Vec<&ResourceId> =
        class.members.iter().filter(|member| member.account != bucket.account).collect();
    if members.is_empty() {
        return true;
    }
    let entries = side.entries(&DocumentId::Bucket(bucket.clone()), None, universe);
    let (mut routes, mut any, mut all) = (BTreeSet::new(), false, true);
    for caller in members.into_iter().filter_map(|member| side.landscape.caller(member)) {
        let known = context(side.landscape, &caller);
        let allows = entries.iter().filter(|entry| entry.allows());
        let allows: Vec<Entry<'_>> = allows.filter_map(|entry| entry.for_caller(&caller, &known)).collect();
        match leg(&allows, gain) {
            Leg::All(by) => {
                any = true;
                routes.extend(by);
            }
            Leg::Some => (any, all) = (true, false),
            Leg::None => all = false,
        }
    }
    if all {
        gain.with.extend(routes);
    } else {
        gain.limits.push(Limit::AsFarAs(format!("the policy of {} lets them in", bucket.address())));
    }
    any
}

/// What the policy of a bucket gives to another account's identity, or gave: held against what its own policies allow, if
/// they are known. It is then told of as any other identity of the estate.
pub(super) fn own_leg(
    found: &mut Outside,
    document: &DocumentId,
    sides: [&mut Side<'_>; 2],
    ours: &BTreeSet<AccountId>,
    universe: &mut Universe,
    fold: &mut Fold<'_>,
) {
    let Named::Caller(caller) = &found.named else { return };
    let caller = caller.clone();
    let [old, new] = sides;
    let known = new.landscape.identity_of(&caller).or_else(|| old.landscape.identity_of(&caller)).cloned();
    let Some(id) = known.filter(|_| matches!(document, DocumentId::Bucket(_))) else {
        let there = |account: &&AccountId| new.landscape.state().accounts.contains_key(*account);
        let of_ours =
            ours.iter().find(|own| Some(own.as_str()) == caller.account()).filter(|own| !there(own));
        if of_ours.is_some() && matches!(document, DocumentId::Bucket(_)) {
            let limit =
                Limit::AsFarAs("its own policies allow it, which are not part of this plan".to_owned());
            for gain in found.gained.iter_mut().chain(&mut found.lost) {
                gain.limits.push(limit.clone());
            }
        }
        return;
    };
    for (part, side, gains) in [
        (Part::Gained, new, std::mem::take(&mut found.gained)),
        (Part::Lost, old, std::mem::take(&mut found.lost)),
    ] {
        let hand = hand(side.landscape, &id, &Default::default());
        let unread = hand.held.iter().any(|(_, document)| side.landscape.document(document).is_none());
        let pool = pool(side, &hand, Some(&caller), universe);
        for mut gain in gains {
            // What its own side says of it was told of already, with this one.
            if fold.has(part, &id, &gain) {
                continue;
            }
            let kept =
                |deny: &Entry<'_>| meet(&deny.statement.actions, &gain.actions) && deny.overlaps(&gain.area);
            let free = pool.boundary.is_none() && !pool.denies.iter().any(kept);
            match leg(&pool.allows, &gain) {
                Leg::All(routes) if free => gain.with.extend(routes),
                Leg::None if !unread && part == Part::Lost => continue,
                Leg::None if !unread => {
                    gain.limits.push(Limit::Until("its own policies allow it".to_owned()))
                }
                Leg::All(_) | Leg::Some | Leg::None => {
                    gain.limits.push(Limit::AsFarAs("its own policies allow it".to_owned()));
                }
            }
            fold.alone(part, &id, gain);
        }
    }
}
