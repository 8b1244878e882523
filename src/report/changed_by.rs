//! Who changed what is not as declared, and when, as CloudTrail tells it.

use serde::{Deserialize, Serialize};

use super::drift::{Class, DriftReport, DriftSummary, Finding};
use super::escape::{markdown, markdown_code};
use super::ignored::Ignored;
use super::said::Said;
use super::words;
use crate::plan::{Investigation, TrailEvent, TrailQuestion, Turn, What};
use crate::state::{AccountId, Partition, Setting, State};

/// Who did it, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedBy {
    /// The ARN of a user or of a role's session; of others what CloudTrail calls them.
    pub arn: String,
    /// When, in UTC: `2026-11-28T14:03:07Z`.
    pub at: String,
    /// The event: `AttachRolePolicy`.
    pub event: String,
    /// From where: an address, or the name of a service of AWS.
    pub source_ip: String,
    /// Whether hatrack itself did it, as somebody's `apply`.
    pub by_hatrack: bool,
}

impl ChangedBy {
    fn of(event: &TrailEvent) -> Self {
        let TrailEvent { name, at, arn, source_ip, by_hatrack, named: _ } = event;
        Self {
            arn: arn.clone(),
            at: at.to_string(),
            event: name.clone(),
            source_ip: source_ip.clone(),
            by_hatrack: *by_hatrack,
        }
    }

    fn tool(&self) -> &'static str {
        if self.by_hatrack { ", with hatrack" } else { "" }
    }

    /// `by arn:aws:iam::111122223333:user/mallory at 2026-11-28T14:03:07Z (AttachRolePolicy from 192.0.2.7)`.
    pub fn words(&self) -> String {
        let Self { arn, at, event, source_ip, by_hatrack: _ } = self;
        format!("by {arn} at {at} ({event} from {source_ip}{})", self.tool())
    }

    pub(super) fn markdown(&self) -> String {
        let Self { arn, at, event, source_ip, by_hatrack: _ } = self;
        let (arn, event, from) = (markdown_code(arn), markdown_code(event), markdown(source_ip));
        format!("by {arn} at {} ({event} from {from}{})", markdown(at), self.tool())
    }
}

/// What a report of a shard says that cannot be made anew from what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Carried {
    /// Its findings.
    #[serde(default)]
    pub drift: Vec<CarriedFinding>,
    /// Its notes, of which those on the ignore file and on trails are carried.
    #[serde(default)]
    pub notes: Vec<Said>,
}

/// A finding of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CarriedFinding {
    environment: String,
    address: String,
    setting: Option<String>,
    field: Option<String>,
    #[serde(default)]
    changed_by: Option<ChangedBy>,
    #[serde(default)]
    ignored: Option<Ignored>,
}

impl DriftReport {
    /// Takes over what reports of shards say of who changed what, and of what is ignored.
    pub fn carry(&mut self, from: &[Carried]) {
        for Carried { drift, notes } in from {
            for one in drift {
                let CarriedFinding { environment, address, setting, field, changed_by, ignored } = one;
                let same = |f: &&mut Finding| {
                    f.environment == *environment
                        && f.address == *address
                        && f.setting == *setting
                        && f.field == *field
                };
                for finding in self.drift.iter_mut().filter(same) {
                    finding.changed_by.clone_from(changed_by);
                    if ignored.is_some() {
                        finding.drift = false;
                        finding.answers.ignore = None;
                        finding.ignored.clone_from(ignored);
                    }
                }
            }
            let own =
                |note: &&Said| ["trail", "ignore-expired", "ignore-unused"].contains(&note.code.as_str());
            self.notes.extend(notes.iter().filter(own).cloned());
        }
        self.summary = DriftSummary::of(&self.drift);
    }

    /// What to ask CloudTrail, each with the place of its finding: of what counts, and has an event that tells of it.
    pub fn questions(&self, found: &State, wanted: &State) -> Vec<(usize, TrailQuestion)> {
        let all = self.drift.iter().enumerate().filter(|(_, finding)| finding.drift);
        all.filter_map(|(at, finding)| Some((at, self.question(finding, found, wanted)?))).collect()
    }

    fn question(&self, finding: &Finding, found: &State, wanted: &State) -> Option<TrailQuestion> {
        let id = finding.id.as_ref()?;
        let key = finding.sides.0.as_ref().or(finding.sides.1.as_ref()).map(Setting::key);
        let what = match (&key, finding.field.as_deref()) {
            (Some(key), _) => What::Setting(key),
            // A name is not as declared because the declaration is another one.
            (None, Some("name")) => return None,
            (None, Some(field)) => What::Field(field),
            (None, None) => What::Whole,
        };
        let turn = match finding.class {
            Class::Unmanaged => Turn::Came,
            Class::Deleted => Turn::Went,
            Class::Modified | Class::Foreign => Turn::Changed,
            Class::AwsChanged => return None,
        };
        let home = self.environments.iter().find(|e| e.name == finding.environment);
        let region = home.map(|e| e.region.as_str()).unwrap_or_default();
        let partition = found.accounts.get(&id.account).map(|extent| extent.partition.clone());
        let partition = partition.unwrap_or_else(|| Partition::of_region(region));
        let sides = (found.resources.get(id), wanted.resources.get(id));
        TrailQuestion::new(id, what, turn, sides, &partition, region)
    }

    /// Takes over what CloudTrail told; `places` are those of the questions.
    pub fn told(&mut self, places: &[usize], investigation: &Investigation) {
        let Investigation { answers, silent, cut } = investigation;
        let mut open = 0;
        for (place, answer) in places.iter().zip(answers) {
            let Some(finding) = self.drift.get_mut(*place) else { continue };
            finding.changed_by = answer.as_ref().map(ChangedBy::of);
            let account = finding.id.as_ref().map(|id| &id.account);
            let was_silent = silent.keys().any(|(of, _)| Some(of) == account);
            open += usize::from(answer.is_none() && !was_silent);
        }
        let mut said: Vec<(&AccountId, &String)> = silent.iter().map(|((of, _), why)| (of, why)).collect();
        said.sort();
        said.dedup();
        for (account, why) in said {
            let text = format!("CloudTrail of account {account} could not be asked who changed what: {why}");
            let denied = why.contains("access denied");
            let help = denied.then_some("`hatrack permissions --plan --who` prints what it takes");
            self.notes.push(trail(text, help.as_slice()));
        }
        if *cut > 0 {
            let text = format!(
                "CloudTrail was not asked to the end about {}: that takes more lookups",
                words::count(*cut, "finding")
            );
            self.notes.push(trail(text, &["`--who-limit` allows more, at two a second"]));
        }
        let unknown = open.saturating_sub(*cut);
        if unknown > 0 {
            let text = format!("CloudTrail does not tell who is behind {}", words::count(unknown, "finding"));
            let help = "it shows an event up to 15 minutes late, keeps it for 90 days, and has none of what nobody \
                        did, such as a declaration that was not applied";
            self.notes.push(trail(text, &[help]));
        }
    }
}

fn trail(text: String, help: &[&str]) -> Said {
    Said {
        code: String::from("trail"),
        address: None,
        text,
        help: help.iter().map(|help| (*help).to_owned()).collect(),
    }
}
