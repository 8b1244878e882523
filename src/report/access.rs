//! Who gains and loses what, as plain data: every statement, and the sentences that are made of them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::EnvironmentLine;
use super::limits;
use crate::access::delta::{
    AccessDelta, Closed, Denial, Edge, Escalation, Heir, Line, Resources, RoleAccess, RolePart, Route, Test,
    Who,
};
use crate::access::landscape::DocumentId;
use crate::access::principal::{Caller, Named};
use crate::state::{AccountId, ResourceId};

/// Who gains and who loses what by a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AccessReport {
    /// Ways to more rights that open.
    pub escalations: Vec<EscalationLine>,
    /// Who can become a role already that gains, and so gains with it.
    pub heirs: Vec<HeirLine>,
    /// Roles that somebody could become by passing them on, and no longer can.
    pub closed: Vec<ClosedLine>,
    /// Roles that can be assumed from now on, or no longer.
    pub roles: Vec<RoleLine>,
    /// What becomes possible, the gravest first.
    pub gained: Vec<AccessLine>,
    /// What is possible no longer.
    pub lost: Vec<AccessLine>,
    /// What the policies of resources deny from now on, or no longer.
    pub denials: Vec<DenialLine>,
    /// Documents that change, come or go without changing what anybody can do.
    pub without_effect: Vec<String>,
    /// Documents that could not be read, and so were not compared.
    pub unreadable: Vec<String>,
    /// What has a say in access and was not looked at.
    pub not_evaluated: Vec<&'static str>,
}

/// Who it is that gains or loses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Principals {
    /// `group`, `identities` or `outside`.
    pub kind: &'static str,
    /// The group by which they have it.
    pub group: Option<String>,
    /// Users and roles by address; somebody outside by ARN, number or name.
    pub names: Vec<String>,
    /// The group's other users, for whom nothing changes.
    pub others: Vec<String>,
}

/// Some access that comes or goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccessLine {
    /// `external`, `public`, `escalation`, `sensitive` or `rest`.
    pub rank: &'static str,
    /// Whose.
    pub principals: Principals,
    /// `list`, `read-data`, `write-data`, `delete-data`, `administer` or `become`.
    pub word: &'static str,
    /// With which services, by prefix.
    pub services: Vec<String>,
    /// The patterns of the resources, as the statement has it; what is not meant, if `all_but`.
    pub resources: Vec<String>,
    /// Whether the patterns say what is left out.
    pub all_but: bool,
    /// The statement that gives it.
    pub statement: AccessStatement,
    /// When it holds, in words.
    pub conditions: Vec<String>,
    /// Resources that something denies in any case.
    pub except: Vec<String>,
    /// The statements that deny it or did, where it comes or goes because of them.
    pub because: Vec<AccessStatement>,
    /// The other side's statements that let it be, where it takes the leave of two accounts and both are known.
    pub with: Vec<AccessStatement>,
    /// The actions; `s3:*` stands for all of a service's actions of this word.
    pub actions: Vec<String>,
    /// How many actions that is.
    pub action_count: usize,
    /// What can be done as the role, if it is about who may act as one.
    pub role: Option<RoleAccessLine>,
    /// Whether it is proven.
    pub proven: bool,
    /// Why it is not.
    pub doubt: Option<String>,
}

/// The gravest of what can be done as a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleAccessLine {
    /// Whether that is everything.
    pub administrator: bool,
    /// What can be done to what, the gravest first; two at most.
    pub access: Vec<RoleAccessPart>,
    /// How much more there is.
    pub more: usize,
}

/// Something that can be done as a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleAccessPart {
    /// `escalation`, `sensitive` or `rest`.
    pub rank: &'static str,
    /// The access word.
    pub word: &'static str,
    /// With which services, by prefix.
    pub services: Vec<String>,
    /// The patterns of the resources; what is not meant, if `all_but`.
    pub resources: Vec<String>,
    /// Whether the patterns say what is left out.
    pub all_but: bool,
}

/// Where a statement stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct AccessStatement {
    /// `role/GlueEtl inline/data`, `AmazonS3ReadOnlyAccess`.
    pub document: String,
    /// Its number there, from 1.
    pub number: usize,
    /// Its Sid.
    pub sid: Option<String>,
}

