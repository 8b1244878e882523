//! A plan as plain data: everything it changes, why, what to agree to, and what was not checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::access::AccessReport;
use super::aws_managed::{self, AwsManagedLine};
use super::basis::Basis;
use super::by_hand::ByHand;
use super::changes::{Action, ResourceChange, SettingAction, resource_change};
use super::meters::{self, MeterLine};
use super::said::{self, Said};
use super::words;
use super::{EnvironmentLine, FORMAT_VERSION};
use crate::access::delta::AccessDelta;
use crate::account::{Unreachable, Unreached};
use crate::diagnostic::Diagnostic;
use crate::lint;
use crate::plan::{AwsComparison, Bridge, Change, Hazard, Leg, Plan, Reason};
use crate::state::meter::Meter;
use crate::state::sagemaker_kinds;
use crate::state::{
    AccountId, Coverage, Kind, MARK_TAG, Note, Resource, ResourceId, SettingKey, Settled, Unread,
};

/// What plan and drift reports are made from.
pub struct Inputs<'a> {
    /// The environments that take part.
    pub environments: &'a [EnvironmentLine<'a>],
    /// Those that names are told apart by: of a shard those of the whole estate.
    pub estate: &'a [EnvironmentLine<'a>],
    /// Where a resource or one of its settings is declared: `environments/analytics.yaml:18`.
    pub origin: &'a dyn Fn(&ResourceId, Option<&SettingKey>) -> Option<String>,
    /// The plan.
    pub plan: &'a Plan,
    /// How wanted was settled.
    pub settled: &'a Settled,
    /// The plan's hazards, the gravest last.
    pub hazards: &'a [Hazard],
    /// What could not be read.
    pub unread: &'a [Unread],
    /// What the reading has to say of itself.
    pub reading_notes: &'a [String],
    /// What AWS changed in its own policies since they were locked; only drift tells of it in full.
    pub aws: &'a AwsComparison,
    /// What rules find in the accounts and not in the files.
    pub findings: &'a [lint::Alone],
    /// Who gains and who loses what, from found to wanted.
    pub access: &'a AccessDelta,
    /// What is wrong with the assertions on what is wanted.
    pub claims: &'a [Diagnostic],
    /// What is done by hand.
    pub by_hand: &'a [ByHand],
    /// The environments whose accounts could not be looked at.
    pub unreached: &'a [Unreached],
    /// Which part of the estate this is, if it is not all.
    pub shard: Option<ShardLine>,
    /// What spans accounts, of which the plan brings a side.
    pub bridges: &'a [Bridge],
    /// The environments of the project by their accounts, whether they take part or not.
    pub homes: &'a BTreeMap<AccountId, String>,
}

/// A plan. This is the documented JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanReport {
    /// 1.
    pub format_version: u32,
    /// Which part of the estate this is, if it is not all.
    pub shard: Option<ShardLine>,
    /// Counts.
    pub summary: PlanSummary,
    /// Who gains and who loses what.
    pub access: AccessReport,
    /// What changes, by environment.
    pub environments: Vec<EnvironmentPlan>,
    /// The environments whose accounts could not be looked at: nothing of them is planned.
    pub environments_not_checked: Vec<NotChecked>,
    /// Roles that somebody of another account may assume, of which the plan brings one of the two sides.
    pub across_accounts: Vec<BridgeLine>,
    /// The operations in order.
    pub steps: Vec<StepLine>,
    /// How much of each quota is used afterwards, as far as the plan changes it: of resources, then of accounts.
    pub meters: Vec<MeterLine>,
    /// What a person should agree to, the gravest last.
    pub hazards: Vec<AcceptableHazard>,
    /// What the AWS managed policies say that are attached or set as a boundary.
    pub aws_managed: Vec<AwsManagedLine>,
    /// What rules find in the accounts and not in the files.
    pub findings: Vec<AccountFinding>,
    /// What a person should know.
    pub notes: Vec<Said>,
    /// What could not be read, and so is neither changed nor confirmed.
    pub not_checked: Vec<Said>,
    /// How much of each account is answered for.
    pub coverage: Vec<CoverageLine>,
    /// What is done by hand, because AWS has no call for it.
    pub by_hand: Vec<ByHand>,
    /// Why nothing may be applied.
    pub objections: Vec<Said>,
    /// Assertions that would not hold, or say nothing; nothing may be applied with one that is broken.
    pub assertions: Vec<Said>,
    /// What `show --merge` makes the report of the whole from; only in the JSON of a shard.
    pub basis: Option<Box<Basis>>,
}

