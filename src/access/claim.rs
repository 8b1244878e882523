//! Whether a claim about who can do what holds: proven for all requests, or refuted by one.

mod asked;
mod meant;
mod needed;
mod onward;

use std::collections::BTreeSet;

use super::decide::{Leg, Unseen};
use super::landscape::{DocumentId, Explained, Held, Landscape};
use super::principal::Caller;
use super::prove::{Answer, Formula, Witness};
use super::reach::Reach;
use super::request::{Context, Others, Request};
use super::rule::Rule;
use super::truth::Truth;
use crate::policy::Effect;
use crate::spec::assertion::{Assertion, Claim};
use crate::state::ResourceId;

use asked::Asked;
pub use onward::Onward;

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The outcome.
    pub verdict: Verdict,
    /// Parts of it that say nothing, though others do: what is meant by them, and why.
    pub idle: BTreeSet<String>,
    /// How many principals were looked at, strangers included.
    pub principals: usize,
    /// What was not looked at, or is not known.
    pub unseen: BTreeSet<Unseen>,
}

/// Whether a claim holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// For all requests.
    Holds,
    /// These requests break it: one for each principal and target, in order.
    Broken(Vec<Broken>),
    /// Nobody can say, for these reasons.
    Unproven(BTreeSet<String>),
    /// It says nothing, for this reason.
    Empty(String),
}

/// A request that breaks a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Who: `user/alice`, or the ARN of a stranger.
    pub who: String,
    /// The same, if the state has it.
    pub id: Option<ResourceId>,
    /// The request, as the last of the roles if there are any.
    pub request: Request,
    /// Allow if it can be made and must not, Deny if it must be possible and is not.
    pub effect: Effect,
    /// The statements that decided: those that allow what must not be, or those that deny what must be.
    pub statements: Vec<Deciding>,
    /// What would have to allow what must be, and does not; of what must not be, what is taken to allow it.
    pub missing: Vec<Leg>,
    /// The roles taken on one after the other, if that is how.
    pub through: Vec<String>,
}

/// A statement that decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deciding {
    /// The document it stands in.
    pub document: DocumentId,
    /// How whoever asks came by that, if it is one of its own policies.
    pub held: Option<Held>,
    /// Its number there, from 0.
    pub number: usize,
    /// Its id.
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
}

/// Holds a claim against a landscape; who can take on which roles is kept for the next one.
pub fn check<'s>(assertion: &Assertion, landscape: &Landscape<'s>, onward: &mut Onward) -> Checked {
    let mut checking = Checking {
        assertion,
        landscape,
        onward,
        broken: vec![],
        unproven: BTreeSet::new(),
        unseen: BTreeSet::from([Unseen::Scps]),
        principals: BTreeSet::new(),
        idle: BTreeSet::new(),
    };
    let empty = checking.run();
    let Checking { assertion: _, landscape: _, onward: _, broken, unproven, unseen, principals, mut idle } =
        checking;
    let verdict = match empty {
        _ if !broken.is_empty() => Verdict::Broken(broken),
        _ if !unproven.is_empty() => Verdict::Unproven(unproven),
        Some(why) => {
            idle.clear();
            Verdict::Empty(why)
        }
        None => Verdict::Holds,
    };
    Checked { verdict, idle, principals: principals.len(), unseen }
}

struct Checking<'c, 'l, 's> {
    assertion: &'c Assertion,
    landscape: &'l Landscape<'s>,
    onward: &'c mut Onward,
    broken: Vec<Broken>,
    unproven: BTreeSet<String>,
    unseen: BTreeSet<Unseen>,
    principals: BTreeSet<String>,
    idle: BTreeSet<String>,
}

/// What became of one caller and one target.
#[derive(Clone, Debug, Default)]
struct Tried {
    broken: Option<Broken>,
    unproven: BTreeSet<String>,
}

