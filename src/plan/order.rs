//! Operations in, the same in a safe order out: what a reference demands, then what takes access away before what
//! gives it, so that no access opens on the way that neither end grants.

use std::collections::{BTreeMap, BTreeSet};

use super::expand::{Draft, create_without};
use super::{Stage, Step, Unplannable};
use crate::policy::Policy;
use crate::state::{
    Core, Kind, Operation, PolicyReference, PublicAccessBlock, References, ResourceId, Setting, SettingKey,
    State, Tie, Verb,
};

/// Puts the drafts in order.
///
/// Guarantees: every step comes after all it requires; of those that may come next, the most cautious does.
pub(super) fn order(mut drafts: Vec<Draft>, wanted: &State, found: &State) -> Result<Vec<Step>, Unplannable> {
    loop {
        match sort(&drafts, wanted, found, true).or_else(|_| sort(&drafts, wanted, found, false)) {
            Ok(steps) => return Ok(steps),
            Err(stuck) => break_cycle(&mut drafts, &stuck, wanted)?,
        }
    }
}

/// Roles that trust each other are made without that trust first and given it after; settings that swap two
/// recreated resources let go of one before they take the other.
fn break_cycle(drafts: &mut Vec<Draft>, stuck: &[usize], wanted: &State) -> Result<(), Unplannable> {
    let at = |i: &usize| drafts.get(*i).map(|d| (*i, d.clone()));
    let stuck: Vec<(usize, Draft)> = stuck.iter().filter_map(at).collect();
    let making: BTreeSet<ResourceId> = stuck
        .iter()
        .filter(|(_, d)| matches!(d.operation.verb, Verb::Create { .. }))
        .map(|(_, d)| d.operation.target.clone())
        .collect();
    for (i, draft) in &stuck {
        let halves = match &draft.operation.verb {
            create @ Verb::Create { .. } => create_without(create, &draft.operation.target, &making, wanted),
            _ => None,
        };
        if let Some(halves) = halves {
            let target = &draft.operation.target;
            let updated = drafts
                .iter()
                .any(|d| d.operation.target == *target && matches!(d.operation.verb, Verb::Update { .. }));
            match drafts.get_mut(*i) {
                Some(create) if updated => create.operation.verb = halves.0, // The update there is names them all.
                _ => split(drafts, *i, halves),
            }
            return Ok(());
        }
    }
    for (i, draft) in &stuck {
        if let Verb::Put { found: Some(held), wanted } = &draft.operation.verb {
            let halves =
                (Verb::Remove { found: held.clone() }, Verb::Put { found: None, wanted: wanted.clone() });
            split(drafts, *i, halves);
            return Ok(());
        }
    }
    Err(Unplannable::Cycle(stuck.into_iter().map(|(_, d)| d.operation.target).collect()))
}

fn split(drafts: &mut Vec<Draft>, i: usize, (first, then): (Verb, Verb)) {
    if let Some(draft) = drafts.get_mut(i) {
        draft.operation.verb = first;
        let mut later = draft.clone();
        later.operation.verb = then;
        drafts.push(later);
    }
}

const TAKE: u8 = 0;
const END: u8 = 10;
const BUILD: u8 = 20;
const LOOSEN: u8 = 25;
const GIVE: u8 = 30;
const UNGUARD: u8 = 40;

fn stage(caution: u8) -> Stage {
    match caution {
        TAKE | END => Stage::Take,
        GIVE | UNGUARD => Stage::Give,
        _ => Stage::Build,
    }
}

