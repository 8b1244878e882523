//! Whether a plan takes the control of what it touches from those who must keep it.

use crate::state::sagemaker_kinds;
use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Hazard, Plan};
use crate::access::decide::Outcome;
use crate::access::landscape::{DocumentId, Explained, Landscape};
use crate::access::principal::{Caller, Named};
use crate::access::request::{Context, Others, Request};
use crate::access::rule::Rules;
use crate::policy::Effect;
use crate::state::{Core, Kind, Resource, ResourceId, SettingKey, State, iam_arn};

/// Somebody who must not be locked out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guardian {
    /// As whom: `the caller`, `the role that hatrack works as`, `break glass`.
    pub role: &'static str,
    /// Who.
    pub caller: Caller,
}

/// What it takes to mend each kind of resource: whoever has this can put right whatever else is wrong with it.
fn controls(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bucket => &["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
        Kind::Role => &[
            "iam:GetRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:PutRolePolicy",
            "iam:DeleteRolePolicy",
            "iam:AttachRolePolicy",
            "iam:DetachRolePolicy",
        ],
        Kind::User => &[
            "iam:GetUser",
            "iam:PutUserPolicy",
            "iam:DeleteUserPolicy",
            "iam:AttachUserPolicy",
            "iam:DetachUserPolicy",
        ],
        Kind::Group => &[
            "iam:GetGroup",
            "iam:PutGroupPolicy",
            "iam:DeleteGroupPolicy",
            "iam:AttachGroupPolicy",
            "iam:DetachGroupPolicy",
        ],
        Kind::Policy => &["iam:GetPolicy", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"],
        Kind::InstanceProfile => {
            &["iam:GetInstanceProfile", "iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile"]
        }
        // What they hold is guarded by policies of IAM and S3, which are looked at.
        sagemaker_kinds!() | Kind::Account => &[],
    }
}

/// What each guardian could do before and cannot do after, on everything the plan touches and does not delete.
pub(super) fn lockouts(plan: &Plan, wanted: &State, found: &State, guardians: &[Guardian]) -> Vec<Hazard> {
    if guardians.is_empty() || plan.steps.is_empty() {
        return vec![];
    }
    let touched: BTreeSet<&ResourceId> = plan
        .changes
        .iter()
        .filter(|(_, change)| !matches!(change, Change::Delete(_)))
        .map(|(id, _)| id)
        .collect();
    // A policy that shuts its own bucket's keepers out does so on the day the bucket is made as well.
    let before = unguarded(found, wanted, &touched);
    let (before, after) = (Landscape::new(&before), Landscape::new(wanted));
    let mut lost: BTreeMap<(ResourceId, String), (Vec<&'static str>, String)> = BTreeMap::new();
    for guardian in guardians {
        for id in &touched {
            for action in controls(id.kind) {
                let Some(why) = loses(&before, &after, &guardian.caller, action, id) else { continue };
                let key = ((*id).clone(), format!("{} ({})", guardian.caller, guardian.role));
                lost.entry(key).or_insert_with(|| (vec![], why)).0.push(action);
            }
        }
        // A role that nobody can take on any more helps nobody.
        let role =
            after.identity_of(&guardian.caller).filter(|id| id.kind == Kind::Role && touched.contains(id));
        if let Some(id) = role
            && let Some(why) = deserted(&before, &after, id)
        {
            let key = (id.clone(), format!("whoever takes on {} ({})", guardian.caller, guardian.role));
            lost.entry(key).or_insert_with(|| (vec![], why)).0.push(TAKE_ON);
        }
    }
    let hazard = |((resource, who), (actions, why)): ((ResourceId, String), (Vec<&str>, String))| {
        let actions = actions.into_iter().map(str::to_owned).collect();
        Hazard::LocksOut { resource, who, actions, why }
    };
    lost.into_iter().map(hazard).collect()
}

const TAKE_ON: &str = "sts:AssumeRole";

/// Why nobody can take on a role any more, of those who could.
fn deserted(before: &Landscape<'_>, after: &Landscape<'_>, role: &ResourceId) -> Option<String> {
    let trust = DocumentId::Trust(role.clone());
    let (was, is) = (before.rules(&trust)?, after.rules(&trust)?);
    if was == is {
        return None;
    }
    let mut blocked = None;
    for id in before.identities() {
        let Some(caller) = before.caller(id) else { continue };
        if !ask(before, &caller, TAKE_ON, role).is_some_and(|answer| may(&answer)) {
            continue;
        }
        match ask(after, &caller, TAKE_ON, role) {
            Some(answer) if !may(&answer) => blocked.get_or_insert_with(|| blocked_by(&answer)),
            _ => return None,
        };
    }
    // Of who is in no account at hand nothing is known but that he is named.
    let strangers = |rules: &Rules| -> BTreeSet<Named> {
        let allows = rules.rules.iter().filter(|rule| rule.effect == Effect::Allow);
        let named = allows.flat_map(|rule| rule.principals.iter().flat_map(|named| named.value()));
        let known = |named: &&Named| match named {
            Named::Caller(caller) => before.identity_of(caller).is_some(),
            Named::Account(account) => before.state().accounts.keys().any(|id| id.as_str() == account),
            Named::Everyone => false,
            Named::Nobody(_) => true,
        };
        named.filter(|named| !known(named)).cloned().collect()
    };
    let (were, are) = (strangers(was), strangers(is));
    if were.intersection(&are).next().is_some() {
        return None;
    }
    blocked.or_else(|| (!were.is_empty()).then(|| "its trust policy names none of those it named".to_owned()))
}

/// What was found, and what is new of what the plan touches, without any policy of its own.
fn unguarded(found: &State, wanted: &State, touched: &BTreeSet<&ResourceId>) -> State {
    let mut before = found.clone();
    for id in touched {
        if before.resources.contains_key(*id) {
            continue;
        }
        if let Some(Resource { core, settings }) = wanted.resources.get(*id) {
            let mut bare = Resource { core: core.clone(), settings: settings.clone() };
            bare.settings.retain(|key, _| matches!(key, SettingKey::Tag(_)));
            before.resources.insert((*id).clone(), bare);
        }
    }
    before
}

/// Why somebody can no longer do something; none if he can, or never could.
fn loses(
    before: &Landscape<'_>,
    after: &Landscape<'_>,
    caller: &Caller,
    action: &str,
    id: &ResourceId,
) -> Option<String> {
    let could = ask(before, caller, action, id)?;
    if !may(&could) {
        return None;
    }
    let can = ask(after, caller, action, id)?;
    (!may(&can)).then(|| blocked_by(&can))
}

fn ask<'l>(
    landscape: &'l Landscape<'_>,
    caller: &Caller,
    action: &str,
    id: &ResourceId,
) -> Option<Explained<'l>> {
    Some(landscape.decide(Request {
        caller: caller.clone(),
        action: action.to_owned(),
        resource: arn(landscape.state(), id)?,
        resource_account: Some(id.account.to_string()),
        context: ordinary(),
    }))
}

