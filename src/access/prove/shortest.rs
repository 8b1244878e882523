//! The shortest text that some patterns cover and others do not: all patterns are walked side by side.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::budget::{Budget, Reason};
use super::glob::{Glob, Places, Set, Step};

/// Patterns of a state that cost one.
const PATTERNS: u64 = 8;

/// The shortest text that all of `within` cover and none of `outside` does.
///
/// # Errors
/// The budget is spent.
pub fn shortest(within: &[&Glob], outside: &[&Glob], budget: &mut Budget) -> Result<Option<String>, Reason> {
    if let Some(text) = within.iter().find_map(|glob| glob.exact()) {
        budget.states(1)?;
        let found = within.iter().all(|g| g.covers(&text)) && !outside.iter().any(|g| g.covers(&text));
        return Ok(found.then_some(text));
    }
    let inner = within.iter().map(|glob| Walk::new(glob, true));
    let mut walks: Vec<Walk<'_>> = inner.chain(outside.iter().map(|glob| Walk::new(glob, false))).collect();
    let mut start = vec![];
    for walk in &mut walks {
        let Some(at) = walk.number(walk.glob.start()) else { return Ok(None) };
        start.push(at);
    }
    // A state of many patterns takes longer.
    let cost = 1 + walks.len() as u64 / PATTERNS;
    let mut seen: HashSet<Rc<[u32]>> = HashSet::new();
    let start: Rc<[u32]> = start.into();
    seen.insert(Rc::clone(&start));
    let mut queue = vec![(start, usize::MAX, ' ')];
    let mut at = 0;
    while let Some((stops, _, _)) = queue.get(at) {
        if walks.iter().zip(&**stops).all(|(walk, stop)| walk.is_well(*stop)) {
            return Ok(Some(text_of(&queue, at)));
        }
        let stops = Rc::clone(stops);
        for c in alphabet(&walks, &stops) {
            let next: Option<Vec<u32>> =
                walks.iter_mut().zip(&*stops).map(|(walk, stop)| walk.after(*stop, c)).collect();
            let Some(next) = next.filter(|next| !seen.contains(next.as_slice())) else { continue };
            budget.states(cost)?;
            let next: Rc<[u32]> = next.into();
            seen.insert(Rc::clone(&next));
            queue.push((next, at, c));
        }
        at += 1;
    }
    Ok(None)
}

/// A pattern, and where texts have come to in it so far. Few sets of places come back again and again: each has a
/// number, and is worked out once.
struct Walk<'g> {
    glob: &'g Glob,
    /// Whether the text is to be covered; else it is not to be.
    covers: bool,
    stops: Vec<Stop>,
    /// None for those from which there is no way to what is looked for.
    numbers: HashMap<Places, Option<u32>>,
}

/// Places that a text has come to together.
struct Stop {
    places: Places,
    /// Whether a text that ends here is as it should be.
    well: bool,
    /// Which characters make a difference.
    marks: Marks,
    /// Where they lead to.
    next: Vec<(char, Option<u32>)>,
}

impl<'g> Walk<'g> {
    fn new(glob: &'g Glob, covers: bool) -> Self {
        Self { glob, covers, stops: vec![], numbers: HashMap::new() }
    }

    fn number(&mut self, places: Places) -> Option<u32> {
        if let Some(known) = self.numbers.get(&places) {
            return *known;
        }
        let hopeless = if self.covers { places.is_empty() } else { self.glob.takes_all(&places) };
        let number = if hopeless { None } else { u32::try_from(self.stops.len()).ok() };
        self.numbers.insert(places.clone(), number);
        if !hopeless {
            let well = self.glob.ends(&places) == self.covers;
            let marks = Marks::of(places.iter().filter_map(|place| self.glob.step(*place)));
            self.stops.push(Stop { places, well, marks, next: vec![] });
        }
        number
    }

    fn stop(&self, number: u32) -> Option<&Stop> {
        self.stops.get(number as usize)
    }

    fn is_well(&self, number: u32) -> bool {
        self.stop(number).is_some_and(|stop| stop.well)
    }

    /// Where a character leads to.
    fn after(&mut self, number: u32, c: char) -> Option<u32> {
        let stop = self.stop(number)?;
        if let Some((_, next)) = stop.next.iter().find(|(own, _)| *own == c) {
            return *next;
        }
        let next = self.number(self.glob.after(&stop.places, c));
        if let Some(stop) = self.stops.get_mut(number as usize) {
            stop.next.push((c, next));
        }
        next
    }
}

fn text_of(queue: &[(Rc<[u32]>, usize, char)], mut at: usize) -> String {
    let mut text = vec![];
    while let Some((_, before, c)) = queue.get(at).filter(|(_, before, _)| *before != usize::MAX) {
        text.push(*c);
        at = *before;
    }
    text.iter().rev().collect()
}

/// The characters that make a difference at some places, and of which kinds others do.
#[derive(Clone, Debug, Default)]
struct Marks {
    own: Vec<char>,
    parted: bool,
    named: bool,
    digits: bool,
    other: bool,
}

impl Marks {
    fn of(steps: impl Iterator<Item = Step>) -> Self {
        let mut marks = Self::default();
        for step in steps {
            match step {
                Step::Is(c) => marks.own.push(c),
                Step::Fold(c) => marks.own.extend(c.to_uppercase().take(1).chain([c])),
                Step::One(set) | Step::Many(set) => {
                    marks.parted |= matches!(set, Set::Part | Set::Name | Set::Path);
                    marks.named |= matches!(set, Set::Name | Set::Path);
                    marks.digits |= set == Set::Digit;
                    marks.other |= set != Set::Digit;
                }
            }
        }
        marks
    }
}

/// The characters that make a difference now, and one of each kind that makes none.
fn alphabet(walks: &[Walk<'_>], stops: &[u32]) -> Vec<char> {
    let mut own = vec![];
    let [mut parted, mut named, mut digits, mut other] = [false; 4];
    for marks in walks.iter().zip(stops).filter_map(|(walk, stop)| walk.stop(*stop)).map(|stop| &stop.marks) {
        own.extend(&marks.own);
        parted |= marks.parted;
        named |= marks.named;
        digits |= marks.digits;
        other |= marks.other;
    }
    if parted {
        own.extend([':', '/']);
    }
    if named {
        own.extend(['*', '?']);
    }
    own.sort_unstable();
    own.dedup();
    if digits {
        own.extend("1234567890".chars().find(|c| !own.contains(c)));
    }
    if other {
        own.extend(OTHERS.chars().chain('\u{100}'..='\u{2000}').find(|c| !own.contains(c)));
    }
    own
}

/// What a witness is made of where anything would do.
const OTHERS: &str = "xyzwvutsrqponmlkjihgfedcbaXYZWVUTSRQPONMLKJIHGFEDCBA-_.~!";