/// Something in an account that breaks a rule, as no file does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountFinding {
    /// The environment; none where no environment of the run is in the account.
    pub environment: Option<String>,
    /// `role/GlueEtl`.
    pub address: String,
    /// `inline/data`, if it is about one setting.
    pub setting: Option<String>,
    /// The rule, which has a page in docs/rules.
    pub rule: &'static str,
    /// `ERROR`, `SECURITY_WARNING`, `WARNING` or `SUGGESTION`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: String,
    /// Whether it is there still when the account is as declared: then somebody has to do something else about it.
    pub stays: bool,
}

impl AccountFinding {
    /// On what, as people say it: an inline policy is one of several on its holder; other settings are in the message.
    pub(super) fn place(&self) -> String {
        let inline = self.setting.as_ref().filter(|setting| setting.starts_with("inline/"));
        inline.map_or_else(|| self.address.clone(), |inline| format!("{} {inline}", self.address))
    }
}

/// What rules find in the accounts, as data.
pub(super) fn findings(inputs: &Inputs<'_>) -> Vec<AccountFinding> {
    let line = |alone: &lint::Alone| {
        let lint::Alone { finding, stays } = alone;
        let lint::Finding { id, setting, rule, message, help } = finding;
        AccountFinding {
            environment: environment_of(inputs, id, None).map(|e| e.name.to_owned()),
            address: id.address(),
            setting: setting.as_ref().map(ToString::to_string),
            rule: rule.id,
            severity: rule.severity.code(),
            message: message.clone(),
            help: help.clone(),
            stays: *stays,
        }
    };
    inputs.findings.iter().map(line).collect()
}

/// How much a plan does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlanSummary {
    /// Resources made.
    pub create: usize,
    /// Resources changed in place, and not renamed.
    pub update: usize,
    /// Resources deleted and made anew.
    pub replace: usize,
    /// Resources deleted.
    pub delete: usize,
    /// Resources renamed.
    pub rename: usize,
    /// Settings set, on resources of every sort.
    pub settings_put: usize,
    /// Settings cleared, on resources of every sort.
    pub settings_removed: usize,
    /// Operations it takes.
    pub operations: usize,
}

/// Which environment is spoken of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnvironmentHead {
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its region; empty where no environment answers for the account.
    pub region: String,
    /// Its file.
    pub source: String,
}

/// A role of one account that somebody of another may assume, as far as one of the two sides goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BridgeLine {
    /// The role: `role/DataLakeReader`.
    pub role: String,
    /// Its account.
    pub account: String,
    /// Who may assume it: `group/DataScientists`.
    pub principal: String,
    /// Their account.
    pub principal_account: String,
    /// The role's trust policy: `in-plan`, `there`, `missing` or `not-looked-at`.
    pub trust: &'static str,
    /// The policies of who assumes it, in the same words.
    pub policy: &'static str,
    /// Whether both sides will be there, as far as is known.
    pub whole: bool,
    /// How it stands, in words.
    pub text: String,
}

impl BridgeLine {
    fn new(inputs: &Inputs<'_>, bridge: &Bridge) -> Self {
        let Bridge { role, principal, trust, policy } = bridge;
        let word = |leg: &Leg| match leg {
            Leg::InPlan => "in-plan",
            Leg::There => "there",
            Leg::Missing => "missing",
            Leg::NotLookedAt => "not-looked-at",
        };
        let home = |account: &AccountId| inputs.homes.get(account);
        let place = |account: &AccountId| home(account).map_or_else(|| account.to_string(), Clone::clone);
        let away = |account: &AccountId| match home(account) {
            Some(name) => format!("lives in environment {name}, which is not in this run"),
            None => format!("lives in account {account}, which no environment answers for"),
        };
        let (of_role, of_principal) = (&role.account, &principal.account);
        let stands = match (trust, policy) {
            (Leg::InPlan, Leg::InPlan) => "both legs are in this plan".to_owned(),
            (Leg::InPlan, Leg::There) | (Leg::There, Leg::InPlan) => {
                "the other leg is there already".to_owned()
            }
            (_, Leg::Missing) => {
                format!("the other leg is MISSING: no policy of {} lets it", principal.address())
            }
            (Leg::Missing, _) => format!("the other leg is MISSING: {} does not trust it", role.address()),
            (_, Leg::NotLookedAt) => format!("the other leg was not looked at: it {}", away(of_principal)),
            (Leg::NotLookedAt, _) => format!("the other leg was not looked at: it {}", away(of_role)),
            (Leg::There, Leg::There) => "both legs are there".to_owned(),
        };
        Self {
            role: role.address(),
            account: of_role.to_string(),
            principal: principal.address(),
            principal_account: of_principal.to_string(),
            trust: word(trust),
            policy: word(policy),
            whole: [trust, policy].iter().all(|leg| matches!(leg, Leg::InPlan | Leg::There)),
            text: format!(
                "{} ({}) may be assumed by {} ({}): {stands}",
                role.address(),
                place(of_role),
                principal.address(),
                place(of_principal)
            ),
        }
    }
}

