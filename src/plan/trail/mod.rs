//! Who changed something, and when: what to ask CloudTrail, and which of its answers fits. Asked is by whoever brings the
//! way along; nothing here knows a network or a clock.

mod events;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

pub use events::{Turn, What, events};
use jiff::Timestamp;

use crate::state::{
    AccountId, Core, Kind, Partition, PolicyReference, Resource, ResourceId, SettingKey, iam_arn,
    sagemaker_kinds,
};

/// How many pages of answers are read to one question: 50 events each.
const PAGES_MAX: usize = 4;

/// Something that was changed by somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailQuestion {
    /// The resource.
    pub id: ResourceId,
    /// Where its events are told.
    pub regions: Vec<String>,
    /// What events may call it; empty for what has no name.
    pub names: Vec<String>,
    /// The events that can have done it.
    pub events: Vec<&'static str>,
    /// What an event names beside the resource: the policy, the group, the key of the tag.
    pub about: Option<String>,
}

/// One page of CloudTrail's answers, as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailPage {
    /// The resource that is asked about, for names that only the account knows.
    pub id: ResourceId,
    /// Where.
    pub region: String,
    /// By what.
    pub by: TrailKey,
    /// The page; none is the first.
    pub next: Option<String>,
}

/// The one attribute that events are looked up by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrailKey {
    /// Everything that names this resource.
    Resource(String),
    /// Every event of this name.
    Event(String),
}

/// What CloudTrail answered, the newest event first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailAnswer {
    /// The events that changed something: no reads, and none that was refused.
    pub events: Vec<TrailEvent>,
    /// The next page, if there is one.
    pub next: Option<String>,
}

/// One event. What was asked for in it stays out, but for names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailEvent {
    /// `AttachRolePolicy`.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// Who: the ARN of a user or a session; of others what CloudTrail calls them.
    pub arn: String,
    /// From where: an address, or the name of a service.
    pub source_ip: String,
    /// Whether hatrack did it.
    pub by_hatrack: bool,
    /// The names in it: of resources, policies, groups, keys of tags.
    pub named: BTreeSet<String>,
}

/// What became of all questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Investigation {
    /// The event for each question, in their order.
    pub answers: Vec<Option<TrailEvent>>,
    /// Where CloudTrail could not be asked, and why.
    pub silent: BTreeMap<(AccountId, String), String>,
    /// How many questions were not asked to the end, since there were too many.
    pub cut: usize,
}

impl TrailQuestion {
    /// What to ask about a resource, or a part of it, that is not as declared. None if no event can tell.
    pub fn new(
        id: &ResourceId,
        what: What<'_>,
        turn: Turn,
        sides: (Option<&Resource>, Option<&Resource>),
        partition: &Partition,
        region: &str,
    ) -> Option<Self> {
        let events = events(id.kind, what, turn);
        if events.is_empty() {
            return None;
        }
        let core = sides.0.or(sides.1).map(|resource| &resource.core);
        let home = home_region(partition);
        let regions: Vec<String> = match id.kind {
            Kind::Group | Kind::User | Kind::Policy | Kind::Role | Kind::InstanceProfile => {
                vec![home.to_owned()]
            }
            Kind::Bucket => match core {
                Some(Core::Bucket { region }) => vec![region.clone()],
                _ => vec![region.to_owned()],
            },
            Kind::Account => match what {
                What::Setting(SettingKey::PublicAccessBlock) => vec![region.to_owned(), home.to_owned()],
                _ => vec![home.to_owned()],
            },
            sagemaker_kinds!() => vec![id.region.clone().unwrap_or_else(|| region.to_owned())],
        };
        let names = match id.kind {
            Kind::Account => vec![],
            Kind::Policy => {
                let path = core.and_then(Core::path).unwrap_or("/");
                vec![iam_arn(partition, id, path), id.name.clone()]
            }
            // Their events have the name without the domain's.
            Kind::UserProfile | Kind::Space => {
                vec![id.name.rsplit('/').next().unwrap_or(&id.name).to_owned()]
            }
            Kind::Group
            | Kind::User
            | Kind::Role
            | Kind::InstanceProfile
            | Kind::Bucket
            | Kind::Domain
            | Kind::Notebook
            | Kind::NotebookLifecycle
            | Kind::StudioLifecycle => vec![id.name.clone()],
        };
        let regions = regions.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        Some(Self { id: id.clone(), regions, names, events: events.to_vec(), about: about(what) })
    }

    /// Whether an event can have done it. One of creation or deletion names no part.
    fn fits(&self, event: &TrailEvent) -> bool {
        let named = |name: &String| event.named.iter().any(|n| n == name || n.ends_with(&format!("/{name}")));
        let whole = events::is_of_the_whole(&event.name);
        self.events.contains(&event.name.as_str())
            && (self.names.is_empty() || self.names.iter().any(named))
            && (whole || self.about.as_ref().is_none_or(named))
    }

    /// The newest event that can have done it. Times are to the second; of two in one, the first is the newer one.
    pub fn newest<'a>(&self, events: impl IntoIterator<Item = &'a TrailEvent>) -> Option<&'a TrailEvent> {
        events.into_iter().filter(|event| self.fits(event)).min_by_key(|event| Reverse(event.at))
    }
}

