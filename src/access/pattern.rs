//! Patterns of policies, taken apart once: wildcards, literal text, and policy variables.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use std::borrow::Cow;

use crate::policy;

/// A pattern for text. Text before the first wildcard or variable is kept whole, since most patterns are told
/// apart by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    /// The text it begins with.
    pub begin: String,
    /// What follows.
    pub rest: Vec<Piece>,
}

/// One piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Piece {
    /// This character.
    Is(char),
    /// Any one character.
    Any,
    /// Any text.
    Star,
    /// What a policy variable stands for in the request.
    Variable(Box<Variable>),
}

/// A policy variable: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Variable {
    /// The condition key, in small letters.
    pub key: String,
    /// What stands in for an absent key.
    pub default: Option<String>,
}

/// Which characters of a pattern's text stand for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syntax {
    /// `*` and `?`.
    pub wildcards: bool,
    /// `${…}`; in documents of version 2012-10-17 only.
    pub variables: bool,
}

/// Why a variable has no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The request has no such key, or several values of it.
    Absent,
    /// Nobody said whether the request has it.
    Unknown,
}

impl Pattern {
    /// Takes a text apart.
    pub fn new(text: &str, syntax: Syntax) -> Self {
        let mut pieces = vec![];
        let mut begin = String::new();
        let mut add = |piece: Piece| match piece {
            Piece::Is(c) if pieces.is_empty() => begin.push(c),
            Piece::Star if pieces.last() == Some(&Piece::Star) => {}
            piece => pieces.push(piece),
        };
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let variable = (syntax.variables && c == '$').then(|| variable(rest)).flatten();
            let (piece, length) = match variable {
                Some(found) => found,
                None if syntax.wildcards && c == '*' => (Piece::Star, 1),
                None if syntax.wildcards && c == '?' => (Piece::Any, 1),
                None => (Piece::Is(c), c.len_utf8()),
            };
            add(piece);
            rest = rest.get(length..).unwrap_or_default();
        }
        Self { begin, rest: pieces }
    }

    /// A text that stands for itself.
    pub fn exactly(text: &str) -> Self {
        Self { begin: text.to_owned(), rest: vec![] }
    }

    /// The one text that it covers, if it has neither wildcards nor variables.
    pub fn exact(&self) -> Option<&str> {
        self.rest.is_empty().then_some(self.begin.as_str())
    }

    /// Whether it covers every text.
    pub fn is_everything(&self) -> bool {
        self.begin.is_empty() && self.rest.as_slice() == [Piece::Star]
    }

    /// The variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.rest.iter().filter_map(|piece| match piece {
            Piece::Variable(variable) => Some(&**variable),
            Piece::Is(_) | Piece::Any | Piece::Star => None,
        })
    }

    /// The pattern with each variable replaced by its text, in which `*` and `?` stand for themselves.
    ///
    /// # Errors
    /// A variable that has no text: absent if any is known to be absent.
    pub fn resolve<'p, 'v>(
        &'p self,
        text_of: &impl Fn(&Variable) -> Result<Cow<'v, str>, Missing>,
    ) -> Result<Cow<'p, Self>, Missing> {
        if self.variables().next().is_none() {
            return Ok(Cow::Borrowed(self));
        }
        let (mut begin, mut rest, mut unknown) = (self.begin.clone(), vec![], false);
        for piece in &self.rest {
            match piece {
                Piece::Variable(variable) => match text_of(variable) {
                    Ok(text) if rest.is_empty() => begin.push_str(&text),
                    Ok(text) => rest.extend(text.chars().map(Piece::Is)),
                    Err(Missing::Absent) => return Err(Missing::Absent),
                    Err(Missing::Unknown) => unknown = true,
                },
                Piece::Is(c) if rest.is_empty() => begin.push(*c),
                piece => rest.push(piece.clone()),
            }
        }
        if unknown { Err(Missing::Unknown) } else { Ok(Cow::Owned(Self { begin, rest })) }
    }

    /// The pattern with any text in the place of each variable.
    #[must_use]
    pub fn widened(&self) -> Self {
        let widen = |piece: &Piece| match piece {
            Piece::Variable(_) => Piece::Star,
            piece => piece.clone(),
        };
        Self { begin: self.begin.clone(), rest: self.rest.iter().map(widen).collect() }
    }

    /// Whether some text could be covered by both; no only if it is sure.
    pub fn overlaps(&self, other: &Self) -> bool {
        policy::overlap(&self.glob(), &other.glob())
    }

    /// Whether it covers every text that the other covers; yes only if it is sure.
    pub fn covers(&self, other: &Self) -> bool {
        let plain =
            |pattern: &Self| pattern.variables().next().is_none() && !pattern.begin.contains(['*', '?', '$']);
        plain(self) && plain(other) && policy::covers(&self.glob(), &other.glob())
    }

    /// As a glob, with `*` for each variable.
    fn glob(&self) -> String {
        let rest = self.rest.iter().map(|piece| match piece {
            Piece::Is(c) => *c,
            Piece::Any => '?',
            Piece::Star | Piece::Variable(_) => '*',
        });
        self.begin.chars().chain(rest).collect()
    }

    /// Whether it covers a text. A variable covers nothing: they are to be resolved first.
    pub fn matches(&self, text: &str) -> bool {
        let Some(text) = text.strip_prefix(self.begin.as_str()) else { return false };
        match self.rest.as_slice() {
            [] => text.is_empty(),
            [Piece::Star] => true,
            pieces => glob(pieces, text),
        }
    }

    /// The same without regard to case.
    #[must_use]
    pub fn folded(self) -> Self {
        let Self { begin, rest } = self;
        let fold = |piece| match piece {
            Piece::Is(c) => c.to_lowercase().map(Piece::Is).collect(),
            piece => vec![piece],
        };
        Self { begin: begin.to_lowercase(), rest: rest.into_iter().flat_map(fold).collect() }
    }
}

