//! The statements that an answer of yes rests on: where several have to allow, one of each.

use super::decide::{Mattered, Source, holding};
use super::landscape::Explained;
use super::law::{Case, Legs, allowed};
use super::principal::Cover;
use super::truth::Truth;
use crate::policy::Effect;

/// A kind of statement that can be had or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beam {
    Direct,
    Behind,
    Account,
    Identity,
    Boundary,
    Session,
}

/// In the order in which they are done without, if the rest is enough: what the identity has is told first.
const BEAMS: [Beam; 6] =
    [Beam::Direct, Beam::Behind, Beam::Account, Beam::Identity, Beam::Boundary, Beam::Session];

impl Beam {
    fn of(mattered: &Mattered) -> Option<Self> {
        match (mattered.source, mattered.cover) {
            (Source::Identity(_), _) => Some(Self::Identity),
            (Source::Boundary(_), _) => Some(Self::Boundary),
            (Source::Session, _) => Some(Self::Session),
            (Source::Resource, Cover::Direct) => Some(Self::Direct),
            (Source::Resource, Cover::Behind) => Some(Self::Behind),
            (Source::Resource, Cover::Account) => Some(Self::Account),
            (Source::Scp(..) | Source::Rcp(..), _) => None,
        }
    }

    fn leg(self, legs: &mut Legs<Truth>) -> &mut Truth {
        match self {
            Self::Direct => &mut legs.direct,
            Self::Behind => &mut legs.behind,
            Self::Account => &mut legs.account,
            Self::Identity => &mut legs.identity,
            Self::Boundary => &mut legs.boundary,
            Self::Session => &mut legs.session,
        }
    }
}

/// One statement of each kind without which the request would not be allowed; none if it is not, or if AWS asks no
/// policy.
pub fn carried<'e>(explained: &'e Explained<'_>) -> Vec<&'e Mattered> {
    let (mut legs, case): (Legs<Truth>, Case) = holding(&explained.request, &explained.gathered.policies);
    if allowed(legs.clone(), case) != Truth::Yes {
        return vec![];
    }
    let mut needed = vec![];
    for beam in BEAMS {
        let mut without = legs.clone();
        *beam.leg(&mut without) = Truth::No;
        if allowed(without.clone(), case) == Truth::Yes {
            legs = without;
        } else {
            needed.push(beam);
        }
    }
    let applying = |mattered: &&Mattered| mattered.effect == Effect::Allow && mattered.applies == Truth::Yes;
    let statements = || explained.decision.statements.iter().filter(applying);
    let of_beam = |beam: &Beam| statements().find(|mattered| Beam::of(mattered) == Some(*beam));
    let mut found: Vec<&Mattered> = needed.iter().filter_map(of_beam).collect();
    found.sort_by_key(|mattered| mattered.source);
    found
}
