//! What was found out of everybody, put together: who gains the same stands in one line.

use std::collections::{BTreeMap, BTreeSet};

use super::actions::{Number, Universe, meet};
use super::affected::grouped;
use super::area::{Area, Named as NamedArea};
use super::compare::documents;
use super::denial::Moved;
use super::escalation::{Assumed, Opened, trusts};
use super::gain::Gain;
use super::holders::Class;
use super::resource::{Outside, resource_of};
use super::{AccessDelta, Denial, Edge, Escalation, Line, Rank, Resources, Route, Turn, Who};
use crate::access::landscape::{DocumentId, Landscape};
use crate::access::powers::{Method, On};
use crate::access::principal::{Caller, Named};
use crate::policy::{AccessWord, Effect, Element, glob};
use crate::state::{AccountId, Kind, Resource, ResourceId, Setting};

/// Known roles told by name for one pattern.
const KNOWN_MAX: usize = 10;

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Gained,
    Lost,
}

/// Ways that open, told apart by all that is said of them but to whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct OpenedKey {
    administrator: bool,
    roles: Option<String>,
    gains: Vec<&'static str>,
    route: Route,
}

/// An edge, told by all but who.
type EdgeKey = (Turn, ResourceId, BTreeSet<String>, Vec<Route>);

/// Everything found so far.
pub(super) struct Fold<'l> {
    before: &'l Landscape<'l>,
    after: &'l Landscape<'l>,
    /// Accounts that are nobody outside, besides those of the states.
    ours: &'l BTreeSet<AccountId>,
    lines: BTreeMap<(Part, Gain), BTreeSet<ResourceId>>,
    outside: Vec<(Part, Named, ResourceId, Gain)>,
    opened: BTreeMap<OpenedKey, (Vec<&'static Method>, BTreeSet<ResourceId>)>,
    edges: BTreeMap<EdgeKey, BTreeSet<ResourceId>>,
    denials: BTreeSet<Denial>,
    /// The users of each group, before and after.
    members: [Members; 2],
    sensitive: Vec<Area>,
}

impl<'l> Fold<'l> {
    pub(super) fn new(
        before: &'l Landscape<'l>,
        after: &'l Landscape<'l>,
        ours: &'l BTreeSet<AccountId>,
    ) -> Self {
        let resources = before.state().resources.iter().chain(&after.state().resources);
        let sensitive = resources.filter(|(id, r)| id.kind == Kind::Bucket && is_sensitive(r));
        let names: BTreeSet<&str> = sensitive.map(|(id, _)| id.name.as_str()).collect();
        let sensitive =
            names.into_iter().map(|name| Area::Of(NamedArea::new(&format!("arn:*:s3:::{name}/*"))));
        Self {
            before,
            after,
            ours,
            lines: BTreeMap::new(),
            outside: vec![],
            opened: BTreeMap::new(),
            edges: BTreeMap::new(),
            denials: BTreeSet::new(),
            members: [members(before), members(after)],
            sensitive: sensitive.collect(),
        }
    }

    pub(super) fn class(&mut self, class: &Class, part: Part, gains: Vec<Gain>, universe: &Universe) {
        for gain in gains {
            // Whether a role that is there can be assumed is told of by the role, since it takes both sides.
            if self.is_edge(&gain, universe) {
                continue;
            }
            self.lines.entry((part, gain)).or_default().extend(class.members.iter().cloned());
        }
    }

    fn is_edge(&self, gain: &Gain, universe: &Universe) -> bool {
        let assumes = |number: &Number| universe.name(*number) == ("sts", "AssumeRole");
        let known = match &gain.area {
            Area::Of(named) => {
                let sides = [self.before, self.after];
                named.is_exact() && sides.iter().any(|side| side.resource_of(&named.text).is_some())
            }
            Area::AllBut(_) => false,
        };
        known && gain.word == AccessWord::Become && gain.actions.iter().all(assumes)
            || matches!(gain.route.document, DocumentId::Trust(_))
    }

    pub(super) fn outside(&mut self, document: &DocumentId, found: Outside) {
        let Some(resource) = resource_of(document) else { return };
        let Outside { named, gained, lost } = found;
        let parts = [(Part::Gained, gained), (Part::Lost, lost)];
        for (part, gain) in parts.into_iter().flat_map(|(part, all)| all.into_iter().map(move |g| (part, g)))
        {
            // Tagging a session comes with assuming.
            if matches!(document, DocumentId::Trust(_)) && gain.word != AccessWord::Become {
                continue;
            }
            self.outside.push((part, named.clone(), resource.clone(), gain));
        }
    }

