//! Drift as plain data: where an account is not as declared.

use serde::Serialize;

use super::FORMAT_VERSION;
use super::answers::Answers;
use super::aws_managed::{AwsHolder, AwsPolicyChange, not_checked, remarks};
use super::basis::Basis;
use super::changed_by::ChangedBy;
use super::changes::{FieldChange, ResourceChange, SettingAction, SettingLine, resource_change};
use super::ignored::Ignored;
use super::plan::{
    AccountFinding, CoverageLine, EnvironmentHead, Inputs, NotChecked, ShardLine, coverage, environment_of,
    findings, head, of_change,
};
use super::said::{self, Said};
use super::value::Value;
use super::words;
use crate::plan::{AwsChange, Change};
use crate::state::{Coverage, Note, Objection, ResourceId, Setting};

/// The drift of some accounts. This is the documented JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DriftReport {
    /// 1.
    pub format_version: u32,
    /// Which part of the estate this is, if it is not all.
    pub shard: Option<ShardLine>,
    /// Which environments were looked at.
    pub environments: Vec<EnvironmentHead>,
    /// The environments whose accounts could not be looked at.
    pub environments_not_checked: Vec<NotChecked>,
    /// What is not as declared, and what nobody answers for.
    pub drift: Vec<Finding>,
    /// What could not be read, and so is not known to be as declared.
    pub not_checked: Vec<Said>,
    /// How much of each account is answered for.
    pub coverage: Vec<CoverageLine>,
    /// What rules find in the accounts and not in the files.
    pub findings: Vec<AccountFinding>,
    /// What a person should know.
    pub notes: Vec<Said>,
    /// Counts.
    pub summary: DriftSummary,
    /// What `show --merge` makes the report of the whole from; only in the JSON of a shard.
    pub basis: Option<Box<Basis>>,
}

/// How much drift there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DriftSummary {
    /// Findings that count as drift.
    pub drift: usize,
    /// There, but not as declared.
    pub modified: usize,
    /// Declared, but not there.
    pub deleted: usize,
    /// There, but not declared.
    pub unmanaged: usize,
    /// Somebody else's.
    pub foreign: usize,
    /// AWS managed policies that AWS changed since they were locked.
    pub aws_changed: usize,
    /// Findings that do not count as drift, since nobody answers for what they are about.
    pub not_counted: usize,
    /// Findings that do not count as drift, since the ignore file says so.
    pub ignored: usize,
}

/// What sort of drift, in the order of what wakes people up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// There, but not declared.
    Unmanaged,
    /// There, but not as declared.
    Modified,
    /// Declared, but not there.
    Deleted,
    /// As attached, but AWS changed what it says since it was locked.
    AwsChanged,
    /// Somebody else's.
    Foreign,
}

impl Class {
    /// In one word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unmanaged => "unmanaged",
            Self::Modified => "modified",
            Self::Deleted => "deleted",
            Self::AwsChanged => "aws-changed",
            Self::Foreign => "foreign",
        }
    }
}

/// One thing that is not as declared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The environment.
    pub environment: String,
    /// `role/GlueEtl`; `aws-managed/AmazonS3ReadOnlyAccess` for a policy that AWS changed.
    pub address: String,
    /// `inline/data`; none if it is about the resource itself.
    pub setting: Option<String>,
    /// `trust`, `description`, `max_session_duration`, `path`, `document`, `region` or `name`; none for settings.
    pub field: Option<String>,
    /// What sort of drift.
    pub class: Class,
    /// As it is in the account.
    pub found: Option<Value>,
    /// As it is declared.
    pub wanted: Option<Value>,
    /// What happened, in words.
    pub text: String,
    /// What to do about it.
    pub help: Vec<String>,
    /// Whether it counts: what nobody answers for does not, unless the environment answers for the whole account; and
    /// not what is ignored.
    pub drift: bool,
    /// Where it is declared, or locked.
    pub origin: Option<String>,
    /// What AWS changed, if that is what the finding is about.
    pub aws_managed: Option<AwsPolicyChange>,
    /// Who did it, as far as CloudTrail was asked and could tell.
    pub changed_by: Option<ChangedBy>,
    /// Why it does not count, if the ignore file says so.
    pub ignored: Option<Ignored>,
    /// What to do about it, ready to be pasted.
    pub answers: Answers,
    /// What it is about; none for what AWS changed.
    #[serde(skip)]
    pub(super) id: Option<ResourceId>,
    /// Whether something stands in the way of putting it right.
    #[serde(skip)]
    pub(super) blocked: bool,
    /// Found and wanted setting, for renderers.
    #[serde(skip)]
    pub(super) sides: (Option<Setting>, Option<Setting>),
    /// The whole resource, if it is there and not declared.
    #[serde(skip)]
    pub(super) whole: Option<Box<ResourceChange>>,
    /// Whether it is about something that no environment declares and that bears no mark of ours, or about what AWS
    /// says in its own policies: it may count as drift, but no plan touches it.
    #[serde(skip)]
    pub outside: bool,
}