impl<'l, 's> Checking<'_, 'l, 's> {
    /// Why the claim says nothing, if it does not.
    fn run(&mut self) -> Option<String> {
        let claim = &self.assertion.claim;
        let callers = match claim {
            Claim::Can(subjects) | Claim::Cannot(subjects) => self.named(subjects),
            Claim::NobodyCan { except } => {
                let spared = self.meant(except);
                let everybody = self.landscape.identities().filter(|id| !spared.identities.contains(*id));
                let mut callers: BTreeSet<Caller> =
                    everybody.filter_map(|id| self.landscape.caller(id)).collect();
                callers.extend(self.strangers());
                callers.retain(|caller| !spared.takes_in(caller, self.landscape));
                callers
            }
        };
        if callers.is_empty() {
            let nobody = matches!(claim, Claim::Can(_) | Claim::Cannot(_));
            return nobody.then(|| "it is about nobody: no user or role is meant".to_owned());
        }
        let targets = self.targets();
        if targets.is_empty() {
            let why: Vec<String> = self.idle.iter().cloned().collect();
            // A template's claim may be about roles that are not there.
            return (!why.is_empty()).then(|| why.join("; "));
        }
        self.principals.extend(callers.iter().map(ToString::to_string));
        match claim {
            Claim::Can(_) => callers.iter().for_each(|caller| self.must_be_able(caller, &targets)),
            Claim::Cannot(_) => self.must_not(&callers, &targets, true),
            // A role that lets others do it is somebody who can do it.
            Claim::NobodyCan { .. } => self.must_not(&callers, &targets, false),
        }
        None
    }

    /// None of them may do it to any of the targets, nor through roles that are not meant themselves.
    fn must_not(&mut self, callers: &BTreeSet<Caller>, targets: &[Asked], through_roles: bool) {
        for target in targets {
            let mut ways = None;
            for caller in callers {
                let mut tried = self.tried(caller, target);
                if tried.broken.is_none() && through_roles {
                    let ways = ways.get_or_insert_with(|| self.ways(target, callers));
                    let Tried { broken, unproven } = self.through(caller, ways);
                    tried.broken = broken;
                    tried.unproven.extend(unproven);
                }
                self.take(tried);
            }
        }
    }

    fn take(&mut self, tried: Tried) {
        let Tried { broken, unproven } = tried;
        self.broken.extend(broken);
        self.unproven.extend(unproven);
    }

    /// Whether a caller itself can do it to a target.
    fn tried(&mut self, caller: &Caller, target: &Asked) -> Tried {
        let Some(asked) = &target.rule else { return Tried::default() };
        let mut reach = Reach::new(self.landscape, caller.clone(), Context::new(Others::Unknown));
        let [within, surely, perhaps] = self.allowed(&mut reach, asked);
        let but = target.but.iter().map(|known| reach.add(&super::reach::region(&["*"], &[known])));
        let within = within.except(Formula::rules(but.collect::<Vec<_>>()));
        let certain = Formula::all([within.clone(), surely]);
        self.settled(&mut reach, [certain, Formula::all([within, perhaps])], Effect::Allow)
    }

    /// The requests asked about, and which of them are allowed: surely, and if every policy that is not known allows.
    fn allowed(&mut self, reach: &mut Reach<'_, 's>, asked: &Rule) -> [Formula; 3] {
        let areas = reach.areas(asked);
        let within = Formula::Rule(reach.add(asked));
        let (mut surely, mut perhaps) = (vec![], vec![]);
        for area in &areas {
            let allowed = reach.allowed(area, &areas, asked);
            surely.push(allowed.surely);
            perhaps.push(allowed.perhaps);
            self.unseen.extend(allowed.blind);
        }
        [within, Formula::any(surely), Formula::any(perhaps)]
    }

    /// Looks for a request that certainly breaks the claim, then for one that does if an unknown policy is so.
    fn settled(&self, reach: &mut Reach<'_, 's>, [certain, possible]: [Formula; 2], effect: Effect) -> Tried {
        let mut tried = Tried::default();
        match reach.find(&certain) {
            Answer::Found(witness) => {
                tried.broken = Some(self.broken(reach, &witness, effect));
                return tried;
            }
            Answer::Unknown(reason) => drop(tried.unproven.insert(reason.to_string())),
            Answer::Nothing => {}
        }
        match reach.find(&possible) {
            Answer::Found(_) => {
                let who = self.who(reach.caller());
                tried.unproven.insert(format!("a policy that decides for {who} is not known"));
            }
            Answer::Unknown(reason) => drop(tried.unproven.insert(reason.to_string())),
            Answer::Nothing => {}
        }
        tried
    }

    fn who(&self, caller: &Caller) -> String {
        self.landscape.identity_of(caller).map_or_else(|| caller.in_words(), ResourceId::address)
    }

    fn broken(&self, reach: &Reach<'_, 's>, witness: &Witness, effect: Effect) -> Broken {
        let request = Request {
            caller: reach.caller().clone(),
            action: witness.action.clone(),
            resource: witness.resource.clone(),
            resource_account: None,
            context: witness.full_context(reach.frame()),
        };
        let explained = self.landscape.decide(request);
        let Explained { request, decision, gathered } = &explained;
        let decided = decision.statements.iter().filter(|s| s.effect == effect && s.applies == Truth::Yes);
        let statements = decided.filter_map(|mattered| {
            Some(Deciding {
                document: gathered.document(mattered.source)?.clone(),
                held: gathered.held(mattered.source).cloned(),
                number: mattered.number,
                sid: explained.rule(mattered)?.sid.clone(),
                effect,
            })
        });
        Broken {
            who: self.who(reach.caller()),
            id: self.landscape.identity_of(reach.caller()).cloned(),
            request: Request {
                context: Context {
                    values: witness.context.clone(),
                    absent: BTreeSet::new(),
                    others: Others::Absent,
                },
                ..request.clone()
            },
            effect,
            statements: statements.collect(),
            missing: decision.missing.clone(),
            through: vec![],
        }
    }
}
