//! `assert` and `break_glass`: claims with their names resolved, put into words, and everything wrong with them told.

use std::collections::{BTreeMap, BTreeSet};

use super::fit::Item;
use super::principal::has_wildcard;
use super::{Lowering, under};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::policy::{AccessWord, Problem, key_value, unknown_action, unknown_key};
use crate::spec::assertion::{Act, Assertion, BreakGlass, Claim, Subject};
use crate::spec::schema::{self, Nobody, OneOrMore, OneOrMoreScalars};
use crate::state::{Kind, ResourceId};

/// Where the parts of a claim stand, and who holds it.
struct Place<'p> {
    pointer: &'p str,
    /// The holder whose body it stands in; none at the top of the file.
    holder: Option<&'p ResourceId>,
}

impl Place<'_> {
    fn key(&self, key: &str) -> String {
        under(self.pointer, key)
    }
}

impl Lowering<'_> {
    /// The claims of a list, at the top of the file or in a holder's body.
    pub(super) fn assertions(
        &mut self,
        list: &[schema::Assertion],
        pointer: &str,
        holder: Option<&ResourceId>,
    ) {
        for (n, body) in list.iter().enumerate() {
            let pointer = format!("{pointer}/{n}");
            let place = Place { pointer: &pointer, holder };
            let assertion = self.assertion(body, &place);
            self.assertions.extend(assertion);
        }
    }

    fn assertion(&mut self, body: &schema::Assertion, place: &Place<'_>) -> Option<Assertion> {
        let claim = self.claim(body, place);
        let acts = self.acts(body, place);
        let taking_on = Act::Word(AccessWord::Become);
        let becomes = acts.as_ref().is_some_and(|acts| acts.iter().any(|(act, _)| *act == taking_on));
        let items = self.targets(body, place, acts.is_some(), becomes);
        let when = self.when(&body.when, place);
        // What went wrong was said.
        let (claim, acts) = (claim?, acts?);
        if items.is_empty() {
            return None;
        }
        self.fit(&acts, &items, matches!(claim, Claim::Can(_)));
        let acts = acts.into_iter().map(|(act, _)| act).collect();
        let on = items.into_iter().flat_map(|item| item.targets).collect();
        let written = self.home.place(place.pointer);
        let info = &self.home.info;
        Some(Assertion {
            environment: info.name.clone(),
            account: info.account.clone(),
            partition: info.partition.clone(),
            region: info.region.clone(),
            claim,
            acts,
            on,
            when,
            unproven: body.unproven,
            because: body.because.clone(),
            text: body.in_words(place.holder),
            span: self.home.origin(written.clone(), place.pointer),
            template: (written.source.name != info.source).then_some(written),
        })
    }

    /// Whose access it is about.
    fn claim(&mut self, body: &schema::Assertion, place: &Place<'_>) -> Option<Claim> {
        let own = place.holder.filter(|holder| holder.kind != Kind::Bucket);
        let subject = match (&body.who, &body.nobody) {
            (Some(_), Some(_)) => {
                let said = self.at_key(&place.key("nobody"), "`who` and `nobody` stand in one assertion");
                self.say(said.help("make two of it"));
                None
            }
            (None, None) => match own {
                Some(holder) => Some(Claim::Can(vec![Subject::Declared(holder.clone())])),
                None => {
                    let said = self.at(place.pointer, "an assertion about nobody in particular");
                    self.say(said.help("say `who`, or `nobody: true` if nobody can"));
                    None
                }
            },
            (Some(who), None) => self.subjects(who, &place.key("who")).map(Claim::Can),
            (None, Some(Nobody::AtAll(true))) => Some(Claim::NobodyCan { except: vec![] }),
            (None, Some(Nobody::AtAll(false))) => {
                let said = self.at(&place.key("nobody"), "`nobody: false` says nothing");
                self.say(said.help("write `nobody: true`, or `who`"));
                None
            }
            (None, Some(Nobody::But(but))) => {
                let pointer = under(&place.key("nobody"), "except");
                self.excepted(but.except.as_ref(), &pointer).map(|except| Claim::NobodyCan { except })
            }
        };
        match (&body.can, &body.cannot) {
            (Some(_), Some(_)) => {
                let said = self.at_key(&place.key("cannot"), "`can` and `cannot` stand in one assertion");
                self.say(said.help("make two of it"));
                None
            }
            (None, None) => {
                let said = self.at(place.pointer, "an assertion without `can` or `cannot`");
                self.say(said.help("say what: `can: read-data`, `cannot: [write-data, delete-data]`"));
                None
            }
            (Some(_), None) => subject,
            (None, Some(_)) => match subject {
                Some(Claim::Can(who)) => Some(Claim::Cannot(who)),
                Some(Claim::Cannot(_)) | None => None,
                Some(Claim::NobodyCan { .. }) => {
                    let said = self.at_key(&place.key("cannot"), "`nobody` with `cannot` says it twice");
                    self.say(said.help("write `can`: nobody can"));
                    None
                }
            },
        }
    }

    fn subjects(&mut self, who: &OneOrMore, pointer: &str) -> Option<Vec<Subject>> {
        let items = who.items(pointer);
        if items.is_empty() {
            self.say(self.at_key(pointer, "nobody is named").help("name somebody, or write `nobody: true`"));
            return None;
        }
        self.all_subjects(items)
    }

    fn excepted(&mut self, except: Option<&OneOrMore>, pointer: &str) -> Option<Vec<Subject>> {
        let items = except.map(|except| except.items(pointer)).unwrap_or_default();
        for (text, pointer) in &items {
            if *text == "everyone" {
                let said = self.at(pointer, "nobody but everyone is no claim");
                self.say(said.help("take the exception away, or say who"));
            }
        }
        self.all_subjects(items)
    }

    /// All or none: a claim about some of those named would be another one.
    fn all_subjects(&mut self, items: Vec<(&str, String)>) -> Option<Vec<Subject>> {
        let count = items.len();
        let found: Vec<Subject> =
            items.into_iter().filter_map(|(text, pointer)| self.subject(text, &pointer)).collect();
        (found.len() == count).then_some(found)
    }

    /// What is done, and where each stands.
    fn acts(&mut self, body: &schema::Assertion, place: &Place<'_>) -> Option<Vec<(Act, String)>> {
        let (key, authored) = match (&body.can, &body.cannot) {
            (Some(can), _) => ("can", can),
            (None, Some(cannot)) => ("cannot", cannot),
            (None, None) => return None,
        };
        let pointer = place.key(key);
        let items = authored.items(&pointer);
        if items.is_empty() {
            let said = self.at_key(&pointer, format!("`{key}` names nothing"));
            self.say(said.help(format!("one of {}, or an IAM action", words())));
        }
        let count = items.len();
        let acts: Vec<(Act, String)> =
            items.into_iter().filter_map(|(text, at)| Some((self.act(text, &at)?, at))).collect();
        let taking_on = Act::Word(AccessWord::Become);
        if acts.len() > 1 && acts.iter().any(|(act, _)| *act == taking_on) {
            let said = self.at(&pointer, "`become` stands beside other words");
            self.say(said.help("it is about roles, the others are about what `on` names: make two of it"));
            return None;
        }
        (count > 0 && acts.len() == count).then_some(acts)
    }

    fn act(&mut self, text: &str, pointer: &str) -> Option<Act> {
        if let Ok(word) = text.parse::<AccessWord>() {
            return Some(Act::Word(word));
        }
        if text == "*" {
            return Some(Act::Actions(text.to_owned()));
        }
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let said = match text.split_once(':') {
            None => {
                let known = AccessWord::ALL.map(AccessWord::word);
                let help = did_you_mean(text, known).map_or_else(
                    || format!("one of {}, or an IAM action: `s3:GetObject`", words()),
                    |near| format!("did you mean `{near}`?"),
                );
                self.at(pointer, format!("`{text}` is no access word")).help(help)
            }
            Some((service, name))
                if service.is_empty()
                    || !service.chars().all(letter)
                    || name.is_empty()
                    || !name.chars().all(|c| letter(c) || matches!(c, '*' | '?')) =>
            {
                self.at(pointer, format!("`{text}` is no action"))
                    .help("`SERVICE:ACTION`, with `*` and `?` in the action: `s3:Get*`")
            }
            Some(_) => match unknown_action(text, pointer) {
                Some(problem) => self.problem(problem),
                None => return Some(Act::Actions(text.to_owned())),
            },
        };
        self.say(said);
        None
    }

    fn problem(&self, problem: Problem) -> Diagnostic {
        let Problem { rule, severity, pointer, at_key, message, help } = problem;
        let mut said =
            if at_key { self.at_key(&pointer, message) } else { self.at(&pointer, message) }.rule(rule);
        said.severity = severity;
        said.help.extend(help);
        said
    }

    /// What it is about; `known` if the acts could be read, so that their targets can be told from others.
    fn targets(
        &mut self,
        body: &schema::Assertion,
        place: &Place<'_>,
        known: bool,
        becomes: bool,
    ) -> Vec<Item> {
        if known && becomes && body.on.is_some() {
            let said = self.at_key(&place.key("on"), "`become` is about roles, not about what `on` names");
            self.say(said.help("say which: `role: \"*Admin*\"`"));
        }
        if known && !becomes && body.role.is_some() {
            let said = self.at_key(&place.key("role"), "`role` stands without `become`");
            self.say(said.help("what is done to a role's own settings is named by its ARN under `on`"));
        }
        let own = place.holder.filter(|holder| holder.kind == Kind::Bucket && body.role.is_none());
        let (key, authored) = match (&body.role, &body.on) {
            (Some(role), on) if becomes || on.is_none() => ("role", Some(role)),
            (_, on) => ("on", on.as_ref()),
        };
        let Some(authored) = authored else {
            let said = match own {
                Some(holder) if !becomes => {
                    let targets = self.holder_resources(holder);
                    return vec![Item { text: None, pointer: place.pointer.to_owned(), targets }];
                }
                _ if !known => return vec![],
                _ if becomes => self
                    .at(place.pointer, "`become` without `role`")
                    .help("say which roles: `role: \"*Admin*\"`, or `role: \"*\"` for all of this account"),
                _ => self
                    .at(place.pointer, "an assertion without `on`")
                    .help("say what it is about: `on: s3://BUCKET/*`, an ARN, or `on: \"*\"`"),
            };
            self.say(said);
            return vec![];
        };
        let pointer = place.key(key);
        let items = authored.items(&pointer);
        if items.is_empty() {
            self.say(self.at_key(&pointer, format!("`{key}` names nothing")).help("write `\"*\"` for all"));
        }
        let mut all = vec![];
        let mut whole = true;
        for (text, at) in items {
            let targets = if key == "role" { self.roles(text, &at) } else { self.resources(text, &at) };
            whole &= !targets.is_empty();
            all.push(Item { text: Some(text.to_owned()), pointer: at, targets });
        }
        if whole { all } else { vec![] }
    }

    fn when(
        &mut self,
        authored: &BTreeMap<String, OneOrMoreScalars>,
        place: &Place<'_>,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let mut when = BTreeMap::new();
        for (key, values) in authored {
            let pointer = under(&place.key("when"), key);
            if key.split_once(':').is_none_or(|(prefix, name)| prefix.is_empty() || name.is_empty()) {
                let said = self.at_key(&pointer, format!("`{key}` is no condition key"));
                self.say(said.help("a condition key has a prefix: `aws:SourceIp`, `s3:prefix`"));
                continue;
            }
            if let Some(problem) = unknown_key(key, &pointer) {
                self.say(self.problem(problem.warning()));
            }
            for (text, at) in values.items(&pointer) {
                // Each value is of another request.
                if let Err(wrong) = key_value::check(key, &[text]) {
                    self.say(self.at(&at, wrong));
                }
            }
            let values: BTreeSet<String> = values.texts().into_iter().collect();
            if values.is_empty() {
                let said = self.at_key(&pointer, format!("no value is named for `{key}`"));
                self.say(said.help("name one, or leave the key out"));
            }
            if when.insert(key.to_ascii_lowercase(), values).is_some() {
                let said = self.at_key(&pointer, format!("`{key}` stands twice in `when`"));
                self.say(said.help("condition keys ignore case: list its values under one"));
            }
        }
        when
    }

    /// Who must never be locked out.
    pub(super) fn break_glass(&mut self, list: &[String]) {
        for (n, text) in list.iter().enumerate() {
            let pointer = format!("/break_glass/{n}");
            let Some(principal) = self.subject(text, &pointer) else { continue };
            let one = match &principal {
                Subject::Declared(id) => id.kind != Kind::Group,
                Subject::Arn(arn) => !has_wildcard(arn),
                Subject::Matching { .. } | Subject::Account(_) | Subject::Outside | Subject::Everyone => {
                    false
                }
            };
            let info = &self.home.info;
            if !one {
                let said = self.at(&pointer, format!("`{text}` is not one user or role"));
                self.say(
                    said.help("name each who must never be locked out: user/NAME, role/NAME, or an ARN"),
                );
                continue;
            }
            if self.break_glass.iter().any(|other| other.principal == principal) {
                self.say(self.at(&pointer, format!("`{text}` is named twice")));
                continue;
            }
            let (environment, account) = (info.name.clone(), info.account.clone());
            let span = self.home.place(&pointer);
            self.break_glass.push(BreakGlass { environment, account, principal, span });
        }
    }
}

fn words() -> String {
    AccessWord::ALL.map(|word| format!("`{word}`")).join(", ")
}
