//! Several accounts as one. They are opened and read side by side; one that cannot be reached leaves what the others
//! say standing. Each operation goes to the account its target is in, by the way of the environment it belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{Account, Hygiene, HygieneRequest, ReadRequest, Reading, TopicMessage, Unreachable, Unreached};
use crate::plan::{TrailAnswer, TrailPage};
use crate::state::{
    AccountId, Extent, Kind, Operation, Owner, Refusal, Resource, ResourceId, Scope, Setting, State, Verb,
};

/// Makes a connection: loads credentials, assumes roles, asks who we are.
pub type Open = Box<dyn Fn() -> Result<Arc<dyn Account>, Unreachable> + Send + Sync>;

/// Several accounts as one.
pub struct Fleet {
    ways: Vec<Way>,
    /// How many accounts are opened or read at once.
    at_once: usize,
    interrupted: Arc<AtomicBool>,
    /// By which way what was found is reached, where an account has several.
    keepers: Mutex<BTreeMap<ResourceId, usize>>,
}

/// One way into an account: with the credentials of one environment, or of several that have the same.
struct Way {
    account: AccountId,
    environments: Vec<String>,
    open: Open,
    opened: OnceLock<Result<Arc<dyn Account>, Unreachable>>,
}

impl Way {
    fn opened(&self) -> Result<Arc<dyn Account>, Unreachable> {
        self.opened.get_or_init(|| (self.open)()).clone()
    }

    /// What those who go this way answer for.
    fn scopes<'a>(&self, all: &'a [Scope]) -> Vec<&'a Scope> {
        let own = |s: &&Scope| s.account == self.account && self.environments.contains(&s.environment);
        all.iter().filter(own).collect()
    }
}

impl Fleet {
    /// No account yet. `at_once` are opened and read side by side; `interrupted` ends what has not begun.
    pub fn new(at_once: usize, interrupted: Arc<AtomicBool>) -> Self {
        Self { ways: vec![], at_once: at_once.max(1), interrupted, keepers: Mutex::default() }
    }

    /// Adds a way into an account, which is opened when it is first needed. What nobody answers for is read by the
    /// first way into an account.
    pub fn add(&mut self, account: AccountId, environments: Vec<String>, open: Open) {
        self.ways.push(Way { account, environments, open, opened: OnceLock::new() });
    }

