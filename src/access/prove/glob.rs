//! Patterns as automata.

use crate::access::pattern::{ArnPattern, Pattern, Piece, Variable};

/// Characters a wildcard takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Set {
    /// Any.
    All,
    /// Any but `:`: a part of an ARN.
    Part,
    /// What names are made of: any but `:`, `/`, `*` and `?`.
    Name,
    /// Decimal digits.
    Digit,
    /// Names of IAM with `/` between them. (AWS would take a `*` in a path; where a policy has one it is a wildcard in
    /// the wrong place.)
    Path,
}

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// This character.
    Is(char),
    /// This character, in small letters or not.
    Fold(char),
    /// One of these.
    One(Set),
    /// Any number of these.
    Many(Set),
}

/// A pattern for texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Glob {
    steps: Vec<Step>,
}

/// What a policy variable stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// This text.
    Text(String),
    /// Nobody knows: it may be any.
    Anything,
    /// Nobody knows: this character is written for it.
    Mark(char),
}

/// Where in a pattern a text can have come to; the steps' numbers, ascending.
pub(super) type Places = Vec<u32>;

/// Stand for the texts of policy variables: no pattern names them, and no `?` is them.
const MARKS: std::ops::RangeInclusive<char> = '\u{e000}'..='\u{f8ff}';

/// The character that stands for the n-th variable.
pub fn mark(number: usize) -> Option<char> {
    u32::try_from(number).ok().and_then(|n| char::from_u32(0xe000 + n)).filter(|c| MARKS.contains(c))
}

impl Set {
    fn has(self, c: char) -> bool {
        match self {
            Self::All => true,
            Self::Part => c != ':' && !MARKS.contains(&c),
            Self::Name => !matches!(c, ':' | '/' | '*' | '?') && !MARKS.contains(&c),
            Self::Digit => c.is_ascii_digit(),
            Self::Path => !matches!(c, ':' | '*' | '?') && !MARKS.contains(&c),
        }
    }
}

impl Step {
    fn takes(self, c: char) -> bool {
        match self {
            Self::Is(own) => own == c,
            Self::Fold(own) => own == c || c.to_lowercase().eq([own]),
            Self::One(set) => set.has(c) && !MARKS.contains(&c),
            Self::Many(set) => set.has(c),
        }
    }
}

impl Glob {
    /// Of steps.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let mut own: Vec<Step> = vec![];
        for step in steps {
            if !(matches!(step, Step::Many(_)) && own.last() == Some(&step)) {
                own.push(step);
            }
        }
        Self { steps: own }
    }

    /// This text only.
    pub fn exactly(text: &str) -> Self {
        Self { steps: text.chars().map(Step::Is).collect() }
    }

    /// Every text.
    pub fn everything() -> Self {
        Self { steps: vec![Step::Many(Set::All)] }
    }

    /// A pattern for text. What stands for a variable is asked for.
    pub fn text(pattern: &Pattern, folds: bool, of: &mut impl FnMut(&Variable) -> Stands) -> Self {
        let mut steps = vec![];
        text_steps(pattern, folds, Set::All, of, &mut steps);
        Self::new(steps)
    }

    /// A pattern for ARNs; none if it covers nothing.
    pub fn arn(pattern: &ArnPattern, of: &mut impl FnMut(&Variable) -> Stands) -> Option<Self> {
        let ArnPattern::Parts(parts) = pattern else { return Some(Self::everything()) };
        let mut steps = vec![];
        let [first @ .., last] = &**parts;
        for part in first {
            let from = steps.len();
            text_steps(part, false, Set::Part, of, &mut steps);
            if steps.get(from..).is_some_and(|own| own.contains(&Step::Is(':'))) {
                return None;
            }
            steps.push(Step::Is(':'));
        }
        text_steps(last, false, Set::All, of, &mut steps);
        Some(Self::new(steps))
    }

    /// The one text it covers, if it is so.
    pub fn exact(&self) -> Option<String> {
        self.steps.iter().map(|step| if let Step::Is(c) = step { Some(*c) } else { None }).collect()
    }

    /// Whether it covers every text.
    pub fn is_everything(&self) -> bool {
        self.steps == [Step::Many(Set::All)]
    }

    /// The characters it begins with.
    pub fn begin(&self) -> impl Iterator<Item = char> + '_ {
        self.steps.iter().map_while(|step| if let Step::Is(c) = step { Some(*c) } else { None })
    }

    /// Whether it covers a text.
    pub fn covers(&self, text: &str) -> bool {
        let mut places = self.start();
        for c in text.chars() {
            places = self.after(&places, c);
            if places.is_empty() {
                return false;
            }
        }
        self.ends(&places)
    }

    pub(super) fn step(&self, place: u32) -> Option<Step> {
        self.steps.get(place as usize).copied()
    }

    pub(super) fn start(&self) -> Places {
        let mut places = vec![0];
        self.close(&mut places);
        places
    }

    /// Adds what can be reached without a character, and drops what the last wildcard does as well: whatever is
    /// read on the way from an earlier place to it, it takes itself.
    fn close(&self, places: &mut Places) {
        let mut at = 0;
        while let Some(&place) = places.get(at) {
            if matches!(self.step(place), Some(Step::Many(_))) && !places.contains(&(place + 1)) {
                places.push(place + 1);
            }
            at += 1;
        }
        places.sort_unstable();
        places.dedup();
        // In the first parts of an ARN every place is in the same part, so that nothing between is a colon.
        let wide = |place: &&u32| matches!(self.step(**place), Some(Step::Many(Set::All | Set::Part)));
        if let Some(last) = places.iter().rev().find(wide).copied() {
            let own = self.step(last);
            let narrower = |place: &u32| {
                *place < last
                    && !matches!(
                        (self.step(*place), own),
                        (Some(Step::Many(Set::All)), Some(Step::Many(Set::Part)))
                    )
            };
            places.retain(|place| !narrower(place));
            if last as usize + 1 == self.steps.len() && own == Some(Step::Many(Set::All)) {
                places.truncate(2);
            }
        }
    }

    pub(super) fn after(&self, places: &Places, c: char) -> Places {
        let mut next = vec![];
        for &place in places {
            let Some(step) = self.step(place).filter(|step| step.takes(c)) else { continue };
            next.push(if matches!(step, Step::Many(_)) { place } else { place + 1 });
        }
        self.close(&mut next);
        next
    }

    pub(super) fn ends(&self, places: &Places) -> bool {
        places.last().is_some_and(|last| *last as usize == self.steps.len())
    }

    /// Whether it covers whatever may follow.
    pub(super) fn takes_all(&self, places: &Places) -> bool {
        self.steps.last() == Some(&Step::Many(Set::All)) && self.ends(places)
    }
}

fn text_steps(
    pattern: &Pattern,
    folds: bool,
    set: Set,
    of: &mut impl FnMut(&Variable) -> Stands,
    steps: &mut Vec<Step>,
) {
    let is = |c: char| if folds { Step::Fold(c) } else { Step::Is(c) };
    steps.extend(pattern.begin.chars().map(is));
    for piece in &pattern.rest {
        match piece {
            Piece::Is(c) => steps.push(is(*c)),
            Piece::Any => steps.push(Step::One(set)),
            Piece::Star => steps.push(Step::Many(set)),
            Piece::Variable(variable) => match of(variable) {
                Stands::Text(text) if folds => steps.extend(text.to_lowercase().chars().map(is)),
                Stands::Text(text) => steps.extend(text.chars().map(is)),
                Stands::Anything => steps.push(Step::Many(set)),
                Stands::Mark(mark) => steps.push(Step::Is(mark)),
            },
        }
    }
}