/// What takes access away goes first, what gives access goes last.
fn caution(operation: &Operation, wanted: &State, found: &State) -> u8 {
    match &operation.verb {
        Verb::Rename { .. } => TAKE,
        Verb::Delete { .. } => END,
        Verb::Create { .. } | Verb::Update { .. } => BUILD,
        Verb::Put { found: before, wanted: setting } => match setting {
            // Another boundary may be wider: the grants that go are gone before it.
            Setting::Boundary(_) if before.is_some() => END,
            Setting::Boundary(_) => TAKE,
            Setting::PublicAccessBlock(to) => match before {
                Some(Setting::PublicAccessBlock(from)) if loosens(from, to) => {
                    if is_public(&operation.target, wanted) { LOOSEN } else { UNGUARD }
                }
                _ => TAKE,
            },
            Setting::Inline { document, .. } | Setting::BucketPolicy(document) if only_denies(document) => {
                TAKE
            }
            Setting::Attached(policy) if attached(policy, wanted).is_some_and(only_denies) => TAKE,
            Setting::Attached(policy) if policy.is_known_to_deny() => TAKE,
            Setting::Membership(group) if guards_through(group, found) && guards_through(group, wanted) => {
                TAKE
            }
            Setting::Inline { .. }
            | Setting::BucketPolicy(_)
            | Setting::Attached(_)
            | Setting::Membership(_)
            | Setting::HeldRole(_)
            | Setting::SignIn => GIVE,
            Setting::Tag { .. }
            | Setting::Encryption(_)
            | Setting::Versioning(_)
            | Setting::Ownership(_)
            | Setting::Lifecycle(_)
            | Setting::Credential { .. }
            | Setting::Objects
            | Setting::StudioLifecycle { .. }
            | Setting::Apps(_)
            | Setting::Failed(_)
            | Setting::AccountAlias(_)
            | Setting::PasswordPolicy(_) => BUILD,
        },
        Verb::Remove { found: setting } => match setting {
            Setting::Boundary(_) | Setting::PublicAccessBlock(_) => UNGUARD,
            Setting::Inline { document, .. } | Setting::BucketPolicy(document) if denies(document) => UNGUARD,
            Setting::Attached(policy) if attached(policy, found).is_some_and(denies) => UNGUARD,
            Setting::Attached(policy) if policy.is_known_to_deny() => UNGUARD,
            Setting::Membership(group) if guards_through(group, found) => UNGUARD,
            Setting::Inline { .. }
            | Setting::BucketPolicy(_)
            | Setting::Attached(_)
            | Setting::Membership(_)
            | Setting::HeldRole(_)
            | Setting::SignIn
            | Setting::Credential { .. } => TAKE,
            Setting::Tag { .. }
            | Setting::Encryption(_)
            | Setting::Versioning(_)
            | Setting::Ownership(_)
            | Setting::Lifecycle(_)
            | Setting::Objects
            | Setting::StudioLifecycle { .. }
            | Setting::Apps(_)
            | Setting::Failed(_)
            | Setting::AccountAlias(_)
            | Setting::PasswordPolicy(_) => BUILD,
        },
    }
}

fn loosens(from: &PublicAccessBlock, to: &PublicAccessBlock) -> bool {
    let switches = |b: &PublicAccessBlock| {
        let PublicAccessBlock {
            block_public_acls,
            ignore_public_acls,
            block_public_policy,
            restrict_public_buckets,
        } = *b;
        [block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets]
    };
    switches(from).iter().zip(switches(to)).any(|(from, to)| *from && !to)
}

fn denies(policy: &Policy) -> bool {
    policy.document().is_none_or(|d| d.denies())
}

fn only_denies(policy: &Policy) -> bool {
    policy.document().is_some_and(|d| d.only_denies())
}

/// Whether a bucket's wanted policy lets everybody in, so that its block must be off before the policy is put.
fn is_public(bucket: &ResourceId, wanted: &State) -> bool {
    let policy = wanted.resources.get(bucket).and_then(|b| b.settings.get(&SettingKey::BucketPolicy));
    let document = policy.and_then(Setting::document).and_then(Policy::document);
    document.is_some_and(|d| !d.only_denies() && d.aws_principals().contains("*"))
}

/// Whether a group keeps its members from doing something.
fn guards_through(group: &ResourceId, state: &State) -> bool {
    let Some(group) = state.resources.get(group) else { return false };
    group.settings.values().any(|setting| match setting {
        Setting::Inline { document, .. } => denies(document),
        Setting::Attached(policy) => policy.is_known_to_deny() || attached(policy, state).is_some_and(denies),
        _ => false,
    })
}