    /// Does something by some of the ways, a few at a time. None for those that were not asked for.
    fn side_by_side<T: Send>(
        &self,
        asked: impl Fn(&Way) -> bool,
        act: impl Fn(&Way) -> Result<T, Unreachable> + Sync,
    ) -> Vec<Option<Result<T, Unreachable>>> {
        let asked: Vec<usize> =
            (0..self.ways.len()).filter(|i| self.ways.get(*i).is_some_and(&asked)).collect();
        let stopped_before = self.interrupted.load(Ordering::Relaxed);
        let next = AtomicUsize::new(0);
        let results = Mutex::new(BTreeMap::new());
        let work = || {
            while let Some(&at) = asked.get(next.fetch_add(1, Ordering::Relaxed)) {
                let Some(way) = self.ways.get(at) else { continue };
                // Whoever was interrupted while applying still wants to know how the accounts stand.
                let result = if !stopped_before && self.interrupted.load(Ordering::Relaxed) {
                    Err(Unreachable::interrupted())
                } else {
                    act(way)
                };
                results.lock().unwrap_or_else(PoisonError::into_inner).insert(at, result);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.at_once.min(asked.len()) {
                scope.spawn(work);
            }
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        (0..self.ways.len()).map(|at| results.remove(&at)).collect()
    }

    /// By which way a target is reached: as what it belongs to was read.
    fn way_to(&self, operation: &Operation) -> Option<&Way> {
        let target = &operation.target;
        let into: Vec<usize> = (0..self.ways.len())
            .filter(|i| self.ways.get(*i).is_some_and(|way| way.account == target.account))
            .collect();
        if into.len() > 1 {
            let keepers = self.keepers.lock().unwrap_or_else(PoisonError::into_inner);
            let of = |id: &ResourceId| keepers.get(id).and_then(|at| self.ways.get(*at));
            // Somebody's user in a group of ours: whoever answers for the group takes them out.
            let group = match &operation.verb {
                Verb::Put { wanted: Setting::Membership(group), .. }
                | Verb::Remove { found: Setting::Membership(group) } => Some(group),
                _ => None,
            };
            if let Some(way) = of(target).or_else(|| group.and_then(of)) {
                return Some(way);
            }
        }
        into.first().and_then(|at| self.ways.get(*at))
    }
}

impl Account for Fleet {
    fn read(&self, request: &ReadRequest) -> Result<Reading, Unreachable> {
        let results = self.side_by_side(
            |way| !way.scopes(&request.scopes).is_empty(),
            |way| {
                let scopes = way.scopes(&request.scopes).into_iter().cloned().collect();
                let own = ReadRequest { scopes, credentials: request.credentials };
                way.opened().and_then(|account| account.read(&own))
            },
        );
        let mut all = Reading::default();
        let mut keepers = BTreeMap::new();
        let mut seen: BTreeSet<&AccountId> = BTreeSet::new();
        for (at, (way, result)) in self.ways.iter().zip(results).enumerate() {
            let Some(result) = result else { continue };
            let own = way.scopes(&request.scopes);
            let reading = match result {
                Ok(reading) => reading,
                Err(why) => {
                    if why == Unreachable::interrupted() {
                        return Err(why);
                    }
                    all.unreached.extend(own.iter().map(|scope| Unreached {
                        environment: scope.environment.clone(),
                        account: way.account.clone(),
                        why: why.clone(),
                    }));
                    continue;
                }
            };
            let Reading { state, unread, callers, notes, unreached } = reading;
            if seen.insert(&way.account) {
                for (id, found) in &state.resources {
                    keepers.extend(keeper(&own, id, Some(found)).then(|| (id.clone(), at)));
                }
                all.state.accounts.extend(state.accounts);
                all.state.resources.extend(state.resources);
            } else {
                merge(&mut all.state, state, &own, &mut |id| _ = keepers.insert(id, at));
            }
            for id in own.iter().flat_map(|scope| &scope.declared) {
                keepers.insert(id.clone(), at);
            }
            all.unread.extend(unread);
            all.callers.extend(callers);
            all.notes.extend(notes);
            all.unreached.extend(unreached);
        }
        // One account, or none of one environment: there is no rest to go on with.
        if let ([only], true) = (all.unreached.as_slice(), all.state.accounts.is_empty()) {
            let Unreached { environment, account: _, why } = only;
            let message = format!("environment `{environment}`: {}", why.message);
            return Err(Unreachable { message, help: why.help.clone() });
        }
        all.unread.sort_by(|a, b| a.what.cmp(&b.what));
        all.unread.dedup();
        *self.keepers.lock().unwrap_or_else(PoisonError::into_inner) = keepers;
        Ok(all)
    }

    /// By the first way into an account that can be gone.
    fn hygiene(&self, request: &HygieneRequest) -> Result<Hygiene, Unreachable> {
        let opened = self
            .side_by_side(|way| request.regions.contains_key(&way.account), |way| way.opened().map(|_| ()));
        let mut chosen: BTreeMap<&AccountId, Result<usize, Unreachable>> = BTreeMap::new();
        for (at, (way, result)) in self.ways.iter().zip(opened).enumerate() {
            match result {
                Some(Ok(())) if !matches!(chosen.get(&way.account), Some(Ok(_))) => {
                    chosen.insert(&way.account, Ok(at));
                }
                Some(Err(why)) if why == Unreachable::interrupted() => return Err(why),
                Some(Err(why)) => _ = chosen.entry(&way.account).or_insert(Err(why)),
                Some(Ok(())) | None => {}
            }
        }
        let way_of = |account: &AccountId| chosen.get(account).and_then(|way| way.as_ref().ok());
        let is_chosen = |way: &Way| {
            way_of(&way.account)
                .and_then(|at| self.ways.get(*at))
                .is_some_and(|first| std::ptr::eq(first, way))
        };
        let looked = self.side_by_side(is_chosen, |way| {
            let regions = request.regions.get(&way.account).cloned().unwrap_or_default();
            let own =
                HygieneRequest { regions: [(way.account.clone(), regions)].into(), measure: request.measure };
            way.opened().and_then(|account| account.hygiene(&own))
        });
        let mut all = Hygiene::default();
        for (way, result) in self.ways.iter().zip(looked) {
            match result {
                Some(Ok(Hygiene { accounts, unreached })) => {
                    all.accounts.extend(accounts);
                    all.unreached.extend(unreached);
                }
                Some(Err(why)) if why == Unreachable::interrupted() => return Err(why),
                Some(Err(why)) => _ = all.unreached.insert(way.account.clone(), why),
                None => {}
            }
        }
        for (account, result) in chosen {
            all.unreached.extend(result.err().map(|why| (account.clone(), why)));
        }
        Ok(all)
    }

    fn perform(&self, operation: &Operation) -> Result<(), Refusal> {
        let Some(way) = self.way_to(operation) else {
            return Err(Refusal::Unavailable {
                message: format!("account {} is not part of this run", operation.target.account),
            });
        };
        match way.opened() {
            Ok(account) => account.perform(operation),
            Err(why) => Err(Refusal::Unavailable { message: why.message }),
        }
    }

    fn trail(&self, page: &TrailPage) -> Result<TrailAnswer, String> {
        let way = self.ways.iter().find(|way| way.account == page.id.account && way.opened().is_ok());
        let way = way.ok_or_else(|| String::from("the account is not part of this run"))?;
        way.opened().map_err(|why| why.message)?.trail(page)
    }

    /// As the topic's own account works, if it takes part; else as the first one does.
    fn publish(&self, message: &TopicMessage) -> Result<(), String> {
        let own = self.ways.iter().filter(|way| way.account == message.topic.account);
        let account = own.chain(&self.ways).find_map(|way| way.opened().ok());
        account.ok_or_else(|| String::from("there is no account to send from"))?.publish(message)
    }
}

/// Whether one of these scopes answers for a resource.
fn keeper(scopes: &[&Scope], id: &ResourceId, found: Option<&Resource>) -> bool {
    scopes.iter().any(|scope| {
        scope.declared.contains(id) || found.is_some_and(|found| scope.owner(id, found) == Owner::Ours)
    })
}

/// What a further way into an account says of what it answers for; of all else the first way's word stands. A kind that
/// one of them could not read nobody has read in full.
fn merge(all: &mut State, one: State, own: &[&Scope], keep: &mut dyn FnMut(ResourceId)) {
    let State { accounts, resources } = one;
    for (account, extent) in accounts {
        let Extent { partition: _, kinds, regions, quotas, aws_managed } = extent;
        if let Some(there) = all.accounts.get_mut(&account) {
            // What a way is not asked about it does not read, and says nothing against.
            let only_here = regions.is_some() && there.regions.is_none();
            let only_there = regions.is_none() && there.regions.is_some();
            let asked_here = |kind: Kind| (kind.is_regional() && only_here) || kind == Kind::Account;
            let asked_there = |kind: Kind| (kind.is_regional() && only_there) || kind == Kind::Account;
            there.kinds.retain(|kind| kinds.contains(kind) || asked_there(*kind));
            there.kinds.extend(kinds.into_iter().filter(|kind| asked_here(*kind)));
            there.regions = match (there.regions.take(), regions) {
                (Some(mut all), Some(more)) => {
                    all.extend(more);
                    Some(all)
                }
                (one, other) => one.or(other),
            };
            if there.quotas.is_empty() {
                there.quotas = quotas;
            }
            for (name, policy) in aws_managed {
                there.aws_managed.entry(name).or_insert(policy);
            }
        }
    }
    let ids: BTreeSet<ResourceId> = all.resources.keys().chain(resources.keys()).cloned().collect();
    for id in ids {
        let (there, here) = (all.resources.get(&id), resources.get(&id));
        if !keeper(own, &id, here.or(there)) {
            continue;
        }
        match here {
            Some(here) => all.resources.insert(id.clone(), here.clone()),
            None => all.resources.remove(&id),
        };
        keep(id);
    }
    all.resources.retain(|id, _| all.accounts.get(&id.account).is_some_and(|e| e.kinds.contains(&id.kind)));
}
