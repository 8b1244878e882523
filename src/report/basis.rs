//! What a report of one shard of an estate carries along, so that the shards' reports can be put together again: what was
//! found, and how it was settled. The report of the whole is made anew from it, as one run would have made it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::by_hand::ByHand;
use super::plan::{Inputs, ShardLine};
use super::said::{self, Said};
use crate::account::Unreached;
use crate::diagnostic::has_errors;
use crate::lint;
use crate::plan::{AwsComparison, Hazard, SavedEnvironment};
use crate::state::{
    AccountId, Coverage, Note, Objection, Operation, ResourceId, SettingKey, Settled, State, Unread,
};

/// The remark on assertions of environments that were not planned: the whole has them all.
const UNCHECKED: &str = "unchecked-assertion";

/// The remark on break-glass principals of accounts that were not read.
const UNCHECKED_GUARDIAN: &str = "unchecked-break-glass";

/// What a report is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportKind {
    /// A plan.
    Plan,
    /// Drift.
    Drift,
}

/// An environment of the whole estate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: AccountId,
    /// Its shard.
    pub shard: u32,
}

/// Everything that the report of a shard is made from. Holds no secrets, as no [`State`] does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The hatrack that wrote it: another may settle or word things otherwise.
    pub made_with: String,
    /// What it is of.
    pub kind: ReportKind,
    /// Every environment that was asked for, in order, those of other shards as well.
    pub estate: Vec<Member>,
    /// Those that were looked at.
    pub environments: Vec<SavedEnvironment>,
    /// The accounts as found.
    pub found: State,
    /// What differs from that in the accounts as wanted.
    pub wanted: State,
    /// What is not there in the accounts as wanted.
    pub gone: BTreeSet<ResourceId>,
    /// Renames.
    pub renames: Vec<Operation>,
    /// What no environment answers for.
    pub untouchable: BTreeSet<ResourceId>,
    /// How wanted was settled.
    pub notes: Vec<Note>,
    /// Why nothing may be applied.
    pub objections: Vec<Objection>,
    /// How much of each account is answered for.
    pub coverage: BTreeMap<String, Coverage>,
    /// What to agree to.
    pub hazards: Vec<Hazard>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// The environments whose accounts could not be looked at.
    pub unreached: Vec<Unreached>,
    /// What the reading has to say of itself.
    pub reading_notes: Vec<String>,
    /// What AWS changed in its own policies.
    pub aws: AwsComparison,
    /// What rules find in the accounts and not in the files.
    pub findings: Vec<KeptFinding>,
    /// What is wrong with assertions.
    pub claims: Vec<Said>,
    /// Whether one of them is broken.
    pub broken: bool,
    /// What is done by hand.
    pub by_hand: Vec<ByHand>,
    /// Where what changes is declared.
    pub origins: BTreeMap<ResourceId, KeptOrigin>,
    /// The environments of the project by their accounts, whether they were asked for or not.
    pub homes: BTreeMap<AccountId, String>,
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptFinding {
    id: ResourceId,
    setting: Option<SettingKey>,
    rule: String,
    message: String,
    help: String,
    stays: bool,
}

/// Where a resource is declared, and those of its settings that stand elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptOrigin {
    place: String,
    settings: Vec<(SettingKey, String)>,
}

/// Why reports cannot be put together.
pub type Apart = String;