/// The document of an attached customer managed policy.
fn attached<'a>(policy: &PolicyReference, state: &'a State) -> Option<&'a Policy> {
    let PolicyReference::Customer(id) = policy else { return None };
    match &state.resources.get(id)?.core {
        Core::Policy { document, .. } => Some(document),
        _ => None,
    }
}

/// What an operation needs to exist, and what it lets go of.
fn needs_and_drops(operation: &Operation, found: &State) -> (References, References) {
    let all = |settings: &mut dyn Iterator<Item = &Setting>| -> References {
        settings.flat_map(Setting::references).collect()
    };
    match &operation.verb {
        Verb::Create { core, settings } => {
            let mut needs = core.references();
            needs.extend(all(&mut settings.values()));
            (needs, References::new())
        }
        Verb::Rename { .. } => (References::new(), References::new()),
        Verb::Update { found, wanted } => (wanted.references(), found.references()),
        Verb::Put { found, wanted } => (wanted.references(), all(&mut found.iter())),
        Verb::Remove { found } => (References::new(), found.references()),
        Verb::Delete { found: core } => {
            let mut drops = core.references();
            if let Some(resource) = found.resources.get(&operation.target) {
                drops.extend(all(&mut resource.settings.values().filter(|s| !s.blocks_deletion())));
            }
            (References::new(), drops)
        }
    }
}

type ByTarget = BTreeMap<ResourceId, usize>;

/// The pairs (first, then) that references and resources themselves demand. With `tidy` also what only spares people
/// a sight: a document lets go of a principal before that is deleted; after, AWS shows a dead unique id there.
fn edges(drafts: &[Draft], found: &State, tidy: bool) -> BTreeSet<(usize, usize)> {
    let by_target = |wants: fn(&Verb) -> bool| -> ByTarget {
        let chosen = drafts.iter().enumerate().filter(|(_, d)| wants(&d.operation.verb));
        chosen.map(|(i, d)| (d.operation.target.clone(), i)).collect()
    };
    let creator = by_target(|v| matches!(v, Verb::Create { .. }));
    let deleter = by_target(|v| matches!(v, Verb::Delete { .. }));
    let renamer = by_target(|v| matches!(v, Verb::Rename { .. }));
    let mover = by_target(|v| matches!(v, Verb::Update { wanted: Core::User { .. }, .. }));
    let mut remover: BTreeMap<(ResourceId, SettingKey), usize> = BTreeMap::new();
    for (i, draft) in drafts.iter().enumerate() {
        if let Verb::Remove { found } = &draft.operation.verb {
            remover.insert((draft.operation.target.clone(), found.key()), i);
        }
    }
    let mut edges = BTreeSet::new();
    for (i, Draft { operation, .. }) in drafts.iter().enumerate() {
        let target = &operation.target;
        let (needs, drops) = needs_and_drops(operation, found);
        for (id, _) in &needs {
            edges.extend(creator.get(id).map(|&c| (c, i)));
        }
        for (id, tie) in &drops {
            let last_name = || {
                !matches!(operation.verb, Verb::Delete { .. })
                    && !needs.iter().any(|(needed, _)| needed == id)
            };
            if *tie == Tie::Holds || (tidy && *tie == Tie::Binds && last_name()) {
                edges.extend(deleter.get(id).map(|&d| (i, d)));
            }
        }
        for id in std::iter::once(target).chain(needs.iter().chain(&drops).map(|(id, _)| id)) {
            edges.extend(renamer.get(id).map(|&r| (r, i)));
            if !matches!(operation.verb, Verb::Rename { .. }) {
                edges.extend(mover.get(id).map(|&m| (m, i)));
            }
        }
        match &operation.verb {
            Verb::Put { wanted, .. } => {
                edges.extend(creator.get(target).map(|&c| (c, i)));
                edges.extend(remover.get(&(target.clone(), wanted.key())).map(|&r| (r, i)));
            }
            Verb::Remove { .. } => edges.extend(deleter.get(target).map(|&d| (i, d))),
            Verb::Create { .. } => edges.extend(deleter.get(target).map(|&d| (d, i))),
            Verb::Update { .. } => edges.extend(creator.get(target).map(|&c| (c, i))),
            Verb::Rename { .. } | Verb::Delete { .. } => {}
        }
    }
    edges.retain(|(first, then)| first != then);
    edges
}

