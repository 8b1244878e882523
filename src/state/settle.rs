//! Scope applied: from what is declared and what is found to what is wanted of the whole account.
//!
//! What no environment answers for, and what could not be read, is copied from found into wanted; after this step
//! the difference of wanted and found is exactly what hatrack may change.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};

use super::meter::Meter;
use super::{
    AccountId, Blind, Core, CredentialKind, Ignored, Kind, Operation, Owner, Resource, ResourceId, Scope,
    Setting, SettingKey, State, Unread, Verb, limits, settings_of_create,
};
use crate::policy::{self, Policy};

/// What [`settle`] makes of wanted and found.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// What every account shall be, in full.
    pub wanted: State,
    /// Renames to be done before anything else.
    pub renames: Vec<Operation>,
    /// Resources that no environment answers for: nothing in a plan may touch them, except to take an undeclared
    /// user out of a declared group.
    pub untouchable: BTreeSet<ResourceId>,
    /// What a person should know.
    pub notes: Vec<Note>,
    /// Why nothing may be planned.
    pub objections: Vec<Objection>,
    /// How much of each account is answered for.
    pub coverage: BTreeMap<String, Coverage>,
}

/// Something a person should know about the way wanted was settled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// Taken into ownership because the author said so.
    Adopted(ResourceId),
    /// Taken into ownership because it is what an interrupted creation leaves: a bucket without tags, policy or
    /// objects.
    AdoptedBlank(ResourceId),
    /// Taken from the owner described, because the author said so.
    TakenOver(ResourceId, String),
    /// Ours, no longer declared, but it holds data: kept until it is retired.
    Kept(ResourceId),
    /// Bucket policy statements of other writers, kept.
    KeptStatements(ResourceId, Vec<String>),
    /// AWS attached this policy because an access key leaked; kept.
    Quarantined(ResourceId, String),
    /// Not changed because it could not be read.
    NotChecked(ResourceId),
    /// Not changed because it names something of an environment whose account could not be looked at, and which may not
    /// be there.
    HeldBack(ResourceId, ResourceId),
    /// Only these addresses, and what they cannot be without, were compared.
    Narrowed(Vec<String>),
    /// AWS changed one of its own policies since it was locked.
    AwsChanged {
        /// Path and name.
        policy: String,
        /// The version locked.
        locked: u32,
        /// The version found.
        found: u32,
    },
}

/// Why a declared resource cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objection {
    /// It exists without our mark.
    NotOurs(ResourceId),
    /// It exists and belongs to someone else, described.
    Foreign(ResourceId, String),
    /// It exists under a name that AWS takes for the same.
    OtherCase {
        /// Declared.
        declared: ResourceId,
        /// Existing.
        existing: ResourceId,
    },
    /// It is AWS's own and nobody can change it.
    Aws(ResourceId),
    /// It shall go, but it holds objects.
    NotEmpty(ResourceId),
    /// It holds data and differs in something that is fixed at its creation.
    FixedAtCreation {
        /// The resource.
        id: ResourceId,
        /// What differs.
        #[serde(deserialize_with = "word")]
        field: Word,
    },
    /// With what others have on it, and which is kept, it would be more than AWS takes; in words.
    OverLimit(ResourceId, String),
    /// The account is known to take less than it would then have, of a quota of the resource or, if the resource comes,
    /// of the account.
    OverQuota(ResourceId, Meter),
    /// Other writers' statements shall be kept, but the bucket policy is nothing that hatrack can read.
    UnreadablePolicy(ResourceId),
    /// It shall go, but something we do not answer for still uses it.
    StillUsed {
        /// To be deleted.
        target: ResourceId,
        /// The user of it.
        by: ResourceId,
    },
}

/// A word of ours. The name keeps serde from borrowing it from what is read.
pub type Word = &'static str;

/// A word of ours that was written to a file. Few are, and they are read once, to be shown.
fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    String::deserialize(deserializer).map(|word| &*word.leak())
}

impl Objection {
    /// The resource that cannot be planned.
    pub fn subject(&self) -> &ResourceId {
        match self {
            Self::NotOurs(id) | Self::Foreign(id, _) | Self::Aws(id) | Self::NotEmpty(id) => id,
            Self::FixedAtCreation { id, field: _ } | Self::UnreadablePolicy(id) => id,
            Self::OverLimit(id, _) | Self::OverQuota(id, _) => id,
            Self::OtherCase { declared, .. } => declared,
            Self::StillUsed { target, .. } => target,
        }
    }
}

