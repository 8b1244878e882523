//! Whether a claim about who can do what holds: proven for all requests, or refuted by one.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{Leg, Unseen};
use super::landscape::{DocumentId, Explained, Landscape};
use super::principal::{Caller, Named};
use super::prove::{Answer, Formula, Witness};
use super::reach::{Reach, region};
use super::request::{Context, Others, Request};
use super::rule::{Comparison, Operand, Rule};
use super::truth::Truth;
use crate::policy::condition::{Operator, Test};
use crate::policy::{AccessWord, Effect, arn, catalogue, glob};
use crate::spec::assertion::{Act, Assertion, Claim, Subject, Target};
use crate::state::{Kind, ResourceId};

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The outcome.
    pub verdict: Verdict,
    /// How many principals were looked at, strangers included.
    pub principals: usize,
    /// What was not looked at, or is not known.
    pub unseen: BTreeSet<Unseen>,
}

/// Whether a claim holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// For all requests.
    Holds,
    /// These requests break it: one for each principal and target, in order.
    Broken(Vec<Broken>),
    /// Nobody can say, for these reasons.
    Unproven(BTreeSet<String>),
    /// It says nothing, for this reason.
    Empty(String),
}

/// A request that breaks a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Who: `user/alice`, or the ARN of a stranger.
    pub who: String,
    /// The request.
    pub request: Request,
    /// The statements that decided: those that allow what must not be, or those that deny what must be.
    pub statements: Vec<Deciding>,
    /// What would have to allow what must be, and does not.
    pub missing: Vec<Leg>,
    /// The roles taken on one after the other, if that is how.
    pub through: Vec<String>,
}

/// A statement that decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deciding {
    /// The document it stands in.
    pub document: DocumentId,
    /// Its number there, from 0.
    pub number: usize,
    /// Its id.
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
}

/// Combinations of the values of `when` that a positive claim is tried with.
const COMBINATIONS_MAX: usize = 64;

/// Holds a claim against a landscape.
pub fn check(assertion: &Assertion, landscape: &Landscape<'_>) -> Checked {
    let mut checking = Checking {
        assertion,
        landscape,
        broken: vec![],
        unproven: BTreeSet::new(),
        unseen: BTreeSet::from([Unseen::Scps]),
        principals: BTreeSet::new(),
    };
    let empty = checking.run();
    let Checking { assertion: _, landscape: _, broken, unproven, unseen, principals } = checking;
    let verdict = match empty {
        _ if !broken.is_empty() => Verdict::Broken(broken),
        Some(why) => Verdict::Empty(why),
        None if !unproven.is_empty() => Verdict::Unproven(unproven),
        None => Verdict::Holds,
    };
    Checked { verdict, principals: principals.len(), unseen }
}

struct Checking<'c, 's> {
    assertion: &'c Assertion,
    landscape: &'c Landscape<'s>,
    broken: Vec<Broken>,
    unproven: BTreeSet<String>,
    unseen: BTreeSet<Unseen>,
    principals: BTreeSet<String>,
}

/// Who is meant: identities of the landscape, and others by ARN.
#[derive(Default)]
struct Meant {
    identities: BTreeSet<ResourceId>,
    others: BTreeSet<Caller>,
    outside: bool,
    everyone: bool,
    accounts: BTreeSet<String>,
    /// ARNs as written, with wildcards.
    arns: Vec<String>,
}