/// Only the last star is ever tried again: an earlier one could not do better.
fn glob(pieces: &[Piece], text: &str) -> bool {
    let (mut pieces, mut text) = (pieces, text.chars());
    let mut retry = None;
    loop {
        if let [Piece::Star, after @ ..] = pieces {
            pieces = after;
            retry = Some((after, text.clone()));
            continue;
        }
        let mut rest = text.clone();
        match (pieces, rest.next()) {
            ([], None) => return true,
            ([Piece::Any, after @ ..], Some(_)) => {
                (pieces, text) = (after, rest);
                continue;
            }
            ([Piece::Is(c), after @ ..], Some(found)) if *c == found => {
                (pieces, text) = (after, rest);
                continue;
            }
            _ => {}
        }
        let Some((after, tried)) = &mut retry else { return false };
        if tried.next().is_none() {
            return false;
        }
        (pieces, text) = (after, tried.clone());
    }
}

/// The variable that a text begins with, and its length in bytes.
fn variable(text: &str) -> Option<(Piece, usize)> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find('}')?;
    let inside = inner.get(..end)?;
    let length = end + 3;
    if let "*" | "?" | "$" = inside {
        return Some((Piece::Is(inside.chars().next()?), length));
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => {
            let default = default.trim();
            let quoted = default.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
            (key, Some(quoted.unwrap_or(default).to_owned()))
        }
        None => (inside, None),
    };
    let key = key.trim().to_ascii_lowercase();
    Some((Piece::Variable(Box::new(Variable { key, default })), length))
}

/// A pattern for ARNs: a wildcard in one of the first five parts stays in it, one in the last part goes on to the
/// end, across `/` and `:`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArnPattern {
    /// `*`: every resource, also what has no ARN.
    All,
    /// By part.
    Parts(Box<[Pattern; 6]>),
}

impl ArnPattern {
    /// The pattern in a `Resource` or `NotResource`. A short one has `*` in the parts that are not there. Variables
    /// are expanded in the last part only.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse>
    pub fn resource(text: &str, variables: bool) -> Self {
        Self::new(text, [false, false, false, false, false, variables], true)
    }

