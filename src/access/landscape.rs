//! A state as those see it who ask for something: every identity with what it holds, every resource with its policy.

use crate::state::sagemaker_cores;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::decide::{Decision, Mattered, Policies, Source, Unseen, decide};
use super::law::{ResourcePolicy, account_of};
use super::principal::{Caller, Home};
use super::public::is_surely_public;
use super::request::{Context, Request};
use super::rule::{Rule, Rules};
use crate::policy::{Document, Effect, Policy, arn, catalogue};
use crate::state::{
    AccountId, Core, Kind, PolicyReference, Resource, ResourceId, Setting, SettingKey, State, id_of_arn,
};

/// Everything that decides who can do what, as far as a state knows it.
#[derive(Debug)]
pub struct Landscape<'s> {
    state: &'s State,
    /// By name: bucket names are unique in a partition, so the account need not be known.
    buckets: BTreeMap<&'s str, &'s ResourceId>,
    /// Every document once, ready to be evaluated.
    documents: BTreeMap<DocumentId, Rules>,
    /// Buckets whose public policy Block Public Access keeps to their own account and to services.
    closed: BTreeSet<&'s ResourceId>,
    /// The tags of principals that some document asks for, as condition keys in small letters.
    tags_asked: BTreeSet<String>,
}

/// Which document of a state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentId {
    /// An inline policy of a user, group or role, by its name.
    Inline(ResourceId, String),
    /// A customer managed policy.
    Customer(ResourceId),
    /// An AWS managed policy as it is in an account, by path and name.
    Aws(AccountId, String),
    /// A role's trust policy.
    Trust(ResourceId),
    /// A bucket's policy.
    Bucket(ResourceId),
}

/// A policy that an identity has, and how it came by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// Who holds it: the identity itself, or one of its groups.
    pub holder: ResourceId,
    /// As what.
    pub setting: SettingKey,
    /// What it says.
    pub document: DocumentId,
}

/// The policies that have a say in what a caller asks of a resource, and where they come from.
#[derive(Debug)]
pub struct Gathered<'l> {
    /// Ready to decide.
    pub policies: Policies<'l>,
    /// Where those of the identity come from, in the same order.
    pub identity: Vec<Held>,
    /// Where the boundary comes from.
    pub boundary: Option<Held>,
    /// Where the resource's policy comes from.
    pub resource: Option<DocumentId>,
}

impl Gathered<'_> {
    /// The document that a statement stands in.
    pub fn document(&self, source: Source) -> Option<&DocumentId> {
        match source {
            Source::Identity(number) => self.identity.get(number).map(|held| &held.document),
            Source::Boundary(_) => self.boundary.as_ref().map(|held| &held.document),
            Source::Resource => self.resource.as_ref(),
            Source::Session | Source::Scp(..) | Source::Rcp(..) => None,
        }
    }

    /// How the identity came by the policy that a statement stands in.
    pub fn held(&self, source: Source) -> Option<&Held> {
        match source {
            Source::Identity(number) => self.identity.get(number),
            Source::Boundary(_) => self.boundary.as_ref(),
            Source::Session | Source::Resource | Source::Scp(..) | Source::Rcp(..) => None,
        }
    }
}

/// A decision and the policies it was made from.
#[derive(Debug)]
pub struct Explained<'l> {
    /// The request, with the keys that follow from who asks and what for.
    pub request: Request,
    /// The answer.
    pub decision: Decision,
    /// What it was made from.
    pub gathered: Gathered<'l>,
}

impl<'l> Explained<'l> {
    /// The statement that had a say.
    pub fn rule(&self, mattered: &Mattered) -> Option<&'l Rule> {
        self.gathered.policies.rules(mattered.source)?.rules.get(mattered.number)
    }
}