/// How much of an account is answered for, counted over users, groups, roles and customer managed policies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Everything but AWS's own.
    pub entities: usize,
    /// Declared, or marked as ours.
    pub answered_for: usize,
    /// Ignored with a reason.
    pub ignored: Vec<(ResourceId, String)>,
    /// Nobody said anything of them.
    pub unmanaged: Vec<ResourceId>,
    /// Owned by others that mark what they own, described.
    pub foreign: Vec<(ResourceId, String)>,
    /// Whether what is unmanaged counts as drift.
    pub whole_account: bool,
}

/// Copies what is not answered for, or was not read, from found into wanted.
pub fn settle(declared: &State, scopes: &[Scope], found: &State, unread: &[Unread]) -> Settled {
    let mut settled = Settled::default();
    let found = &renamed(scopes, found, &mut settled);
    let blind: BTreeSet<&Blind> = unread.iter().map(|u| &u.what).collect();
    let mut settling = Settling { declared, scopes, found, blind, out: settled };
    settling.out.wanted.accounts = found.accounts.clone();
    for scope in scopes {
        settling.declared_of(scope);
    }
    let by_account = by_account(scopes);
    for (id, resource) in &found.resources {
        let own = by_account.get(&id.account).map(Vec::as_slice).unwrap_or_default();
        if !own.iter().any(|scope| scope.declared.contains(id)) {
            settling.undeclared(own, id, resource);
        }
    }
    settling.memberships();
    settling.still_used();
    settling.out.coverage = coverage(scopes, found);
    settling.out
}

/// Found with the declared renames done, which become the first operations of the plan.
fn renamed(scopes: &[Scope], found: &State, settled: &mut Settled) -> State {
    let mut after = found.clone();
    for scope in scopes {
        for (id, from) in &scope.renamed {
            let old = ResourceId::new(&id.account, id.kind, from);
            let ours = after.resources.get(&old).is_some_and(|r| scope.owner(&old, r) == Owner::Ours);
            let operation = Operation { target: id.clone(), verb: Verb::Rename { from: from.clone() } };
            if ours && after.perform(&operation).is_ok() {
                settled.renames.push(operation);
            }
        }
    }
    after
}

struct Settling<'a> {
    declared: &'a State,
    scopes: &'a [Scope],
    found: &'a State,
    blind: BTreeSet<&'a Blind>,
    out: Settled,
}

