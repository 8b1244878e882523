//! Who can ask: everybody whom the rules tell apart, one for each kind, and what is known of the requests of each.

use std::collections::{BTreeMap, BTreeSet};

use super::glob::{Glob, Set, Step};
use super::model::Bound;
use super::search::Point;
use super::{Frame, Reason, Witness, is_open};
use crate::access::principal::{Caller, Home, Named};
use crate::access::request::Context;
use crate::access::rule::{Comparison, Rule};
use crate::policy::arn;
use crate::policy::catalogue::service_principal;

/// Callers whom the rules' principals do not tell apart.
#[derive(Clone, Debug)]
pub struct Class {
    /// One of them; none if that does not matter.
    pub caller: Option<Caller>,
    /// What is known of their requests.
    pub context: Context,
    /// Which rules speak of them.
    pub covers: Vec<bool>,
    /// Whether their requests are signed.
    pub signed: bool,
    /// Their partition, if they have one.
    pub partition: Option<String>,
    /// What their ARN is like, if it is not known.
    pub bounds: BTreeMap<String, Bound>,
}

const ARN: &str = "aws:principalarn";
const ACCOUNT: &str = "aws:principalaccount";
const USER_NAME: &str = "aws:username";
const SERVICE_NAME: &str = "aws:principalservicename";

/// Accounts to take for one that nobody named.
const STRANGERS: [&str; 3] = ["999999999999", "888888888888", "777777777777"];
/// The name of somebody whom nobody named.
const STRANGER: &str = "x1";

/// Everybody who can ask, sorted out by who speaks of them.
pub fn classes(rules: &[Rule], frame: &Frame) -> Vec<Class> {
    let anybody = rules.iter().all(|rule| rule.principals.is_none());
    if frame.caller.is_some() || anybody {
        let context = frame.context.clone();
        let home = frame.caller.as_ref().and_then(Caller::home);
        return vec![Class {
            caller: frame.caller.clone(),
            context,
            covers: vec![true; rules.len()],
            signed: frame.caller != Some(Caller::Anonymous),
            partition: home.map(|home| home.partition.clone()),
            bounds: BTreeMap::new(),
        }];
    }
    let named = named(rules);
    let mut all: Vec<Class> = named.iter().map(|caller| known(caller, rules, frame)).collect();
    let partition = named.iter().find_map(Caller::home).map_or("aws", |home| home.partition.as_str());
    // Only trust policies say nothing of resources, and no root user takes on a role.
    // <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
    let of_roles = rules.iter().all(|rule| rule.resources.is_none());
    for account in accounts(rules, frame, &named) {
        let home = Home { partition: partition.to_owned(), account };
        if !of_roles {
            all.push(known(&Caller::Root { home: home.clone() }, rules, frame));
        }
        let name = || STRANGER.to_owned();
        let strangers = [
            Caller::Role { home: home.clone(), name: name() },
            Caller::User { home: home.clone(), name: name() },
            Caller::FederatedUser { home, name: name() },
        ];
        all.extend(strangers.into_iter().filter_map(|caller| stranger(&caller, &named, rules, frame)));
    }
    let services = service_principal::all().map(|name| Caller::Service(name.to_owned()));
    let others = services.filter(|service| !named.contains(service)).take(1);
    let provider = Caller::Federated(format!("{STRANGER}.example.org"));
    all.extend(others.chain([provider, Caller::Anonymous]).map(|caller| known(&caller, rules, frame)));
    all
}

/// Whom rules name in particular.
fn named(rules: &[Rule]) -> BTreeSet<Caller> {
    let mut named = BTreeSet::new();
    for element in rules.iter().filter_map(|rule| rule.principals.as_ref()) {
        for one in element.value() {
            if let Named::Caller(caller) = one {
                named.insert(caller.clone());
                // The session of a named role that is not itself named is asked for as well.
                if let Caller::Session { home, role, .. } = caller {
                    named.insert(Caller::Role { home: home.clone(), name: role.clone() });
                }
            }
        }
    }
    for text in values_of(rules, ARN) {
        if let Ok(caller) = Caller::parse(text)
            && caller.home().is_some()
            && !matches!(caller, Caller::Root { .. })
        {
            named.insert(caller);
        }
    }
    let services = values_of(rules, SERVICE_NAME).filter(|text| !text.contains(['*', '?', '$']));
    named.extend(services.map(|name| Caller::Service(name.to_owned())));
    named
}

fn comparisons_of<'r>(rules: &'r [Rule], key: &'static str) -> impl Iterator<Item = &'r Comparison> {
    rules.iter().flat_map(|rule| &rule.comparisons).filter(move |test| test.key == key)
}