    /// The pattern in a value of `ArnLike` and its kin; none if it has too few parts to cover any ARN.
    pub fn value(text: &str, variables: bool) -> Option<Self> {
        let parts = parts(text).iter().filter(|part| part.is_some()).count();
        let pattern = Self::new(text, [variables; 6], false);
        (parts == 6 || pattern == Self::All).then_some(pattern)
    }

    fn new(text: &str, variables: [bool; 6], wildcard_rest: bool) -> Self {
        if !text.is_empty() && text.bytes().all(|b| b == b'*') {
            return Self::All;
        }
        let rest = if wildcard_rest { "*" } else { "" };
        let mut patterns = parts(text).into_iter().zip(variables).map(|(part, variables)| {
            Pattern::new(part.unwrap_or(rest), Syntax { wildcards: true, variables })
        });
        let mut next = || patterns.next().unwrap_or_else(|| Pattern::exactly(""));
        Self::Parts(Box::new([next(), next(), next(), next(), next(), next()]))
    }

    /// The pattern with each variable replaced.
    ///
    /// # Errors
    /// As [`Pattern::resolve`].
    pub fn resolve<'p, 'v>(
        &'p self,
        text_of: &impl Fn(&Variable) -> Result<Cow<'v, str>, Missing>,
    ) -> Result<Cow<'p, Self>, Missing> {
        let Self::Parts(patterns) = self else { return Ok(Cow::Borrowed(self)) };
        if patterns.iter().all(|pattern| pattern.variables().next().is_none()) {
            return Ok(Cow::Borrowed(self));
        }
        let mut resolved = patterns.clone();
        for pattern in resolved.iter_mut() {
            *pattern = pattern.resolve(text_of)?.into_owned();
        }
        Ok(Cow::Owned(Self::Parts(resolved)))
    }

    /// The pattern with any text in the place of each variable.
    #[must_use]
    pub fn widened(&self) -> Self {
        match self {
            Self::All => Self::All,
            Self::Parts(patterns) => Self::Parts(Box::new(patterns.each_ref().map(Pattern::widened))),
        }
    }

    /// The variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        let patterns = match self {
            Self::All => [].as_slice(),
            Self::Parts(patterns) => patterns.as_slice(),
        };
        patterns.iter().flat_map(Pattern::variables)
    }

    /// Whether some resource could be covered by both; no only if it is sure.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Parts(ones), Self::Parts(others)) => {
                ones.iter().zip(others.iter()).all(|(one, other)| one.overlaps(other))
            }
            (Self::All, _) | (_, Self::All) => true,
        }
    }

    /// Whether it covers every resource that the other covers; yes only if it is sure.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Parts(_), Self::All) => false,
            (Self::Parts(ones), Self::Parts(others)) => {
                ones.iter().zip(others.iter()).all(|(one, other)| one.covers(other))
            }
        }
    }

    /// Whether it covers a resource. What is no ARN (`*`, for actions on nothing in particular) is covered by `*`
    /// only.
    pub fn matches(&self, resource: &str) -> bool {
        let Self::Parts(patterns) = self else { return true };
        let mut rest = resource;
        let [first @ .., last] = &**patterns;
        for pattern in first {
            let Some((part, after)) = rest.split_once(':') else { return false };
            if !pattern.matches(part) {
                return false;
            }
            rest = after;
        }
        last.matches(rest)
    }
}

/// The six parts of an ARN or a pattern for some; colons within a variable do not count. A missing part is none.
fn parts(text: &str) -> [Option<&str>; 6] {
    let mut parts = [None; 6];
    let mut rest = Some(text);
    for (number, part) in parts.iter_mut().enumerate() {
        let Some(text) = rest else { break };
        let colon = if number == 5 { None } else { colon(text) };
        *part = Some(colon.and_then(|at| text.get(..at)).unwrap_or(text));
        rest = colon.and_then(|at| text.get(at + 1..));
    }
    parts
}

fn colon(text: &str) -> Option<usize> {
    let mut within = false;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '{' if before == '$' => within = true,
            '}' => within = false,
            ':' if !within => return Some(at),
            _ => {}
        }
        before = c;
    }
    None
}