impl Basis {
    /// What a report of a shard is made from.
    pub fn new(kind: ReportKind, inputs: &Inputs<'_>, found: &State, estate: Vec<Member>) -> Self {
        let Settled { wanted, renames, untouchable, notes, objections, coverage } = inputs.settled;
        let differs = |id: &ResourceId| wanted.resources.get(id) != found.resources.get(id);
        let changed = wanted.resources.iter().filter(|(id, _)| differs(id));
        let about = wanted.resources.keys().filter(|id| differs(id)).chain(inputs.plan.changes.keys());
        let about: BTreeSet<&ResourceId> = about.chain(objections.iter().map(Objection::subject)).collect();
        let finding = |alone: &lint::Alone| {
            let lint::Alone { finding, stays } = alone;
            let lint::Finding { id, setting, rule, message, help } = finding;
            KeptFinding {
                id: id.clone(),
                setting: setting.clone(),
                rule: rule.id.to_owned(),
                message: message.clone(),
                help: help.clone(),
                stays: *stays,
            }
        };
        Self {
            made_with: env!("CARGO_PKG_VERSION").to_owned(),
            kind,
            estate,
            environments: inputs.environments.iter().map(|line| line.kept()).collect(),
            found: found.clone(),
            wanted: State {
                accounts: wanted.accounts.clone(),
                resources: changed.map(|(id, resource)| (id.clone(), resource.clone())).collect(),
            },
            gone: found.resources.keys().filter(|id| !wanted.resources.contains_key(*id)).cloned().collect(),
            renames: renames.clone(),
            untouchable: untouchable.clone(),
            notes: notes.clone(),
            objections: objections.clone(),
            coverage: coverage.clone(),
            hazards: inputs.hazards.to_vec(),
            unread: inputs.unread.to_vec(),
            unreached: inputs.unreached.to_vec(),
            reading_notes: inputs.reading_notes.to_vec(),
            aws: inputs.aws.clone(),
            findings: inputs.findings.iter().map(finding).collect(),
            claims: inputs
                .claims
                .iter()
                .filter(|claim| claim.rule != Some(UNCHECKED))
                .map(said::claim)
                .collect(),
            broken: has_errors(inputs.claims),
            by_hand: inputs.by_hand.to_vec(),
            origins: about
                .into_iter()
                .filter_map(|id| Some((id.clone(), origin(inputs, found, id)?)))
                .collect(),
            homes: inputs.homes.clone(),
        }
    }

    /// The accounts as wanted, in full.
    pub fn wanted(&self) -> State {
        let mut wanted = self.found.clone();
        wanted.accounts.clone_from(&self.wanted.accounts);
        wanted.resources.retain(|id, _| !self.gone.contains(id));
        wanted.resources.extend(self.wanted.resources.iter().map(|(id, r)| (id.clone(), r.clone())));
        wanted
    }

    /// Where a resource or one of its settings is declared.
    pub fn origin(&self, id: &ResourceId, setting: Option<&SettingKey>) -> Option<String> {
        let KeptOrigin { place, settings } = self.origins.get(id)?;
        let own = setting.and_then(|key| settings.iter().find(|(known, _)| known == key));
        Some(own.map_or_else(|| place.clone(), |(_, place)| place.clone()))
    }

    /// What rules found.
    ///
    /// # Errors
    /// A rule that this hatrack does not have.
    pub fn findings(&self) -> Result<Vec<lint::Alone>, Apart> {
        let alone = |kept: &KeptFinding| {
            let KeptFinding { id, setting, rule, message, help, stays } = kept;
            let known = lint::rules::ALL.iter().find(|known| known.id == rule);
            let rule = known.ok_or_else(|| format!("this hatrack has no rule `{rule}`"))?;
            let finding = lint::Finding {
                id: id.clone(),
                setting: setting.clone(),
                rule,
                message: message.clone(),
                help: help.clone(),
            };
            Ok(lint::Alone { finding, stays: *stays })
        };
        let mut all = self.findings.iter().map(alone).collect::<Result<Vec<_>, Apart>>()?;
        all.sort_by(|a, b| {
            let key = |alone: &lint::Alone| {
                let lint::Finding { id, setting, rule, message: _, help: _ } = &alone.finding;
                (rule.severity, id.clone(), rule.id, setting.clone())
            };
            key(a).cmp(&key(b))
        });
        Ok(all)
    }