/// Ways to more rights that open to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EscalationLine {
    /// To whom.
    pub principals: Principals,
    /// Whether everything is allowed on everything.
    pub administrator: bool,
    /// The pattern of the roles that can be acted as; none if no role is passed.
    pub roles: Option<String>,
    /// Of the roles there are, those that it covers and that let it be; ten at most.
    pub known_roles: Vec<String>,
    /// How many those are.
    pub known_role_count: usize,
    /// Those of them, and of `targets`, that may do everything.
    pub administrator_roles: Vec<String>,
    /// Roles that the pattern covers, and that let none of the services be them yet; ten at most.
    pub shut_roles: Vec<String>,
    /// How many those are.
    pub shut_role_count: usize,
    /// Those of them that may do everything.
    pub shut_administrator_roles: Vec<String>,
    /// Whether it leads anywhere: not if the roles that it names let none of the services be them.
    pub open: bool,
    /// The roles, users, groups and policies that the ways are about, if they name them; ten at most.
    pub targets: Vec<String>,
    /// How many those are.
    pub target_count: usize,
    /// Whether the way was there, and it is the trust policies of `known_roles` that open it.
    pub by_trust: bool,
    /// The ways, in words.
    pub ways: Vec<String>,
    /// The actions of each way.
    pub actions: Vec<Vec<&'static str>>,
    /// The statement that passes the roles, or the first that counts.
    pub statement: AccessStatement,
}

/// Somebody who can become roles already that gain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeirLine {
    /// Who.
    pub principals: Principals,
    /// Roles to become before, one after the other.
    pub via: Vec<String>,
    /// The roles that gain.
    pub roles: Vec<String>,
    /// The gravest that they gain.
    pub rank: &'static str,
    /// Whether they gain everything.
    pub administrator: bool,
    /// The ways to become the first, in words; none if it is assumed.
    pub ways: Vec<&'static str>,
    /// The condition keys that becoming the first depends on.
    pub depends_on: Vec<String>,
    /// The statements that let them become the first.
    pub statements: Vec<AccessStatement>,
}

/// Roles that somebody could become by passing them on, and no longer can.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClosedLine {
    /// Who.
    pub principals: Principals,
    /// The roles.
    pub roles: Vec<String>,
    /// The statement that passed them.
    pub statement: AccessStatement,
}

/// That somebody can assume a role, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleLine {
    /// `gained`, `widened`, `narrowed` or `lost`.
    pub change: &'static str,
    /// Who.
    pub principals: Principals,
    /// The role.
    pub role: String,
    /// Its account.
    pub account: String,
    /// Whether the role may do everything.
    pub administrator: bool,
    /// The condition keys that it depends on; if widened those it no longer depends on, if narrowed those it depends on
    /// from now on.
    pub depends_on: Vec<String>,
    /// The statements that let them.
    pub statements: Vec<AccessStatement>,
}

/// Something that the policy of a resource denies from now on, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DenialLine {
    /// `denied` or `no-longer-denied`.
    pub change: &'static str,
    /// `sensitive` or `rest`.
    pub rank: &'static str,
    /// To whom; empty for everybody.
    pub principals: Vec<String>,
    /// Everybody but them, whom the statement spares by name or by condition.
    pub spares: Vec<String>,
    /// The access words.
    pub words: Vec<&'static str>,
    /// The patterns of the resources.
    pub resources: Vec<String>,
    /// Whether the patterns say what is left out.
    pub all_but: bool,
    /// Resources of them of which it was or stays denied anyway.
    pub except: Vec<String>,
    /// While this holds, in words; empty for always.
    pub conditions: Vec<String>,
    /// When, in words: otherwise it was or stays denied anyway.
    pub limits: Vec<String>,
    /// The statement.
    pub statement: AccessStatement,
    /// Users and roles who gain or lose by it, since they may but for this.
    pub affected: Vec<Principals>,
    /// Those of whom that could not be decided.
    pub perhaps: Vec<Principals>,
}

/// What ways are about: so many are named in each.
const NAMED_MAX: usize = 2;

/// What has a say in access and is not read.
const NOT_EVALUATED: [&str; 6] = [
    "service and resource control policies",
    "session policies",
    "VPC endpoint policies",
    "policies of keys and of resources other than buckets and roles",
    "access control lists and access points",
    "Block Public Access of accounts",
];

