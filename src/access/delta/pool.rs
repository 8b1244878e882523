//! What somebody's policies say: the statements that allow, those that deny, and the boundary.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::actions::{Actions, Universe, contains};
use super::area::Area;
use super::{Route, Test};
use crate::access::landscape::{DocumentId, Landscape};
use crate::access::principal::Caller;
use crate::access::request::Context;
use crate::access::rule::Rule;
use crate::access::truth::Truth;
use crate::policy::condition::Operator;
use crate::policy::{Effect, Statement};
use crate::state::{Kind, ResourceId};

/// A statement, made ready to be compared; or several that differ in nothing but their resources.
#[derive(Debug)]
pub(super) struct Compiled<'l> {
    /// Of several the first.
    pub rule: &'l Rule,
    pub actions: Actions,
    pub areas: Vec<Area>,
    pub tests: BTreeSet<Test>,
    /// The resources as they are told.
    pub texts: Arc<[String]>,
    /// Whether the areas are less than the rule's resources.
    pub narrowed: bool,
    /// The several; none if it is one.
    pub merged: Vec<Rc<Compiled<'l>>>,
    /// Where the areas of each bucket stand, and under no name those that may be of any; none if it is one.
    pub index: BTreeMap<Option<String>, Vec<usize>>,
    /// Which of many areas have something in common with another, as far as it was asked.
    seen: RefCell<BTreeMap<Area, Rc<[usize]>>>,
}

impl<'l> Compiled<'l> {
    /// Several that differ in nothing but their resources.
    pub(super) fn merged(merged: Vec<Rc<Self>>) -> Option<Self> {
        let first = merged.first()?;
        let areas: Vec<Area> = merged.iter().flat_map(|one| one.areas.iter().cloned()).collect();
        let mut index: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
        for (place, area) in areas.iter().enumerate() {
            index.entry(area.bucket().map(str::to_owned)).or_default().push(place);
        }
        let (rule, actions, tests) = (first.rule, first.actions.clone(), first.tests.clone());
        let texts = areas.iter().flat_map(Area::texts).collect();
        Some(Self {
            rule,
            actions,
            areas,
            tests,
            texts,
            narrowed: false,
            merged,
            index,
            seen: RefCell::default(),
        })
    }

    /// The same on less.
    pub(super) fn on(&self, areas: Vec<Area>) -> Self {
        let (rule, actions, tests) = (self.rule, self.actions.clone(), self.tests.clone());
        let texts = areas.iter().flat_map(Area::texts).collect();
        let (merged, index) = (self.merged.clone(), BTreeMap::new());
        Self { rule, actions, areas, tests, texts, narrowed: true, merged, index, seen: RefCell::default() }
    }

    /// The areas that have something in common with another.
    pub(super) fn touched(&self, area: &Area) -> Vec<&Area> {
        if self.index.is_empty() {
            return self.areas.iter().filter(|own| own.overlaps(area)).collect();
        }
        let known = self.seen.borrow().get(area).cloned();
        let places = known.unwrap_or_else(|| {
            let found: Rc<[usize]> = self.places(area).into();
            self.seen.borrow_mut().insert(area.clone(), found.clone());
            found
        });
        places.iter().filter_map(|place| self.areas.get(*place)).collect()
    }

    /// Where those areas stand, if there are many: by the bucket's name where it is known.
    fn places(&self, area: &Area) -> Vec<usize> {
        let elsewhere = matches!(area, Area::Of(named) if named.is_elsewhere());
        let by_name = elsewhere || area.bucket().is_some();
        let own = area.bucket().map(str::to_owned);
        let named = [own, None].into_iter().collect::<BTreeSet<_>>();
        let places = named.into_iter().filter_map(|name| self.index.get(&name)).flatten().copied();
        let near: Vec<usize> = if by_name { places.collect() } else { (0..self.areas.len()).collect() };
        let touches = |place: &usize| self.areas.get(*place).is_some_and(|own| own.overlaps(area));
        near.into_iter().filter(touches).collect()
    }

    fn covers(&self, area: &Area) -> bool {
        match self.index.is_empty() {
            true => self.areas.iter().any(|own| own.covers(area)),
            false => self.touched(area).iter().any(|own| own.covers(area)),
        }
    }

    fn overlaps(&self, area: &Area) -> bool {
        match self.index.is_empty() {
            true => self.areas.iter().any(|own| own.overlaps(area)),
            false => !self.touched(area).is_empty(),
        }
    }

    /// The rules that have a say on an area.
    pub(super) fn rules_on(&self, area: &Area) -> Vec<&'l Rule> {
        let touching = |one: &&Rc<Self>| one.areas.iter().any(|own| own.overlaps(area));
        match self.merged.as_slice() {
            [] => vec![self.rule],
            several => several.iter().filter(touching).map(|one| one.rule).collect(),
        }
    }
}

/// A statement that somebody has, and how.
#[derive(Clone, Debug)]
pub(super) struct Entry<'l> {
    pub route: Route,
    pub statement: Rc<Compiled<'l>>,
    /// What is left of its condition for who asks.
    pub tests: Rc<BTreeSet<Test>>,
    /// Whether it is a resource's policy that names who asks.
    pub direct: bool,
}

impl<'l> Entry<'l> {
    pub(super) fn new(route: Route, statement: Rc<Compiled<'l>>, direct: bool) -> Self {
        let tests = Rc::new(statement.tests.clone());
        Self { route, statement, tests, direct }
    }

    pub(super) fn allows(&self) -> bool {
        self.statement.rule.effect == Effect::Allow
    }