impl<'s> Landscape<'s> {
    /// Of a state.
    pub fn new(state: &'s State) -> Self {
        let mut documents = BTreeMap::new();
        let mut add = |id: DocumentId, policy: &Policy| {
            if let Some(document) = policy.document() {
                documents.insert(id, Rules::of(document));
            }
        };
        for (id, resource) in &state.resources {
            match &resource.core {
                Core::Role { trust, .. } => add(DocumentId::Trust(id.clone()), trust),
                Core::Policy { document, .. } => add(DocumentId::Customer(id.clone()), document),
                Core::User { .. }
                | Core::Group { .. }
                | Core::InstanceProfile { .. }
                | Core::Bucket { .. }
                | sagemaker_cores!()
                | Core::Account => {}
            }
            for setting in resource.settings.values() {
                match setting {
                    Setting::Inline { name, document } => {
                        add(DocumentId::Inline(id.clone(), name.clone()), document);
                    }
                    Setting::BucketPolicy(policy) => add(DocumentId::Bucket(id.clone()), policy),
                    _ => {}
                }
            }
        }
        for (account, name) in state.aws_managed_used() {
            if let Some(document) = aws_managed(state, &account, &name) {
                documents.insert(DocumentId::Aws(account, name), Rules::of(document));
            }
        }
        let buckets = state.resources.keys().filter(|id| id.kind == Kind::Bucket);
        let buckets = buckets.map(|id| (id.name.as_str(), id)).collect();
        let rules = documents.values().flat_map(|rules: &Rules| &rules.rules);
        let tags_asked = rules.flat_map(Rule::keys).filter(|key| key.starts_with(PRINCIPAL_TAG));
        let tags_asked = tags_asked.map(str::to_owned).collect();
        let closed = closed(state, &documents);
        Self { state, buckets, documents, closed, tags_asked }
    }