impl Finding {
    fn new(environment: &str, address: &str, class: Class, text: String) -> Self {
        Self {
            environment: environment.to_owned(),
            address: address.to_owned(),
            setting: None,
            field: None,
            class,
            found: None,
            wanted: None,
            text,
            help: vec![],
            drift: true,
            origin: None,
            aws_managed: None,
            changed_by: None,
            ignored: None,
            answers: Answers::default(),
            id: None,
            blocked: false,
            sides: (None, None),
            whole: None,
            outside: false,
        }
    }

    fn of(self, id: &ResourceId) -> Self {
        Self { id: Some(id.clone()), ..self }
    }

    /// The address with the part it is about: `role/GlueEtl/attached/AdministratorAccess`.
    pub fn whole_address(&self) -> String {
        match (&self.setting, &self.field) {
            (Some(part), _) => format!("{}/{part}", self.address),
            // A name is no part of what has it.
            (None, Some(part)) if part != "name" => format!("{}/{part}", self.address),
            (None, _) => self.address.clone(),
        }
    }
}

impl DriftReport {
    /// The report of what a plan would put right, and of what nobody answers for.
    pub fn new(inputs: &Inputs<'_>) -> Self {
        let mut drift = vec![];
        for (id, change) in &inputs.plan.changes {
            let environment = environment_name(inputs, id, change);
            drift.extend(of_resource(inputs, &environment, id, change).into_iter().map(|f| f.of(id)));
        }
        drift.extend(inputs.settled.objections.iter().filter_map(|o| of_objection(inputs, o)));
        for (environment, coverage) in &inputs.settled.coverage {
            drift.extend(outside(environment, coverage));
        }
        drift.extend(inputs.aws.changed.iter().map(|change| by_aws(inputs, change)));
        let place =
            |name: &str| inputs.environments.iter().position(|e| e.name == name).unwrap_or(usize::MAX);
        drift.sort_by_cached_key(|f| (place(&f.environment), f.environment.clone(), f.class, !f.drift));
        let several = inputs.environments.len() > 1;
        for finding in &mut drift {
            finding.answers = Answers::to(finding, several);
        }
        let keeps = |note: &&Note| {
            matches!(
                note,
                Note::Kept(_)
                    | Note::Narrowed(_)
                    | Note::Quarantined(..)
                    | Note::KeptStatements(..)
                    | Note::NotChecked(_)
                    | Note::HeldBack(..)
            )
        };
        let kept = inputs.settled.notes.iter().filter(keeps).map(said::note);
        let note = |text: &String| Said {
            code: String::from("reading"),
            address: None,
            text: text.clone(),
            help: vec![],
        };
        Self {
            format_version: FORMAT_VERSION,
            summary: DriftSummary::of(&drift),
            shard: inputs.shard,
            environments: inputs.environments.iter().map(head).collect(),
            environments_not_checked: inputs.unreached.iter().map(NotChecked::of).collect(),
            drift,
            not_checked: inputs.unread.iter().map(said::unread).chain(not_checked(inputs.aws)).collect(),
            coverage: coverage(inputs.settled),
            findings: findings(inputs),
            notes: kept.chain(remarks(inputs.aws)).chain(inputs.reading_notes.iter().map(note)).collect(),
            basis: None,
        }
    }

    /// Whether something could not be looked at, and so may be otherwise than declared.
    pub fn is_partial(&self) -> bool {
        !self.not_checked.is_empty() || !self.environments_not_checked.is_empty()
    }

    /// Whether anything is not as declared.
    pub fn has_drift(&self) -> bool {
        self.summary.drift > 0
    }
}

