//! A set of small numbers.

/// Which of some numbers are in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// Empty, for numbers below `size`.
    pub fn new(size: usize) -> Self {
        Self(vec![0; size.div_ceil(64)])
    }

    /// Puts a number in.
    pub fn set(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    /// Whether a number is in it.
    pub fn get(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Leaves in what is in the other as well, or what is not.
    pub fn keep(&mut self, other: &Self, within: bool) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= if within { *other } else { !other };
        }
    }

    /// The smallest number in it.
    pub fn first(&self) -> Option<usize> {
        let at = self.0.iter().position(|word| *word != 0)?;
        self.0.get(at).map(|word| at * 64 + word.trailing_zeros() as usize)
    }
}