impl<'s> Checking<'_, 's> {
    /// Why the claim says nothing, if it does not.
    fn run(&mut self) -> Option<String> {
        let claim = &self.assertion.claim;
        match claim {
            Claim::Can(subjects) => {
                let Meant { identities, others, .. } = self.meant(subjects);
                let callers: Vec<Caller> =
                    identities.iter().filter_map(|id| self.landscape.caller(id)).collect();
                if callers.is_empty() && others.is_empty() {
                    return Some("it is about nobody: no user or role is meant".to_owned());
                }
                for caller in callers.into_iter().chain(others) {
                    self.principals.insert(caller.to_string());
                    self.must_be_able(&caller);
                }
            }
            Claim::Cannot(subjects) => {
                let meant = self.meant(subjects);
                let mut callers: BTreeSet<Caller> =
                    meant.identities.iter().filter_map(|id| self.landscape.caller(id)).collect();
                callers.extend(meant.others.clone());
                let partition = self.assertion.partition.as_str();
                callers.extend(meant.accounts.iter().map(|account| Caller::somebody(partition, account)));
                let strangers = meant.outside || !meant.arns.is_empty();
                if callers.is_empty() && !strangers {
                    return Some("it is about nobody: no user or role is meant".to_owned());
                }
                let strangers = self.strangers();
                callers.extend(strangers.into_iter().filter(|caller| meant.takes_in(caller, self.landscape)));
                self.must_not(callers);
            }
            Claim::NobodyCan { except } => {
                let spared = self.meant(except);
                let everybody = self.landscape.identities().filter(|id| !spared.identities.contains(*id));
                let mut callers: BTreeSet<Caller> =
                    everybody.filter_map(|id| self.landscape.caller(id)).collect();
                callers.extend(self.strangers());
                callers.retain(|caller| !spared.takes_in(caller, self.landscape));
                self.must_not(callers);
            }
        }
        None
    }

    fn meant(&self, subjects: &[Subject]) -> Meant {
        let mut meant = Meant::default();
        let identities = || self.landscape.identities().cloned();
        let members = |group: &ResourceId| self.landscape.members(group).into_iter().cloned();
        for subject in subjects {
            match subject {
                Subject::Declared(id) if id.kind == Kind::Group => meant.identities.extend(members(id)),
                Subject::Declared(id) => drop(meant.identities.insert(id.clone())),
                Subject::Matching { kind: Kind::Group, account, pattern } => {
                    let groups = self.landscape.state().resources.keys().filter(|id| {
                        id.kind == Kind::Group && id.account == *account && glob(pattern, &id.name)
                    });
                    meant.identities.extend(groups.flat_map(members));
                }
                Subject::Matching { kind, account, pattern } => meant.identities.extend(
                    identities()
                        .filter(|id| id.kind == *kind && id.account == *account && glob(pattern, &id.name)),
                ),
                Subject::Arn(arn) => {
                    let named = |id: &ResourceId| {
                        self.landscape.state().principal_arn(id).is_some_and(|own| glob(arn, &own))
                    };
                    meant.identities.extend(identities().filter(named));
                    meant.others.extend(Caller::parse(arn).ok());
                    meant.arns.push(arn.clone());
                }
                Subject::Account(account) => {
                    meant.identities.extend(identities().filter(|id| id.account == *account));
                    meant.accounts.insert(account.to_string());
                }
                Subject::Outside => meant.outside = true,
                Subject::Everyone => {
                    meant.identities.extend(identities());
                    meant.outside = true;
                    meant.everyone = true;
                }
            }
        }
        let known = |caller: &Caller| self.landscape.identity_of(caller).is_some();
        meant.others.retain(|caller| !known(caller));
        meant
    }

    /// Somebody for every sort of caller that the policies at hand let in from outside: each principal that they name
    /// and nobody declares, somebody of each account that they name, and somebody of no account that they know.
    fn strangers(&self) -> BTreeSet<Caller> {
        let partition = self.assertion.partition.as_str();
        let somebody = |account: &str| Caller::somebody(partition, account);
        let mut strangers = BTreeSet::from([Caller::stranger(partition), Caller::Anonymous]);
        let resources = self.landscape.state().resources.keys();
        let documents = resources.filter_map(|id| match id.kind {
            Kind::Bucket => Some(DocumentId::Bucket(id.clone())),
            Kind::Role => Some(DocumentId::Trust(id.clone())),
            _ => None,
        });
        let ours = |account: &str| self.landscape.state().accounts.keys().any(|own| own.as_str() == account);
        for document in documents {
            let rules = self.landscape.rules(&document).into_iter().flat_map(|rules| &rules.rules);
            // A condition names accounts as well as a principal does.
            for comparison in rules.clone().flat_map(|rule| &rule.comparisons) {
                if ["aws:principalaccount", "aws:principalarn"].contains(&comparison.key.as_str()) {
                    let accounts = comparison.values_written.iter().flat_map(|value| value.split(':'));
                    let accounts = accounts.filter(|part| arn::is_account(part) && !ours(part));
                    strangers.extend(accounts.map(somebody));
                }
            }
            for named in rules.flat_map(|rule| rule.principals.iter().flat_map(|named| named.value())) {
                match named {
                    Named::Account(account) if !ours(account) => drop(strangers.insert(somebody(account))),
                    Named::Caller(caller) if caller.home().is_some() => {
                        let session = matches!(caller, Caller::Session { .. });
                        if session || self.landscape.identity_of(caller).is_none() {
                            strangers.insert(caller.clone());
                        }
                    }
                    Named::Account(_) | Named::Caller(_) | Named::Everyone | Named::Nobody(_) => {}
                }
            }
        }
        strangers
    }

    fn must_not(&mut self, callers: BTreeSet<Caller>) {
        for caller in callers {
            self.principals.insert(caller.to_string());
            for target in &self.assertion.on {
                let Some(asked) = self.asked(target) else { continue };
                let mut reach = Reach::new(self.landscape, caller.clone(), Context::new(Others::Unknown));
                let [within, surely, perhaps] = self.allowed(&mut reach, &asked);
                let certain = Formula::all([within.clone(), surely]);
                self.settle(&mut reach, [certain, Formula::all([within, perhaps])], Effect::Allow);
            }
        }
    }

    /// The requests asked about, and which of them are allowed: surely, and if every policy that is not known allows.
    fn allowed(&mut self, reach: &mut Reach<'_, 's>, asked: &Rule) -> [Formula; 3] {
        let areas = reach.areas(asked);
        let within = Formula::Rule(reach.add(asked));
        let (mut surely, mut perhaps) = (vec![], vec![]);
        for area in &areas {
            let allowed = reach.allowed(area, &areas, asked);
            surely.push(allowed.surely);
            perhaps.push(allowed.perhaps);
            self.unseen.extend(allowed.blind);
        }
        [within, Formula::any(surely), Formula::any(perhaps)]
    }

    /// Looks for a request that certainly breaks the claim, then for one that does if an unknown policy is so.
    fn settle(&mut self, reach: &mut Reach<'_, 's>, [certain, possible]: [Formula; 2], effect: Effect) {
        match reach.find(&certain) {
            Answer::Found(witness) => {
                let broken = self.broken(reach, &witness, effect);
                self.broken.push(broken);
                return;
            }
            Answer::Unknown(reason) => drop(self.unproven.insert(reason.to_string())),
            Answer::Nothing => {}
        }
        match reach.find(&possible) {
            Answer::Found(_) => {
                let who = self.who(reach.caller());
                self.unproven.insert(format!("a policy that decides for {who} is not known"));
            }
            Answer::Unknown(reason) => drop(self.unproven.insert(reason.to_string())),
            Answer::Nothing => {}
        }
    }

    /// The requests that a claim which takes away is about, for one of its targets; none if there are none.
    fn asked(&self, target: &Target) -> Option<Rule> {
        let pattern = match target {
            Target::Resource(pattern) | Target::Role(pattern) => pattern.as_str(),
        };
        let service = pattern.split(':').nth(2).unwrap_or("*");
        let mut actions: BTreeSet<String> = BTreeSet::new();
        for act in &self.assertion.acts {
            match act {
                Act::Word(AccessWord::Become) => drop(actions.insert("sts:AssumeRole".to_owned())),
                Act::Word(word) => actions.extend(of_word(*word, service)),
                Act::Actions(pattern) => drop(actions.insert(pattern.clone())),
            }
        }
        let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
        let mut rule = region(&actions, &[pattern]);
        for (key, values) in &self.assertion.when {
            rule.comparisons.push(equals(key, values));
        }
        (!actions.is_empty()).then_some(rule)
    }

    fn must_be_able(&mut self, caller: &Caller) {
        for target in &self.assertion.on {
            let (Target::Resource(pattern) | Target::Role(pattern)) = target;
            let all = self.needed(pattern);
            if all.is_empty() {
                self.unproven.insert(format!("nothing of what is claimed can be done to {pattern}"));
            }
            for needed in all {
                let contexts = self.contexts(&needed);
                if contexts.len() > COMBINATIONS_MAX {
                    self.unproven
                        .insert(format!("`when` has more than {COMBINATIONS_MAX} combinations of values"));
                }
                for context in contexts {
                    self.must_be_able_to(caller, &needed, context);
                }
            }
        }
    }

    fn must_be_able_to(&mut self, caller: &Caller, needed: &Needed, context: Context) {
        let asked = region(&[&needed.action], &[&needed.pattern]);
        let mut reach = Reach::new(self.landscape, caller.clone(), context);
        let [within, surely, perhaps] = self.allowed(&mut reach, &asked);
        let certain = within.clone().except(perhaps);
        self.settle(&mut reach, [certain, within.except(surely)], Effect::Deny);
    }

    /// What somebody must be able to do to a target for a claim to hold: of an access word the actions without which
    /// it would be empty talk.
    fn needed(&self, pattern: &str) -> Vec<Needed> {
        let mut needed = vec![];
        for act in &self.assertion.acts {
            let actions: Vec<String> = match act {
                Act::Word(word) => core_actions(*word, pattern),
                Act::Actions(pattern) => {
                    catalogue::expand(pattern).into_iter().map(catalogue::Action::full_name).collect()
                }
            };
            for action in actions {
                needed.push(Needed::new(action, pattern));
            }
        }
        needed
    }

    /// The keys of the requests that a positive claim is about: what it says, what is so of any ordinary request, and
    /// nothing else.
    fn contexts(&self, needed: &Needed) -> Vec<Context> {
        let mut ordinary = Context::new(Others::Absent);
        for (key, values) in &self.assertion.when {
            ordinary.values.insert(key.clone(), values.first().cloned().into_iter().collect());
        }
        ordinary.offer("aws:SecureTransport", "true");
        ordinary.offer("aws:ViaAWSService", "false");
        for (key, value) in &needed.context {
            ordinary.offer(key, value.clone());
        }
        let mut all = vec![ordinary];
        for (key, values) in &self.assertion.when {
            let with = |context: &Context, value: &String| {
                let mut context = context.clone();
                context.values.insert(key.clone(), vec![value.clone()]);
                context
            };
            let next = all.iter().flat_map(|context| values.iter().map(move |value| with(context, value)));
            let next: Vec<Context> = next.take(COMBINATIONS_MAX + 1).collect();
            all = next;
        }
        all
    }

    fn who(&self, caller: &Caller) -> String {
        self.landscape.identity_of(caller).map_or_else(|| caller.in_words(), ResourceId::address)
    }

    fn broken(&self, reach: &Reach<'_, 's>, witness: &Witness, effect: Effect) -> Broken {
        let mut context = Context::new(Others::Absent);
        context.values.extend(witness.context.clone());
        let request = Request {
            caller: reach.caller().clone(),
            action: witness.action.clone(),
            resource: witness.resource.clone(),
            resource_account: None,
            context,
        };
        let explained = self.landscape.decide(request);
        let Explained { request, decision, gathered } = &explained;
        let decided = decision.statements.iter().filter(|s| s.effect == effect && s.applies == Truth::Yes);
        let statements = decided.filter_map(|mattered| {
            Some(Deciding {
                document: gathered.document(mattered.source)?.clone(),
                number: mattered.number,
                sid: explained.rule(mattered)?.sid.clone(),
                effect,
            })
        });
        Broken {
            who: self.who(reach.caller()),
            request: Request {
                context: Context {
                    values: witness.context.clone(),
                    absent: BTreeSet::new(),
                    others: Others::Absent,
                },
                ..request.clone()
            },
            statements: statements.collect(),
            missing: decision.missing.clone(),
            through: vec![],
        }
    }
}