impl DriftSummary {
    pub(super) fn of(findings: &[Finding]) -> Self {
        let mut summary = Self::default();
        findings.iter().for_each(|finding| summary.add(finding));
        summary
    }

    fn add(&mut self, finding: &Finding) {
        if finding.ignored.is_some() {
            self.ignored += 1;
            return;
        }
        if !finding.drift {
            self.not_counted += 1;
            return;
        }
        self.drift += 1;
        match finding.class {
            Class::Modified => self.modified += 1,
            Class::Deleted => self.deleted += 1,
            Class::Unmanaged => self.unmanaged += 1,
            Class::Foreign => self.foreign += 1,
            Class::AwsChanged => self.aws_changed += 1,
        }
    }
}

fn environment_name(inputs: &Inputs<'_>, id: &ResourceId, change: &Change) -> String {
    let line = environment_of(inputs, id, of_change(change));
    line.map_or_else(|| id.account.to_string(), |line| line.name.to_owned())
}

fn of_resource(inputs: &Inputs<'_>, environment: &str, id: &ResourceId, change: &Change) -> Vec<Finding> {
    let resource = resource_change(inputs, id, change);
    let address = &resource.address;
    match change {
        Change::Create(_) => {
            let text = format!("{address} is declared, but not in the account");
            let mut finding = Finding::new(environment, address, Class::Deleted, text);
            finding.wanted = Some(Value::Present);
            finding.origin.clone_from(&resource.origin);
            vec![finding]
        }
        Change::Delete(_) => {
            let text = format!("{address} bears hatrack's mark, but nobody declared it");
            let mut finding = Finding::new(environment, address, Class::Unmanaged, text);
            finding.found = Some(Value::Present);
            finding.whole = Some(Box::new(resource));
            vec![finding]
        }
        Change::Update { .. } | Change::Replace { .. } => {
            let name = resource.renamed_from.iter().map(|from| {
                let text = format!("{address} still has the name {from}");
                let mut finding = Finding::new(environment, address, Class::Modified, text);
                finding.field = Some(String::from("name"));
                finding.found = Some(Value::Text(from.clone()));
                finding.wanted = Some(Value::Text(id.name.clone()));
                finding
            });
            let fields = resource.core.iter().map(|field| of_field(environment, address, field));
            let mut findings: Vec<Finding> = name.chain(fields).collect();
            for finding in &mut findings {
                finding.origin.clone_from(&resource.origin);
            }
            findings.extend(resource.settings.iter().map(|line| {
                let mut finding = of_setting(environment, address, line);
                // What nobody declared has no place of its own; its holder has.
                finding.origin = finding.origin.or_else(|| resource.origin.clone());
                finding
            }));
            findings
        }
    }
}

fn of_field(environment: &str, address: &str, change: &FieldChange) -> Finding {
    let FieldChange { field, found, wanted } = change;
    let words = words::field(field);
    let text = format!("{words} of {address} is not as declared");
    let mut finding = Finding::new(environment, address, Class::Modified, text);
    finding.field = Some(field.clone());
    finding.found.clone_from(found);
    finding.wanted.clone_from(wanted);
    finding
}

fn of_setting(environment: &str, address: &str, line: &SettingLine) -> Finding {
    let SettingLine { key, action, found, wanted, origin, sides } = line;
    let words = line.either().map(|s| words::setting(&s.key())).unwrap_or_default();
    let (class, text) = match (action, &sides.0) {
        (SettingAction::Add, _) | (_, None) => {
            (Class::Deleted, format!("{words} of {address} is declared, but not there"))
        }
        (SettingAction::Change, _) => (Class::Modified, format!("{words} of {address} is not as declared")),
        (SettingAction::Remove, Some(found)) => (Class::Unmanaged, someone(address, found)),
    };
    let mut finding = Finding::new(environment, address, class, text);
    finding.setting = Some(key.clone());
    finding.found.clone_from(found);
    finding.wanted.clone_from(wanted);
    finding.origin.clone_from(origin);
    finding.sides.clone_from(sides);
    finding
}

