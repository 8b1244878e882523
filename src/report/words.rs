//! Sentences: operations, settings, hazards, notes and refusals in the words IAM people use. Lower case, no full stop.

use serde::Serialize;
use serde_json::Value as Json;

use super::value::named_from;
use crate::plan::{Hazard, Reason, Unplannable};
use crate::state::{
    Blind, CredentialKind, Encryption, Kind, LifecycleRule, Note, Objection, Operation, PublicAccessBlock,
    ResourceId, Setting, SettingKey, Transition, Unread, Verb, Versioning,
};

/// Something to know, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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

/// One operation in one line of words: `attach AmazonS3ReadOnlyAccess to group/DataScientists`.
pub fn operation_line(operation: &Operation) -> String {
    let Operation { target, verb } = operation;
    let address = target.address();
    match verb {
        Verb::Create { .. } => format!("create {address}"),
        Verb::Rename { from } => format!("rename {}/{from} to {}", target.kind, target.name),
        Verb::Update { .. } => match target.kind {
            Kind::Policy => format!("new version of {address}"),
            _ => format!("update {address}"),
        },
        Verb::Delete { .. } => format!("delete {address}"),
        Verb::Put { found, wanted } => put_line(target, found.is_some(), wanted),
        Verb::Remove { found } => remove_line(target, found),
    }
}

fn put_line(target: &ResourceId, there: bool, wanted: &Setting) -> String {
    let address = target.address();
    let again = if there { "change" } else { "set" };
    match wanted {
        Setting::Attached(policy) => format!("attach {policy} to {address}"),
        Setting::Boundary(policy) => format!("{again} boundary of {address} to {policy}"),
        Setting::Membership(group) => format!("add {address} to {}", named_from(target, group)),
        Setting::Credential { kind, id } => format!("add {} {id} to {address}", credential(*kind)),
        Setting::HeldRole(role) => format!("put {} into {address}", named_from(target, role)),
        Setting::SignIn => format!("give {address} a console sign-in"),
        Setting::Tag { .. }
        | Setting::Inline { .. }
        | Setting::BucketPolicy(_)
        | Setting::PublicAccessBlock(_)
        | Setting::Encryption(_)
        | Setting::Versioning(_)
        | Setting::Ownership(_)
        | Setting::Lifecycle(_)
        | Setting::Objects => format!("{again} {} of {address}", setting(&wanted.key())),
    }
}

fn remove_line(target: &ResourceId, found: &Setting) -> String {
    let address = target.address();
    match found {
        Setting::Attached(policy) => format!("detach {policy} from {address}"),
        Setting::Membership(group) => format!("take {address} out of {}", named_from(target, group)),
        Setting::HeldRole(role) => format!("take {} out of {address}", named_from(target, role)),
        other => format!("remove {} of {address}", setting(&other.key())),
    }
}

/// A setting as IAM people say it: `inline policy data`, `member of DataScientists`.
pub(super) fn setting(key: &SettingKey) -> String {
    match key {
        SettingKey::Tag(key) => format!("tag {key}"),
        SettingKey::Boundary => String::from("permissions boundary"),
        SettingKey::Attached(policy) => format!("attached {policy}"),
        SettingKey::Inline(name) => format!("inline policy {name}"),
        SettingKey::Membership(group) => format!("member of {}", group.name),
        SettingKey::SignIn => String::from("console sign-in"),
        SettingKey::Credential(kind, id) => format!("{} {id}", credential(*kind)),
        SettingKey::HeldRole => String::from("role"),
        SettingKey::BucketPolicy => String::from("bucket policy"),
        SettingKey::PublicAccessBlock => String::from("block public access"),
        SettingKey::Encryption => String::from("encryption"),
        SettingKey::Versioning => String::from("versioning"),
        SettingKey::Ownership => String::from("object ownership"),
        SettingKey::Lifecycle => String::from("lifecycle"),
        SettingKey::Objects => String::from("objects"),
    }
}