/// Which part of an estate a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardLine {
    /// From 1.
    pub index: u32,
    /// How many parts there are.
    pub of: u32,
}

/// An environment whose account could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotChecked {
    /// The environment.
    pub environment: String,
    /// Its account.
    pub account: String,
    /// Why.
    pub text: String,
    /// What to do about it.
    pub help: Vec<String>,
}

impl NotChecked {
    pub(super) fn of(unreached: &Unreached) -> Self {
        let Unreached { environment, account, why: Unreachable { message, help } } = unreached;
        Self {
            environment: environment.clone(),
            account: account.to_string(),
            text: message.clone(),
            help: help.clone(),
        }
    }

    /// `lake (account 444455556666): role … cannot be assumed: …`
    pub fn line(&self) -> String {
        let Self { environment, account, text, help: _ } = self;
        format!("{environment} (account {account}): {text}")
    }
}

/// What changes in one environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnvironmentPlan {
    /// Which one.
    pub environment: EnvironmentHead,
    /// What changes.
    pub resources: Vec<ResourceChange>,
    /// Operations on resources that end as they began: something they refer to is made anew.
    pub relinked: Vec<StepLine>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepLine {
    /// What it works on: `role/GlueEtl`.
    pub address: String,
    /// The account it is in.
    pub account: String,
    /// What it does, in words.
    pub text: String,
    /// Why: `declared`, `undeclared`, `differs`, `cannot-update`, `follows` or `renamed`.
    pub reason: String,
    /// Why, in words.
    pub because: String,
    /// The places of the steps that come before it.
    pub requires: Vec<usize>,
}

/// Something a person should agree to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AcceptableHazard {
    /// A stable word for programs.
    pub code: String,
    /// What it is about; none for the account as a whole.
    pub address: Option<String>,
    /// What it is.
    pub text: String,
    /// The word for `--accept`, where a mere yes does not cover it.
    pub needs_acceptance: Option<String>,
    /// What to do.
    pub help: Vec<String>,
}

/// How much of an account an environment answers for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageLine {
    /// The environment.
    pub environment: String,
    /// Users, groups, roles and customer managed policies in the account, but for AWS's own.
    pub entities: usize,
    /// Declared, or marked as ours.
    pub answered_for: usize,
    /// Ignored, each with its reason.
    pub ignored: Vec<Said>,
    /// Nobody said anything of them.
    pub unmanaged: Vec<String>,
    /// Owned by others that mark what they own.
    pub foreign: Vec<Said>,
}

impl CoverageLine {
    /// The line in words: the promise of section 4 of the design, always said.
    pub fn text(&self) -> String {
        let Self { environment, entities, answered_for, ignored, unmanaged, foreign } = self;
        let noun = if *entities == 1 { "entity" } else { "entities" };
        let mut text = format!("{environment}: {answered_for} of {entities} IAM {noun} answered for");
        if !ignored.is_empty() {
            text.push_str(&format!(", {} ignored with a reason", ignored.len()));
        }
        if !foreign.is_empty() {
            text.push_str(&format!(", {} owned by others", foreign.len()));
        }
        text.push_str(&format!(", {} unmanaged", unmanaged.len()));
        text
    }
}

