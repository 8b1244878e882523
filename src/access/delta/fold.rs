//! What was found out of everybody, put together: who gains the same stands in one line.

use std::collections::{BTreeMap, BTreeSet};

use super::actions::{Number, Universe, meet};
use super::affected::grouped;
use super::area::{Area, Named as NamedArea};
use super::assume::{Assumed, trusts};
use super::compare::documents;
use super::denial::Moved;
use super::escalation::Opened;
use super::gain::Gain;
use super::heirs::{Gaining, HeirKey, Heirs};
use super::holders::Class;
use super::resource::{Outside, resource_of};
use super::{
    AccessDelta, Closed, Denial, Edge, Escalation, Heir, Line, Rank, Resources, RoleAccess, RolePart, Route,
    Turn, Who,
};
use crate::access::landscape::{DocumentId, Landscape};
use crate::access::powers::Method;
use crate::access::principal::{Caller, Named};
use crate::policy::{AccessWord, Effect, Element};
use crate::state::{AccountId, Kind, Resource, ResourceId, Setting};

/// What can be done as a role, told before the rest is counted.
const MOST_MAX: usize = 2;

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
    roles: Option<Area>,
    targets: BTreeSet<ResourceId>,
    /// The roles that open it by their trust policies.
    by_trust: Vec<ResourceId>,
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
    heirs: Heirs,
    edges: BTreeMap<EdgeKey, BTreeSet<ResourceId>>,
    /// What can be done as roles that others may act as.
    access: BTreeMap<ResourceId, RoleAccess>,
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
            heirs: Heirs::default(),
            edges: BTreeMap::new(),
            access: BTreeMap::new(),
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
        self.open(vec![], opened, class.members.iter().cloned().collect());
    }

    fn open(&mut self, by_trust: Vec<ResourceId>, opened: Opened, members: BTreeSet<ResourceId>) {
        let Opened { administrator, roles, targets, methods, route } = opened;
        let gains = methods.iter().map(|method| method.gain).collect();
        let key = OpenedKey { administrator, roles, targets, by_trust, gains, route };
        let (_, all) = self.opened.entry(key).or_insert_with(|| (methods, BTreeSet::new()));
        all.extend(members);
    }

    /// The roles that gain, and how much.
    pub(super) fn gaining(&self, universe: &Universe) -> BTreeMap<ResourceId, Gaining> {
        let mut gaining: BTreeMap<ResourceId, Gaining> = BTreeMap::new();
        let mut add = |members: &BTreeSet<ResourceId>, rank: Rank, everything: bool| {
            for role in members.iter().filter(|id| id.kind == Kind::Role) {
                let one = gaining.entry(role.clone()).or_insert(Gaining { everything, rank });
                one.everything |= everything;
                one.rank = one.rank.min(rank);
            }
        };
        for ((part, gain), members) in &self.lines {
            if *part == Part::Gained {
                add(members, self.rank(gain, universe), false);
            }
        }
        for (key, (_, members)) in &self.opened {
            add(members, Rank::Escalation, key.administrator);
        }
        for ((turn, ..), members) in &self.edges {
            if matches!(turn, Turn::Gained | Turn::Widened) {
                add(members, Rank::Escalation, false);
            }
        }
        gaining
    }

    pub(super) fn heirs(&mut self, found: Heirs) {
        let Heirs { heirs, opened, closed } = found;
        for (by_trust, opened, members) in opened {
            self.open(by_trust, opened, members);
        }
        self.heirs = Heirs { heirs, opened: vec![], closed };
    }

    /// Whether there is no need to find out what can be done as a role.
    pub(super) fn knows(&mut self, role: &ResourceId, is_service: bool) -> bool {
        if self.is_mighty(role) {
            let all = RoleAccess { everything: true, most: vec![], more: 0 };
            self.access.entry(role.clone()).or_insert(all);
        }
        is_service || self.access.contains_key(role)
    }

    /// All that can be done as a role that somebody else may act as.
    pub(super) fn can(&mut self, role: &ResourceId, gains: Vec<Gain>, universe: &Universe) {
        let part = |gain: &Gain| {
            let services = gain.actions.iter().map(|number| universe.name(*number).0.to_owned());
            RolePart {
                rank: self.rank(gain, universe),
                word: gain.word,
                services: services.collect::<BTreeSet<_>>().into_iter().collect(),
                resources: gain.area.resources(),
            }
        };
        let mut most: Vec<RolePart> = gains.iter().map(part).collect();
        most.sort_by_key(|part| (part.rank, std::cmp::Reverse(part.word), part.clone()));
        most.dedup();
        let more = most.len().saturating_sub(MOST_MAX);
        most.truncate(MOST_MAX);
        self.access.insert(role.clone(), RoleAccess { everything: false, most, more });
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
            let rank = self.trusted_rank(rank, &resource, &gain);
            let mut line = line(rank, Who::Outside(named), gain, universe);
            if part == Part::Gained && matches!(line.route.document, DocumentId::Trust(_)) {
                let is_service = matches!(line.who, Who::Outside(Named::Caller(Caller::Service(_))));
                let told = |access: &&RoleAccess| access.everything || !is_service;
                line.role = self.access.get(&resource).filter(told).cloned();
            }
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
        let heirs = self.heirs_told();
        let closed = self.closed();
        let edges = self.edges();
        let unreadable = self.unreadable(classes);
        let mut said: BTreeSet<&DocumentId> = BTreeSet::new();
        for Line { route, because, with, .. } in gained.iter().chain(&lost) {
            said.extend(because.iter().chain(with).chain([route]).map(|route| &route.document));
        }
        said.extend(self.denials.iter().map(|denial| &denial.route.document));
        // A trust policy may change nothing but who can hand the role to what runs code.
        let by_trust = escalations.iter().filter(|e| e.by_trust).flat_map(|e| &e.known);
        let trusts: Vec<DocumentId> =
            by_trust.chain(closed.iter().flat_map(|c| &c.roles)).cloned().map(DocumentId::Trust).collect();
        said.extend(&trusts);
        said.extend(edges.iter().flat_map(|edge| edge.routes.iter().map(|route| &route.document)));
        let without_effect = changed.iter().filter(|id| !said.contains(id) && !unreadable.contains(id));
        let without_effect = without_effect.cloned().collect();
        let denials = self.denials.into_iter().collect();
        AccessDelta { gained, lost, escalations, heirs, closed, edges, denials, without_effect, unreadable }
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

    /// To act as a role that can do everything is grave, whoever it is.
    fn trusted_rank(&self, rank: Rank, resource: &ResourceId, gain: &Gain) -> Rank {
        let is_trust = matches!(gain.route.document, DocumentId::Trust(_));
        if is_trust && self.is_mighty(resource) { rank.min(Rank::Escalation) } else { rank }
    }

    fn escalations(&mut self) -> Vec<Escalation> {
        let mut found = vec![];
        for (key, (methods, members)) in std::mem::take(&mut self.opened) {
            let OpenedKey { administrator, roles, targets, by_trust, gains: _, route } = key;
            // Who may pass on nobody but itself becomes nobody else.
            if let Some(Area::Of(named)) = &roles
                && named.is_exact()
                && members
                    .iter()
                    .all(|who| self.after.state().principal_arn(who).as_ref() == Some(&named.text))
            {
                continue;
            }
            let first = members.first();
            let [mut known, mut shut] =
                roles.as_ref().map(|roles| self.passable(roles, &methods, first)).unwrap_or_default();
            let is_by_trust = !by_trust.is_empty();
            if is_by_trust {
                (known, shut) = (by_trust, vec![]);
            }
            let is_mighty = |id: &&ResourceId| self.is_mighty(id);
            let mighty = known.iter().chain(&targets).filter(is_mighty).cloned().collect();
            let shut_mighty = shut.iter().filter(is_mighty).cloned().collect();
            let (known_count, shut_count, target_count) = (known.len(), shut.len(), targets.len());
            known.truncate(KNOWN_MAX);
            shut.truncate(KNOWN_MAX);
            let roles = roles.map(|area| match area {
                Area::Of(named) => named.text,
                Area::AllBut(_) => "*".to_owned(),
            });
            found.push(Escalation {
                who: self.who(Part::Gained, route.group.as_ref(), members),
                administrator,
                roles,
                known,
                known_count,
                mighty,
                shut,
                shut_count,
                shut_mighty,
                targets: targets.into_iter().take(KNOWN_MAX).collect(),
                target_count,
                by_trust: is_by_trust,
                methods,
                route,
            });
        }
        found.sort_by_key(|e| (!e.administrator, !e.is_open(), e.mighty.is_empty(), e.roles.is_some()));
        found
    }

    /// The roles that can be passed and that trust a service that one of the ways passes them to, and those that do not.
    fn passable(&self, area: &Area, methods: &[&Method], who: Option<&ResourceId>) -> [Vec<ResourceId>; 2] {
        let services: BTreeSet<&str> = methods.iter().flat_map(|method| method.services()).collect();
        let roles = self.after.identities().filter(|id| {
            id.kind == Kind::Role && Some(*id) != who && who.is_none_or(|who| who.account == id.account)
        });
        let within = roles.filter(|id| {
            let arn = self.after.state().principal_arn(id);
            arn.is_some_and(|arn| area.covers(&Area::Of(NamedArea::new(&arn))))
        });
        let trusted = |id: &&ResourceId| services.iter().any(|service| trusts(self.after, id, service));
        let (known, shut): (Vec<_>, Vec<_>) = within.partition(trusted);
        [known, shut].map(|all| all.into_iter().cloned().collect())
    }

    fn heirs_told(&mut self) -> Vec<Heir> {
        let heirs = std::mem::take(&mut self.heirs.heirs).into_iter();
        let mut heirs: Vec<Heir> = heirs
            .filter_map(|(key, (methods, mut members))| {
                let HeirKey { gaining: Gaining { everything, rank }, via, roles, keys, gains: _, routes } =
                    key;
                if let (Some(role), 1) = (roles.first(), roles.len()) {
                    members.remove(role);
                }
                members.first()?;
                let group = routes.iter().find_map(|route| route.group.as_ref());
                let who = self.who(Part::Gained, group, members);
                let roles = roles.into_iter().collect();
                Some(Heir { who, via, roles, rank, everything, methods, keys, routes })
            })
            .collect();
        heirs.sort_by_key(|heir| (!heir.everything, heir.rank, heir.via.len()));
        heirs
    }

    fn closed(&mut self) -> Vec<Closed> {
        let closed = std::mem::take(&mut self.heirs.closed).into_iter();
        let told = closed.map(|((route, roles), members)| {
            let who = self.who(Part::Lost, route.group.as_ref(), members);
            Closed { who, roles: roles.into_iter().collect(), route }
        });
        told.collect()
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
        let held = classes.iter().filter(|class| class.moved).flat_map(documents);
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
        role: None,
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
