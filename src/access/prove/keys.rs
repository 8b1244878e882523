//! One condition key of a request: absent, one value, or several.

use super::bits::Bits;
use super::budget::{Budget, Reason};
use super::glob::Glob;
use super::literal::Literal;
use super::strings::{GlobId, Strings};
use crate::access::rule::Comparison;

/// The values that a key can have.
#[derive(Debug)]
pub struct Key {
    /// In small letters.
    pub name: String,
    /// Whether requests may lack it.
    pub optional: bool,
    /// Its values.
    pub values: Values,
}

/// How values are told apart.
#[derive(Debug)]
pub enum Values {
    /// Texts.
    Texts(Texts),
    /// Finitely many kinds.
    Kinds {
        /// One value of each; none for absence.
        values: Vec<Option<String>>,
        /// Which of them each atom covers.
        atoms: Vec<Bits>,
    },
    /// Not understood: any of these may hold together.
    Loose(Vec<Comparison>),
}

/// A key whose values are texts.
#[derive(Debug, Default)]
pub struct Texts {
    /// The patterns.
    pub strings: Strings,
    /// What rules say of it.
    pub atoms: Vec<Atom>,
    /// What every value is covered by.
    pub within: Vec<GlobId>,
    /// What no value is covered by.
    pub outside: Vec<GlobId>,
    /// Whether a request can have several values of it.
    pub many: bool,
}

/// What a rule says of a key whose values are texts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Atom {
    /// Patterns.
    pub globs: Vec<GlobId>,
    /// Of which values.
    pub of: Of,
    /// Whether it holds for an absent key.
    pub absent: bool,
}

/// Of which values of a key an atom speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    /// There is one value, and a pattern covers it.
    One,
    /// A pattern covers some value.
    Some,
    /// There is a value that no pattern covers.
    SomeOther,
}

impl Key {
    /// Whether any value is as these literals say.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn check(&mut self, literals: &[Literal], budget: &mut Budget) -> Result<bool, Reason> {
        Ok(self.witness(literals, budget)?.is_some())
    }

    /// Values as these literals say; none in it if the key is absent.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn witness(
        &mut self,
        literals: &[Literal],
        budget: &mut Budget,
    ) -> Result<Option<Vec<String>>, Reason> {
        match &mut self.values {
            Values::Loose(_) => {
                let opposed = |one: &Literal| literals.contains(&one.negated());
                Ok((!literals.iter().any(opposed)).then(Vec::new))
            }
            Values::Kinds { values, atoms } => {
                let mut left = Bits::new(values.len());
                (0..values.len()).for_each(|at| left.set(at));
                for literal in literals {
                    if let Some(atom) = atoms.get(literal.atom()) {
                        left.keep(atom, literal.holds());
                    }
                }
                let value = left.first().and_then(|at| values.get(at));
                Ok(value.map(|value| value.iter().cloned().collect()))
            }
            Values::Texts(texts) => texts.witness(self.optional, literals, budget),
        }
    }
}

impl Texts {
    /// The number of an atom.
    pub fn atom(&mut self, atom: Atom) -> usize {
        if let Some(at) = self.atoms.iter().position(|own| *own == atom) {
            return at;
        }
        self.atoms.push(atom);
        self.atoms.len() - 1
    }

    fn witness(
        &mut self,
        optional: bool,
        literals: &[Literal],
        budget: &mut Budget,
    ) -> Result<Option<Vec<String>>, Reason> {
        let told: Vec<(&Atom, bool)> =
            literals.iter().filter_map(|l| Some((self.atoms.get(l.atom())?, l.holds()))).collect();
        if optional && told.iter().all(|(atom, holds)| atom.absent == *holds) {
            return Ok(Some(vec![]));
        }
        let (mut unions, mut outside): (Vec<&[GlobId]>, _) = (vec![], self.outside.clone());
        for (atom, holds) in &told {
            if *holds == (atom.of != Of::SomeOther) {
                unions.push(&atom.globs);
            } else {
                outside.extend(&atom.globs);
            }
        }
        if let Some(value) = self.strings.find(&self.within, &unions, &outside, budget)? {
            return Ok(Some(vec![value]));
        }
        if !self.many {
            return Ok(None);
        }
        self.several(literals, budget)
    }

    /// Two values or more, when one does not do.
    fn several(&mut self, literals: &[Literal], budget: &mut Budget) -> Result<Option<Vec<String>>, Reason> {
        let told: Vec<(Atom, bool)> =
            literals.iter().filter_map(|l| Some((self.atoms.get(l.atom())?.clone(), l.holds()))).collect();
        if told.iter().any(|(atom, holds)| atom.of == Of::One && *holds) {
            return Ok(None);
        }
        let (mut unions, mut outside): (Vec<&[GlobId]>, _) = (vec![], self.outside.clone());
        for (atom, holds) in &told {
            match (atom.of, holds) {
                (Of::Some, false) => outside.extend(&atom.globs),
                (Of::SomeOther, false) => unions.push(&atom.globs),
                _ => {}
            }
        }
        let mut values: Vec<String> = vec![];
        for (atom, holds) in &told {
            let (mut unions, mut outside) = (unions.clone(), outside.clone());
            match (atom.of, holds) {
                (Of::Some, true) => unions.push(&atom.globs),
                (Of::SomeOther, true) => outside.extend(&atom.globs),
                _ => continue,
            }
            match self.strings.find(&self.within, &unions, &outside, budget)? {
                Some(value) if values.contains(&value) => {}
                Some(value) => values.push(value),
                None => return Ok(None),
            }
        }
        while values.len() < 2 {
            let (mut outside, unions) = (outside.clone(), unions.clone());
            outside.extend(values.iter().map(|value| self.strings.add_glob(Glob::exactly(value))));
            match self.strings.find(&self.within, &unions, &outside, budget)? {
                Some(value) => values.push(value),
                None => return Ok(None),
            }
        }
        Ok(Some(values))
    }
}