/// What names need to be told apart.
pub(super) struct Names<'a> {
    environments: BTreeMap<&'a AccountId, &'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn new(environments: &'a [EnvironmentLine<'a>]) -> Self {
        Self { environments: environments.iter().map(|e| (e.account, e.name)).collect() }
    }

    /// `role/DataLakeReader`, and of several accounts `role/DataLakeReader (lake)`.
    fn id(&self, id: &ResourceId) -> String {
        match self.environments.get(&id.account) {
            Some(_) if self.environments.len() < 2 => id.address(),
            Some(name) => format!("{} ({name})", id.address()),
            None => format!("{} ({})", id.address(), id.account),
        }
    }

    fn ids<'i>(&self, ids: impl IntoIterator<Item = &'i ResourceId>) -> Vec<String> {
        ids.into_iter().map(|id| self.id(id)).collect()
    }

    fn named(&self, named: &Named) -> String {
        match named {
            Named::Everyone => "everyone".to_owned(),
            Named::Account(account) => {
                let own = self.environments.iter().find(|(id, _)| id.as_str() == account);
                own.map_or_else(
                    || format!("account {account}"),
                    |(_, name)| format!("account {account} ({name})"),
                )
            }
            Named::Caller(_) | Named::Nobody(_) => anybody(named),
        }
    }

    fn who(&self, who: &Who) -> Principals {
        match who {
            Who::Members { group, users, others } => {
                // A group without users stands for whoever joins it.
                let users = users.iter().filter(|id| *id != group);
                Principals {
                    kind: "group",
                    group: Some(self.id(group)),
                    names: self.ids(users),
                    others: self.ids(others),
                }
            }
            Who::Identities(ids) => {
                Principals { kind: "identities", group: None, names: self.ids(ids), others: vec![] }
            }
            Who::Outside(named) => {
                Principals { kind: "outside", group: None, names: vec![self.named(named)], others: vec![] }
            }
        }
    }

    fn document(&self, document: &DocumentId) -> String {
        match document {
            DocumentId::Inline(id, name) => format!("{} inline/{name}", self.id(id)),
            DocumentId::Customer(id) => self.id(id),
            DocumentId::Trust(id) => format!("trust policy of {}", self.id(id)),
            DocumentId::Bucket(id) => format!("policy of {}", self.id(id)),
            aws @ DocumentId::Aws(..) => aws.to_string(),
        }
    }

    fn route(&self, route: &Route) -> AccessStatement {
        let Route { group: _, document, number, sid } = route;
        AccessStatement { document: self.document(document), number: number + 1, sid: sid.clone() }
    }

    fn line(&self, line: &Line) -> AccessLine {
        let Line {
            rank,
            who,
            word,
            services,
            resources,
            route,
            limits,
            except,
            because,
            with,
            actions,
            count,
            role,
            doubt,
        } = line;
        let (resources, all_but) = patterns(resources);
        AccessLine {
            rank: rank.word(),
            principals: self.who(who),
            word: word.word(),
            services: services.clone(),
            resources,
            all_but,
            statement: self.route(route),
            conditions: limits::limits(limits),
            except: except.clone(),
            because: because.iter().map(|route| self.route(route)).collect(),
            with: with.iter().map(|route| self.route(route)).collect(),
            actions: actions.clone(),
            action_count: *count,
            role: role.as_ref().map(role_access),
            proven: doubt.is_none(),
            doubt: doubt.clone(),
        }
    }

    fn escalation(&self, escalation: &Escalation) -> EscalationLine {
        let Escalation {
            who,
            administrator,
            roles,
            known,
            known_count,
            mighty,
            shut,
            shut_count,
            shut_mighty,
            targets,
            target_count,
            by_trust,
            methods,
            route,
        } = escalation;
        let named = match self.ids(targets.iter().take(NAMED_MAX)) {
            names if names.is_empty() => None,
            names if *target_count <= NAMED_MAX => Some(names.join(" or ")),
            names => Some(format!("{} or {} more", names.join(", "), target_count - NAMED_MAX)),
        };
        let ways = methods.iter().map(|method| match &named {
            Some(named) => method.gain_on(named),
            None => method.gain.to_owned(),
        });
        EscalationLine {
            principals: self.who(who),
            administrator: *administrator,
            roles: roles.clone(),
            known_roles: self.ids(known),
            known_role_count: *known_count,
            administrator_roles: self.ids(mighty),
            shut_roles: self.ids(shut),
            shut_role_count: *shut_count,
            shut_administrator_roles: self.ids(shut_mighty),
            open: escalation.is_open(),
            ways: ways.collect(),
            targets: self.ids(targets),
            target_count: *target_count,
            by_trust: *by_trust,
            actions: methods.iter().map(|m| m.needs.iter().map(|need| need.action).collect()).collect(),
            statement: self.route(route),
        }
    }

    fn heir(&self, heir: &Heir) -> HeirLine {
        let Heir { who, via, roles, rank, everything, methods, keys, routes } = heir;
        HeirLine {
            principals: self.who(who),
            via: self.ids(via),
            roles: self.ids(roles),
            rank: rank.word(),
            administrator: *everything,
            ways: methods.iter().map(|method| method.gain).collect(),
            depends_on: keys.iter().cloned().collect(),
            statements: routes.iter().map(|route| self.route(route)).collect(),
        }
    }

    fn closed(&self, closed: &Closed) -> ClosedLine {
        let Closed { who, roles, route } = closed;
        ClosedLine { principals: self.who(who), roles: self.ids(roles), statement: self.route(route) }
    }

    fn edge(&self, edge: &Edge) -> RoleLine {
        let Edge { turn, who, role, keys, mighty, routes } = edge;
        RoleLine {
            change: turn.word(),
            principals: self.who(who),
            role: self.id(role),
            account: role.account.to_string(),
            administrator: *mighty,
            depends_on: keys.iter().cloned().collect(),
            statements: routes.iter().map(|route| self.route(route)).collect(),
        }
    }

    fn denial(&self, denial: &Denial) -> DenialLine {
        let Denial {
            comes,
            rank,
            to,
            spares,
            words,
            resources,
            except,
            tests,
            limits,
            route,
            affected,
            perhaps,
        } = denial;
        // Who is spared by a condition is spared as if by name.
        let by_test = |test: &&Test| to.is_empty() && limits::spared(test).is_some();
        let (who, when): (Vec<&Test>, Vec<&Test>) = tests.iter().partition(by_test);
        let spares = spares.iter().map(|named| self.named(named));
        DenialLine {
            change: if *comes { "denied" } else { "no-longer-denied" },
            rank: rank.word(),
            principals: to.iter().map(|named| self.named(named)).collect(),
            spares: spares.chain(who.into_iter().filter_map(limits::spared)).collect(),
            words: words.iter().map(|word| word.word()).collect(),
            resources: resources.iter().flat_map(|resources| patterns(resources).0).collect(),
            all_but: resources.iter().any(|resources| patterns(resources).1),
            except: except.clone(),
            conditions: when.into_iter().map(|test| limits::phrase(test, true)).collect(),
            limits: limits::limits(limits),
            statement: self.route(route),
            affected: affected.iter().map(|who| self.who(who)).collect(),
            perhaps: perhaps.iter().map(|who| self.who(who)).collect(),
        }
    }
}