/// What someone did so that a setting is there.
fn someone(address: &str, found: &Setting) -> String {
    let words = words::setting(&found.key());
    match found {
        Setting::Attached(policy) => format!("someone attached {policy} to {address}"),
        Setting::Membership(group) => format!("someone added {address} to group {}", group.name),
        Setting::Inline { name, .. } => format!("someone gave {address} the inline policy {name}"),
        Setting::Tag { key, value } => format!("someone tagged {address} with {key}={value}"),
        Setting::SignIn => format!("{address} can sign in to the console, and nobody declared it"),
        Setting::Credential { .. } => format!("{address} has the {words}, and nobody declared it"),
        Setting::HeldRole(role) => format!("someone put role {} into {address}", role.name),
        Setting::Boundary(policy) => format!("someone set the permissions boundary {policy} on {address}"),
        Setting::BucketPolicy(_)
        | Setting::PublicAccessBlock(_)
        | Setting::Encryption(_)
        | Setting::Versioning(_)
        | Setting::Ownership(_)
        | Setting::Lifecycle(_)
        | Setting::Objects
        | Setting::StudioLifecycle { .. }
        | Setting::Apps(_)
        | Setting::Failed(_)
        | Setting::AccountAlias(_)
        | Setting::PasswordPolicy(_) => format!("someone set the {words} of {address}"),
    }
}

fn of_objection(inputs: &Inputs<'_>, objection: &Objection) -> Option<Finding> {
    let (id, class) = match objection {
        Objection::NotOurs(id)
        | Objection::Foreign(id, _)
        | Objection::Aws(id)
        | Objection::OtherCase { declared: id, existing: _ } => (id, Class::Foreign),
        Objection::StillUsed { target: id, by: _ } | Objection::NotEmpty(id) => (id, Class::Unmanaged),
        Objection::AppsRun { id, fields: _, apps: _ } => (id, Class::Modified),
        Objection::FixedAtCreation { id, field: _ }
        | Objection::Failed(id, _)
        | Objection::OverLimit(id, _)
        | Objection::UnreadablePolicy(id) => (id, Class::Modified),
        Objection::OverQuota(id, _) => (id, Class::Modified),
    };
    let in_the_change = class == Class::Unmanaged || matches!(objection, Objection::OverQuota(..));
    if in_the_change && inputs.plan.changes.contains_key(id) {
        return None; // The change says it already.
    }
    let environment =
        environment_of(inputs, id, None).map_or_else(|| id.account.to_string(), |e| e.name.to_owned());
    let Said { code: _, address: _, text, help } = said::objection(objection);
    let mut finding = Finding::new(&environment, &id.address(), class, text).of(id);
    finding.blocked = true;
    finding.help = help;
    finding.origin = (inputs.origin)(id, None);
    Some(finding)
}

/// What AWS says otherwise than when it was locked.
fn by_aws(inputs: &Inputs<'_>, change: &AwsChange) -> Finding {
    let at_home = inputs.environments.iter().find(|e| change.account.as_ref() == Some(e.account));
    let environment = at_home.map(|e| e.name.to_owned()).unwrap_or_default();
    let name = &change.policy.name;
    let what = AwsPolicyChange::of(change);
    let holders: Vec<String> = what.holders.iter().map(AwsHolder::words).collect();
    let text = format!(
        "AWS changed {name} (v{} → v{}), which applies to {}: {}",
        what.locked_version,
        what.found_version,
        holders.join(", "),
        what.gist()
    );
    let mut finding = Finding::new(&environment, &format!("aws-managed/{name}"), Class::AwsChanged, text);
    finding.found = Some(Value::Document(change.found.document.clone()));
    finding.wanted = Some(Value::Document(change.locked.document.clone()));
    finding.origin.clone_from(&change.place);
    finding.aws_managed = Some(what);
    finding.outside = true;
    finding
}

/// What is in the account and no business of the environment.
fn outside(environment: &str, coverage: &Coverage) -> Vec<Finding> {
    let Coverage { entities: _, answered_for: _, ignored: _, unmanaged, foreign, whole_account } = coverage;
    let finding = |id: &ResourceId, class: Class, text: String| {
        let mut finding = Finding::new(environment, &id.address(), class, text).of(id);
        finding.found = Some(Value::Present);
        finding.drift = *whole_account;
        finding.outside = true;
        finding
    };
    let nobody = unmanaged.iter().map(|id| {
        finding(id, Class::Unmanaged, format!("{} is in the account, and nobody declared it", id.address()))
    });
    let others = foreign
        .iter()
        .map(|(id, whose)| finding(id, Class::Foreign, format!("{} belongs to {whose}", id.address())));
    nobody.chain(others).collect()
}