/// On one resource, a guard that cannot be set keeps the grants after it from being made.
fn guards_first(drafts: &[Draft], wanted: &State, found: &State) -> Vec<(usize, usize)> {
    let mut guards: BTreeMap<&ResourceId, Vec<usize>> = BTreeMap::new();
    let puts = |stage_wanted: Stage| {
        drafts.iter().enumerate().filter(move |(_, d)| {
            matches!(d.operation.verb, Verb::Put { .. })
                && stage(caution(&d.operation, wanted, found)) == stage_wanted
        })
    };
    for (i, draft) in puts(Stage::Take) {
        guards.entry(&draft.operation.target).or_default().push(i);
    }
    // A membership that guards gives, too, and so comes after the guards that only guard.
    let joins = |i: &usize| {
        drafts
            .get(*i)
            .is_some_and(|d| matches!(d.operation.verb, Verb::Put { wanted: Setting::Membership(_), .. }))
    };
    let joining = puts(Stage::Take).filter(|(i, _)| joins(i));
    puts(Stage::Give)
        .chain(joining)
        .flat_map(|(i, d)| guards.get(&d.operation.target).into_iter().flatten().map(move |&g| (g, i)))
        .filter(|(guard, then)| !(joins(guard) && joins(then)))
        .collect()
}

/// What cannot be taken away keeps what it would combine with from being opened: on the same resource grants, a trust,
/// a wider boundary, the lifting of a guard; and the document of a policy that somebody was to lose.
fn takes_first(drafts: &[Draft], wanted: &State, found: &State) -> Vec<(usize, usize)> {
    let stage_of = |draft: &Draft| stage(caution(&draft.operation, wanted, found));
    let mut takes: BTreeMap<&ResourceId, Vec<usize>> = BTreeMap::new();
    let mut losing: BTreeMap<&ResourceId, Vec<usize>> = BTreeMap::new();
    for (i, draft) in drafts.iter().enumerate() {
        let Verb::Remove { found: setting } = &draft.operation.verb else { continue };
        if stage_of(draft) == Stage::Take {
            takes.entry(&draft.operation.target).or_default().push(i);
            if let Setting::Attached(PolicyReference::Customer(policy)) = setting {
                losing.entry(policy).or_default().push(i);
            }
        }
    }
    let mut edges = vec![];
    for (j, draft) in drafts.iter().enumerate() {
        let Operation { target, verb } = &draft.operation;
        let opens = match verb {
            Verb::Update { found, wanted } => found != wanted,
            Verb::Put { found: Some(_), wanted: Setting::Boundary(_) } => true,
            _ => stage_of(draft) == Stage::Give,
        };
        let before = takes.get(target).filter(|_| opens).into_iter().flatten();
        let before = before
            .chain(losing.get(target).filter(|_| matches!(verb, Verb::Update { .. })).into_iter().flatten());
        edges.extend(before.map(|&i| (i, j)));
    }
    // Whoever joins a group finds it complete, its denies above all.
    let mut completing: BTreeMap<&ResourceId, Vec<usize>> = BTreeMap::new();
    for (i, draft) in drafts.iter().enumerate() {
        if draft.operation.target.kind == Kind::Group && matches!(draft.operation.verb, Verb::Put { .. }) {
            completing.entry(&draft.operation.target).or_default().push(i);
        }
    }
    for (j, draft) in drafts.iter().enumerate() {
        if let Verb::Put { wanted: Setting::Membership(group), .. } = &draft.operation.verb {
            edges.extend(completing.get(group).into_iter().flatten().map(|&i| (i, j)));
        }
    }
    // A policy that no longer needs it is there before a bucket's block is off.
    for (i, policy) in drafts.iter().enumerate() {
        if !matches!(policy.operation.verb, Verb::Put { wanted: Setting::BucketPolicy(_), .. }) {
            continue;
        }
        for (j, block) in drafts.iter().enumerate() {
            let lifts =
                matches!(block.operation.verb, Verb::Put { wanted: Setting::PublicAccessBlock(_), .. })
                    && caution(&block.operation, wanted, found) == UNGUARD;
            if lifts && policy.operation.target == block.operation.target {
                edges.push((i, j));
            }
        }
    }
    edges
}

