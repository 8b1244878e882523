//! AWS's own policies as plain data: what one says in a line, and what AWS changed in one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::plan::Inputs;
use super::said::Said;
use super::words::count;
use crate::plan::{AwsChange, AwsComparison, AwsRenumbered, of_catalogue};
use crate::policy::catalogue::AccessLevel;
use crate::policy::{
    self, ActionsChange, Change, Document, Effect, Element, ElementChange, NamedAction, Policy, Statement,
    StatementChange, element_changes, elements,
};
use crate::spec::lock::AwsPolicyName;
use crate::state::{AccountId, AwsManaged, Holder, PolicyReference, Setting, State, Verb};

/// An AWS managed policy that a plan attaches, or sets as a boundary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AwsManagedLine {
    /// The account it is attached in.
    pub account: String,
    /// Path and name: `service-role/AWSGlueServiceRole`.
    pub name: String,
    /// The number of the version spoken of: 28 of `v28`.
    pub version: u32,
    /// Where that is known from: `account`, or `catalogue`, which may be behind AWS.
    pub known_from: String,
    /// The day up to which the catalogue knows AWS; none for what the account told.
    pub as_of: Option<String>,
    /// How many statements it has.
    pub statements: usize,
    /// How many actions it allows, wildcards written out.
    pub allows: usize,
    /// How many of these change things.
    pub allows_writing: usize,
    /// How many of these change who may do what.
    pub allows_permissions: usize,
    /// How many actions it denies.
    pub denies: usize,
    /// What it says, in a line.
    pub text: String,
}

/// What AWS changed in one of its policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AwsPolicyChange {
    /// Its ARN.
    pub arn: String,
    /// The number of the version that was locked.
    pub locked_version: u32,
    /// The number of the version found.
    pub found_version: u32,
    /// To whom it applies.
    pub holders: Vec<AwsHolder>,
    /// Actions that its allowing statements name.
    pub allows: ActionLines,
    /// Actions that its denying statements name.
    pub denies: ActionLines,
    /// Statements that differ in more than their actions, as far as they are IAM grammar.
    pub statements: Vec<AwsStatementLine>,
}

/// Somebody to whom a policy applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AwsHolder {
    /// `group/DataScientists`.
    pub address: String,
    /// Whether the policy is its permissions boundary, rather than attached.
    pub as_boundary: bool,
    /// How many users are in it; none for what is no group.
    pub members: Option<usize>,
}

/// Actions that came and went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ActionLines {
    /// Named now, and not when it was locked.
    pub came: Vec<ActionLine>,
    /// Named when it was locked, and not now.
    pub went: Vec<ActionLine>,
}

/// One action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActionLine {
    /// `sagemaker:CreateHub`.
    pub action: String,
    /// `list`, `read`, `write`, `tagging` or `permissions`; `unknown` if only AWS's own policies speak of it; none if
    /// the catalogue does not know it.
    pub level: Option<String>,
}

/// A statement that AWS added, removed or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AwsStatementLine {
    /// Its Sid, or its effect and first action.
    pub name: String,
    /// `added`, `removed` or `changed`.
    pub change: String,
    /// Its elements but for the actions.
    pub elements: Vec<AwsElementLine>,
}

/// One element of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AwsElementLine {
    /// `Resource`, `Condition StringLike s3:prefix`, …
    pub element: String,
    /// Values that came.
    pub came: Vec<String>,
    /// Values that went.
    pub went: Vec<String>,
}

/// What the AWS managed policies say that a plan attaches, in the order of their names.
pub(super) fn attached(inputs: &Inputs<'_>) -> Vec<AwsManagedLine> {
    let mut all: BTreeSet<(&AccountId, &str)> = BTreeSet::new();
    for step in &inputs.plan.steps {
        let account = &step.operation.target.account;
        match &step.operation.verb {
            Verb::Put { wanted, found: _ } => all.extend(aws_name(wanted).map(|name| (account, name))),
            Verb::Create { settings, core: _ } => {
                all.extend(settings.values().filter_map(aws_name).map(|name| (account, name)));
            }
            Verb::Rename { .. } | Verb::Update { .. } | Verb::Remove { .. } | Verb::Delete { .. } => {}
        }
    }
    all.into_iter().filter_map(|(account, name)| line(&inputs.settled.wanted, account, name)).collect()
}

fn aws_name(setting: &Setting) -> Option<&str> {
    match setting {
        Setting::Attached(PolicyReference::Aws(name)) | Setting::Boundary(PolicyReference::Aws(name)) => {
            Some(name)
        }
        _ => None,
    }
}