impl Meant {
    /// Whether a caller is among them.
    fn takes_in(&self, caller: &Caller, landscape: &Landscape<'_>) -> bool {
        let of_account = caller.account().is_some_and(|account| self.accounts.contains(account));
        let inside = caller
            .account()
            .is_some_and(|account| landscape.state().accounts.keys().any(|own| own.as_str() == account));
        let known = landscape.identity_of(caller).is_some_and(|id| self.identities.contains(id));
        let arn = caller.to_string();
        let by_arn = || self.arns.iter().any(|pattern| glob(pattern, &arn));
        self.everyone
            || (self.outside && !inside)
            || of_account
            || known
            || self.others.contains(caller)
            || by_arn()
    }
}

/// An action, on what, and the keys that go with it.
struct Needed {
    action: String,
    pattern: String,
    context: BTreeMap<String, String>,
}

impl Needed {
    fn new(action: String, pattern: &str) -> Self {
        let mut context = BTreeMap::new();
        let mut pattern = pattern.to_owned();
        // Objects are listed by asking their bucket.
        if action.eq_ignore_ascii_case("s3:ListBucket")
            && let Some((bucket, key)) = pattern.clone().split_once('/')
        {
            let prefix: String = key.chars().take_while(|c| !matches!(c, '*' | '?')).collect();
            pattern = bucket.to_owned();
            context.insert("s3:prefix".to_owned(), prefix);
        }
        Self { action, pattern, context }
    }
}