    /// The state.
    pub fn state(&self) -> &'s State {
        self.state
    }

    /// Every document that can be read.
    pub fn documents(&self) -> impl Iterator<Item = &DocumentId> {
        self.documents.keys()
    }

    /// A document's statements, if it can be read.
    pub fn rules(&self, document: &DocumentId) -> Option<&Rules> {
        self.documents.get(document)
    }

    /// A document as it is in the state, in whose order the statements are numbered.
    pub fn document(&self, document: &DocumentId) -> Option<&'s Document> {
        document_in(self.state, document)
    }

    /// Every document that can be read, in order.
    pub fn contents(&self) -> impl Iterator<Item = &'s Document> {
        self.documents.keys().filter_map(|id| self.document(id))
    }

    /// Every user and role, in order.
    pub fn identities(&self) -> impl Iterator<Item = &'s ResourceId> {
        self.state.resources.keys().filter(|id| matches!(id.kind, Kind::User | Kind::Role))
    }

    /// The users of a group.
    pub fn members(&self, group: &ResourceId) -> BTreeSet<&'s ResourceId> {
        let member =
            |resource: &Resource| resource.settings.contains_key(&SettingKey::Membership(group.clone()));
        // Users of other accounts cannot be in a group.
        self.state.of_account(&group.account).filter(|(_, r)| member(r)).map(|(id, _)| id).collect()
    }

    /// A user or role as somebody who asks.
    pub fn caller(&self, id: &ResourceId) -> Option<Caller> {
        Caller::parse(&self.state.principal_arn(id)?).ok()
    }

    /// The user or role behind a caller, if the state has it.
    pub fn identity_of(&self, caller: &Caller) -> Option<&'s ResourceId> {
        let by_name = |home: &Home, kind: Kind, name: &str| {
            let account: AccountId = home.account.parse().ok()?;
            let id = ResourceId::new(&account, kind, name.rsplit('/').next().unwrap_or(name));
            self.state.resources.get_key_value(&id).map(|(id, _)| id)
        };
        match caller {
            Caller::User { home, name } => by_name(home, Kind::User, name),
            Caller::Role { home, name } => by_name(home, Kind::Role, name),
            Caller::Session { home, role, .. } => by_name(home, Kind::Role, role),
            Caller::Root { .. }
            | Caller::FederatedUser { .. }
            | Caller::Service(_)
            | Caller::Federated(_)
            | Caller::Canonical(_)
            | Caller::Anonymous => None,
        }
    }

    /// What a user, role or group holds: its own policies and those of its groups.
    pub fn held(&self, id: &ResourceId) -> Vec<Held> {
        let Some(resource) = self.state.resources.get(id) else { return vec![] };
        let mut held = Self::own(id, resource);
        for group in self.groups(id) {
            if let Some(resource) = self.state.resources.get(group) {
                held.extend(Self::own(group, resource));
            }
        }
        held
    }

    /// The groups that a user is in.
    pub fn groups(&self, user: &ResourceId) -> impl Iterator<Item = &'s ResourceId> {
        let settings = self.state.resources.get(user).into_iter().flat_map(|user| user.settings.values());
        settings.filter_map(|setting| match setting {
            Setting::Membership(group) => Some(group),
            _ => None,
        })
    }

    fn own(id: &ResourceId, resource: &Resource) -> Vec<Held> {
        let of_setting = |(key, setting): (&SettingKey, &Setting)| {
            let document = match setting {
                Setting::Inline { name, .. } => DocumentId::Inline(id.clone(), name.clone()),
                Setting::Attached(policy) => of_reference(policy, &id.account),
                _ => return None,
            };
            Some(Held { holder: id.clone(), setting: key.clone(), document })
        };
        resource.settings.iter().filter_map(of_setting).collect()
    }

    /// The permissions boundary of a user or role.
    pub fn boundary(&self, id: &ResourceId) -> Option<Held> {
        match self.state.resources.get(id)?.settings.get(&SettingKey::Boundary)? {
            Setting::Boundary(policy) => Some(Held {
                holder: id.clone(),
                setting: SettingKey::Boundary,
                document: of_reference(policy, &id.account),
            }),
            _ => None,
        }
    }

    /// The bucket or role that an ARN is of, or is in.
    pub fn resource_of(&self, resource: &str) -> Option<&'s ResourceId> {
        let [_, _, service, _, _, rest] = arn::split(resource)?;
        let id = match service {
            "s3" => {
                let bucket = rest.split('/').next().unwrap_or(rest);
                return self.buckets.get(bucket).copied();
            }
            "iam" => id_of_arn(resource)?,
            _ => return None,
        };
        self.state.resources.get_key_value(&id).map(|(id, _)| id)
    }

    /// Whose a resource is: as its ARN says, or as the state knows it.
    pub fn account_of<'r>(&self, resource: &'r str) -> Option<&'r str>
    where
        's: 'r,
    {
        account_of(resource).or_else(|| self.resource_of(resource).map(|id| id.account.as_str()))
    }

    /// The policies that have a say in what a caller asks of a resource with an action.
    pub fn gather(&self, caller: &Caller, action: &str, resource: &str) -> Gathered<'_> {
        let mut policies = Policies::default();
        let (mut identity, mut boundary) = (vec![], None);
        match self.identity_of(caller) {
            Some(id) => {
                if self.groups(id).any(|group| !self.state.resources.contains_key(group)) {
                    policies.blind.insert(Unseen::Identity);
                }
                for held in self.held(id) {
                    match self.documents.get(&held.document) {
                        Some(rules) => {
                            policies.identity.push(rules);
                            identity.push(held);
                        }
                        None => {
                            policies.blind.insert(Unseen::Identity);
                        }
                    }
                }
                boundary = self.boundary(id);
                if let Some(held) = &boundary {
                    match self.documents.get(&held.document) {
                        Some(rules) => policies.boundary = Some(vec![rules]),
                        None => {
                            policies.blind.insert(Unseen::Boundary);
                        }
                    }
                }
            }
            None if caller.is_somebody() => {}
            None if caller.home().is_some() && !matches!(caller, Caller::Root { .. }) => {
                policies.blind.insert(Unseen::Identity);
            }
            None => {}
        }
        let document = self.resource_document(caller, action, resource, &mut policies);
        policies.resource = document.as_ref().and_then(|document| self.documents.get(document));
        policies.closed = document.as_ref().is_some_and(|document| self.keeps_out(document, caller));
        Gathered { policies, identity, boundary, resource: document }
    }

    /// Whether Block Public Access keeps what a bucket's policy allows to the bucket's account and to services. Only what
    /// surely is so counts.
    pub fn is_closed(&self, document: &DocumentId) -> bool {
        matches!(document, DocumentId::Bucket(bucket) if self.closed.contains(bucket))
    }

    fn keeps_out(&self, document: &DocumentId, caller: &Caller) -> bool {
        let DocumentId::Bucket(bucket) = document else { return false };
        self.is_closed(document)
            && caller.account() != Some(bucket.account.as_str())
            && !matches!(caller, Caller::Service(_))
    }

    /// The policy of a resource, if it has one; what cannot be known of it is noted.
    fn resource_document(
        &self,
        caller: &Caller,
        action: &str,
        resource: &str,
        policies: &mut Policies<'_>,
    ) -> Option<DocumentId> {
        let action = action.to_ascii_lowercase();
        let kind = ResourcePolicy::of_action(&action);
        let service = action.split_once(':').map_or("", |(service, _)| service);
        let id = self.resource_of(resource);
        let document = match (kind, service, id) {
            (ResourcePolicy::Trust, _, Some(id)) if id.kind == Kind::Role => DocumentId::Trust(id.clone()),
            (ResourcePolicy::Trust | ResourcePolicy::Key, ..) => {
                policies.blind.insert(Unseen::Resource);
                return None;
            }
            (ResourcePolicy::Optional, "s3", Some(id)) if id.kind == Kind::Bucket => {
                let has_policy =
                    self.state.resources.get(id)?.settings.contains_key(&SettingKey::BucketPolicy);
                if !has_policy {
                    return None;
                }
                DocumentId::Bucket(id.clone())
            }
            (ResourcePolicy::Optional, "s3", None) if resource.starts_with("arn:") => {
                policies.blind.insert(Unseen::Resource);
                return None;
            }
            // Of another account: without a policy of the resource there is no access, and with one there may be.
            (ResourcePolicy::Optional, service, None)
                if service != "iam"
                    && account_of(resource).is_some_and(|account| caller.account() != Some(account)) =>
            {
                policies.blind.insert(Unseen::Resource);
                return None;
            }
            (ResourcePolicy::Optional, service, _) => {
                if WITH_POLICIES.contains(&service) {
                    policies.overlooked.insert(Unseen::Resource);
                }
                return None;
            }
        };
        if !self.documents.contains_key(&document) {
            policies.blind.insert(Unseen::Resource);
        }
        Some(document)
    }

    /// Decides a request on this state. Keys that are neither given nor follow from the state are not known.
    pub fn decide(&self, request: Request) -> Explained<'_> {
        let mut request = request;
        self.complete(&mut request);
        let gathered = self.gather(&request.caller, &request.action, &request.resource);
        let decision = decide(&request, &gathered.policies);
        Explained { request, decision, gathered }
    }

    /// Adds what follows from who asks and of what.
    pub fn complete(&self, request: &mut Request) {
        if request.resource_account.is_none() {
            request.resource_account = self.account_of(&request.resource).map(str::to_owned);
        }
        self.describe(&request.caller, &mut request.context);
        self.describe_resource(&request.resource, &mut request.context);
        request.complete();
    }

    /// Adds what the state tells of a caller: the tags of a user or role.
    pub fn describe(&self, caller: &Caller, context: &mut Context) {
        let Some(id) = self.identity_of(caller) else { return };
        // The ARN in full, which that of a session does not tell.
        if let Some(arn) = self.state.principal_arn(id) {
            context.offer("aws:PrincipalArn", arn);
        }
        for (key, value) in self.tags(id) {
            context.offer(&format!("aws:PrincipalTag/{key}"), value);
        }
        // Without leave to bring tags along a session has those of its role, and no others.
        // <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>
        if id.kind == Kind::User || !self.takes_session_tags(id) {
            let none = self.tags_asked.iter().filter(|key| !context.values.contains_key(*key)).cloned();
            let none: Vec<String> = none.collect();
            context.absent.extend(none);
        }
    }

    /// Whether sessions of a role may have tags of their own, as far as anybody knows.
    pub fn takes_session_tags(&self, role: &ResourceId) -> bool {
        let trust = self.documents.get(&DocumentId::Trust(role.clone()));
        let lets = |rule: &Rule| rule.effect == Effect::Allow && rule.covers_action("sts:tagsession");
        trust.is_none_or(|rules| rules.rules.iter().any(lets))
    }

    fn describe_resource(&self, resource: &str, context: &mut Context) {
        let Some(id) = self.resource_of(resource) else { return };
        if matches!(id.kind, Kind::User | Kind::Role) {
            for (key, value) in self.tags(id) {
                context.offer(&format!("aws:ResourceTag/{key}"), value);
                context.offer(&format!("iam:ResourceTag/{key}"), value);
            }
        }
    }

    fn tags(&self, id: &ResourceId) -> impl Iterator<Item = (&'s str, &'s str)> {
        let settings =
            self.state.resources.get(id).into_iter().flat_map(|resource| resource.settings.values());
        settings.filter_map(|setting| match setting {
            Setting::Tag { key, value } => Some((key.as_str(), value.as_str())),
            _ => None,
        })
    }
}