impl PlanReport {
    /// The report of a plan.
    pub fn new(inputs: &Inputs<'_>) -> Self {
        let mut environments: Vec<EnvironmentPlan> = inputs.environments.iter().map(of_environment).collect();
        let mut meters: Vec<(ResourceId, Meter)> = vec![];
        let mut summary = PlanSummary { operations: inputs.plan.steps.len(), ..PlanSummary::default() };
        for (id, change) in &inputs.plan.changes {
            let resource = resource_change(inputs, id, change);
            summary.add(&resource);
            meters.extend(resource.meters.iter().map(|meter| (id.clone(), *meter)));
            place(inputs, &mut environments, id, of_change(change)).resources.push(resource);
        }
        for step in &inputs.plan.steps {
            let id = &step.operation.target;
            if matches!(step.because, Reason::Follows(_)) && !inputs.plan.changes.contains_key(id) {
                let resource = inputs.settled.wanted.resources.get(id);
                place(inputs, &mut environments, id, resource).relinked.push(step_line(step));
            }
        }
        meters.extend(meters::of_accounts(inputs));
        let mut notes: Vec<Said> =
            inputs.settled.notes.iter().filter(|n| !is_hazard(n, inputs.hazards)).map(said::note).collect();
        notes.extend(inputs.reading_notes.iter().map(|text| Said {
            code: String::from("reading"),
            address: None,
            text: text.clone(),
            help: vec![],
        }));
        notes.extend(meters.iter().filter_map(|(id, meter)| meters::note(id, meter)));
        Self {
            format_version: FORMAT_VERSION,
            shard: inputs.shard,
            summary,
            access: AccessReport::new(inputs.access, inputs.estate),
            environments,
            environments_not_checked: inputs.unreached.iter().map(NotChecked::of).collect(),
            across_accounts: inputs.bridges.iter().map(|bridge| BridgeLine::new(inputs, bridge)).collect(),
            steps: inputs.plan.steps.iter().map(step_line).collect(),
            meters: meters.iter().map(|(id, meter)| MeterLine::new(id, meter)).collect(),
            hazards: inputs.hazards.iter().map(acceptable).collect(),
            aws_managed: aws_managed::attached(inputs),
            findings: findings(inputs),
            notes,
            not_checked: inputs.unread.iter().map(said::unread).collect(),
            coverage: coverage(inputs.settled),
            by_hand: inputs.by_hand.to_vec(),
            objections: inputs.settled.objections.iter().map(said::objection).collect(),
            assertions: inputs.claims.iter().map(said::claim).collect(),
            basis: None,
        }
    }

    /// Whether there is nothing to do and nothing in the way.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.objections.is_empty()
    }
}

impl PlanSummary {
    fn add(&mut self, resource: &ResourceChange) {
        match resource.action {
            Action::Create => self.create += 1,
            Action::Update => self.update += 1,
            Action::Replace => self.replace += 1,
            Action::Delete => self.delete += 1,
            Action::Rename => self.rename += 1,
        }
        for setting in &resource.settings {
            match setting.action {
                SettingAction::Add | SettingAction::Change => self.settings_put += 1,
                SettingAction::Remove => self.settings_removed += 1,
            }
        }
    }
}

fn of_environment(line: &EnvironmentLine<'_>) -> EnvironmentPlan {
    EnvironmentPlan { environment: head(line), resources: vec![], relinked: vec![] }
}

/// An environment by name, account, region and file.
pub(super) fn head(line: &EnvironmentLine<'_>) -> EnvironmentHead {
    let EnvironmentLine { name, account, region, source } = line;
    EnvironmentHead {
        name: (*name).to_owned(),
        account: account.to_string(),
        region: (*region).to_owned(),
        source: (*source).to_owned(),
    }
}

/// A resource as it tells most of itself: as found, or as wanted where it is not found.
pub(super) fn of_change(change: &Change) -> Option<&Resource> {
    match change {
        Change::Create(resource) | Change::Delete(resource) | Change::Replace { wanted: resource, .. } => {
            Some(resource)
        }
        Change::Update { .. } => None,
    }
}

