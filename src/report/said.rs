//! Hazards, notes, objections and blind spots as sentences with a way out. Lower case, no full stop.

use serde::{Deserialize, Serialize};

use super::value::named_from;
use super::words::{count, listed, operation_line, setting, sort_of};
use crate::diagnostic::{Diagnostic, Span};
use crate::plan::{Hazard, Unplannable};
use crate::state::quota::QuotaFacts;
use crate::state::{Blind, Note, Objection, ResourceId, SettingKey, Unread, limits};

/// Something to know, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// A stable word for programs.
    pub code: String,
    /// What it is about; none for the account as a whole.
    pub address: Option<String>,
    /// What it is.
    pub text: String,
    /// What to do.
    pub help: Vec<String>,
}

impl Said {
    fn new(code: &str, about: Option<&ResourceId>, text: String) -> Self {
        Self { code: code.to_owned(), address: about.map(ResourceId::address), text, help: vec![] }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}

/// A setting's key as a hazard carries it, in words: `access-key/AKIA…` → `access key AKIA…`.
fn key_words(key: &str) -> String {
    match key.split_once('/') {
        Some(("mfa-device", name)) => format!("MFA device {name}"),
        Some(("ssh-public-key", name)) => format!("SSH public key {name}"),
        Some(("inline", name)) => format!("inline policy {name}"),
        Some(("attached", name)) => format!("attached policy {name}"),
        Some((sort, name)) => format!("{} {name}", sort.replace('-', " ")),
        None if key == "sign-in" => String::from("console sign-in"),
        None if key == "boundary" => String::from("permissions boundary"),
        None => key.to_owned(),
    }
}

/// A hazard, with what it takes to go on.
pub(super) fn hazard(hazard: &Hazard) -> Said {
    let said = match hazard {
        Hazard::Deletes(id) => Said::new("deletes", Some(id), format!("{} is deleted", id.address())),
        Hazard::Replaces(id, fields) => {
            let why = listed(fields);
            let text = format!(
                "{} is deleted and made anew, because AWS cannot change {why} in place: what uses it fails meanwhile",
                id.address()
            );
            Said::new("replaces", Some(id), text)
        }
        Hazard::Restarts(id) => {
            let text =
                format!("{} is stopped for the change and started again; its volume stays", id.address());
            Said::new("restarts", Some(id), text).help("whatever runs on it ends: ask its people first")
        }
        Hazard::Adopts(id) => {
            Said::new("adopts", Some(id), format!("{} exists already and becomes hatrack's", id.address()))
        }
        Hazard::TakesOver(id, whose) => {
            let text = format!("{} is taken over from {whose}", id.address());
            Said::new("takes-over", Some(id), text)
                .help(format!("make sure that {whose} lets go of it, or the two will undo each other's work"))
        }
        Hazard::RemovesCredential(id, key) => {
            let text = format!(
                "{} of {} is removed for good: whoever uses it is locked out",
                key_words(key),
                id.address()
            );
            Said::new("removes-credential", Some(id), text)
        }
        Hazard::BrieflyOpen(id, key) => {
            let text = format!("{} is without its guard ({}) for a moment", id.address(), key_words(key));
            Said::new("briefly-open", Some(id), text)
        }
        Hazard::BreaksTrust { by, principal } => {
            let text = format!(
                "{} names {}, which is deleted or made anew: AWS will not heal the name",
                by.address(),
                principal.address()
            );
            Said::new("breaks-trust", Some(by), text)
                .help(format!("afterwards its owner must set the policy of {} again", by.address()))
        }
        Hazard::ManyDeletions { deleted, of } => {
            let are = if *deleted == 1 { "is" } else { "are" };
            let text =
                format!("{deleted} of {} that hatrack answers for {are} deleted", count(*of, "resource"));
            Said::new("many-deletions", None, text)
        }
        Hazard::LocksOut { resource, who, actions, why } => {
            let text =
                format!("{who} could no longer {} on {}: {why}", actions.join(", "), resource.address());
            Said::new("locks-out", Some(resource), text)
        }
        Hazard::CallerLosesRights { caller, how } => {
            let text = format!("this may take rights from {caller}, who is applying it: {how}");
            Said::new("caller-loses-rights", None, text)
        }
    };
    match hazard.needs_acceptance() {
        Some(word) => said.help(format!("if that is meant, apply with `--accept {word}`")),
        None => said,
    }
}

/// An assertion that does not hold, with its line.
pub(super) fn claim(diagnostic: &Diagnostic) -> Said {
    let Diagnostic { severity: _, rule, message, span, label, related, help } = diagnostic;
    let place = |span: &Span| format!("{}:{}", span.source.name, span.line_column().0);
    let at = span.as_ref().map_or_else(String::new, |span| format!(" ({})", place(span)));
    let because = label.as_ref().map_or_else(String::new, |label| format!(": {label}"));
    let mut said = Said::new(rule.unwrap_or("assertion"), None, format!("{message}{at}{because}"));
    said.help = related.iter().map(|(span, words)| format!("{words} ({})", place(span))).collect();
    said.help.extend(help.iter().cloned());
    said
}

/// Something to know about what is planned.
pub(super) fn note(note: &Note) -> Said {
    match note {
        Note::Adopted(id) => Said::new("adopted", Some(id), format!("{} is adopted", id.address())),
        Note::AdoptedBlank(id) => {
            let text = format!("{} is adopted: it is empty and bears no mark", id.address());
            Said::new("adopted-blank", Some(id), text)
        }
        Note::TakenOver(id, whose) => {
            Said::new("taken-over", Some(id), format!("{} is taken over from {whose}", id.address()))
        }
        Note::AwsChanged { policy, locked, found } => {
            let text = format!("AWS changed {policy} since it was locked (v{locked} → v{found})");
            Said::new("aws-changed", None, text).help("`hatrack drift` tells what came and what went")
        }
        Note::Narrowed(targets) => {
            let targets = targets.join("`, `");
            let text = format!(
                "only `{targets}` and what that cannot be without was compared; everything else is left as it is"
            );
            Said::new("narrowed", None, text)
        }
        Note::Quarantined(id, policy) => {
            let text =
                format!("AWS put {policy} on {}, because an access key leaked; it is kept", id.address());
            Said::new("quarantined", Some(id), text).help("deal with the key, then detach the policy by hand")
        }
        Note::Kept(id) => {
            let address = id.address();
            let text = format!("{address} is no longer declared; it is kept, because it holds data");
            Said::new("kept", Some(id), text)
                .help(format!("to let it go once it is empty: `retire: [{address}]`"))
        }
        Note::KeptStatements(id, sids) => {
            let text = format!(
                "statements of others in the policy of {} are kept: {}",
                id.address(),
                sids.join(", ")
            );
            Said::new("kept-statements", Some(id), text)
        }
        Note::HeldBack(id, named) => Said::new(
            "held-back",
            Some(id),
            format!(
                "{} is left as it is: it names {} of account {}, which could not be looked at",
                id.address(),
                named.address(),
                named.account
            ),
        ),
        Note::NotChecked(id) => Said::new(
            "not-checked",
            Some(id),
            format!("{} is left as it is, because it could not be read in full", id.address()),
        ),
    }
}

/// What could not be read.
pub fn unread(unread: &Unread) -> Said {
    let Unread { what, reason } = unread;
    match what {
        Blind::Kind(account, kind) => {
            Said::new("kind", None, format!("any {kind} in account {account}: {reason}"))
        }
        Blind::Setting(id, key) => {
            let (_, sort) = sort_of(key);
            let sort = if matches!(key, SettingKey::Tag(_)) { String::from("tags") } else { sort };
            Said::new("setting", Some(id), format!("{sort} of {}: {reason}", id.address()))
        }
        Blind::Resource(id) => Said::new("resource", Some(id), format!("{}: {reason}", id.address())),
        Blind::Credentials(id) => {
            Said::new("credentials", Some(id), format!("credentials of {}: {reason}", id.address()))
        }
    }
}

/// Why something declared cannot be planned, and the way out.
pub fn objection(objection: &Objection) -> Said {
    match objection {
        Objection::NotOurs(id) => {
            let address = id.address();
            let text = format!("{address} exists in account {} but is not hatrack's", id.account);
            Said::new("not-ours", Some(id), text).help(format!(
                "to take it over run `hatrack apply --adopt {address}` or write `adopt: true` on it"
            ))
        }
        Objection::Foreign(id, whose) => {
            let address = id.address();
            let text = format!("{address} exists in account {} and belongs to {whose}", id.account);
            Said::new("foreign", Some(id), text).help(format!(
                "if {whose} has let go of it, run `hatrack apply --takeover {address}` or write `takeover: true` on it"
            ))
        }
        Objection::OtherCase { declared, existing } => {
            let (declared_at, existing_at) = (declared.address(), existing.address());
            let text = format!(
                "{declared_at} cannot be made: {existing_at} exists, and AWS takes both for the same name"
            );
            Said::new("other-case", Some(declared), text)
                .help(format!("write `{}` in the spec", existing.name))
        }
        Objection::Aws(id) => {
            let text = format!("{} is AWS's own: nobody else can change it", id.address());
            Said::new("aws", Some(id), text).help("take it out of the spec")
        }
        Objection::NotEmpty(id) => {
            Said::new("not-empty", Some(id), format!("{} shall go but still has objects", id.address()))
                .help("empty it first: hatrack never deletes data")
        }
        Objection::FixedAtCreation { id, field } => would_replace_data(id, &[*field]),
        Objection::Failed(id, why) => {
            let text = format!("{} is in a failed state: {why}", id.address());
            Said::new("failed", Some(id), text).help(
                "AWS changes nothing on it until that is mended: mend the cause, delete it in the console, and run this again",
            )
        }
        Objection::AppsRun { id, fields, apps } => {
            let address = id.address();
            let running = apps.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let what = if fields.is_empty() {
                format!("{address} shall go, but apps run in it: {running}")
            } else {
                format!("{} of {address} cannot change while apps run in it: {running}", listed(fields))
            };
            Said::new("apps-run", Some(id), what).help(
                "ask their owners to save and stop them (Studio, Running instances), and run this again",
            )
        }
        Objection::UnreadablePolicy(id) => {
            let text = format!(
                "the policy of {} is nothing that hatrack can read, so nobody can say whose statements to keep",
                id.address()
            );
            Said::new("unreadable-policy", Some(id), text)
                .help("mend the bucket policy, or leave out `others: keep` and `keep_statements`")
        }
        Objection::OverLimit(id, what) => {
            Said::new("over-limit", Some(id), format!("{what}, counting what others put there and is kept"))
                .help("take something away, or leave out `others: keep`")
        }
        Objection::OverQuota(id, meter) => {
            let account = if meter.quota.counts().is_some() {
                String::from("it")
            } else {
                format!("account {}", id.account)
            };
            let violation = limits::of_meter(id, meter, &account);
            let said = Said::new("over-quota", Some(id), violation.message);
            let said = violation.help.into_iter().fold(said, Said::help);
            match meter.quota.facts() {
                QuotaFacts { word: _, default: _, most, key: Some(key) } if meter.limit < most => {
                    said.help(format!("or ask AWS to raise {key} of the account: it grants up to {most}"))
                }
                QuotaFacts { .. } => said,
            }
        }
        Objection::StillUsed { target, by } => {
            let (target_at, by_at) = (target.address(), by.address());
            let text = format!(
                "{target_at} is no longer declared but still used by {by_at}, which hatrack does not answer for"
            );
            Said::new("still-used", Some(target), text)
                .help(format!("take {by_at} off it first, or declare {target_at} again"))
        }
    }
}

fn would_replace_data(id: &ResourceId, fields: &[&str]) -> Said {
    let text = format!(
        "{} differs in {}, which AWS fixes at creation, and it holds data: it is never made anew",
        id.address(),
        listed(fields)
    );
    Said::new("would-replace-data", Some(id), text).help(format!(
        "declare it as it is, or declare a new one beside it, move the data, then `retire: [{}]`",
        id.address()
    ))
}

/// Why there is no plan, and the way out.
pub fn unplannable(why: &Unplannable) -> Said {
    let bug = |code: &str, about: Option<&ResourceId>, text: String| {
        Said::new(code, about, format!("{text}; this is a bug in hatrack, and nothing was changed")).help(
            "please report it with this message, the environment files and the output of `hatrack snapshot`",
        )
    };
    match why {
        Unplannable::Missing { by, setting: key, missing } => {
            let what = key.as_ref().map_or_else(|| String::from("trust policy"), setting);
            let missing_at = named_from(by, missing);
            let text = format!(
                "{} needs {missing_at} ({what}), which does not exist and is not declared",
                by.address()
            );
            Said::new("missing", Some(by), text)
                .help(format!("declare {missing_at}, or take it out of {}", by.address()))
        }
        Unplannable::WouldReplaceData { id, fields } => would_replace_data(id, fields),
        Unplannable::HeldElsewhere { target, by } => {
            let text = format!(
                "{} must be made anew, but {}, which hatrack does not answer for, holds on to it",
                target.address(),
                by.address()
            );
            Said::new("held-elsewhere", Some(target), text).help(format!(
                "take it off {0} first, declare {0}, or leave {1} as it is",
                by.address(),
                target.address()
            ))
        }
        Unplannable::NotEmpty { id, setting: key } => {
            let text = format!("{} shall go but still has {}", id.address(), setting(key));
            Said::new("not-empty", Some(id), text).help("empty it first: hatrack never deletes data")
        }
        Unplannable::Cycle(ids) => {
            let all: Vec<_> = ids.iter().map(ResourceId::address).collect();
            bug("cycle", ids.first(), format!("no order exists for {}", all.join(", ")))
        }
        Unplannable::Refused(operation, refusal) => bug(
            "refused",
            Some(&operation.target),
            format!("the plan fails its own check: cannot {}: {refusal}", operation_line(operation)),
        ),
        Unplannable::Diverges(ids) => {
            let all: Vec<_> = ids.iter().map(ResourceId::address).collect();
            bug(
                "diverges",
                ids.first(),
                format!("the plan does not arrive at what is wanted for {}", all.join(", ")),
            )
        }
    }
}
