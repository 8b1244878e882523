//! From what is declared to what must be allowed on what: each operation that a resource could need, its calls, and
//! the narrowest ARNs that names, paths and marks allow.
//!
//! Two rules keep it narrow. What gives or makes something is allowed on what the files name, and on nothing else.
//! What takes something away is allowed on that, and on whatever carries the environment's mark: it was named once.

use crate::state::sagemaker_kinds;
use std::collections::{BTreeMap, BTreeSet};

use super::beside;
use super::calls::{self, Call, On};
use super::guard::{self, Guard};
use super::sort::Sort;
use super::{Purpose, Theme};
use crate::state::{
    AccountId, Core, Kind, MARK_TAG, Partition, PolicyReference, Resource, ResourceId, Scope, Setting,
    SettingKey, State, iam_arn, mark_path, within_domain,
};

/// What must be allowed: by theme, guard and action, on which ARNs.
pub(super) type Needs = BTreeMap<(Theme, Guard, &'static str), BTreeSet<String>>;

/// The needs of one account; `beside` is what is asked of it beside what a plan asks, of `everything` or of what is answered
/// for; `topic` is told of drift.
pub(super) fn of_account(
    wanted: &State,
    scopes: &[&Scope],
    purpose: Purpose,
    beside: &[&[Call]],
    everything: bool,
    topic: Option<&str>,
) -> Needs {
    let Some(first) = scopes.first() else { return Needs::new() };
    let declared: BTreeMap<&ResourceId, &Resource> = scopes
        .iter()
        .flat_map(|scope| &scope.declared)
        .filter_map(|id| Some((id, wanted.resources.get(id)?)))
        .collect();
    let mut account = Account {
        account: &first.account,
        partition: &first.partition,
        scopes,
        declared,
        attachable: BTreeMap::new(),
        needs: Needs::new(),
    };
    for kind in Kind::ALL {
        let policies = guard::policies(&account.attached(kind));
        account.attachable.insert(kind, policies);
    }
    for kind in Kind::ALL.into_iter().filter(|_| everything) {
        let every = [(account.any(kind), Guard::new())];
        account.add(Theme::ReadEvery(kind), calls::reading(kind), &every, &[]);
    }
    for calls in beside {
        account.add(Theme::ReadAccount, calls, &[], &[]);
    }
    if let Some(topic) = topic {
        account.add(Theme::Tell, calls::TELLING, &[(topic.to_owned(), Guard::new())], &[]);
    }
    account.gathered(purpose)
}

const PASS_ROLE: &str = "iam:PassRole";

/// What an action is allowed on, and under which conditions.
type Target = (String, Guard);

struct Account<'a> {
    account: &'a AccountId,
    partition: &'a Partition,
    scopes: &'a [&'a Scope],
    declared: BTreeMap<&'a ResourceId, &'a Resource>,
    /// The guard of what may be attached to a kind.
    attachable: BTreeMap<Kind, Guard>,
    needs: Needs,
}