    pub(super) fn covers(&self, area: &Area) -> bool {
        self.statement.covers(area)
    }

    pub(super) fn overlaps(&self, area: &Area) -> bool {
        self.statement.overlaps(area)
    }

    /// Whether another covers all that this one does.
    pub(super) fn within(&self, other: &Self) -> bool {
        if Rc::ptr_eq(&self.statement, &other.statement) {
            return other.tests.is_subset(&self.tests);
        }
        other.tests.is_subset(&self.tests)
            && contains(&other.statement.actions, &self.statement.actions)
            && self.statement.areas.iter().all(|area| other.covers(area))
    }

    /// The same for somebody of whom something is known; none if it cannot apply to them.
    pub(super) fn for_caller(&self, caller: &Caller, context: &Context) -> Option<Self> {
        self.statement.rule.covers_caller(caller)?;
        let mut tests = (*self.tests).clone();
        for comparison in &self.statement.rule.comparisons {
            match comparison.holds(context) {
                Truth::No => return None,
                Truth::Unknown => {}
                Truth::Yes => {
                    tests.remove(&Test {
                        operator: comparison.word.clone(),
                        key: comparison.key.clone(),
                        values: comparison.values_written.iter().cloned().collect(),
                    });
                }
            }
        }
        Some(Self { tests: Rc::new(tests), ..self.clone() })
    }
}

/// Everything that decides what somebody can do.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool<'l> {
    pub allows: Vec<Entry<'l>>,
    pub denies: Vec<Entry<'l>>,
    /// What the boundary allows; none without one.
    pub boundary: Option<Vec<Entry<'l>>>,
}

impl<'l> Pool<'l> {
    pub(super) fn add(&mut self, entry: Entry<'l>) {
        if entry.allows() { self.allows.push(entry) } else { self.denies.push(entry) }
    }
}

/// One of the two states, its documents made ready as they are asked for.
pub(super) struct Side<'l> {
    pub landscape: &'l Landscape<'l>,
    compiled: BTreeMap<DocumentId, Rc<[Rc<Compiled<'l>>]>>,
}

impl<'l> Side<'l> {
    pub(super) fn new(landscape: &'l Landscape<'l>) -> Self {
        Self { landscape, compiled: BTreeMap::new() }
    }

    /// A document's statements, in order; none if it cannot be read or is not there.
    pub(super) fn statements(&mut self, id: &DocumentId, universe: &mut Universe) -> Rc<[Rc<Compiled<'l>>]> {
        if let Some(known) = self.compiled.get(id) {
            return known.clone();
        }
        let own = match id {
            DocumentId::Bucket(bucket) => self.bucket_arn(bucket),
            DocumentId::Trust(role) => self.landscape.state().principal_arn(role).unwrap_or_default(),
            DocumentId::Inline(..) | DocumentId::Customer(_) | DocumentId::Aws(..) => String::new(),
        };
        let statements = self.landscape.document(id).into_iter().flat_map(|document| &document.statements);
        let rules = self.landscape.rules(id).into_iter().flat_map(|rules| &rules.rules);
        let compiled: Rc<[_]> = statements
            .zip(rules)
            .map(|(statement, rule)| {
                let areas = Area::of(statement.resource.as_ref(), &own);
                Rc::new(Compiled {
                    rule,
                    actions: universe.covered(&statement.action),
                    texts: areas.iter().flat_map(Area::texts).collect(),
                    areas,
                    narrowed: false,
                    tests: tests(statement),
                    merged: vec![],
                    index: BTreeMap::new(),
                    seen: RefCell::default(),
                })
            })
            .collect();
        self.compiled.insert(id.clone(), compiled.clone());
        compiled
    }

    pub(super) fn bucket_arn(&self, bucket: &ResourceId) -> String {
        let extent = self.landscape.state().accounts.get(&bucket.account);
        let partition = extent.map_or("aws", |extent| extent.partition.as_str());
        format!("arn:{partition}:s3:::{}", bucket.name)
    }

    /// The statements of a document that somebody holds.
    pub(super) fn entries(
        &mut self,
        document: &DocumentId,
        group: Option<&ResourceId>,
        universe: &mut Universe,
    ) -> Vec<Entry<'l>> {
        let direct = matches!(document, DocumentId::Bucket(_) | DocumentId::Trust(_));
        let statements = self.statements(document, universe);
        let entry = |(number, statement): (usize, &Rc<Compiled<'l>>)| {
            let sid = statement.rule.sid.clone();
            let route = Route { group: group.cloned(), document: document.clone(), number, sid };
            Entry::new(route, statement.clone(), direct)
        };
        statements.iter().enumerate().map(entry).collect()
    }

    /// The policies of buckets and roles.
    pub(super) fn resource_documents(&self) -> impl Iterator<Item = &'l DocumentId> {
        let of_resource = |id: &&DocumentId| matches!(id, DocumentId::Bucket(_) | DocumentId::Trust(_));
        self.landscape.documents().filter(of_resource)
    }
}

fn tests(statement: &Statement) -> BTreeSet<Test> {
    let tests = statement.conditions.iter().flat_map(|(word, keys)| keys.iter().map(move |k| (word, k)));
    tests
        .map(|(word, (key, values))| Test {
            operator: Operator::parse(word).map_or_else(|| word.clone(), |operator| operator.to_string()),
            key: key.as_str().to_ascii_lowercase(),
            values: values.clone(),
        })
        .collect()
}

/// Whether it is somebody who holds policies.
pub(super) fn is_holder(id: &ResourceId) -> bool {
    matches!(id.kind, Kind::User | Kind::Role | Kind::Group)
}