/// Which environment a resource belongs to: the only one of its account, or the one whose mark it bears, or the one
/// whose file declares it.
pub(super) fn environment_of<'a>(
    inputs: &Inputs<'a>,
    id: &ResourceId,
    resource: Option<&Resource>,
) -> Option<&'a EnvironmentLine<'a>> {
    let candidates: Vec<_> = inputs.environments.iter().filter(|e| *e.account == id.account).collect();
    if candidates.len() < 2 {
        return candidates.first().copied();
    }
    let resource = resource.or_else(|| inputs.settled.wanted.resources.get(id));
    let mark = resource.and_then(|resource| match id.kind {
        Kind::User | Kind::Role | Kind::Bucket | sagemaker_kinds!() | Kind::Account => resource.tag(MARK_TAG),
        Kind::Group | Kind::Policy | Kind::InstanceProfile => {
            let by_path =
                resource.core.path().and_then(|path| path.strip_prefix("/hatrack/")?.split('/').next());
            by_path.or_else(|| resource.tag(MARK_TAG)) // of a policy that was adopted where it stood
        }
    });
    let origin = (inputs.origin)(id, None);
    let declares = |e: &EnvironmentLine<'_>| {
        origin.as_deref().and_then(|o| o.strip_prefix(e.source)).is_some_and(|rest| rest.starts_with(':'))
    };
    let by_mark = candidates.iter().find(|e| mark == Some(e.name));
    by_mark.or_else(|| candidates.iter().find(|e| declares(e))).or(candidates.first()).copied()
}

fn place<'p>(
    inputs: &Inputs<'_>,
    all: &'p mut Vec<EnvironmentPlan>,
    id: &ResourceId,
    resource: Option<&Resource>,
) -> &'p mut EnvironmentPlan {
    let wanted = environment_of(inputs, id, resource).map_or_else(
        || EnvironmentHead {
            name: id.account.to_string(),
            account: id.account.to_string(),
            region: String::new(),
            source: String::new(),
        },
        head,
    );
    let at = all.iter().position(|e| e.environment == wanted).unwrap_or(all.len());
    let new = || EnvironmentPlan { environment: wanted, resources: vec![], relinked: vec![] };
    if at == all.len() {
        all.push(new());
    }
    // The place was found or has just been made.
    #[expect(clippy::indexing_slicing, reason = "`at` is a place found above, or the one just pushed")]
    &mut all[at]
}

/// Whether a hazard says the same: what is adopted or taken over is both.
fn is_hazard(note: &Note, hazards: &[Hazard]) -> bool {
    let hazard = match note {
        Note::Adopted(id) | Note::AdoptedBlank(id) => Hazard::Adopts(id.clone()),
        Note::TakenOver(id, whose) => Hazard::TakesOver(id.clone(), whose.clone()),
        Note::Kept(_)
        | Note::Narrowed(_)
        | Note::Quarantined(..)
        | Note::KeptStatements(..)
        | Note::HeldBack(..)
        | Note::AwsChanged { .. }
        | Note::NotChecked(_) => {
            return false;
        }
    };
    hazards.contains(&hazard)
}

/// One step in words.
pub(super) fn step_line(step: &crate::plan::Step) -> StepLine {
    let (reason, because) = words::reason(&step.because);
    StepLine {
        address: step.operation.target.address(),
        account: step.operation.target.account.to_string(),
        text: words::operation_line(&step.operation),
        reason: reason.to_owned(),
        because,
        requires: step.requires.clone(),
    }
}

fn acceptable(hazard: &Hazard) -> AcceptableHazard {
    let Said { code, address, text, help } = said::hazard(hazard);
    let needs_acceptance = hazard.needs_acceptance();
    AcceptableHazard { code, address, text, needs_acceptance, help }
}

/// How much of each account is answered for.
pub(super) fn coverage(settled: &Settled) -> Vec<CoverageLine> {
    let said = |code: &str, list: &[(ResourceId, String)]| {
        let each = list.iter().map(|(id, text)| Said {
            code: code.to_owned(),
            address: Some(id.address()),
            text: text.clone(),
            help: vec![],
        });
        each.collect()
    };
    let line = |(environment, coverage): (&String, &Coverage)| {
        let Coverage { entities, answered_for, ignored, unmanaged, foreign, whole_account: _ } = coverage;
        CoverageLine {
            environment: environment.clone(),
            entities: *entities,
            answered_for: *answered_for,
            ignored: said("ignored", ignored),
            unmanaged: unmanaged.iter().map(ResourceId::address).collect(),
            foreign: said("foreign", foreign),
        }
    };
    settled.coverage.iter().map(line).collect()
}
