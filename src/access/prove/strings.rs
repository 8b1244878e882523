//! One variable that is a text: patterns held against each other, and a text found among them.

use std::collections::HashMap;

use super::budget::{Budget, Reason};
use super::glob::Glob;
use super::shortest::shortest;

/// A pattern among the [`Strings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GlobId(u32);

/// A pattern, as what it covers at most and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// With `*` for each variable whose text nobody knows.
    pub most: Glob,
    /// With a mark for each such variable; none if it has none.
    pub marked: Option<Glob>,
}

/// How two patterns stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// No text is covered by both.
    Apart,
    /// The second covers what the first covers.
    Within,
    /// Neither.
    Mixed,
}

/// Patterns, and what is known of each two of them.
#[derive(Debug, Default)]
pub struct Strings {
    entries: Vec<Entry>,
    ids: HashMap<Entry, GlobId>,
    relations: HashMap<(GlobId, GlobId), Relation>,
}

impl Strings {
    /// Adds a pattern.
    pub fn add(&mut self, entry: Entry) -> GlobId {
        if let Some(id) = self.ids.get(&entry) {
            return *id;
        }
        let id = GlobId(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        self.entries.push(entry.clone());
        self.ids.insert(entry, id);
        id
    }

    /// Adds a pattern without variables.
    pub fn add_glob(&mut self, glob: Glob) -> GlobId {
        self.add(Entry { most: glob, marked: None })
    }

    fn entry(&self, id: GlobId) -> Option<&Entry> {
        self.entries.get(id.0 as usize)
    }

    /// How two patterns stand to each other, whatever the variables stand for. One with variables is only taken to
    /// cover another one if it does so for every text of them.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn relation(&mut self, one: GlobId, other: GlobId, budget: &mut Budget) -> Result<Relation, Reason> {
        if one == other {
            return Ok(Relation::Within);
        }
        if let Some(known) = self.relations.get(&(one, other)) {
            return Ok(*known);
        }
        let (Some(a), Some(b)) = (self.entry(one), self.entry(other)) else { return Ok(Relation::Apart) };
        let relation = relation(a, b, budget)?;
        self.relations.insert((one, other), relation);
        Ok(relation)
    }

    /// A text that each of `fixed` and one of each of `unions` cover, and none of `outside` does. Where a variable
    /// has no text, there may be one although no text for the variable makes it so; if there is none, there is none
    /// whatever they stand for.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn find(
        &mut self,
        fixed: &[GlobId],
        unions: &[&[GlobId]],
        outside: &[GlobId],
        budget: &mut Budget,
    ) -> Result<Option<String>, Reason> {
        let mut unions = unions.to_vec();
        unions.sort_by_key(|union| union.len());
        self.choose(&mut fixed.to_vec(), &unions, outside, budget)
    }

    fn choose(
        &mut self,
        chosen: &mut Vec<GlobId>,
        unions: &[&[GlobId]],
        outside: &[GlobId],
        budget: &mut Budget,
    ) -> Result<Option<String>, Reason> {
        let Some((union, rest)) = unions.split_first() else { return self.text(chosen, outside, budget) };
        let mut open = vec![];
        for glob in *union {
            let mut apart = false;
            for own in chosen.iter() {
                match self.relation(*own, *glob, budget)? {
                    // What was chosen lies in the union anyway.
                    Relation::Within => return self.choose(chosen, rest, outside, budget),
                    Relation::Apart => apart = true,
                    Relation::Mixed => {}
                }
            }
            if !apart {
                open.push(*glob);
            }
        }
        for glob in open {
            chosen.push(glob);
            let found = self.choose(chosen, rest, outside, budget)?;
            chosen.pop();
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn text(
        &mut self,
        chosen: &[GlobId],
        outside: &[GlobId],
        budget: &mut Budget,
    ) -> Result<Option<String>, Reason> {
        let mut without = vec![];
        for glob in outside {
            let mut apart = false;
            for own in chosen {
                match self.relation(*own, *glob, budget)? {
                    Relation::Within => return Ok(None),
                    Relation::Apart => apart = true,
                    Relation::Mixed => {}
                }
            }
            // What a pattern with a variable leaves out is not known; it may be nothing.
            let known = self.entry(*glob).is_some_and(|entry| entry.marked.is_none());
            if !apart && known {
                without.push(*glob);
            }
        }
        without.sort_unstable();
        without.dedup();
        let globs = |ids: &[GlobId]| -> Vec<&Glob> {
            ids.iter().filter_map(|id| self.entry(*id)).map(|entry| &entry.most).collect()
        };
        shortest(&globs(chosen), &globs(&without), budget)
    }
}

fn relation(one: &Entry, other: &Entry, budget: &mut Budget) -> Result<Relation, Reason> {
    if other.most.is_everything() && other.marked.is_none() {
        return Ok(Relation::Within);
    }
    let differs = one.most.begin().zip(other.most.begin()).any(|(a, b)| a != b);
    if differs || shortest(&[&one.most, &other.most], &[], budget)?.is_none() {
        return Ok(Relation::Apart);
    }
    let (inner, outer) = match (&one.marked, &other.marked) {
        (inner, Some(outer)) => (inner.as_ref().unwrap_or(&one.most), outer),
        (_, None) => (&one.most, &other.most),
    };
    let within = shortest(&[inner], &[outer], budget)?.is_none();
    Ok(if within { Relation::Within } else { Relation::Mixed })
}