    /// Whether it was found by somebody's own policies that they gain or lose something, or part of it.
    pub(super) fn has(&self, part: Part, id: &ResourceId, gain: &Gain) -> bool {
        self.lines.iter().any(|((own, known), members)| {
            *own == part
                && known.word == gain.word
                && known.area.overlaps(&gain.area)
                && meet(&known.actions, &gain.actions)
                && members.contains(id)
        })
    }

    /// What one of the estate's identities gains or loses, by no policy of its own.
    pub(super) fn alone(&mut self, part: Part, id: &ResourceId, gain: Gain) {
        self.lines.entry((part, gain)).or_default().insert(id.clone());
    }

    pub(super) fn denials(&mut self, all: impl Iterator<Item = Moved>, universe: &Universe) {
        for moved in all {
            let Moved { comes, to, spares, actions, areas, except, limits, tests, route, affected, perhaps } =
                moved;
            let words: BTreeSet<AccessWord> = actions.iter().map(|number| universe.word(*number)).collect();
            let data = [AccessWord::ReadData, AccessWord::WriteData, AccessWord::DeleteData];
            let sensitive = data.iter().any(|word| words.contains(word))
                && areas.iter().any(|area| self.sensitive.iter().any(|bucket| bucket.overlaps(area)));
            let [before, after] = &self.members;
            let members = if comes { before } else { after };
            self.denials.insert(Denial {
                comes,
                rank: if sensitive { Rank::Sensitive } else { Rank::Rest },
                to,
                spares,
                words: words.into_iter().collect(),
                resources: areas.iter().map(Area::resources).collect(),
                except,
                tests,
                limits,
                route,
                affected: grouped(affected, members),
                perhaps: grouped(perhaps, members),
            });
        }
    }

    pub(super) fn escalation(&mut self, class: &Class, opened: Opened) {
        let Opened { administrator, roles, methods, route } = opened;
        let gains = methods.iter().map(|method| method.gain).collect();
        let key = OpenedKey { administrator, roles, gains, route };
        let (_, members) = self.opened.entry(key).or_insert_with(|| (methods, BTreeSet::new()));
        members.extend(class.members.iter().cloned());
    }

    pub(super) fn assumed(&mut self, assumed: Assumed) {
        let Assumed { who, role, turn, keys, routes } = assumed;
        self.edges.entry((turn, role, keys, routes)).or_default().insert(who);
    }

    /// Somebody by the group, or themselves.
    fn who(&self, part: Part, group: Option<&ResourceId>, members: BTreeSet<ResourceId>) -> Who {
        let Some(group) = group else {
            let members: Vec<ResourceId> = members.into_iter().collect();
            return match members.as_slice() {
                // Nobody is in it yet.
                [group] if group.kind == Kind::Group => {
                    Who::Members { group: group.clone(), users: vec![], others: vec![] }
                }
                _ => Who::Identities(members),
            };
        };
        let [before, after] = &self.members;
        let all = match part {
            Part::Gained => after.get(group),
            Part::Lost => before.get(group),
        };
        let all = all.cloned().unwrap_or_default();
        let others = all.difference(&members).cloned().collect();
        Who::Members { group: group.clone(), users: members.into_iter().collect(), others }
    }

    pub(super) fn finish(
        mut self,
        changed: BTreeSet<DocumentId>,
        classes: &[Class],
        universe: &Universe,
    ) -> AccessDelta {
        let (mut gained, mut lost) = (vec![], vec![]);
        for ((part, gain), members) in std::mem::take(&mut self.lines) {
            let who = self.who(part, gain.route.group.as_ref(), members);
            let rank = self.rank(&gain, universe);
            let line = line(rank, who, gain, universe);
            match part {
                Part::Gained => gained.push(line),
                Part::Lost => lost.push(line),
            }
        }
        for (part, named, resource, gain) in std::mem::take(&mut self.outside) {
            let rank = self.outside_rank(&named, &resource, &gain);
            let line = line(rank, Who::Outside(named), gain, universe);
            match part {
                Part::Gained => gained.push(line),
                Part::Lost => lost.push(line),
            }
        }
        for lines in [&mut gained, &mut lost] {
            as_one(lines);
            lines.sort();
        }
        let escalations = self.escalations();
        let edges = self.edges();
        let unreadable = self.unreadable(classes);
        let mut said: BTreeSet<&DocumentId> = BTreeSet::new();
        for Line { route, because, with, .. } in gained.iter().chain(&lost) {
            said.extend(because.iter().chain(with).chain([route]).map(|route| &route.document));
        }
        said.extend(self.denials.iter().map(|denial| &denial.route.document));
        said.extend(edges.iter().flat_map(|edge| edge.routes.iter().map(|route| &route.document)));
        let without_effect = changed.iter().filter(|id| !said.contains(id) && !unreadable.contains(id));
        let without_effect = without_effect.cloned().collect();
        let denials = self.denials.into_iter().collect();
        AccessDelta { gained, lost, escalations, edges, denials, without_effect, unreadable }
    }

