//! From what the author wrote to what the accounts shall be: names resolved, defaults filled in, marks set.
//!
//! One pass over the estate makes an index of who declares what ([`estate`]); a second one lowers each
//! environment on its own. Every resource and setting remembers where it was written.

mod account;
mod assertion;
mod assume;
mod attached;
mod bucket;
mod environment;
mod estate;
mod fit;
mod holder;
mod people;
mod principal;
pub(in crate::spec) mod role;
pub(in crate::spec) mod sagemaker;
mod statements;
mod target;
pub(in crate::spec) mod trust;

use std::collections::{BTreeMap, BTreeSet};

use super::assertion::{Assertion, BreakGlass};
use super::authored::Authored;
use super::checklist::CheckItem;
use super::read::Loaded;
use super::schema::AssumeRole;
use super::template::Template;
use super::tree::Node;
use crate::diagnostic::{Diagnostic, Span};
use crate::state::limits::{self, Violation};
use crate::state::{AccountId, Extent, Partition, Resource, ResourceId, Scope, SettingKey, State};

use estate::{Estate, Home};

/// An estate, lowered.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// What the accounts shall hold.
    pub wanted: State,
    /// What each environment answers for, in the order of the files.
    pub scopes: Vec<Scope>,
    /// Where everything was written.
    pub origins: Origins,
    /// The environments, in the order of the files.
    pub environments: Vec<EnvironmentInfo>,
    /// Every policy document, as it was written.
    pub documents: Vec<Authored>,
    /// Every claim about who can do what.
    pub assertions: Vec<Assertion>,
    /// Who must never be locked out.
    pub break_glass: Vec<BreakGlass>,
    /// The environment files as they were written, placeholders and all.
    pub files: Vec<Node>,
    /// The project's own templates.
    pub templates: Vec<Template>,
    /// Warnings for whoever does not ask the accounts: what takes a quota that was raised.
    pub beyond_defaults: Vec<Diagnostic>,
}

/// What is known of an environment besides its resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentInfo {
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: String,
    /// Its partition.
    pub partition: Partition,
    /// The profile of the AWS configuration files with its credentials.
    pub profile: Option<String>,
    /// The role to assume first.
    pub assume_role: Option<AssumeRole>,
    /// The file, as the user would type it.
    pub source: String,
    /// What is done by hand in its account.
    pub checklist: Vec<CheckItem>,
}

/// Where resources and settings were written.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    spans: BTreeMap<ResourceId, Place>,
}

#[derive(Clone, Debug)]
struct Place {
    resource: Span,
    settings: BTreeMap<SettingKey, Span>,
}

impl Origins {
    /// Where a setting was written, or else the resource: the place a person edits.
    pub fn of(&self, id: &ResourceId, setting: Option<&SettingKey>) -> Option<&Span> {
        let place = self.spans.get(id)?;
        Some(setting.and_then(|key| place.settings.get(key)).unwrap_or(&place.resource))
    }

    fn declare(&mut self, id: &ResourceId, span: Span) {
        self.spans.insert(id.clone(), Place { resource: span, settings: BTreeMap::new() });
    }

    fn declare_setting(&mut self, id: &ResourceId, setting: SettingKey, span: Span) {
        if let Some(place) = self.spans.get_mut(id) {
            place.settings.insert(setting, span);
        }
    }
}