/// IAM takes tag keys of users and roles that differ in case for one: the old spelling goes before the new one comes.
fn tags_by_case(drafts: &[Draft]) -> Vec<(usize, usize)> {
    let mut removed: BTreeMap<(&ResourceId, String), usize> = BTreeMap::new();
    for (i, draft) in drafts.iter().enumerate() {
        if let Verb::Remove { found: Setting::Tag { key, .. } } = &draft.operation.verb {
            removed.insert((&draft.operation.target, key.to_ascii_lowercase()), i);
        }
    }
    let puts = drafts.iter().enumerate().filter_map(|(j, draft)| match &draft.operation.verb {
        Verb::Put { wanted: Setting::Tag { key, .. }, .. } => Some((j, &draft.operation.target, key)),
        _ => None,
    });
    puts.filter_map(|(j, target, key)| Some((*removed.get(&(target, key.to_ascii_lowercase()))?, j)))
        .collect()
}

/// Kahn's algorithm with the most cautious step first; the steps that cannot be placed if there is a cycle.
fn sort(drafts: &[Draft], wanted: &State, found: &State, tidy: bool) -> Result<Vec<Step>, Vec<usize>> {
    let mut edges = edges(drafts, found, tidy);
    edges.extend(guards_first(drafts, wanted, found));
    edges.extend(tags_by_case(drafts));
    if tidy {
        edges.extend(takes_first(drafts, wanted, found));
    }
    let mut requires: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); drafts.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); drafts.len()];
    for &(first, then) in &edges {
        if let (Some(requires), Some(followers)) = (requires.get_mut(then), followers.get_mut(first)) {
            requires.insert(first);
            followers.push(then);
        }
    }
    let mut waiting: Vec<usize> = requires.iter().map(BTreeSet::len).collect();
    let rank = |i: usize| drafts.get(i).map(|d| (caution(&d.operation, wanted, found), i));
    let mut ready: BTreeSet<(u8, usize)> =
        waiting.iter().enumerate().filter(|(_, n)| **n == 0).filter_map(|(i, _)| rank(i)).collect();
    let mut place: BTreeMap<usize, usize> = BTreeMap::new();
    let mut steps = Vec::with_capacity(drafts.len());
    while let Some((_, i)) = ready.pop_first() {
        place.insert(i, steps.len());
        let (Some(draft), Some(requires), Some(followers)) =
            (drafts.get(i), requires.get(i), followers.get(i))
        else {
            continue;
        };
        let mut before: Vec<usize> = requires.iter().filter_map(|r| place.get(r).copied()).collect();
        before.sort_unstable();
        let stage = stage(caution(&draft.operation, wanted, found));
        let Draft { operation, because } = draft.clone();
        steps.push(Step { operation, because, stage, requires: before });
        for &follower in followers {
            if let Some(count) = waiting.get_mut(follower) {
                *count -= 1;
                if *count == 0 {
                    ready.extend(rank(follower));
                }
            }
        }
    }
    if steps.len() == drafts.len() {
        Ok(steps)
    } else {
        Err((0..drafts.len()).filter(|i| !place.contains_key(i)).collect())
    }
}