    fn rank(&self, gain: &Gain, universe: &Universe) -> Rank {
        let of_iam = |number: &Number| universe.name(*number).0 == "iam";
        match gain.word {
            AccessWord::Become => Rank::Escalation,
            AccessWord::Administer if gain.actions.iter().any(of_iam) => Rank::Escalation,
            AccessWord::ReadData | AccessWord::WriteData | AccessWord::DeleteData
                if self.touches(gain, universe) =>
            {
                Rank::Sensitive
            }
            _ => Rank::Rest,
        }
    }

    /// Whether it is about a bucket whose content is sensitive.
    fn touches(&self, gain: &Gain, universe: &Universe) -> bool {
        self.sensitive.iter().any(|bucket| bucket.overlaps(&gain.area))
            && gain.actions.iter().any(|number| universe.name(*number).0 == "s3")
    }

    fn outside_rank(&self, named: &Named, resource: &ResourceId, gain: &Gain) -> Rank {
        let mut ours = self.after.state().accounts.keys().chain(self.ours);
        let mut ours = |account: &str| ours.any(|own| own.as_str() == account);
        let narrowed = gain.limits.iter().any(|limit| match limit {
            super::Limit::OnlyIf(tests) => {
                tests.iter().any(|test| NARROWING.iter().any(|key| test.key.starts_with(key)))
            }
            super::Limit::NotWhile(tests) => tests.iter().any(|test| {
                test.operator.contains("Not") && NARROWING.iter().any(|key| test.key.starts_with(key))
            }),
            super::Limit::On(..)
            | super::Limit::OtherThan(..)
            | super::Limit::SameFor(_)
            | super::Limit::AsFarAs(_)
            | super::Limit::Until(_) => false,
        });
        match named {
            Named::Everyone if narrowed => Rank::External,
            Named::Everyone => Rank::Public,
            Named::Account(account) if ours(account) => Rank::Rest,
            Named::Account(_) => Rank::External,
            Named::Caller(Caller::Service(_)) => Rank::Rest,
            Named::Caller(caller) => match caller.account() {
                Some(account) if account == resource.account.as_str() || ours(account) => Rank::Rest,
                _ => Rank::External,
            },
            Named::Nobody(_) => Rank::Rest,
        }
    }

    fn escalations(&mut self) -> Vec<Escalation> {
        let mut found = vec![];
        for (key, (methods, members)) in std::mem::take(&mut self.opened) {
            let OpenedKey { administrator, roles, gains: _, route } = key;
            let mut known = roles.as_deref().map(|roles| self.passable(roles, &methods)).unwrap_or_default();
            let mighty: Vec<ResourceId> = known.iter().filter(|id| self.is_mighty(id)).cloned().collect();
            let known_count = known.len();
            known.truncate(KNOWN_MAX);
            let who = self.who(Part::Gained, route.group.as_ref(), members);
            found.push(Escalation { who, administrator, roles, known, known_count, mighty, methods, route });
        }
        found.sort_by_key(|e| (!e.administrator, e.mighty.is_empty(), e.roles.is_some()));
        found
    }

    /// The roles that a pattern covers and that trust a service that one of the ways passes them to.
    fn passable(&self, pattern: &str, methods: &[&Method]) -> Vec<ResourceId> {
        let needs = methods.iter().flat_map(|method| method.needs);
        let services: BTreeSet<&str> = needs
            .flat_map(|need| match need.on {
                On::PassedTo(services) => services,
                _ => &[],
            })
            .copied()
            .collect();
        let roles = self.after.identities().filter(|id| id.kind == Kind::Role);
        let within = roles.filter(|id| {
            pattern == "*" || self.after.state().principal_arn(id).is_some_and(|arn| glob(pattern, &arn))
        });
        let trusted = within.filter(|id| services.iter().any(|service| trusts(self.after, id, service)));
        trusted.cloned().collect()
    }

