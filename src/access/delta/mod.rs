//! Who gains and who loses what between two states, statement by statement, and by which route.
//!
//! Everything is worked out once for each set of policies that somebody holds, however many hold it, and only for
//! those whose policies differ. What cannot be decided is said so, and never left out.

mod actions;
mod affected;
mod area;
mod assume;
mod compare;
mod cross;
mod denial;
mod escalation;
mod fold;
mod gain;
mod heirs;
mod holders;
mod pool;
mod resource;
mod settle;
mod wall;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use compare::{delta, delta_among};

use super::landscape::DocumentId;
use super::powers::Method;
use super::principal::Named;
use crate::policy::AccessWord;
use crate::state::ResourceId;

/// Who gains and who loses what.
#[derive(Clone, Debug, Default)]
pub struct AccessDelta {
    /// What becomes possible, the gravest first.
    pub gained: Vec<Line>,
    /// What is possible no longer.
    pub lost: Vec<Line>,
    /// Ways to more rights that open, the worst first.
    pub escalations: Vec<Escalation>,
    /// Who can become a role already that gains, and so gains with it.
    pub heirs: Vec<Heir>,
    /// Roles that somebody could become by passing them on, and no longer can.
    pub closed: Vec<Closed>,
    /// Roles that can be assumed, or no longer.
    pub edges: Vec<Edge>,
    /// What the policies of resources deny, or no longer deny, to whoever may do it otherwise.
    pub denials: Vec<Denial>,
    /// Documents that change what they say and not what anybody can do.
    pub without_effect: BTreeSet<DocumentId>,
    /// Documents that could not be read, and so were not compared.
    pub unreadable: BTreeSet<DocumentId>,
}

/// Some access that comes or goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// How much it deserves attention.
    pub rank: Rank,
    /// Whose.
    pub who: Who,
    /// What can be done.
    pub word: AccessWord,
    /// With which services: prefixes, sorted.
    pub services: Vec<String>,
    /// To what.
    pub resources: Resources,
    /// How they come by it.
    pub route: Route,
    /// When.
    pub limits: Vec<Limit>,
    /// Resources that are denied in any case.
    pub except: Vec<String>,
    /// The statements that deny it or did, where it comes or goes because of them.
    pub because: Vec<Route>,
    /// The other side's statements that let it be, where it takes the leave of two accounts and both are known.
    pub with: Vec<Route>,
    /// Every action, sorted; `s3:*` where all of a service's actions of this word are meant.
    pub actions: Vec<String>,
    /// How many actions that is.
    pub count: usize,
    /// What can be done as the role, if it is about who may act as one.
    pub role: Option<RoleAccess>,
    /// Why it is not certain; none if it is.
    pub doubt: Option<String>,
}

/// How much a line deserves attention, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Another account gains it.
    External,
    /// Everybody gains it.
    Public,
    /// It leads to more rights.
    Escalation,
    /// It is about a bucket whose tags say that its content is sensitive.
    Sensitive,
    /// Anything else.
    Rest,
}

impl Rank {
    /// As programs know it.
    pub fn word(self) -> &'static str {
        match self {
            Self::External => "external",
            Self::Public => "public",
            Self::Escalation => "escalation",
            Self::Sensitive => "sensitive",
            Self::Rest => "rest",
        }
    }
}

/// Somebody who gains or loses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Users by a group.
    Members {
        /// The group.
        group: ResourceId,
        /// Those of its users that gain or lose.
        users: Vec<ResourceId>,
        /// Its other users: they have it another way, or are kept from it.
        others: Vec<ResourceId>,
    },
    /// Users and roles themselves.
    Identities(Vec<ResourceId>),
    /// Somebody whom a policy names and the state does not have.
    Outside(Named),
}

/// To what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resources {
    /// What the pattern covers, as the statement has it.
    Of(String),
    /// What none of them covers.
    AllBut(Vec<String>),
}

/// How somebody comes by something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// The group that holds the document; none if those who gain do, or if it is a resource's.
    pub group: Option<ResourceId>,
    /// The document.
    pub document: DocumentId,
    /// The statement's number in it, from 0.
    pub number: usize,
    /// Its Sid.
    pub sid: Option<String>,
}

/// What comes of somebody's being able to assume a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// They could not, and can.
    Gained,
    /// They could, and it depends on less.
    Widened,
    /// They can, and it depends on more.
    Narrowed,
    /// They could, and cannot.
    Lost,
}

impl Turn {
    /// As programs know it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gained => "gained",
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::Lost => "lost",
        }
    }
}

/// When access holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Only if all of these hold.
    OnlyIf(Vec<Test>),
    /// Not while all of these hold.
    NotWhile(Vec<Test>),
    /// On resources of these patterns not while all of these hold.
    On(Arc<[String]>, Vec<Test>),
    /// Not what is and stays allowed anyway: resources of a pattern, or all of them, if all of these hold.
    OtherThan(Option<String>, Vec<Test>),
    /// Not to these, who have it anyway, before and after.
    SameFor(Vec<Named>),
    /// Only as far as something else allows it as well, in words.
    AsFarAs(String),
    /// Not until something else allows it as well, which it does not, in words.
    Until(String),
}