/// Lowers an estate. `unread` names the environments whose files could not be read: references to them are
/// not reported as missing.
pub fn lower(loaded: &[Loaded], unread: &BTreeSet<String>) -> (Lowered, Vec<Diagnostic>) {
    let (estate, mut diagnostics) = Estate::new(loaded, unread);
    let mut lowered = Lowered {
        wanted: State::default(),
        scopes: vec![],
        origins: Origins::default(),
        environments: estate.homes.iter().map(|home| home.info.clone()).collect(),
        documents: vec![],
        assertions: vec![],
        break_glass: vec![],
        files: vec![],
        templates: vec![],
        beyond_defaults: vec![],
    };
    for home in &estate.homes {
        let mut one = Lowering::new(&estate, home);
        one.environment();
        one.check_limits();
        lowered.beyond_defaults.extend(one.beyond_defaults());
        diagnostics.append(&mut one.diagnostics);
        let extent = Extent::full(home.info.partition.clone());
        lowered.wanted.accounts.entry(home.info.account.clone()).or_insert(extent);
        lowered.wanted.resources.append(&mut one.wanted.resources);
        lowered.origins.spans.append(&mut one.origins.spans);
        lowered.scopes.push(one.scope);
        if let Some(info) = lowered.environments.iter_mut().find(|info| info.name == home.info.name) {
            info.checklist = one.checklist;
        }
        lowered.documents.append(&mut one.documents);
        lowered.assertions.append(&mut one.assertions);
        lowered.break_glass.append(&mut one.break_glass);
    }
    (lowered, diagnostics)
}

/// One environment on its way down.
struct Lowering<'a> {
    estate: &'a Estate<'a>,
    home: &'a Home<'a>,
    wanted: State,
    origins: Origins,
    documents: Vec<Authored>,
    assertions: Vec<Assertion>,
    break_glass: Vec<BreakGlass>,
    checklist: Vec<CheckItem>,
    scope: Scope,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Lowering<'a> {
    fn new(estate: &'a Estate<'a>, home: &'a Home<'a>) -> Self {
        let EnvironmentInfo { name, account, region, partition, .. } = &home.info;
        let mut scope = Scope::new(name, account.clone(), partition.clone(), region);
        scope.whole_account = home.loaded.environment.scope.is_some();
        Self {
            estate,
            home,
            wanted: State::default(),
            origins: Origins::default(),
            documents: vec![],
            assertions: vec![],
            break_glass: vec![],
            checklist: vec![],
            scope,
            diagnostics: vec![],
        }
    }

    /// Says something about the value at a pointer. In a template's text, the holder made from it is named
    /// too.
    fn at(&self, pointer: &str, message: impl Into<String>) -> Diagnostic {
        self.home.said(self.home.place(pointer), pointer, message)
    }

    /// Says something about the key at a pointer.
    fn at_key(&self, pointer: &str, message: impl Into<String>) -> Diagnostic {
        self.home.said(self.home.key_place(pointer), pointer, message)
    }

    fn say(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// AWS's own limits, said at the place that breaks them.
    fn check_limits(&mut self) {
        let violations = self.violations(limits::check);
        self.diagnostics.extend(violations.into_iter().map(|(span, violation)| {
            let mut diagnostic = Diagnostic::error(span, violation.message);
            diagnostic.help.extend(violation.help);
            diagnostic
        }));
    }

    fn beyond_defaults(&self) -> Vec<Diagnostic> {
        let warning = |(span, violation): (Option<Span>, Violation)| {
            let mut diagnostic = Diagnostic::warning(span, violation.message);
            diagnostic.help.extend(violation.help);
            diagnostic
        };
        self.violations(limits::needs_raised_quota).into_iter().map(warning).collect()
    }

    fn violations(
        &self,
        check: impl Fn(&ResourceId, &Resource) -> Vec<Violation>,
    ) -> Vec<(Option<Span>, Violation)> {
        let mut all = vec![];
        for (id, resource) in &self.wanted.resources {
            for violation in check(id, resource) {
                let span = match violation.part {
                    Some(part) => Some(self.home.part(id, part)),
                    None => self.origins.of(id, violation.setting.as_ref()).cloned(),
                };
                all.push((span, violation));
            }
        }
        all
    }
}

/// A step of a JSON pointer.
pub(super) fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

/// A pointer with one more step.
fn under(pointer: &str, step: &str) -> String {
    format!("{pointer}/{}", escaped(step))
}