/// The actions without which an access word would be empty talk of a resource.
fn core_actions(word: AccessWord, pattern: &str) -> Vec<String> {
    let service = pattern.split(':').nth(2).unwrap_or("*");
    let is_object = pattern.contains('/');
    let one = |name: &str| vec![name.to_owned()];
    match (service, word) {
        (_, AccessWord::Become) => one("sts:AssumeRole"),
        ("s3", AccessWord::List) => one("s3:ListBucket"),
        ("s3", AccessWord::ReadData) if is_object => one("s3:GetObject"),
        ("s3", AccessWord::WriteData) if is_object => one("s3:PutObject"),
        ("s3", AccessWord::DeleteData) if is_object => one("s3:DeleteObject"),
        ("s3", AccessWord::Administer) if !is_object => one("s3:PutBucketPolicy"),
        ("s3", _) => vec![],
        (service, word) => of_word(word, service).into_iter().collect(),
    }
}

/// All actions of some services that do what a word says.
fn of_word(word: AccessWord, services: &str) -> BTreeSet<String> {
    let prefixes = catalogue::services().filter(|service| glob(services, service.prefix));
    let actions = prefixes.flat_map(|service| service.actions());
    actions.filter(|action| AccessWord::of(action) == word).map(catalogue::Action::full_name).collect()
}

fn equals(key: &str, values: &BTreeSet<String>) -> Comparison {
    let operator = Operator { quantifier: None, test: Test::StringEquals, if_exists: false };
    Comparison {
        operator: Some(operator),
        word: operator.to_string(),
        key: key.to_owned(),
        key_written: key.to_owned(),
        values: values.iter().map(|value| Operand::Text(super::pattern::Pattern::exactly(value))).collect(),
        values_written: values.iter().cloned().collect(),
    }
}