fn values_of<'r>(rules: &'r [Rule], key: &'static str) -> impl Iterator<Item = &'r str> {
    comparisons_of(rules, key).flat_map(|test| &test.values_written).map(String::as_str)
}

fn accounts(rules: &[Rule], frame: &Frame, named: &BTreeSet<Caller>) -> BTreeSet<String> {
    let mut accounts = frame.accounts.clone();
    accounts.extend(named.iter().filter_map(Caller::account).map(str::to_owned));
    for one in rules.iter().filter_map(|rule| rule.principals.as_ref()).flat_map(|element| element.value()) {
        if let Named::Account(account) = one {
            accounts.insert(account.clone());
        }
    }
    for text in values_of(rules, ARN).chain(values_of(rules, ACCOUNT)) {
        let parts = text.split(|c: char| !c.is_ascii_digit());
        accounts.extend(parts.filter(|part| arn::is_account(part)).map(str::to_owned));
    }
    let stranger = STRANGERS.iter().find(|stranger| !accounts.contains(**stranger));
    accounts.extend(stranger.map(|account| (*account).to_owned()));
    accounts
}

/// Why the classes are not all there are, if so.
pub fn inexact(rules: &[Rule], frame: &Frame) -> Option<Reason> {
    if frame.caller.is_some() || rules.iter().all(|rule| rule.principals.is_none()) {
        return None;
    }
    let of_arn = values_of(rules, ARN).filter(|_| is_open(&frame.context, ARN));
    // What has no digit in it takes all numbers for the same.
    let in_part = |text: &str| text.contains(['*', '?']) && text.bytes().any(|b| b.is_ascii_digit());
    let account = |text: &str| text.split(':').nth(4).is_some_and(in_part);
    // Without all its parts a pattern for text may end anywhere.
    let short = |text: &str| text.split(':').count() < 6 && in_part(text);
    let mut wrong = of_arn.filter(|text| account(text) || short(text));
    let mut of_account = values_of(rules, ACCOUNT).filter(|text| in_part(text));
    wrong.next().or_else(|| of_account.next()).map(|text| Reason::Account(text.to_owned()))
}

fn known(caller: &Caller, rules: &[Rule], frame: &Frame) -> Class {
    let mut context = frame.context.clone();
    caller.describe(&mut context);
    Class {
        caller: Some(caller.clone()),
        context,
        covers: rules.iter().map(|rule| rule.covers_caller(caller).is_some()).collect(),
        signed: !matches!(caller, Caller::Anonymous | Caller::Federated(_)),
        partition: caller.home().map(|home| home.partition.clone()),
        bounds: BTreeMap::new(),
    }
}

/// Somebody whom no rule names: by any other name.
fn stranger(caller: &Caller, named: &BTreeSet<Caller>, rules: &[Rule], frame: &Frame) -> Option<Class> {
    let mut class = known(caller, rules, frame);
    let arn = class.context.values.get(ARN)?.first()?.clone();
    if !is_open(&frame.context, ARN) {
        return Some(class);
    }
    let steps = arn.strip_suffix(STRANGER)?.chars().map(Step::Is);
    // A path, and a name that does not end as a path does.
    let any = [Step::Many(Set::Path), Step::One(Set::Name)];
    let within = Glob::new(steps.chain(any));
    let outside: Vec<Glob> = named
        .iter()
        .filter_map(|caller| {
            let mut context = Context::new(frame.context.others);
            caller.describe(&mut context);
            context.values.get(ARN)?.first().map(|arn| Glob::exactly(arn))
        })
        .collect();
    class.bounds.insert(ARN.to_owned(), Bound { within, outside });
    class.context.values.remove(ARN);
    class.context.values.remove(USER_NAME);
    Some(class)
}

impl Class {
    /// The request that a point is.
    pub fn witness(&self, point: Point) -> Witness {
        let Point { action, resource, context, within } = point;
        let mut context: BTreeMap<String, Vec<String>> = context.into_iter().collect();
        let mut principal = self.caller.clone();
        if !self.bounds.is_empty() {
            // They follow from who asks.
            let arn = context.remove(ARN).and_then(|values| values.first().cloned());
            let name = context.remove(USER_NAME).and_then(|values| values.first().cloned());
            let of_arn = arn.and_then(|arn| Caller::parse(&arn).ok());
            principal = of_arn.or_else(|| renamed(principal.as_ref()?, &name?)).or(principal);
        }
        for key in self.context.values.keys() {
            context.remove(key);
        }
        Witness { principal, action, resource, context, within }
    }
}

fn renamed(caller: &Caller, name: &str) -> Option<Caller> {
    match caller {
        Caller::User { home, .. } if !name.is_empty() => {
            Some(Caller::User { home: home.clone(), name: name.to_owned() })
        }
        _ => None,
    }
}