/// The words before a setting's name or value, by which alike settings are shown together.
pub(super) fn sort_of(key: &SettingKey) -> (u8, String) {
    let rank = match key {
        SettingKey::Boundary => 0,
        SettingKey::HeldRole => 1,
        SettingKey::Attached(_) => 2,
        SettingKey::Inline(_) => 3,
        SettingKey::Membership(_) => 4,
        SettingKey::SignIn => 5,
        SettingKey::Credential(..) => 6,
        SettingKey::BucketPolicy => 7,
        SettingKey::PublicAccessBlock => 8,
        SettingKey::Encryption => 9,
        SettingKey::Versioning => 10,
        SettingKey::Ownership => 11,
        SettingKey::Lifecycle => 12,
        SettingKey::Objects => 13,
        SettingKey::Tag(_) => 14,
    };
    let words = match key {
        SettingKey::Attached(_) => String::from("attached"),
        SettingKey::Membership(_) => String::from("member of"),
        SettingKey::Credential(kind, _) => credential(*kind).to_owned(),
        other => setting(other),
    };
    (rank, words)
}

fn credential(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::AccessKey => "access key",
        CredentialKind::MfaDevice => "MFA device",
        CredentialKind::SigningCertificate => "signing certificate",
        CredentialKind::SshPublicKey => "SSH public key",
        CredentialKind::ServiceSpecific => "service-specific credential",
    }
}

/// The value of a setting in a few words; none for documents and for settings that are only there or not.
pub(super) fn value(setting: &Setting) -> Option<String> {
    match setting {
        Setting::Tag { key: _, value } => Some(value.clone()),
        Setting::Boundary(policy) => Some(policy.to_string()),
        Setting::HeldRole(role) => Some(role.name.clone()),
        Setting::PublicAccessBlock(block) => Some(public_access(block)),
        Setting::Encryption(encryption) => Some(encrypted(encryption)),
        Setting::Versioning(Versioning::Enabled) => Some(String::from("enabled")),
        Setting::Versioning(Versioning::Suspended) => Some(String::from("suspended")),
        Setting::Ownership(ownership) => match serde_json::to_value(ownership) {
            Ok(Json::String(name)) => Some(name),
            _ => None,
        },
        Setting::Attached(_)
        | Setting::Inline { .. }
        | Setting::Membership(_)
        | Setting::SignIn
        | Setting::Credential { .. }
        | Setting::BucketPolicy(_)
        | Setting::Lifecycle(_)
        | Setting::Objects => None,
    }
}

fn public_access(block: &PublicAccessBlock) -> String {
    let PublicAccessBlock {
        block_public_acls,
        ignore_public_acls,
        block_public_policy,
        restrict_public_buckets,
    } = *block;
    let switches = [
        ("block_public_acls", block_public_acls),
        ("ignore_public_acls", ignore_public_acls),
        ("block_public_policy", block_public_policy),
        ("restrict_public_buckets", restrict_public_buckets),
    ];
    let off: Vec<_> = switches.iter().filter(|(_, on)| !on).map(|(name, _)| *name).collect();
    match off.len() {
        0 => String::from("all on"),
        4 => String::from("all off"),
        _ => format!("all on but {}", off.join(", ")),
    }
}

fn encrypted(encryption: &Encryption) -> String {
    match encryption {
        Encryption::Aes256 => String::from("AES-256 (SSE-S3)"),
        Encryption::Kms { key, bucket_key, dual_layer } => {
            let layers = if *dual_layer { "two layers of KMS" } else { "KMS" };
            let key = key.as_deref().unwrap_or("aws/s3");
            let bucket_key = if *bucket_key { ", with a bucket key" } else { "" };
            format!("{layers} with key {key}{bucket_key}")
        }
    }
}

