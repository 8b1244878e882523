//! Operations, settings and values in the words IAM people use.

use serde_json::Value as Json;

use super::value::{named_from, of_core};
use crate::plan::Reason;
use crate::state::{
    Core, CredentialKind, Encryption, Kind, LifecycleRule, Operation, PasswordPolicy, PublicAccessBlock,
    ResourceId, Setting, SettingKey, Transition, Verb, Versioning,
};

/// One operation in one line of words: `attach AmazonS3ReadOnlyAccess to group/DataScientists`.
pub fn operation_line(operation: &Operation) -> String {
    let Operation { target, verb } = operation;
    let address = target.address();
    match verb {
        Verb::Create { .. } => format!("create {address}"),
        Verb::Rename { from } => format!("rename {}/{from} to {}", target.kind, target.name),
        Verb::Update { found, wanted } => match target.kind {
            Kind::Policy => format!("new version of {address}"),
            _ => format!("update {} of {address}", core_words(found, wanted).join(", ")),
        },
        Verb::Delete { .. } => format!("delete {address}"),
        Verb::Put { found, wanted } => put_line(target, found.is_some(), wanted),
        Verb::Remove { found } => remove_line(target, found),
    }
}

/// Which fields differ between two cores of one resource.
pub(super) fn core_words(then: &Core, now: &Core) -> Vec<&'static str> {
    let fields: Vec<(&'static str, bool)> = match (then, now) {
        (
            Core::Policy { path: _, description: _, document: a },
            Core::Policy { path: _, description: _, document: b },
        ) => {
            vec![("document", a != b)]
        }
        (
            Core::Role { path: _, description: a, max_session_seconds: c, trust: e },
            Core::Role { path: _, description: b, max_session_seconds: d, trust: f },
        ) => vec![("trust policy", e != f), ("description", a != b), ("longest session", c != d)],
        (
            Core::Domain(_) | Core::UserProfile(_) | Core::Notebook(_) | Core::NotebookLifecycle(_),
            Core::Domain(_) | Core::UserProfile(_) | Core::Notebook(_) | Core::NotebookLifecycle(_),
        ) => {
            let (then, now) = (of_core(then), of_core(now));
            then.iter().zip(&now).map(|((name, a), (_, b))| (field(name), a != b)).collect()
        }
        _ => vec![],
    };
    let path = ("path", then.path() != now.path());
    fields.into_iter().chain([path]).filter(|(_, differs)| *differs).map(|(word, _)| word).collect()
}

fn put_line(target: &ResourceId, there: bool, wanted: &Setting) -> String {
    let address = target.address();
    let again = if there { "change" } else { "set" };
    match wanted {
        Setting::Attached(policy) => format!("attach {policy} to {address}"),
        Setting::Boundary(policy) => format!("{again} permissions boundary of {address} to {policy}"),
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
        | Setting::Objects
        | Setting::StudioLifecycle { .. }
        | Setting::Apps(_)
        | Setting::Failed(_)
        | Setting::AccountAlias(_)
        | Setting::PasswordPolicy(_) => format!("{again} {} of {address}", setting(&wanted.key())),
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
        SettingKey::StudioLifecycle(config) => format!("Studio script {}", config.name),
        SettingKey::Apps => String::from("running apps"),
        SettingKey::Failed => String::from("failure"),
        SettingKey::AccountAlias => String::from("account alias"),
        SettingKey::PasswordPolicy => String::from("password policy"),
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
        SettingKey::StudioLifecycle(_) => 14,
        SettingKey::AccountAlias => 15,
        SettingKey::PasswordPolicy => 16,
        SettingKey::Apps => 17,
        SettingKey::Failed => 18,
        SettingKey::Tag(_) => 19,
    };
    let words = match key {
        SettingKey::Attached(_) => String::from("attached"),
        SettingKey::Membership(_) => String::from("member of"),
        SettingKey::Credential(kind, _) => credential(*kind).to_owned(),
        SettingKey::StudioLifecycle(_) => String::from("Studio script"),
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
        | Setting::Objects
        | Setting::StudioLifecycle { .. } => None,
        Setting::Apps(apps) => Some(apps.iter().cloned().collect::<Vec<_>>().join(", ")),
        Setting::Failed(text) | Setting::AccountAlias(text) => Some(text.clone()),
        Setting::PasswordPolicy(policy) => Some(passwords(policy)),
    }
}

fn passwords(policy: &PasswordPolicy) -> String {
    let PasswordPolicy {
        minimum_length,
        require_symbols,
        require_numbers,
        require_uppercase,
        require_lowercase,
        allow_users_to_change,
        max_age_days,
        remember,
        hard_expiry,
    } = policy;
    let needs: Vec<&str> = [
        (*require_symbols, "symbols"),
        (*require_numbers, "digits"),
        (*require_uppercase, "upper case"),
        (*require_lowercase, "lower case"),
    ]
    .into_iter()
    .filter_map(|(on, word)| on.then_some(word))
    .collect();
    let mut parts = vec![format!("at least {minimum_length} characters")];
    if !needs.is_empty() {
        parts.push(format!("with {}", needs.join(", ")));
    }
    parts
        .push(max_age_days.map_or_else(|| "never expires".to_owned(), |n| format!("expires after {n} days")));
    parts.extend(remember.map(|n| format!("none of the last {n}")));
    if !allow_users_to_change {
        parts.push("users cannot change their own".to_owned());
    }
    if *hard_expiry {
        parts.push("an expired one needs an administrator".to_owned());
    }
    parts.join(", ")
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
    parts.extend(expire_days.map(|n| format!("deleted after {}", days_of(n))));
    parts.extend(expire_date.iter().map(|date| format!("deleted on {date}")));
    parts.extend(expire_noncurrent_days.map(|n| format!("old versions deleted after {}", days_of(n))));
    parts.extend(keep_noncurrent_versions.map(|n| format!("{n} newer old versions kept")));
    parts.extend(abort_uploads_days.map(|n| format!("unfinished uploads given up after {}", days_of(n))));
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
        text.push_str(&format!(" after {}", days_of(*days)));
    }
    if let Some(date) = date {
        text.push_str(&format!(" on {date}"));
    }
    if let Some(kept) = keep_versions {
        text.push_str(&format!(" but for {kept}"));
    }
    text
}

fn days_of(days: i32) -> String {
    if days == 1 { String::from("1 day") } else { format!("{days} days") }
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
pub fn count(n: usize, one: &str) -> String {
    match (n, one.strip_suffix('y')) {
        (1, _) => format!("1 {one}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        (_, None) => format!("{n} {one}s"),
    }
}

/// A field's name in words.
pub(super) fn field(name: &str) -> &str {
    match name {
        "auth_mode" => "sign-in",
        "security_groups" => "security groups",
        "execution_role" => "execution role",
        "idle_minutes" => "minutes idle before stop",
        "home_files" => "home files at deletion",
        "kms_key" => "KMS key",
        "instance_type" => "instance type",
        "volume_gb" => "volume in GB",
        "direct_internet" => "direct internet",
        "root_access" => "root access",
        "metadata_version" => "lowest metadata service version",
        "sso_user" => "Identity Center user",
        "on_create" => "script at creation",
        "on_start" => "script at start",
        "trust" => "trust policy",
        "max_session_duration" => "longest session",
        other => other,
    }
}