/// One key of a condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test {
    /// The operator, in AWS's spelling.
    pub operator: String,
    /// The condition key, in small letters.
    pub key: String,
    /// What to compare with.
    pub values: BTreeSet<String>,
}

/// Ways to more rights that open to somebody.
#[derive(Clone, Debug)]
pub struct Escalation {
    /// To whom.
    pub who: Who,
    /// Everything is allowed on everything.
    pub administrator: bool,
    /// The roles that can be acted as, as the statement has them; none if no role is passed.
    pub roles: Option<String>,
    /// Of them, those that the state has and that let it be.
    pub known: Vec<ResourceId>,
    /// How many those are; the names may be fewer.
    pub known_count: usize,
    /// Of those, or of what the ways are about, the ones with rights to everything.
    pub mighty: Vec<ResourceId>,
    /// Roles that can be passed and that exist, and that let none of the services be them; ten at most.
    pub shut: Vec<ResourceId>,
    /// How many those are.
    pub shut_count: usize,
    /// Of those, the ones with rights to everything.
    pub shut_mighty: Vec<ResourceId>,
    /// What the ways are about, if they name it; ten at most.
    pub targets: Vec<ResourceId>,
    /// How many those are.
    pub target_count: usize,
    /// Whether the way was there, and it is the trust policies of the roles that open it.
    pub by_trust: bool,
    /// The ways.
    pub methods: Vec<&'static Method>,
    /// The statement that passes the roles, or the first that counts.
    pub route: Route,
}

impl Escalation {
    /// Whether there is a role to become by it, or may be one; not if all that it names let nobody be them.
    pub fn is_open(&self) -> bool {
        let exact = self.roles.as_ref().is_some_and(|roles| !roles.contains(['*', '?']));
        !(self.known.is_empty() && exact && !self.shut.is_empty())
    }
}

/// Somebody who can become roles already that gain.
#[derive(Clone, Debug)]
pub struct Heir {
    /// Who.
    pub who: Who,
    /// Roles to become before, one after the other.
    pub via: Vec<ResourceId>,
    /// The roles that gain.
    pub roles: Vec<ResourceId>,
    /// The gravest that they gain.
    pub rank: Rank,
    /// Whether they gain everything.
    pub everything: bool,
    /// The ways to become the first of them; none if it is assumed.
    pub methods: Vec<&'static Method>,
    /// The condition keys that becoming the first depends on, in small letters.
    pub keys: BTreeSet<String>,
    /// The statements that let them become the first.
    pub routes: Vec<Route>,
}

/// Roles that somebody could become by passing them on, and no longer can.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Closed {
    /// Who.
    pub who: Who,
    /// The roles.
    pub roles: Vec<ResourceId>,
    /// The statement that passed them.
    pub route: Route,
}

/// Something that can be done as a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RolePart {
    /// How much it deserves attention.
    pub rank: Rank,
    /// What can be done.
    pub word: AccessWord,
    /// With which services: prefixes, sorted.
    pub services: Vec<String>,
    /// To what.
    pub resources: Resources,
}

/// The gravest of what can be done as a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleAccess {
    /// Whether that is everything.
    pub everything: bool,
    /// What can be done to what, the gravest first; two at most.
    pub most: Vec<RolePart>,
    /// How much more there is.
    pub more: usize,
}

/// That somebody can assume a role, or no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// What comes of it.
    pub turn: Turn,
    /// Who.
    pub who: Who,
    /// The role.
    pub role: ResourceId,
    /// The condition keys that it depends on, or that it depends on from now on or no longer, in small letters.
    pub keys: BTreeSet<String>,
    /// Whether the role has rights to everything.
    pub mighty: bool,
    /// The statements that let them: of their own policies, and of the role's trust policy.
    pub routes: Vec<Route>,
}

/// Something that the policy of a resource denies, or no longer denies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Denial {
    /// Whether it is denied from now on.
    pub comes: bool,
    /// How much it deserves attention.
    pub rank: Rank,
    /// To whom; none for everybody.
    pub to: Vec<Named>,
    /// Everybody but them.
    pub spares: Vec<Named>,
    /// What can be done no longer, or again.
    pub words: Vec<AccessWord>,
    /// To what.
    pub resources: Vec<Resources>,
    /// Resources of which it was or stays denied anyway.
    pub except: Vec<String>,
    /// While all of these hold; always if there is none.
    pub tests: Vec<Test>,
    /// When: otherwise it was or stays denied anyway.
    pub limits: Vec<Limit>,
    /// The statement.
    pub route: Route,
    /// Users and roles who gain or lose by it: those who may, but for this.
    pub affected: Vec<Who>,
    /// Those of whom that could not be decided.
    pub perhaps: Vec<Who>,
}

impl AccessDelta {
    /// Whether nobody gains or loses anything.
    pub fn is_empty(&self) -> bool {
        let Self {
            gained,
            lost,
            escalations,
            heirs,
            closed,
            edges,
            denials,
            without_effect: _,
            unreadable: _,
        } = self;
        gained.is_empty()
            && lost.is_empty()
            && escalations.is_empty()
            && heirs.is_empty()
            && closed.is_empty()
            && edges.is_empty()
            && denials.is_empty()
    }
}