/// A lifecycle rule in a line.
pub(super) fn rule(rule: &LifecycleRule) -> String {
    let LifecycleRule {
        id,
        enabled,
        prefix,
        tags,
        larger_than_bytes,
        smaller_than_bytes,
        expire_days,
        expire_date,
        remove_expired_delete_markers,
        expire_noncurrent_days,
        keep_noncurrent_versions,
        abort_uploads_days,
        transitions,
        noncurrent_transitions,
    } = rule;
    let mut parts = vec![];
    if !prefix.is_empty() {
        parts.push(format!("under {prefix}"));
    }
    parts.extend(tags.iter().map(|(key, value)| format!("tagged {key}={value}")));
    parts.extend(larger_than_bytes.map(|n| format!("larger than {n} bytes")));
    parts.extend(smaller_than_bytes.map(|n| format!("smaller than {n} bytes")));
    parts.extend(transitions.iter().map(|t| transition("moved", t)));
    parts.extend(noncurrent_transitions.iter().map(|t| transition("old versions moved", t)));
    parts.extend(expire_days.map(|n| format!("deleted after {n} days")));
    parts.extend(expire_date.iter().map(|date| format!("deleted on {date}")));
    parts.extend(expire_noncurrent_days.map(|n| format!("old versions deleted after {n} days")));
    parts.extend(keep_noncurrent_versions.map(|n| format!("{n} newer old versions kept")));
    parts.extend(abort_uploads_days.map(|n| format!("unfinished uploads given up after {n} days")));
    if *remove_expired_delete_markers {
        parts.push(String::from("expired delete markers removed"));
    }
    let off = if *enabled { "" } else { " (off)" };
    format!("rule {id}{off}: {}", parts.join(", "))
}

fn transition(what: &str, transition: &Transition) -> String {
    let Transition { days, date, storage_class, keep_versions } = transition;
    let mut text = format!("{what} to {storage_class}");
    if let Some(days) = days {
        text.push_str(&format!(" after {days} days"));
    }
    if let Some(date) = date {
        text.push_str(&format!(" on {date}"));
    }
    if let Some(kept) = keep_versions {
        text.push_str(&format!(" but for {kept}"));
    }
    text
}

/// Why something is done: a word for programs and a sentence.
pub(super) fn reason(reason: &Reason) -> (&'static str, String) {
    match reason {
        Reason::Declared => ("declared", String::from("declared, and not there")),
        Reason::Undeclared => ("undeclared", String::from("there, and not declared")),
        Reason::Differs => ("differs", String::from("not as declared")),
        Reason::CannotUpdate(fields) => ("cannot-update", cannot_update(fields)),
        Reason::Follows(id) => ("follows", format!("{} is made anew", id.address())),
        Reason::Renamed => ("renamed", String::from("renamed")),
    }
}

/// Why something is made anew.
pub(super) fn cannot_update(fields: &[impl AsRef<str>]) -> String {
    format!("AWS cannot change {} in place", listed(fields))
}

/// `` `a`, `b` and `c` ``.
pub(super) fn listed(fields: &[impl AsRef<str>]) -> String {
    match fields {
        [] => String::from("it"),
        [one] => format!("`{}`", one.as_ref()),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|f| format!("`{}`", f.as_ref())).collect();
            format!("{} and `{}`", first.join(", "), last.as_ref())
        }
    }
}

/// `1 group`, `2 groups`.
pub(super) fn count(n: usize, one: &str) -> String {
    match (n, one.strip_suffix('y')) {
        (1, _) => format!("1 {one}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        (_, None) => format!("{n} {one}s"),
    }
}

/// A setting's key as a hazard carries it, in words: `access-key/AKIA…` → `access key AKIA…`.
fn key_words(key: &str) -> String {
    match key.split_once('/') {
        Some((sort, name)) => format!("{} {name}", sort.replace('-', " ")),
        None if key == "sign-in" => String::from("console sign-in"),
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
            let text = format!("{} is without its guard, {}, for a moment", id.address(), key_words(key));
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
            let text =
                format!("{deleted} of {} that hatrack answers for are deleted", count(*of, "resource"));
            Said::new("many-deletions", None, text)
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
        Note::NotChecked(id) => Said::new(
            "not-checked",
            Some(id),
            format!("{} is left as it is, because it could not be read in full", id.address()),
        ),
    }
}

/// What could not be read.
pub(super) fn unread(unread: &Unread) -> Said {
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
        Unplannable::WouldReplaceData { id, fields } => {
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