/// Somebody of whom no more is known than a policy says.
pub(super) fn anybody(named: &Named) -> String {
    match named {
        Named::Everyone => "everyone".to_owned(),
        Named::Account(account) => format!("account {account}"),
        Named::Caller(Caller::Service(name)) => format!("service {name}"),
        Named::Caller(caller) => caller.to_string(),
        Named::Nobody(text) => text.clone(),
    }
}

fn role_access(access: &RoleAccess) -> RoleAccessLine {
    let RoleAccess { everything, most, more } = access;
    let part = |part: &RolePart| {
        let RolePart { rank, word, services, resources } = part;
        let (resources, all_but) = patterns(resources);
        RoleAccessPart {
            rank: rank.word(),
            word: word.word(),
            services: services.clone(),
            resources,
            all_but,
        }
    };
    RoleAccessLine { administrator: *everything, access: most.iter().map(part).collect(), more: *more }
}

fn patterns(resources: &Resources) -> (Vec<String>, bool) {
    match resources {
        Resources::Of(pattern) => (vec![pattern.clone()], false),
        Resources::AllBut(patterns) => (patterns.clone(), true),
    }
}

impl AccessReport {
    /// What a comparison found.
    pub fn new(delta: &AccessDelta, environments: &[EnvironmentLine<'_>]) -> Self {
        let names = Names::new(environments);
        let AccessDelta {
            gained,
            lost,
            escalations,
            heirs,
            closed,
            edges,
            denials,
            without_effect,
            unreadable,
        } = delta;
        Self {
            escalations: escalations.iter().map(|escalation| names.escalation(escalation)).collect(),
            heirs: heirs.iter().map(|heir| names.heir(heir)).collect(),
            closed: closed.iter().map(|closed| names.closed(closed)).collect(),
            roles: edges.iter().map(|edge| names.edge(edge)).collect(),
            gained: gained.iter().map(|line| names.line(line)).collect(),
            lost: lost.iter().map(|line| names.line(line)).collect(),
            denials: denials.iter().map(|denial| names.denial(denial)).collect(),
            without_effect: without_effect.iter().map(|document| names.document(document)).collect(),
            unreadable: unreadable.iter().map(|document| names.document(document)).collect(),
            not_evaluated: NOT_EVALUATED.to_vec(),
        }
    }

    /// Whether nobody gains or loses anything.
    pub fn is_unchanged(&self) -> bool {
        let Self {
            escalations,
            heirs,
            closed,
            roles,
            gained,
            lost,
            denials,
            without_effect: _,
            unreadable: _,
            not_evaluated: _,
        } = self;
        escalations.is_empty()
            && heirs.is_empty()
            && closed.is_empty()
            && roles.is_empty()
            && gained.is_empty()
            && lost.is_empty()
            && denials.is_empty()
    }
}
