//! Which resources a statement names, and which of them cover or touch others.

use crate::access::delta::Resources;
use crate::policy::{Element, arn, covers, overlap};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Resources that one pattern covers, or all that some patterns do not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Area {
    /// What the pattern covers.
    Of(Named),
    /// What none of them covers.
    AllBut(Vec<Named>),
}

/// A pattern for resources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    /// As it is written.
    pub text: String,
    /// By part; none for `*`.
    parts: Option<[String; 6]>,
}

impl Named {
    pub(super) fn new(text: &str) -> Self {
        if !text.is_empty() && text.bytes().all(|b| b == b'*') {
            return Self { text: text.to_owned(), parts: None };
        }
        let parts = arn::split(text).map(|parts| parts.map(str::to_owned)).unwrap_or_else(|| {
            // A short one has `*` in the parts that are not there.
            let mut short = text.splitn(6, ':').map(str::to_owned);
            [(); 6].map(|()| short.next().unwrap_or_else(|| "*".to_owned()))
        });
        Self { text: text.to_owned(), parts: Some(parts) }
    }

    /// The last part of the ARN; `*` for everything.
    pub(super) fn last(&self) -> &str {
        self.parts.as_ref().map_or("*", |[.., last]| last)
    }

    /// Whether it stands for one resource.
    pub(super) fn is_exact(&self) -> bool {
        !self.text.contains(['*', '?', '$'])
    }

    /// The bucket that it names, if it is one.
    pub(super) fn bucket(&self) -> Option<&str> {
        let [_, _, service, _, _, rest] = self.parts.as_ref()?;
        let name = rest.split('/').next().unwrap_or(rest);
        (service == "s3" && !name.contains(['*', '?', '$'])).then_some(name)
    }

    /// Whether it is of endlessly many buckets.
    pub(super) fn is_of_any_bucket(&self) -> bool {
        let Some([_, _, service, _, _, rest]) = &self.parts else { return true };
        let name = rest.split('/').next().unwrap_or(rest);
        service == "s3" && name.contains('*')
    }

    /// Whether it is about another service than S3.
    pub(super) fn is_elsewhere(&self) -> bool {
        let service = self.parts.as_ref().map(|[_, _, service, ..]| service.as_str());
        service.is_some_and(|service| service != "s3" && !service.contains(['*', '?', '$']))
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        match (&self.parts, &other.parts) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(others)) => own.iter().zip(others).all(|(own, other)| covers(own, other)),
        }
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        match (&self.parts, &other.parts) {
            (None, _) | (_, None) => true,
            (Some(own), Some(others)) => own
                .iter()
                .zip(others)
                .all(|(own, other)| own == other || overlap(&widened(own), &widened(other))),
        }
    }
}

/// Any text in the place of a policy variable.
pub(super) fn widened(part: &str) -> Cow<'_, str> {
    if !part.contains("${") {
        return Cow::Borrowed(part);
    }
    let mut out = String::new();
    let mut rest = part;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        out.push('*');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

impl Area {
    /// Of a statement; without resources in it, of what its policy is of.
    pub(super) fn of(element: Option<&Element<BTreeSet<String>>>, own: &str) -> Vec<Self> {
        let named = |texts: &BTreeSet<String>| texts.iter().map(|text| Named::new(text)).collect::<Vec<_>>();
        match element {
            Some(Element::Is(texts)) => named(texts).into_iter().map(Self::Of).collect(),
            Some(Element::IsNot(texts)) => vec![Self::AllBut(named(texts))],
            None => vec![Self::Of(Named::new(own))],
        }
    }

    /// The bucket that it is of, or is in, if it is one.
    pub(super) fn bucket(&self) -> Option<&str> {
        match self {
            Self::Of(named) => named.bucket(),
            Self::AllBut(_) => None,
        }
    }

    /// As it is told: the pattern, or what it is not.
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            Self::Of(named) => vec![named.text.clone()],
            Self::AllBut(not) => not.iter().map(|not| format!("all but {}", not.text)).collect(),
        }
    }

    /// Every resource.
    pub(super) fn is_everything(&self) -> bool {
        matches!(self, Self::Of(Named { parts: None, .. }))
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Of(own), Self::Of(other)) => own.covers(other),
            (Self::Of(own), Self::AllBut(_)) => own.parts.is_none(),
            (Self::AllBut(not), Self::Of(other)) => !not.iter().any(|not| not.overlaps(other)),
            (Self::AllBut(not), Self::AllBut(others)) => {
                not.iter().all(|not| others.iter().any(|other| other.covers(not)))
            }
        }
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Of(own), Self::Of(other)) => own.overlaps(other),
            (Self::Of(own), Self::AllBut(not)) | (Self::AllBut(not), Self::Of(own)) => {
                !not.iter().any(|not| not.covers(own))
            }
            (Self::AllBut(_), Self::AllBut(_)) => true,
        }
    }

    /// As data.
    pub(super) fn resources(&self) -> Resources {
        match self {
            Self::Of(named) => Resources::Of(named.text.clone()),
            Self::AllBut(not) => Resources::AllBut(not.iter().map(|named| named.text.clone()).collect()),
        }
    }
}