/// The buckets that are restricted while their policy is public, and whose policy is.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html>
fn closed<'s>(state: &'s State, documents: &BTreeMap<DocumentId, Rules>) -> BTreeSet<&'s ResourceId> {
    let restricted = |resource: &Resource| {
        let block = resource.settings.get(&SettingKey::PublicAccessBlock);
        matches!(block, Some(Setting::PublicAccessBlock(block)) if block.restrict_public_buckets)
    };
    let buckets = state.resources.iter().filter(|(id, bucket)| id.kind == Kind::Bucket && restricted(bucket));
    let public =
        |id: &ResourceId| documents.get(&DocumentId::Bucket(id.clone())).is_some_and(is_surely_public);
    buckets.map(|(id, _)| id).filter(|id| public(id)).collect()
}

/// How the condition keys of principals' tags begin, in small letters.
pub(super) const PRINCIPAL_TAG: &str = "aws:principaltag/";

/// Services whose resources can have policies that are not read, besides buckets, roles and keys.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>
const WITH_POLICIES: [&str; 53] = [
    "acm-pca",
    "apigateway",
    "backup",
    "bedrock",
    "cloudtrail",
    "codeartifact",
    "codebuild",
    "comprehend",
    "dsql",
    "dynamodb",
    "ecr",
    "ecr-public",
    "elasticfilesystem",
    "entityresolution",
    "es",
    "events",
    "execute-api",
    "glacier",
    "glue",
    "iot",
    "kafka",
    "kinesis",
    "lambda",
    "lex",
    "logs",
    "mediastore",
    "network-firewall",
    "organizations",
    "redshift",
    "redshift-serverless",
    "refactor-spaces",
    "rekognition",
    "resource-explorer-2",
    "s3-object-lambda",
    "s3-outposts",
    "s3express",
    "s3tables",
    "s3vectors",
    "sagemaker",
    "schemas",
    "secretsmanager",
    "serverlessrepo",
    "servicediscovery",
    "ses",
    "signer",
    "sms-voice",
    "sns",
    "sqs",
    "ssm",
    "ssm-contacts",
    "ssm-incidents",
    "vpc-lattice",
    "xray",
];