impl Settling<'_> {
    fn declared_of(&mut self, scope: &Scope) {
        for id in &scope.declared {
            let Some(declared) = self.declared.resources.get(id) else { continue };
            if !self.found.covers(id) {
                self.out.notes.push(Note::NotChecked(id.clone()));
                continue;
            }
            let Some(found) = self.found.resources.get(id) else {
                match self.found.same_name(id) {
                    Some(existing) => {
                        self.out.objections.push(Objection::OtherCase { declared: id.clone(), existing });
                    }
                    None => self.insert(id, self.without_blind(id, declared.clone())),
                }
                continue;
            };
            let mut merged = None;
            let stays = if self.mark_unread(id) {
                self.out.notes.push(Note::NotChecked(id.clone()));
                true
            } else if !self.may_have(scope, id, found) {
                true
            } else if let Some(field) = fixed(&declared.core, &found.core) {
                self.out.objections.push(Objection::FixedAtCreation { id: id.clone(), field });
                true
            } else {
                let wanted = self.merge(scope, id, declared, found);
                let violation = limits::check(id, &wanted).into_iter().next().filter(|_| wanted != *declared);
                if let Some(violation) = &violation {
                    self.out.objections.push(Objection::OverLimit(id.clone(), violation.message.clone()));
                }
                merged = Some(wanted);
                violation.is_some()
            };
            match merged {
                Some(merged) if !stays => self.insert(id, merged),
                _ => {
                    self.out.untouchable.insert(id.clone());
                    self.insert(id, found.clone());
                }
            }
        }
    }

    fn insert(&mut self, id: &ResourceId, resource: Resource) {
        self.out.wanted.resources.insert(id.clone(), resource);
    }

    /// Whether nobody can tell whose a resource is, because what would show it was not read.
    fn mark_unread(&self, id: &ResourceId) -> bool {
        let by_tag = matches!(id.kind, Kind::User | Kind::Role | Kind::Bucket);
        self.blind.iter().any(|blind| match blind {
            Blind::Resource(other) => other == id,
            Blind::Setting(other, SettingKey::Tag(_)) => by_tag && other == id,
            Blind::Setting(..) | Blind::Credentials(_) | Blind::Kind(..) => false,
        })
    }

    /// Whether an existing resource is ours or may become ours; if not, says why.
    fn may_have(&mut self, scope: &Scope, id: &ResourceId, found: &Resource) -> bool {
        let (note, objection) = match self.owner(scope, id, found) {
            Owner::Ours => return true,
            Owner::Aws => (None, Some(Objection::Aws(id.clone()))),
            Owner::Foreign(whose) if scope.takeover.contains(id) => {
                (Some(Note::TakenOver(id.clone(), whose)), None)
            }
            Owner::Foreign(whose) => (None, Some(Objection::Foreign(id.clone(), whose))),
            Owner::Nobody if scope.adopt.contains(id) || scope.takeover.contains(id) => {
                (Some(Note::Adopted(id.clone())), None)
            }
            Owner::Nobody if self.is_blank(id, found) => (Some(Note::AdoptedBlank(id.clone())), None),
            Owner::Nobody => (None, Some(Objection::NotOurs(id.clone()))),
        };
        self.out.notes.extend(note);
        let allowed = objection.is_none();
        self.out.objections.extend(objection);
        allowed
    }

    /// Ownership by mark; an instance profile also goes with the role it holds.
    fn owner(&self, scope: &Scope, id: &ResourceId, found: &Resource) -> Owner {
        let owner = scope.owner(id, found);
        if owner != Owner::Nobody || id.kind != Kind::InstanceProfile {
            return owner;
        }
        match found.settings.get(&SettingKey::HeldRole) {
            Some(Setting::HeldRole(role)) => {
                let held = self.found.resources.get(role);
                let ours = scope.declared.contains(role)
                    || held.is_some_and(|held| scope.owner(role, held) == Owner::Ours);
                if ours { Owner::Ours } else { Owner::Nobody }
            }
            _ => Owner::Nobody,
        }
    }

    /// CreateBucket takes tags, but not every S3 does: what an interrupted run leaves there is a bucket that has
    /// nothing at all, and taking it loses nobody anything.
    fn is_blank(&self, id: &ResourceId, found: &Resource) -> bool {
        let marks = |key: &SettingKey| {
            matches!(
                key,
                SettingKey::Tag(_) | SettingKey::BucketPolicy | SettingKey::Lifecycle | SettingKey::Objects
            )
        };
        let unread = |key: SettingKey| self.blind.contains(&Blind::Setting(id.clone(), key));
        id.kind == Kind::Bucket
            && !found.settings.keys().any(marks)
            && !self.mark_unread(id)
            && !unread(SettingKey::BucketPolicy)
            && !unread(SettingKey::Lifecycle)
            && !unread(SettingKey::Objects)
    }

    /// Declared, plus what stays as found.
    fn merge(&mut self, scope: &Scope, id: &ResourceId, declared: &Resource, found: &Resource) -> Resource {
        let mut wanted = self.without_blind(id, declared.clone());
        if let (Core::InstanceProfile { path }, Core::InstanceProfile { path: there }) =
            (&mut wanted.core, &found.core)
        {
            path.clone_from(there); // A profile goes with its role; its path is not worth a replacement.
        }
        let keep_others = scope.keep_others.contains(id);
        for (key, setting) in &found.settings {
            let other = keep_others
                && matches!(
                    key,
                    SettingKey::Tag(_)
                        | SettingKey::Attached(_)
                        | SettingKey::Inline(_)
                        | SettingKey::Membership(_)
                        | SettingKey::Credential(..)
                        | SettingKey::SignIn
                );
            let keep = match key {
                SettingKey::Credential(CredentialKind::MfaDevice, _) | SettingKey::Objects => true,
                SettingKey::Tag(key) if key.starts_with("aws:") => true,
                SettingKey::Attached(policy) if policy.is_quarantine() => {
                    if !wanted.settings.contains_key(key) {
                        self.out.notes.push(Note::Quarantined(id.clone(), policy.to_string()));
                    }
                    true
                }
                key => {
                    (other && !wanted.settings.contains_key(key))
                        || scope.as_found.contains(&(id.clone(), key.clone()))
                        || self.names_unread(setting)
                }
            };
            if keep {
                wanted.settings.insert(key.clone(), setting.clone());
            }
        }
        self.keep_statements(scope, id, &mut wanted, found);
        wanted
    }

    fn keep_statements(&mut self, scope: &Scope, id: &ResourceId, wanted: &mut Resource, found: &Resource) {
        let asked = scope.keep_statements.contains_key(id) || scope.keep_others.contains(id);
        if let (true, Some(Setting::BucketPolicy(Policy::Unreadable(_)))) =
            (asked, found.settings.get(&SettingKey::BucketPolicy))
        {
            self.out.objections.push(Objection::UnreadablePolicy(id.clone()));
            return;
        }
        let Some(Setting::BucketPolicy(Policy::Normal(there))) =
            found.settings.get(&SettingKey::BucketPolicy)
        else {
            return;
        };
        let everything = [String::from("*")];
        let patterns = match scope.keep_statements.get(id) {
            Some(patterns) => patterns.as_slice(),
            None if scope.keep_others.contains(id) => &everything,
            None => return,
        };
        let mut document = match wanted.settings.get(&SettingKey::BucketPolicy) {
            Some(Setting::BucketPolicy(Policy::Normal(document))) => document.clone(),
            _ => policy::Document { version: there.version, id: there.id.clone(), statements: vec![] },
        };
        let declared: BTreeSet<Option<String>> = document.statements.iter().map(|s| s.sid.clone()).collect();
        let mut kept = vec![];
        for statement in &there.statements {
            let sid = statement.sid.clone().unwrap_or_default();
            let theirs = patterns.iter().any(|pattern| policy::glob(pattern, &sid));
            if theirs && !declared.contains(&statement.sid) && !document.statements.contains(statement) {
                document.statements.push(statement.clone());
                kept.push(if sid.is_empty() { String::from("(no Sid)") } else { sid });
            }
        }
        if !kept.is_empty() {
            document.statements.sort();
            wanted.set(Setting::BucketPolicy(Policy::Normal(document)));
            self.out.notes.push(Note::KeptStatements(id.clone(), kept));
        }
    }

    /// The resource without the settings that could not be read: they are neither set nor cleared.
    fn without_blind(&self, id: &ResourceId, mut resource: Resource) -> Resource {
        for blind in &self.blind {
            match blind {
                Blind::Setting(other, key) if other == id => {
                    resource.settings.retain(|k, _| std::mem::discriminant(k) != std::mem::discriminant(key));
                }
                Blind::Credentials(other) if other == id => {
                    resource
                        .settings
                        .retain(|k, _| !matches!(k, SettingKey::SignIn | SettingKey::Credential(..)));
                }
                _ => {}
            }
        }
        resource.settings.retain(|_, setting| !self.names_unread(setting));
        resource
    }

    /// What names a kind that was not read can be neither made nor checked nor taken away.
    fn names_unread(&self, setting: &Setting) -> bool {
        let unread = |r: &ResourceId| self.found.accounts.contains_key(&r.account) && !self.found.covers(r);
        !matches!(setting, Setting::BucketPolicy(_)) && setting.references().iter().any(|(r, _)| unread(r))
    }

    fn undeclared(&mut self, own: &[&Scope], id: &ResourceId, found: &Resource) {
        // By the mark alone: what others made to hold a role of ours is theirs.
        let scope = own.iter().find(|s| s.owner(id, found) == Owner::Ours);
        let Some(scope) = scope else {
            self.out.untouchable.insert(id.clone());
            return self.insert(id, found.clone());
        };
        let blind = self.blind.iter().any(|blind| match blind {
            Blind::Setting(other, _) | Blind::Resource(other) | Blind::Credentials(other) => other == id,
            Blind::Kind(..) => false,
        });
        if blind {
            self.out.notes.push(Note::NotChecked(id.clone()));
        } else if id.kind.holds_data() && !scope.retire.contains(id) {
            self.out.notes.push(Note::Kept(id.clone()));
        } else if found.settings.contains_key(&SettingKey::Objects) {
            self.out.objections.push(Objection::NotEmpty(id.clone()));
        } else {
            return; // Ours, and no longer declared: it goes.
        }
        self.out.untouchable.insert(id.clone());
        self.insert(id, found.clone());
    }

    /// Membership belongs to both ends: an undeclared user in a declared group is as much an undeclared edge as a
    /// declared user in an undeclared group.
    fn memberships(&mut self) {
        let kept: BTreeSet<&ResourceId> = self.scopes.iter().flat_map(|s| &s.keep_others).collect();
        let declared: BTreeSet<&ResourceId> = self.scopes.iter().flat_map(|s| &s.declared).collect();
        let State { accounts, resources } = &mut self.out.wanted;
        let present: BTreeSet<ResourceId> =
            resources.keys().filter(|id| id.kind == Kind::Group).cloned().collect();
        for id in self.out.untouchable.iter().filter(|id| id.kind == Kind::User && !declared.contains(id)) {
            let Some(user) = resources.get_mut(id) else { continue };
            user.settings.retain(|key, _| match key {
                SettingKey::Membership(group) => {
                    let read = accounts.get(&group.account).is_some_and(|e| e.kinds.contains(&Kind::Group));
                    let goes = read && !present.contains(group);
                    let ours = declared.contains(group)
                        && !kept.contains(group)
                        && !self.out.untouchable.contains(group);
                    !goes && !ours
                }
                _ => true,
            });
        }
    }

    /// What shall go must not be in use by something we may not touch.
    fn still_used(&mut self) {
        let wanted = &self.out.wanted;
        for id in &self.out.untouchable {
            let Some(resource) = wanted.resources.get(id) else { continue };
            for (target, tie) in resource.references() {
                let goes =
                    self.found.resources.contains_key(&target) && !wanted.resources.contains_key(&target);
                if tie == super::Tie::Holds && goes {
                    self.out.objections.push(Objection::StillUsed { target, by: id.clone() });
                }
            }
        }
    }
}

