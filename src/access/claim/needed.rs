//! What a claim that gives needs: which actions, on what, in which requests.

use std::collections::BTreeMap;

use super::Checking;
use super::asked::Asked;
use crate::access::principal::Caller;
use crate::access::reach::{Reach, region};
use crate::access::request::{Context, Others};
use crate::policy::{AccessWord, Effect, catalogue, works_on};
use crate::spec::assertion::Act;

/// Combinations of the values of `when` that a positive claim is tried with.
const COMBINATIONS_MAX: usize = 64;

impl Checking<'_, '_, '_> {
    /// Tries all that some caller must be able to do.
    pub(super) fn must_be_able(&mut self, caller: &Caller, targets: &[Asked]) {
        for act in &self.assertion.acts {
            // A bucket and what is in it are one thing, of which a word is about one part or the other.
            let mut things: BTreeMap<&str, (bool, Vec<Needed>)> = BTreeMap::new();
            for target in targets {
                let pattern = target.pattern.as_str();
                let (could, needed) = things.entry(thing(pattern)).or_default();
                *could |= act.can_be_on(pattern);
                needed.extend(self.needed(act, pattern));
            }
            let nothing = things.values().all(|(_, needed)| needed.is_empty());
            for (thing, (could, needed)) in things {
                if needed.is_empty() && (could || nothing) {
                    self.unproven.insert(format!(
                        "nothing of what `{act}` stands for is known to be needed on {thing}"
                    ));
                }
                for needed in needed {
                    self.must_be_able_to(caller, &needed);
                }
            }
        }
    }

    fn must_be_able_to(&mut self, caller: &Caller, needed: &Needed) {
        let contexts = self.contexts(needed);
        if contexts.len() > COMBINATIONS_MAX {
            self.unproven.insert(format!("`when` has more than {COMBINATIONS_MAX} combinations of values"));
        }
        for context in contexts {
            let asked = region(&[&needed.action], &[&needed.pattern]);
            let mut reach = Reach::new(self.landscape, caller.clone(), context);
            let [within, surely, perhaps] = self.allowed(&mut reach, &asked);
            let certain = within.clone().except(perhaps);
            let tried = self.settled(&mut reach, [certain, within.except(surely)], Effect::Deny);
            self.take(tried);
        }
    }

    /// What somebody must be able to do to a target for a claim to hold: of an access word the actions without which
    /// it would be empty talk.
    fn needed(&self, act: &Act, pattern: &str) -> Vec<Needed> {
        let actions: Vec<String> = match act {
            Act::Word(word) => core_actions(*word, pattern),
            Act::Actions(_) => {
                let here = |action: &&'static catalogue::Action| {
                    pattern == "*" || is_listing(&action.full_name()) || works_on(action, pattern)
                };
                act.actions("*").into_iter().filter(here).map(catalogue::Action::full_name).collect()
            }
        };
        actions.into_iter().map(|action| Needed::new(action, pattern)).collect()
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
}

/// What a pattern is of: for one of a bucket or its objects the bucket.
fn thing(pattern: &str) -> &str {
    if pattern.split(':').nth(2) == Some("s3") {
        pattern.split('/').next().unwrap_or(pattern)
    } else {
        pattern
    }
}

fn is_listing(action: &str) -> bool {
    action.eq_ignore_ascii_case("s3:ListBucket")
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
        if is_listing(&action)
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
        (service, word) => {
            Act::Word(word).actions(service).into_iter().map(catalogue::Action::full_name).collect()
        }
    }
}