/// What an event names beside the resource.
fn about(what: What<'_>) -> Option<String> {
    let What::Setting(key) = what else { return None };
    match key {
        SettingKey::Tag(key) => Some(key.clone()),
        SettingKey::Attached(PolicyReference::Aws(name)) => Some(name.clone()),
        SettingKey::Attached(PolicyReference::Customer(policy)) => Some(policy.name.clone()),
        SettingKey::Inline(name) => Some(name.clone()),
        SettingKey::Membership(group) => Some(group.name.clone()),
        SettingKey::Credential(_, id) => Some(id.clone()),
        SettingKey::Boundary
        | SettingKey::SignIn
        | SettingKey::HeldRole
        | SettingKey::BucketPolicy
        | SettingKey::PublicAccessBlock
        | SettingKey::Encryption
        | SettingKey::Versioning
        | SettingKey::Ownership
        | SettingKey::Lifecycle
        | SettingKey::Objects
        | SettingKey::StudioLifecycle(_)
        | SettingKey::Apps
        | SettingKey::Failed
        | SettingKey::AccountAlias
        | SettingKey::PasswordPolicy => None,
    }
}

/// Where the events of IAM and other global services are told.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events>
pub fn home_region(partition: &Partition) -> &'static str {
    match partition.as_str() {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-iso-e" => "eu-isoe-west-1",
        "aws-iso-f" => "us-isof-south-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    }
}

/// Asks all questions, each page of answers once, and no more than `limit` pages in all: first by the names of
/// resources, then, for what that leaves open, by the names of events.
pub fn investigate(
    questions: &[TrailQuestion],
    limit: usize,
    ask: &mut dyn FnMut(&TrailPage) -> Result<TrailAnswer, String>,
) -> Investigation {
    let mut desk = Desk { asked: BTreeMap::new(), left: limit, silent: BTreeMap::new(), ask };
    let mut answers: Vec<Option<TrailEvent>> = vec![None; questions.len()];
    let mut unfinished = BTreeSet::new();
    let by_name = |q: &TrailQuestion| q.names.iter().cloned().map(TrailKey::Resource).collect::<Vec<_>>();
    let by_event = |q: &TrailQuestion| {
        let events: BTreeSet<&str> = q.events.iter().copied().collect();
        events.into_iter().map(|event| TrailKey::Event(event.to_owned())).collect::<Vec<_>>()
    };
    type Keys<'a> = &'a dyn Fn(&TrailQuestion) -> Vec<TrailKey>;
    for keys in [&by_name as Keys<'_>, &by_event] {
        for (at, (question, answer)) in questions.iter().zip(&mut answers).enumerate() {
            if answer.is_some() {
                continue;
            }
            for region in &question.regions {
                for key in keys(question) {
                    let whole = desk.search(question, region, &key);
                    if !whole {
                        unfinished.insert(at);
                    }
                }
            }
            let seen = question.regions.iter().flat_map(|region| desk.seen(&question.id.account, region));
            *answer = question.newest(seen).cloned();
        }
    }
    let cut = unfinished.iter().filter(|at| answers.get(**at).is_some_and(Option::is_none)).count();
    Investigation { answers, silent: desk.silent, cut }
}

/// What was asked so far.
struct Desk<'a> {
    asked: BTreeMap<(AccountId, String, TrailKey), Asked>,
    left: usize,
    silent: BTreeMap<(AccountId, String), String>,
    ask: &'a mut dyn FnMut(&TrailPage) -> Result<TrailAnswer, String>,
}

#[derive(Default)]
struct Asked {
    events: Vec<TrailEvent>,
    pages: usize,
    next: Option<String>,
}

impl Desk<'_> {
    /// Reads pages until one has an event that fits. Whether it was asked to the end, or as far as is of use.
    fn search(&mut self, question: &TrailQuestion, region: &str, key: &TrailKey) -> bool {
        let place = (question.id.account.clone(), region.to_owned());
        let asked = self.asked.entry((place.0.clone(), place.1.clone(), key.clone())).or_default();
        loop {
            let done = asked.pages > 0 && asked.next.is_none();
            if self.silent.contains_key(&place) || done || question.newest(&asked.events).is_some() {
                return true;
            }
            if self.left == 0 || asked.pages >= PAGES_MAX {
                return false;
            }
            self.left -= 1;
            let page = TrailPage {
                id: question.id.clone(),
                region: region.to_owned(),
                by: key.clone(),
                next: asked.next.take(),
            };
            match (self.ask)(&page) {
                Ok(TrailAnswer { events, next }) => {
                    asked.events.extend(events);
                    asked.pages += 1;
                    asked.next = next;
                }
                Err(why) => {
                    self.silent.insert(place, why);
                    return true;
                }
            }
        }
    }

    fn seen<'b>(&'b self, account: &'b AccountId, region: &'b str) -> impl Iterator<Item = &'b TrailEvent> {
        let here =
            move |(key, _): &(&(AccountId, String, TrailKey), &Asked)| key.0 == *account && key.1 == region;
        self.asked.iter().filter(here).flat_map(|(_, asked)| &asked.events)
    }
}

#[cfg(test)]
mod tests;