/// A document as it is in a state, in whose order the statements are numbered.
pub fn document_in<'s>(state: &'s State, document: &DocumentId) -> Option<&'s Document> {
    let of = |id: &ResourceId| state.resources.get(id);
    match document {
        DocumentId::Inline(id, name) => {
            of(id)?.settings.get(&SettingKey::Inline(name.clone()))?.document()?.document()
        }
        DocumentId::Bucket(id) => of(id)?.settings.get(&SettingKey::BucketPolicy)?.document()?.document(),
        DocumentId::Customer(id) => match &of(id)?.core {
            Core::Policy { document, .. } => document.document(),
            _ => None,
        },
        DocumentId::Trust(id) => match &of(id)?.core {
            Core::Role { trust, .. } => trust.document(),
            _ => None,
        },
        DocumentId::Aws(account, name) => aws_managed(state, account, name),
    }
}

fn of_reference(policy: &PolicyReference, account: &AccountId) -> DocumentId {
    match policy {
        PolicyReference::Customer(id) => DocumentId::Customer(id.clone()),
        PolicyReference::Aws(name) => DocumentId::Aws(account.clone(), name.clone()),
    }
}

/// What an AWS managed policy says: in the account if that was read, else as AWS published it.
fn aws_managed<'s>(state: &'s State, account: &AccountId, name: &str) -> Option<&'s Document> {
    match state.aws_managed(account, name) {
        Some(read) => read.document.document(),
        None => catalogue::managed_policy(name).map(|policy| policy.document()),
    }
}

/// Where it is, as people say it: `role/GlueEtl inline/data`, `policy/require-mfa`, `AmazonS3ReadOnlyAccess`.
impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(id, name) => write!(f, "{} inline/{name}", id.address()),
            Self::Customer(id) => f.write_str(&id.address()),
            Self::Aws(_, name) => f.write_str(name.rsplit('/').next().unwrap_or(name)),
            Self::Trust(id) => write!(f, "trust policy of {}", id.address()),
            Self::Bucket(id) => write!(f, "policy of {}", id.address()),
        }
    }
}