    /// Takes in another shard.
    ///
    /// # Errors
    /// It is of another sort, another estate, or of another hatrack.
    pub fn join(&mut self, other: Self) -> Result<(), Apart> {
        let Self {
            made_with,
            kind,
            estate,
            environments,
            found,
            wanted,
            gone,
            renames,
            untouchable,
            notes,
            objections,
            coverage,
            hazards,
            unread,
            unreached,
            reading_notes,
            aws,
            findings,
            claims,
            broken,
            by_hand,
            origins,
            homes,
        } = other;
        if made_with != self.made_with {
            return Err(format!(
                "it was made by hatrack {made_with}, and the one before by {}",
                self.made_with
            ));
        }
        if kind != self.kind {
            return Err("one is of a plan, and one of drift".to_owned());
        }
        if estate != self.estate {
            return Err(
                "they are of different environments: each shard has to be asked for the same".to_owned()
            );
        }
        if let Some(twice) = found.accounts.keys().find(|account| self.found.accounts.contains_key(*account))
        {
            return Err(format!("both have account {twice}"));
        }
        self.environments.extend(environments);
        join_states(&mut self.found, found);
        join_states(&mut self.wanted, wanted);
        self.gone.extend(gone);
        self.renames.extend(renames);
        self.untouchable.extend(untouchable);
        self.notes.extend(notes);
        self.objections.extend(objections);
        self.coverage.extend(coverage);
        self.hazards.extend(hazards);
        self.unread.extend(unread);
        self.unreached.extend(unreached);
        self.reading_notes.extend(reading_notes);
        let AwsComparison { changed, renumbered, not_checked, not_locked, not_attached } = aws;
        self.aws.changed.extend(changed);
        self.aws.renumbered.extend(renumbered);
        self.aws.not_checked.extend(not_checked);
        self.aws.not_locked.extend(not_locked);
        self.aws.not_attached.extend(not_attached);
        self.findings.extend(findings);
        self.claims.extend(claims);
        self.broken |= broken;
        self.by_hand.extend(by_hand);
        self.origins.extend(origins);
        self.homes.extend(homes);
        Ok(())
    }

    /// Puts everything in the order that one run has.
    pub fn in_order(&mut self) {
        let places: BTreeMap<String, usize> =
            self.estate.iter().enumerate().map(|(at, member)| (member.name.clone(), at)).collect();
        let place = |name: &str| places.get(name).copied();
        self.environments.sort_by_key(|environment| place(&environment.name));
        self.unreached.sort_by_key(|unreached| place(&unreached.environment));
        self.renames.sort_by(|a, b| a.target.account.cmp(&b.target.account));
        self.notes.sort();
        self.notes.dedup();
        self.objections.sort();
        self.hazards.sort();
        self.hazards.dedup();
        self.unread.sort_by(|a, b| a.what.cmp(&b.what));
        self.reading_notes.sort();
        self.reading_notes.dedup();
        self.aws.changed.sort_by(|a, b| (&a.account, &a.policy).cmp(&(&b.account, &b.policy)));
        self.aws.renumbered.dedup();
        self.aws.not_checked.sort();
        let known: Vec<String> = self.found.accounts.keys().map(ToString::to_string).collect();
        // What another shard's account would have told, the whole knows.
        self.claims.retain(|claim| {
            claim.code != UNCHECKED_GUARDIAN || !known.iter().any(|account| claim.text.contains(account))
        });
        let mut seen = BTreeSet::new();
        self.claims.retain(|claim| seen.insert(claim.clone()));
    }
}

fn join_states(all: &mut State, one: State) {
    let State { accounts, resources } = one;
    all.accounts.extend(accounts);
    all.resources.extend(resources);
}

fn origin(inputs: &Inputs<'_>, found: &State, id: &ResourceId) -> Option<KeptOrigin> {
    let place = (inputs.origin)(id, None)?;
    let keys: BTreeSet<&SettingKey> = [inputs.settled.wanted.resources.get(id), found.resources.get(id)]
        .into_iter()
        .flatten()
        .flat_map(|resource| resource.settings.keys())
        .collect();
    let own = |key: &SettingKey| (inputs.origin)(id, Some(key)).filter(|own| *own != place);
    let settings = keys.into_iter().filter_map(|key| Some((key.clone(), own(key)?))).collect();
    Some(KeptOrigin { place, settings })
}

/// Which shards are missing, and which are there twice, each with its number.
pub fn incomplete(lines: &[ShardLine], of: u32) -> (Vec<u32>, Vec<u32>) {
    let count = |index: u32| lines.iter().filter(|line| line.index == index).count();
    let missing = (1..=of).filter(|index| count(*index) == 0).collect();
    let twice = (1..=of).filter(|index| count(*index) > 1).collect();
    (missing, twice)
}