impl Account<'_> {
    fn gathered(mut self, purpose: Purpose) -> Needs {
        self.add(Theme::ReadAccount, calls::READING, &[], &[]);
        // Whoever asks about SageMaker reads all kinds of it, whichever are declared.
        if self.scopes.iter().any(|scope| scope.sagemaker) {
            for kind in Kind::SAGEMAKER {
                self.add(Theme::ReadAccount, calls::reading(kind), &[], &[]);
            }
        }
        let declared = self.declared.clone();
        let mut kinds: BTreeSet<Kind> = declared.keys().map(|id| id.kind).collect();
        // A profile comes and goes with what a role's trust policy says.
        if kinds.contains(&Kind::Role) {
            kinds.insert(Kind::InstanceProfile);
        }
        for kind in kinds {
            let marked = self.marked(kind);
            self.add(Theme::ReadMarked(kind), calls::reading(kind), &marked, &[]);
            self.add(Theme::ReadMarked(kind), calls::reading_leaving(kind), &marked, &[]);
            if purpose == Purpose::Apply {
                self.add(Theme::Marked(kind), calls::delete(kind), &marked, &[]);
                self.add(Theme::Marked(kind), calls::rename(kind), &marked, &[]);
                for sort in Sort::ALL.iter().filter(|sort| sort.blocks_deletion()) {
                    self.add(Theme::Marked(kind), calls::remove(kind, *sort), &marked, &[]);
                }
            }
        }
        for (id, resource) in &declared {
            let places = self.places(id, resource);
            self.add(Theme::Read(id.kind), calls::reading(id.kind), &places, &[]);
            if purpose == Purpose::Apply {
                self.writes(id, resource, &places);
            }
        }
        let retired: BTreeSet<&ResourceId> = self.scopes.iter().flat_map(|scope| &scope.retire).collect();
        for id in retired {
            let place = [(self.arn_without_path(id), Guard::new())];
            self.add(Theme::Read(id.kind), calls::reading(id.kind), &place, &[]);
            if purpose == Purpose::Apply {
                self.add(Theme::Write(id.kind), calls::delete(id.kind), &place, &[]);
            }
        }
        self.needs
    }

    /// Everything that a declared resource could need: made, changed, renamed, each of its settings put, whatever else
    /// may be found on it removed, and ended, unless it holds data.
    fn writes(&mut self, id: &ResourceId, resource: &Resource, places: &[Target]) {
        let kind = id.kind;
        let exact = [(self.arn(id, resource), Guard::new())];
        if let Some(role) = Self::works_as(&resource.core) {
            let to = guard::passed_to_sagemaker();
            self.needs.entry((Theme::PassRoles, to, PASS_ROLE)).or_default().insert(role.to_owned());
        }
        for (guard, action, arn) in beside::of(self.partition, id, &resource.core) {
            self.needs.entry((Theme::OnBehalf, guard, action)).or_default().insert(arn);
        }
        self.add(Theme::Write(kind), calls::create(kind), &self.under_boundary(resource, &exact), &[]);
        self.add(Theme::Write(kind), calls::update(kind), places, &[]);
        if self.scopes.iter().any(|scope| scope.renamed.contains_key(id)) {
            self.add(Theme::Write(kind), calls::rename(kind), places, &[]);
        }
        if !kind.holds_data() {
            self.add(Theme::Write(kind), calls::delete(kind), places, &[]);
        }
        for setting in resource.settings.values() {
            let sort = Sort::of(setting);
            self.add(Theme::Write(kind), calls::carried(kind, sort), &exact, &[]);
            self.put(id, resource, sort, &self.named(setting), places);
        }
        for sort in self.puts_of_others(id) {
            if !resource.settings.values().any(|setting| Sort::of(setting) == sort) {
                self.put(id, resource, sort, &[], places);
            }
        }
        for sort in Sort::ALL {
            if self.may_be_removed(kind, resource, *sort) {
                self.add(Theme::Write(kind), calls::remove(kind, *sort), places, &[]);
            }
        }
    }

    fn put(&mut self, id: &ResourceId, resource: &Resource, sort: Sort, named: &[String], places: &[Target]) {
        let kind = id.kind;
        match sort {
            Sort::Attached => {
                let policies = self.attachable.get(&kind).cloned().unwrap_or_default();
                let under = self.under_boundary(resource, places);
                let targets: Vec<Target> =
                    under.into_iter().map(|(arn, guard)| (arn, guard::both(guard, &policies))).collect();
                self.add(Theme::Attach(kind), calls::put(kind, sort), &targets, named);
            }
            Sort::Boundary | Sort::Inline => {
                let targets = self.under_boundary(resource, places);
                self.add(Theme::Write(kind), calls::put(kind, sort), &targets, named);
            }
            Sort::Tag
            | Sort::Membership
            | Sort::SignIn
            | Sort::AccessKey
            | Sort::MfaDevice
            | Sort::SigningCertificate
            | Sort::SshPublicKey
            | Sort::ServiceSpecific
            | Sort::HeldRole
            | Sort::BucketPolicy
            | Sort::PublicAccessBlock
            | Sort::Encryption
            | Sort::Versioning
            | Sort::Ownership
            | Sort::Lifecycle
            | Sort::Objects
            | Sort::StudioLifecycle
            | Sort::Apps
            | Sort::Failed
            | Sort::AccountAlias
            | Sort::PasswordPolicy => self.add(Theme::Write(kind), calls::put(kind, sort), places, named),
        }
    }

    /// What is put although it is not declared, because others' part of it is kept: the rest of a bucket policy, and
    /// what held on to a policy of ours that is made anew.
    fn puts_of_others(&self, id: &ResourceId) -> Vec<Sort> {
        let any = |has: &dyn Fn(&Scope) -> bool| self.scopes.iter().any(|scope| has(scope));
        let keeps = any(&|scope| scope.keep_others.contains(id));
        match id.kind {
            Kind::Bucket if keeps || any(&|scope| scope.keep_statements.contains_key(id)) => {
                vec![Sort::BucketPolicy]
            }
            Kind::User | Kind::Group | Kind::Role if keeps => vec![Sort::Attached],
            Kind::User
            | Kind::Group
            | Kind::Role
            | Kind::Policy
            | Kind::InstanceProfile
            | Kind::Bucket
            | sagemaker_kinds!()
            | Kind::Account => {
                vec![]
            }
        }
    }

    /// Whether a setting of this sort may have to go. A declared boundary is only ever replaced, unless the policy it
    /// names is ours and may be made anew. Tags of instance profiles are not read.
    fn may_be_removed(&self, kind: Kind, resource: &Resource, sort: Sort) -> bool {
        if (kind, sort) == (Kind::InstanceProfile, Sort::Tag) {
            return false;
        }
        // Settings of the account stay as they are when nobody declares them any more.
        if kind == Kind::Account {
            return false;
        }
        match (sort, resource.settings.get(&SettingKey::Boundary)) {
            (Sort::Boundary, Some(Setting::Boundary(PolicyReference::Customer(id)))) => {
                self.declared.contains_key(id)
            }
            (Sort::Boundary, Some(_)) => false,
            _ => true,
        }
    }

    /// Adds the rows of some calls.
    fn add(&mut self, theme: Theme, calls: &[Call], targets: &[Target], named: &[String]) {
        for Call { api: _, action, on } in calls {
            let free = |arn: String| vec![(arn, Guard::new())];
            let (theme, targets) = match on {
                On::Itself => (theme, targets.to_vec()),
                On::Named if *action == PASS_ROLE => {
                    let to = guard::passed_to_ec2(self.partition);
                    (Theme::PassRoles, named.iter().map(|arn| (arn.clone(), to.clone())).collect())
                }
                On::Named => {
                    (Theme::JoinGroups, named.iter().map(|arn| (arn.clone(), Guard::new())).collect())
                }
                On::Everything if theme.reads() => (Theme::ReadAccount, free("*".to_owned())),
                On::Everything => (Theme::LookUp, free("*".to_owned())),
                On::Any(kind) if theme.reads() => (Theme::ReadEvery(*kind), free(self.any(*kind))),
                On::Any(kind) => (Theme::LeaveGroups, free(self.any(*kind))),
                On::AnyTrail => {
                    (Theme::ReadTrails, free(format!("arn:{}:cloudtrail:*:*:trail/*", self.partition)))
                }
                On::AwsPolicies => {
                    (Theme::ReadAwsPolicies, free(format!("arn:{}:iam::aws:policy/*", self.partition)))
                }
                On::MfaDevices => {
                    (Theme::MfaDevices, free(format!("arn:{}:iam::{}:mfa/*", self.partition, self.account)))
                }
            };
            for (arn, guard) in targets {
                let guard =
                    if guard::knows_boundary(action) { guard } else { guard::without_boundary(guard) };
                let theme = match theme {
                    Theme::Write(kind) if !guard.is_empty() => Theme::Bounded(kind),
                    theme => theme,
                };
                self.needs.entry((theme, guard, action)).or_default().insert(arn);
            }
        }
    }

    fn bucket_arn(&self, name: &str) -> String {
        format!("arn:{}:s3:::{name}", self.partition)
    }

    fn arn(&self, id: &ResourceId, resource: &Resource) -> String {
        match resource.core.path() {
            Some(path) => iam_arn(self.partition, id, path),
            None => self.arn_without_path(id),
        }
    }

    fn arn_without_path(&self, id: &ResourceId) -> String {
        match id.kind {
            Kind::Bucket => self.bucket_arn(&id.name),
            sagemaker_kinds!() => self.sagemaker_arn(id.kind, &id.name),
            Kind::Account => "*".to_owned(),
            Kind::Group | Kind::User | Kind::Policy | Kind::Role | Kind::InstanceProfile => {
                iam_arn(self.partition, id, "/")
            }
        }
    }

    /// AWS invents the id of a domain, which stands in the ARN of all that is in it, and writes names in small letters
    /// there.
    fn sagemaker_arn(&self, kind: Kind, name: &str) -> String {
        let mut regions = self.scopes.iter().map(|scope| scope.region.as_str());
        let first = regions.next().unwrap_or("*");
        let region = if regions.all(|other| other == first) { first } else { "*" };
        let small: String = name.chars().map(|c| if c.is_ascii_uppercase() { '?' } else { c }).collect();
        let own = within_domain(&small).map_or(small.as_str(), |(_, own)| own);
        let rest = match kind {
            Kind::Domain => "domain/*".to_owned(),
            Kind::UserProfile => format!("user-profile/*/{own}"),
            Kind::Space => format!("space/*/{own}"),
            Kind::Notebook => format!("notebook-instance/{small}"),
            Kind::NotebookLifecycle => format!("notebook-instance-lifecycle-config/{small}"),
            Kind::StudioLifecycle => format!("studio-lifecycle-config/{small}"),
            Kind::Group
            | Kind::User
            | Kind::Policy
            | Kind::Role
            | Kind::InstanceProfile
            | Kind::Bucket
            | Kind::Account => "*".to_owned(),
        };
        format!("arn:{}:sagemaker:{region}:{}:{rest}", self.partition, self.account)
    }

    /// The role that something of SageMaker works as, which its maker passes on.
    fn works_as(core: &Core) -> Option<&str> {
        match core {
            Core::Domain(domain) => Some(&domain.execution_role),
            Core::UserProfile(profile) => profile.execution_role.as_deref(),
            Core::Notebook(notebook) => Some(&notebook.execution_role),
            Core::User { .. }
            | Core::Group { .. }
            | Core::Policy { .. }
            | Core::Role { .. }
            | Core::InstanceProfile { .. }
            | Core::Bucket { .. }
            | Core::Space(_)
            | Core::NotebookLifecycle(_)
            | Core::StudioLifecycle(_)
            | Core::Account => None,
        }
    }

    /// Every resource of a kind in the account.
    fn any(&self, kind: Kind) -> String {
        match kind {
            Kind::Bucket => self.bucket_arn("*"),
            sagemaker_kinds!() => self.sagemaker_arn(kind, "*"),
            Kind::Account => "*".to_owned(),
            Kind::Group | Kind::User | Kind::Policy | Kind::Role | Kind::InstanceProfile => {
                format!("arn:{}:iam::{}:{kind}/*", self.partition, self.account)
            }
        }
    }

    /// A name wherever its path is.
    fn anywhere(&self, kind: Kind, name: &str) -> [String; 2] {
        let start = format!("arn:{}:iam::{}:{kind}", self.partition, self.account);
        [format!("{start}/{name}"), format!("{start}/*/{name}")]
    }

    /// Where a declared resource may be: as declared, and with another path if it is taken over from others.
    fn places(&self, id: &ResourceId, resource: &Resource) -> Vec<Target> {
        let mut places = BTreeSet::from([self.arn(id, resource)]);
        let others = self.scopes.iter().any(|scope| scope.adopt.contains(id) || scope.takeover.contains(id));
        if others && resource.core.path().is_some() {
            places.extend(self.anywhere(id.kind, &id.name));
        }
        places.into_iter().map(|arn| (arn, Guard::new())).collect()
    }

    /// What carries the mark of one of the environments. A bucket's tags tell S3 nothing, and no bucket goes that is
    /// not named.
    fn marked(&self, kind: Kind) -> Vec<Target> {
        let environments = self.scopes.iter().map(|scope| scope.environment.clone());
        match kind {
            Kind::User | Kind::Role => {
                vec![(self.any(kind), guard::tagged(MARK_TAG, environments.collect()))]
            }
            Kind::Group | Kind::Policy | Kind::InstanceProfile => environments
                .map(|name| {
                    let path = mark_path(&name);
                    format!("arn:{}:iam::{}:{kind}{path}*", self.partition, self.account)
                })
                .map(|arn| (arn, Guard::new()))
                .collect(),
            // Only what is named goes.
            Kind::Bucket
            | Kind::Account
            | Kind::Domain
            | Kind::UserProfile
            | Kind::Space
            | Kind::Notebook => vec![],
            Kind::NotebookLifecycle | Kind::StudioLifecycle => {
                vec![(self.any(kind), guard::tagged(MARK_TAG, environments.collect()))]
            }
        }
    }

    /// The targets, for a resource that has a boundary only while it has that one.
    fn under_boundary(&self, resource: &Resource, targets: &[Target]) -> Vec<Target> {
        let boundary = match resource.settings.get(&SettingKey::Boundary) {
            Some(Setting::Boundary(policy)) => guard::boundary(&self.policy_arns(policy)),
            _ => Guard::new(),
        };
        targets.iter().map(|(arn, guard)| (arn.clone(), guard::both(guard.clone(), &boundary))).collect()
    }

    /// The ARNs that a policy may have. One that is not declared here may have any path.
    fn policy_arns(&self, policy: &PolicyReference) -> BTreeSet<String> {
        match policy {
            PolicyReference::Aws(name) => [format!("arn:{}:iam::aws:policy/{name}", self.partition)].into(),
            PolicyReference::Customer(id) => match self.declared.get(id) {
                // One that is adopted stays where it is.
                Some(resource) => self.places(id, resource).into_iter().map(|(arn, _)| arn).collect(),
                None => self.anywhere(id.kind, &id.name).into(),
            },
        }
    }

    /// The policies that are attached to resources of a kind.
    fn attached(&self, kind: Kind) -> BTreeSet<String> {
        let mut arns = BTreeSet::new();
        for (id, resource) in self.declared.iter().filter(|(id, _)| id.kind == kind) {
            for setting in resource.settings.values() {
                if let Setting::Attached(policy) = setting {
                    arns.extend(self.policy_arns(policy));
                }
            }
            if self.scopes.iter().any(|scope| scope.keep_others.contains(*id)) {
                arns.extend(self.marked(Kind::Policy).into_iter().map(|(arn, _)| arn));
            }
        }
        arns
    }

    /// The ARNs of what a setting names, where the right has to be on that.
    fn named(&self, setting: &Setting) -> Vec<String> {
        let (Setting::Membership(id) | Setting::HeldRole(id)) = setting else { return vec![] };
        match self.declared.get(id) {
            Some(resource) => self.places(id, resource).into_iter().map(|(arn, _)| arn).collect(),
            None => self.anywhere(id.kind, &id.name).into(),
        }
    }
}
