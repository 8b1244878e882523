//! Patterns made ready: policy variables replaced by their texts where those are known, and marked where not.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::glob::{Glob, Stands, mark};
use super::strings::Entry;
use crate::access::condition::text_of;
use crate::access::pattern::{ArnPattern, Missing, Pattern, Variable};
use crate::access::request::Context;

/// The policy variables met so far.
#[derive(Debug)]
pub struct Variables<'c> {
    context: &'c Context,
    /// Each that has no text, with what is written for it; apart for small letters.
    marks: BTreeMap<(Variable, bool), char>,
}

impl<'c> Variables<'c> {
    /// None met yet, in requests of which this is known.
    pub fn new(context: &'c Context) -> Self {
        Self { context, marks: BTreeMap::new() }
    }

    /// A pattern for text; none if it covers nothing, since a variable in it has no text.
    pub fn text(&mut self, pattern: &Pattern, folds: bool) -> Option<Entry> {
        let unknown = self.unknown(pattern.variables())?;
        let most = Glob::text(pattern, folds, &mut |variable| self.stands(variable));
        let marked =
            unknown.then(|| Glob::text(pattern, folds, &mut |variable| self.marked(variable, folds)));
        Some(Entry { most, marked })
    }

    /// A pattern for ARNs; none if it covers nothing.
    pub fn arn(&mut self, pattern: &ArnPattern) -> Option<Entry> {
        let unknown = self.unknown(pattern.variables())?;
        let most = Glob::arn(pattern, &mut |variable| self.stands(variable))?;
        let marked =
            if unknown { Glob::arn(pattern, &mut |variable| self.marked(variable, false)) } else { None };
        Some(Entry { most, marked })
    }

    /// Whether nobody knows the text of some variable; none if one has certainly no text.
    fn unknown<'p>(&self, variables: impl IntoIterator<Item = &'p Variable>) -> Option<bool> {
        let mut unknown = false;
        for variable in variables {
            match self.text_of(variable) {
                Ok(_) => {}
                Err(Missing::Absent) => return None,
                Err(Missing::Unknown) => unknown = true,
            }
        }
        Some(unknown)
    }

    /// The text of a variable.
    pub fn text_of(&self, variable: &Variable) -> Result<Cow<'c, str>, Missing> {
        text_of(variable, self.context)
    }

    fn stands(&self, variable: &Variable) -> Stands {
        self.text_of(variable).map_or(Stands::Anything, |text| Stands::Text(text.into_owned()))
    }

    fn marked(&mut self, variable: &Variable, folds: bool) -> Stands {
        if let Ok(text) = self.text_of(variable) {
            return Stands::Text(text.into_owned());
        }
        let next = mark(self.marks.len());
        let known = self.marks.get(&(variable.clone(), folds)).copied();
        match known.or(next) {
            Some(mark) => {
                self.marks.insert((variable.clone(), folds), mark);
                Stands::Mark(mark)
            }
            // More than there are marks for: none covers another one then.
            None => Stands::Anything,
        }
    }
}
