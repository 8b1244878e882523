//! What a rule says of one variable of a request, as a number.

/// An atom of a variable, or its opposite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal(u32);

impl Literal {
    /// That an atom holds, or does not.
    pub fn new(atom: usize, holds: bool) -> Self {
        Self(u32::try_from(atom).unwrap_or(u32::MAX >> 1) << 1 | u32::from(holds))
    }

    /// The number of its atom.
    pub fn atom(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// Whether the atom is to hold.
    pub fn holds(self) -> bool {
        self.0 & 1 == 1
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(self.0 ^ 1)
    }
}