fn may(answer: &Explained<'_>) -> bool {
    answer.decision.outcome == Outcome::Allowed || answer.decision.depends
}

/// What is true of requests that are not in any way unusual; all else is left open.
fn ordinary() -> Context {
    let mut context = Context::new(Others::Unknown);
    context.offer("aws:SecureTransport", "true");
    context
}

fn blocked_by(answer: &Explained<'_>) -> String {
    let denies = answer.decision.statements.iter().find(|mattered| {
        mattered.effect == Effect::Deny && mattered.applies == crate::access::truth::Truth::Yes
    });
    let Some(mattered) = denies else { return "nothing allows it any more".to_owned() };
    let place = answer.gathered.document(mattered.source).map_or_else(String::new, ToString::to_string);
    match answer.rule(mattered).and_then(|rule| rule.sid.as_deref()) {
        Some(sid) => format!("denied by statement {sid} in {place}"),
        None => format!("denied by statement {} in {place}", mattered.number + 1),
    }
}

/// The ARN of a resource of a state.
fn arn(state: &State, id: &ResourceId) -> Option<String> {
    let partition = &state.accounts.get(&id.account)?.partition;
    let resource = state.resources.get(id)?;
    Some(match &resource.core {
        Core::Bucket { .. } => format!("arn:{partition}:s3:::{}", id.name),
        core => iam_arn(partition, id, core.path()?),
    })
}