fn line(wanted: &State, account: &AccountId, name: &str) -> Option<AwsManagedLine> {
    let (version, document, as_of) = match wanted.aws_managed(account, name) {
        Some(AwsManaged { version, document }) => (*version, document.clone(), None),
        None => {
            let partition = wanted.accounts.get(account)?.partition.clone();
            let (known, day) = of_catalogue(&AwsPolicyName { partition, name: name.to_owned() })?;
            (known.version, known.document, Some(day))
        }
    };
    let Policy::Normal(document) = document else { return None };
    let allowed = policy::actions(&document, Effect::Allow);
    let denies = policy::actions(&document, Effect::Deny).len();
    let of = |level: AccessLevel| allowed.iter().filter(|action| action.level == Some(level)).count();
    let mut line = AwsManagedLine {
        account: account.to_string(),
        name: name.to_owned(),
        version,
        known_from: String::from(if as_of.is_some() { "catalogue" } else { "account" }),
        as_of,
        statements: document.statements.len(),
        allows: allowed.len(),
        allows_writing: of(AccessLevel::Write),
        allows_permissions: of(AccessLevel::PermissionsManagement),
        denies,
        text: String::new(),
    };
    line.text = sentence(&line, &document);
    Some(line)
}

fn sentence(line: &AwsManagedLine, document: &Document) -> String {
    let mut parts = vec![count(line.statements, "statement")];
    if line.allows > 0 {
        let everything = document.statements.iter().any(|s| {
            s.effect == Effect::Allow
                && matches!(&s.action, Element::Is(a) if a.iter().any(|a| a.as_str() == "*"))
        });
        let actions = if everything { String::from("every action") } else { count(line.allows, "action") };
        let among = match (everything, line.allows_writing, line.allows_permissions) {
            (true, ..) => String::new(),
            (_, 0, 0) => String::from(", none that writes"),
            (_, writes, 0) => format!(", among them {writes} that write"),
            (_, 0, permissions) => format!(", among them {permissions} that change permissions"),
            (_, writes, permissions) => {
                format!(", among them {writes} that write and {permissions} that change permissions")
            }
        };
        parts.push(format!("allows {actions}{among}, {}", where_allowed(document)));
    }
    if line.denies > 0 {
        parts.push(format!("denies {}", count(line.denies, "action")));
    }
    parts.join("; ")
}

/// On what the allowing statements reach.
fn where_allowed(document: &Document) -> &'static str {
    let allowing: Vec<&Statement> =
        document.statements.iter().filter(|s| s.effect == Effect::Allow).collect();
    let any = |s: &&&Statement| {
        s.conditions.is_empty() && matches!(&s.resource, Some(Element::Is(r)) if r.contains("*"))
    };
    match (allowing.iter().filter(any).count(), allowing.len()) {
        (0, _) => "on some resources or under conditions",
        (n, all) if n == all => "on any resource",
        _ => "partly on any resource",
    }
}

impl AwsPolicyChange {
    /// What AWS changed, as data.
    pub(super) fn of(change: &AwsChange) -> Self {
        let lines = |effect: Effect| {
            let ActionsChange { came, went } = change.actions(effect).unwrap_or_default();
            let line = |action: &NamedAction| ActionLine {
                action: action_name(action),
                level: action.level.map(|level| level_word(level).to_owned()),
            };
            ActionLines { came: came.iter().map(line).collect(), went: went.iter().map(line).collect() }
        };
        let holder = |holder: &Holder| {
            let Holder { id, as_boundary, members } = holder;
            AwsHolder { address: id.address(), as_boundary: *as_boundary, members: *members }
        };
        Self {
            arn: change.policy.arn(),
            locked_version: change.locked.version,
            found_version: change.found.version,
            holders: change.holders.iter().map(holder).collect(),
            allows: lines(Effect::Allow),
            denies: lines(Effect::Deny),
            statements: change.statements().iter().filter_map(statement_line).collect(),
        }
    }

    /// `14 actions more, 2 fewer`.
    pub(super) fn gist(&self) -> String {
        let mut parts = vec![];
        for (ActionLines { came, went }, verb) in [(&self.allows, "allows"), (&self.denies, "denies")] {
            let all = [(came.len(), "more"), (went.len(), "fewer")];
            let said: Vec<_> = all
                .iter()
                .filter(|(n, _)| *n > 0)
                .map(|(n, what)| format!("{} {what}", count(*n, "action")))
                .collect();
            if !said.is_empty() {
                parts.push(format!("{verb} {}", said.join(", ")));
            }
        }
        if parts.is_empty() {
            parts.push(String::from("the same actions, otherwise"));
        }
        parts.join("; ")
    }
}

impl ActionLines {
    /// Whether nothing came and nothing went.
    pub fn is_empty(&self) -> bool {
        let Self { came, went } = self;
        came.is_empty() && went.is_empty()
    }
}

impl AwsHolder {
    /// `group/DataScientists (3 members)`.
    pub(super) fn words(&self) -> String {
        let Self { address, as_boundary, members } = self;
        let members = members.map(|n| count(n, "member"));
        let boundary = as_boundary.then(|| String::from("as its boundary"));
        let remarks: Vec<String> = [boundary, members].into_iter().flatten().collect();
        if remarks.is_empty() { address.clone() } else { format!("{address} ({})", remarks.join(", ")) }
    }
}

