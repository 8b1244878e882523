//! Sets of actions: all that the catalogue knows, and what documents name besides.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::LazyLock;

use crate::policy::catalogue::{self, Action};
use crate::policy::{AccessWord, Element, Folded, glob};

/// An action by its number. The catalogue's come first, in its order.
pub(super) type Number = u32;

/// Actions by number, sorted.
pub(super) type Actions = Rc<[Number]>;

struct Known {
    all: Vec<(&'static Action, AccessWord)>,
    /// Where each stands in memory → its number.
    numbers: HashMap<usize, Number>,
    /// How many actions a service has of each word.
    counts: HashMap<(&'static str, AccessWord), usize>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let actions = catalogue::services().flat_map(catalogue::Service::actions);
    let all: Vec<_> = actions.map(|action| (action, AccessWord::of(action))).collect();
    let numbers = all.iter().zip(0..).map(|((action, _), number)| (address(action), number)).collect();
    let mut counts = HashMap::new();
    for (action, word) in &all {
        *counts.entry((action.service, *word)).or_default() += 1;
    }
    Known { all, numbers, counts }
});

fn address(action: &Action) -> usize {
    std::ptr::from_ref(action).addr()
}

/// Every action that some documents speak of.
#[derive(Debug, Default)]
pub(super) struct Universe {
    /// What the catalogue knows nothing of, in small letters, as it is written.
    extra: Vec<String>,
    sets: BTreeMap<Element<BTreeSet<Folded>>, Actions>,
}

impl Universe {
    /// All the catalogue knows, and what these documents name besides.
    pub(super) fn new<'d>(elements: impl Iterator<Item = &'d Element<BTreeSet<Folded>>>) -> Self {
        let mut extra = BTreeSet::new();
        let elements: BTreeSet<_> = elements.collect();
        for pattern in elements.into_iter().flat_map(Element::value) {
            if catalogue::expand(pattern.as_str()).is_empty() {
                extra.insert(pattern.as_str().to_ascii_lowercase());
            }
        }
        Self { extra: extra.into_iter().collect(), sets: BTreeMap::new() }
    }

    fn count(&self) -> usize {
        KNOWN.all.len() + self.extra.len()
    }

    /// Whether these are all there are.
    pub(super) fn is_all(&self, actions: &[Number]) -> bool {
        actions.len() == self.count()
    }

    /// The actions that an element covers.
    pub(super) fn covered(&mut self, element: &Element<BTreeSet<Folded>>) -> Actions {
        if let Some(known) = self.sets.get(element) {
            return known.clone();
        }
        let all = || (0..).take(self.count());
        let listed: BTreeSet<Number> =
            element.value().iter().flat_map(|p| self.matching(p.as_str())).collect();
        let covered: Actions = match element {
            Element::Is(_) => listed.into_iter().collect(),
            Element::IsNot(_) => all().filter(|number| !listed.contains(number)).collect(),
        };
        self.sets.insert(element.clone(), covered.clone());
        covered
    }

    fn matching(&self, pattern: &str) -> Vec<Number> {
        if pattern == "*" {
            return (0..).take(self.count()).collect();
        }
        let known = catalogue::expand(pattern).into_iter();
        let known = known.filter_map(|action| KNOWN.numbers.get(&address(action)).copied());
        let pattern = pattern.to_ascii_lowercase();
        let extra = (0..).skip(KNOWN.all.len()).zip(&self.extra);
        let extra = extra.filter(|(_, text)| **text == pattern || glob(&pattern, text)).map(|(n, _)| n);
        known.chain(extra).collect()
    }

    /// The action of this name.
    pub(super) fn number(&self, action: &str) -> Option<Number> {
        self.matching(action).first().copied()
    }

    /// What an action does.
    pub(super) fn word(&self, number: Number) -> AccessWord {
        self.known(number).map_or(AccessWord::Administer, |(_, word)| *word)
    }

    /// How many actions of a word the catalogue knows of a service.
    pub(super) fn count_of(&self, service: &str, word: AccessWord) -> usize {
        let service = catalogue::service(service).map(|known| known.prefix);
        service.and_then(|service| KNOWN.counts.get(&(service, word))).copied().unwrap_or_default()
    }

    /// What the catalogue knows of an action.
    pub(super) fn action(&self, number: Number) -> Option<&'static Action> {
        self.known(number).map(|(action, _)| *action)
    }

    fn known(&self, number: Number) -> Option<&'static (&'static Action, AccessWord)> {
        KNOWN.all.get(usize::try_from(number).ok()?)
    }

    /// `s3` and `GetObject`.
    pub(super) fn name(&self, number: Number) -> (&str, &str) {
        if let Some((action, _)) = self.known(number) {
            return (action.service, action.name);
        }
        let place = usize::try_from(number).ok().and_then(|n| n.checked_sub(KNOWN.all.len()));
        let text = place.and_then(|place| self.extra.get(place)).map_or("", String::as_str);
        text.split_once(':').unwrap_or(("", text))
    }
}

/// In both.
pub(super) fn both(one: &[Number], other: &[Number]) -> Vec<Number> {
    let (few, many) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    few.iter().filter(|number| many.binary_search(number).is_ok()).copied().collect()
}

/// In the first and not in the second.
pub(super) fn without(one: &[Number], other: &[Number]) -> Vec<Number> {
    one.iter().filter(|number| other.binary_search(number).is_err()).copied().collect()
}

/// In either.
pub(super) fn either(one: &[Number], other: &[Number]) -> Vec<Number> {
    let mut all = [one, other].concat();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether any is in both.
pub(super) fn meet(one: &[Number], other: &[Number]) -> bool {
    let (few, many) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    few.iter().any(|number| many.binary_search(number).is_ok())
}

/// Whether all of the second are in the first.
pub(super) fn contains(one: &[Number], other: &[Number]) -> bool {
    other.len() <= one.len() && other.iter().all(|number| one.binary_search(number).is_ok())
}

/// Some actions, those together of which the same is noted.
pub(super) fn split<N: Ord>(
    actions: Vec<Number>,
    notes: &[(Vec<Number>, N)],
) -> BTreeMap<BTreeSet<&N>, Vec<Number>> {
    let mut parts: BTreeMap<BTreeSet<&N>, Vec<Number>> = BTreeMap::from([(BTreeSet::new(), actions)]);
    for (about, note) in notes {
        for (noted, actions) in std::mem::take(&mut parts) {
            let more = noted.iter().copied().chain([note]).collect();
            let halves = [(more, both(&actions, about)), (noted, without(&actions, about))];
            for (noted, some) in halves.into_iter().filter(|(_, some)| !some.is_empty()) {
                let known = parts.entry(noted).or_default();
                *known = either(known, &some);
            }
        }
    }
    parts
}