    /// Whether a role has rights to everything.
    fn is_mighty(&self, role: &ResourceId) -> bool {
        self.after.held(role).iter().any(|held| {
            let document = self.after.document(&held.document);
            document.into_iter().flat_map(|document| &document.statements).any(|s| {
                let every = matches!(&s.action, Element::Is(all) if all.iter().any(|a| matches!(a.as_str(), "*" | "*:*")));
                let all = matches!(&s.resource, Some(Element::Is(all)) if all.contains("*"));
                s.effect == Effect::Allow && every && all && s.conditions.is_empty()
            })
        })
    }

    fn edges(&mut self) -> Vec<Edge> {
        let edges = std::mem::take(&mut self.edges).into_iter();
        edges
            .map(|((turn, role, keys, routes), members)| {
                let group = routes.iter().find_map(|route| route.group.as_ref());
                let gained = matches!(turn, Turn::Gained | Turn::Widened);
                let part = if gained { Part::Gained } else { Part::Lost };
                let who = self.who(part, group, members);
                let mighty = self.is_mighty(&role);
                Edge { turn, who, role, keys, mighty, routes }
            })
            .collect()
    }

    fn unreadable(&self, classes: &[Class]) -> BTreeSet<DocumentId> {
        let held = classes.iter().flat_map(documents);
        let unread =
            |id: &&DocumentId| self.before.document(id).is_none() && self.after.document(id).is_none();
        held.filter(unread).cloned().collect()
    }
}

/// The users of each group.
type Members = BTreeMap<ResourceId, BTreeSet<ResourceId>>;

fn members(landscape: &Landscape<'_>) -> Members {
    let mut members = Members::new();
    for id in landscape.identities() {
        for group in landscape.groups(id) {
            members.entry(group.clone()).or_default().insert(id.clone());
        }
    }
    members
}

/// Condition keys that keep everybody down to somebody.
const NARROWING: [&str; 8] = [
    "aws:principalorg",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:sourcevpc",
    "aws:sourceip",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorg",
];

/// Tag keys that say what a bucket holds.
const SENSITIVE_KEYS: [&str; 6] =
    ["classification", "dataclassification", "sensitivity", "confidentiality", "datasensitivity", "pii"];
/// Their values that mean it is sensitive.
const SENSITIVE_VALUES: [&str; 10] = [
    "pii",
    "phi",
    "pci",
    "confidential",
    "highlyconfidential",
    "restricted",
    "secret",
    "sensitive",
    "high",
    "true",
];

/// Whether a bucket's tags say that its content is sensitive: case, `-`, `_` and blanks do not count.
fn is_sensitive(bucket: &Resource) -> bool {
    let folded = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    bucket.settings.values().any(|setting| match setting {
        Setting::Tag { key, value } => {
            SENSITIVE_KEYS.contains(&folded(key).as_str())
                && SENSITIVE_VALUES.contains(&folded(value).as_str())
        }
        _ => false,
    })
}

/// What a statement gives with one word on the same resources has one rank: that of its gravest part.
fn as_one(lines: &mut [Line]) {
    let key = |line: &Line| (line.who.clone(), line.route.clone(), line.word, line.resources.clone());
    let mut ranks: BTreeMap<_, Rank> = BTreeMap::new();
    for line in &*lines {
        let known = ranks.entry(key(line)).or_insert(line.rank);
        *known = line.rank.min(*known);
    }
    for line in lines {
        line.rank = ranks.get(&key(line)).copied().unwrap_or(line.rank);
    }
}

fn line(rank: Rank, who: Who, gain: Gain, universe: &Universe) -> Line {
    let Gain { route, word, area, actions, limits, except, because, with, doubt } = gain;
    let mut services: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for number in &actions {
        let (service, name) = universe.name(*number);
        services.entry(service).or_default().push(name);
    }
    let mut names = vec![];
    for (service, of_service) in &services {
        let all = universe.count_of(service, word);
        if all == of_service.len() && all > 1 {
            names.push(format!("{service}:*"));
        } else {
            names.extend(of_service.iter().map(|name| format!("{service}:{name}")));
        }
    }
    Line {
        rank,
        who,
        word,
        services: services.into_keys().map(str::to_owned).collect(),
        resources: area.resources(),
        route,
        limits,
        except,
        because,
        with,
        count: actions.len(),
        actions: names,
        doubt,
    }
}

impl Resources {
    /// Every resource.
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::Of(text) if text == "*")
    }
}