fn action_name(action: &NamedAction) -> String {
    let NamedAction { service, name, level: _ } = action;
    if service.is_empty() { name.to_string() } else { format!("{service}:{name}") }
}

fn level_word(level: AccessLevel) -> &'static str {
    match level {
        AccessLevel::List => "list",
        AccessLevel::Read => "read",
        AccessLevel::Write => "write",
        AccessLevel::PermissionsManagement => "permissions",
        AccessLevel::Tagging => "tagging",
        AccessLevel::Unknown => "unknown",
    }
}

/// What differs beside the actions, which are counted for the document as a whole.
fn statement_line(change: &StatementChange) -> Option<AwsStatementLine> {
    let StatementChange { name, change } = change;
    let (word, all) = match change {
        Change::Added(statement) => ("added", elements(statement)),
        Change::Removed(statement) => ("removed", turned(elements(statement))),
        Change::Changed { found: locked, wanted: found } => ("changed", element_changes(locked, found)),
        Change::Same(_) => return None,
    };
    let elements: Vec<AwsElementLine> = all
        .into_iter()
        .filter(|e| !matches!(e.element.as_str(), "Action" | "NotAction" | "Sid"))
        .map(|ElementChange { element, removed, added, kept: _ }| AwsElementLine {
            element,
            came: added,
            went: removed,
        })
        .collect();
    (word != "changed" || !elements.is_empty()).then(|| AwsStatementLine {
        name: name.clone(),
        change: word.to_owned(),
        elements,
    })
}

fn turned(all: Vec<ElementChange>) -> Vec<ElementChange> {
    let turn = |ElementChange { element, removed, added, kept }| ElementChange {
        element,
        removed: added,
        added: removed,
        kept,
    };
    all.into_iter().map(turn).collect()
}

/// Actions by service, in the order of their names, with a remark on those that change something:
/// `("s3", ["GetObject", "PutObject (write)"])`. Of many that only look, a few are named and the others counted.
pub(super) fn by_service(lines: &[ActionLine]) -> BTreeMap<&str, Vec<String>> {
    const QUIET_MAX: usize = 12;
    const QUIET_NAMED: usize = 8;
    let mut services: BTreeMap<&str, Vec<(&str, Option<&str>)>> = BTreeMap::new();
    for ActionLine { action, level } in lines {
        let (service, name) = action.split_once(':').unwrap_or(("", action));
        services.entry(service).or_default().push((name, level.as_deref()));
    }
    let quiet = |level: Option<&str>| matches!(level, Some("list" | "read"));
    let shown = |names: Vec<(&str, Option<&str>)>| {
        let all_quiet = names.iter().filter(|(_, level)| quiet(*level)).count();
        let named = if all_quiet > QUIET_MAX { QUIET_NAMED } else { all_quiet };
        let mut seen = 0;
        let mut out = vec![];
        for (name, level) in names {
            seen += usize::from(quiet(level));
            if quiet(level) && seen > named {
                continue;
            }
            let telling = level.filter(|level| matches!(*level, "write" | "permissions"));
            out.push(telling.map_or_else(|| name.to_owned(), |level| format!("{name} ({level})")));
        }
        if all_quiet > named {
            out.push(format!("and {} more that only read", all_quiet - named));
        }
        out
    };
    services.into_iter().map(|(service, names)| (service, shown(names))).collect()
}

/// What a lock has to say beside findings.
pub(super) fn remarks(comparison: &AwsComparison) -> Vec<Said> {
    let AwsComparison { changed: _, renumbered, not_checked: _, not_locked, not_attached } = comparison;
    let note = |code: &str, text: String| Said { code: code.to_owned(), address: None, text, help: vec![] };
    let renumbered = renumbered.iter().map(|each| {
        let AwsRenumbered { policy, locked, found } = each;
        let text = format!(
            "{} is v{found} now and says what the locked v{locked} says; `hatrack lock` takes the number over",
            policy.name
        );
        note("aws-renumbered", text)
    });
    let not_locked = not_locked.iter().map(|policy| {
        let text = format!(
            "{} is attached, and not in the lock file, so nobody hears when AWS changes it; `hatrack lock` adds it",
            policy.name
        );
        note("aws-not-locked", text)
    });
    let not_attached = not_attached.iter().map(|policy| {
        let text = format!(
            "{} is in the lock file, and no environment attaches it any more; `hatrack lock` drops it",
            policy.name
        );
        note("aws-not-attached", text)
    });
    renumbered.chain(not_locked).chain(not_attached).collect()
}

/// Locked policies of which the account does not tell.
pub(super) fn not_checked(comparison: &AwsComparison) -> Vec<Said> {
    let said = |(account, name): &(AccountId, String)| Said {
        code: String::from("aws-managed"),
        address: None,
        text: format!("whether AWS changed {name}: account {account} did not tell what it says"),
        help: vec![String::from(
            "an account file tells it if `hatrack snapshot` wrote it while the policy was attached",
        )],
    };
    comparison.not_checked.iter().map(said).collect()
}