/// An estate has hundreds of scopes, and thousands of resources: each is asked only those of its account.
fn by_account(scopes: &[Scope]) -> BTreeMap<&AccountId, Vec<&Scope>> {
    let mut all: BTreeMap<&AccountId, Vec<&Scope>> = BTreeMap::new();
    for scope in scopes {
        all.entry(&scope.account).or_default().push(scope);
    }
    all
}

/// What differs and cannot be changed, of a resource that is never made anew.
fn fixed(declared: &Core, found: &Core) -> Option<&'static str> {
    match (declared, found) {
        (Core::Bucket { region: a }, Core::Bucket { region: b }) => (a != b).then_some("region"),
        _ => None,
    }
}

fn coverage(scopes: &[Scope], found: &State) -> BTreeMap<String, Coverage> {
    let mut all = BTreeMap::new();
    let by_account = by_account(scopes);
    let mut of_account: BTreeMap<&AccountId, Vec<(&ResourceId, &Resource)>> = BTreeMap::new();
    for (id, resource) in &found.resources {
        of_account.entry(&id.account).or_default().push((id, resource));
    }
    for scope in scopes {
        let mut coverage = Coverage { whole_account: scope.whole_account, ..Coverage::default() };
        let own = by_account.get(&scope.account).map(Vec::as_slice).unwrap_or_default();
        for (id, resource) in of_account.get(&scope.account).into_iter().flatten().copied() {
            let counted = matches!(id.kind, Kind::User | Kind::Group | Kind::Role | Kind::Policy);
            let owner = scope.owner(id, resource);
            if !counted || owner == Owner::Aws {
                continue;
            }
            coverage.entities += 1;
            let ignored = |i: &&Ignored| policy::glob(&i.address, &id.address());
            if own.iter().any(|s| s.answers_for(id, resource)) {
                coverage.answered_for += 1;
            } else if let Some(ignored) = scope.ignored.iter().find(ignored) {
                coverage.ignored.push((id.clone(), ignored.reason.clone()));
            } else if let Owner::Foreign(whose) = owner {
                coverage.foreign.push((id.clone(), whose));
            } else {
                coverage.unmanaged.push(id.clone());
            }
        }
        all.insert(scope.environment.clone(), coverage);
    }
    all
}

/// The create operation of a resource: its core and what AWS takes with it.
pub fn creation(resource: &Resource) -> Verb {
    Verb::Create { core: resource.core.clone(), settings: settings_of_create(resource) }
}
