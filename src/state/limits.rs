//! What AWS takes: names, sizes and counts. Checked before anything is planned, and by the embedded account,
//! which refuses what AWS would.
//!
//! Sizes and counts are measured in [`meter`](super::meter). Where a quota can be raised, the limit here is the highest
//! value it can be raised to: a specification does not know what an account was granted. Sources: the service model's
//! patterns, <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html> and
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.

mod sagemaker;

use super::fit;
use super::meter::{self, Meter};
use super::quota::{Quota, Quotas};
use super::{Core, Kind, Resource, ResourceId, Setting, SettingKey};
use crate::policy::Policy;

/// A limit that a resource breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// By which of its settings; none if by its core, or by many settings together.
    pub setting: Option<SettingKey>,
    /// By which part else: a field of the core, or the sort of settings that are too many. None for the name.
    pub part: Option<&'static str>,
    /// AWS's error code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

/// IAM's names: letters, digits and `+=,.@_-`.
const NAME_EXTRA: &str = "+=,.@_-";
const PATH_MAX: usize = 512;
/// CreateRole and CreatePolicy.
const DESCRIPTION_MAX: usize = 1000;
const SESSION_SECONDS_MIN: u32 = 3600;
const SESSION_SECONDS_MAX: u32 = 43_200;
const TAG_KEY_MAX: usize = 128;
const TAG_VALUE_MAX: usize = 256;
const LIFECYCLE_RULES_MAX: usize = 1000;
const LIFECYCLE_ID_MAX: usize = 255;

/// Everything about a resource that AWS would refuse.
pub fn check(id: &ResourceId, resource: &Resource) -> Vec<Violation> {
    let mut found = Found(vec![]);
    match id.kind {
        Kind::Bucket => bucket_name(&id.name, &mut found),
        sagemaker_kinds!() => sagemaker::name(id, &mut found),
        Kind::Account => sagemaker::account(resource, &mut found),
        Kind::User | Kind::Group | Kind::Policy | Kind::Role | Kind::InstanceProfile => {
            iam_name(id.kind, &id.name, &mut found);
        }
    }
    core(id, &resource.core, &mut found);
    tags(id, resource, &mut found);
    let over = meter::meters(id, resource, &Quotas::most()).into_iter().filter(Meter::is_over);
    found.0.extend(over.map(|meter| {
        let violation = of_meter(id, &meter, "AWS");
        let help = violation.help.map(|help| with_packed(&help, documents(meter.quota, resource)));
        Violation { help, ..violation }
    }));
    for setting in resource.settings.values() {
        match setting {
            Setting::Inline { name, .. } if !is_name(name) || name.chars().count() > 128 => found.add(
                Some(setting.key()),
                "ValidationError",
                format!("`{name}` cannot name an inline policy"),
                Some("up to 128 letters, digits and any of +=,.@_-"),
            ),
            Setting::Lifecycle(rules) => lifecycle(rules, &mut found),
            _ => {}
        }
    }
    found.0
}

/// What AWS takes only if the account's quota was raised: more than the default, and no more than it grants.
pub fn needs_raised_quota(id: &ResourceId, resource: &Resource) -> Vec<Violation> {
    let over = |meter: &Meter| meter.is_over() && meter.used <= meter.quota.facts().most;
    let meters = meter::meters(id, resource, &Quotas::default()).into_iter().filter(over);
    let violation = |meter: Meter| {
        let most = meter.quota.facts().most;
        let message = format!(
            "{}, AWS takes {} unless the account's quota was raised",
            meter.sentence(id),
            meter.limit
        );
        let help = format!("it can be raised to {most}; `hatrack plan` asks the account for its own");
        Violation { message, help: Some(help), ..of_meter(id, &meter, "AWS") }
    };
    meters.map(violation).collect()
}

/// A quota exceeded, as a limit that is broken. `who` takes no more: AWS, or an account.
pub fn of_meter(id: &ResourceId, meter: &Meter, who: &str) -> Violation {
    let Meter { quota, used: _, limit, assumed: _ } = meter;
    let (part, help) = match quota {
        Quota::ManagedPoliciesPerUser | Quota::ManagedPoliciesPerGroup | Quota::ManagedPoliciesPerRole => {
            (Some("policies"), "merge some into one policy of your own")
        }
        Quota::InlineCharactersPerUser | Quota::InlineCharactersPerGroup | Quota::InlineCharactersPerRole => {
            (Some("inline"), "move statements into a managed policy")
        }
        Quota::TrustCharacters => (Some("trust"), "let fewer assume it, or make a second role"),
        Quota::PolicyCharacters => (Some("document"), "split it in two; blanks are not counted"),
        Quota::BucketPolicyBytes => (None, "merge statements, or grant in identity policies instead"),
        Quota::GroupsPerUser => (Some("groups"), "merge groups, or attach policies to the user"),
        Quota::Tags => (Some("tags"), "drop some; hatrack's own mark is one of them"),
        Quota::Users | Quota::Groups | Quota::Roles | Quota::Policies | Quota::InstanceProfiles => {
            (None, "delete what nobody uses")
        }
    };
    let code = match (quota, id.kind) {
        (Quota::BucketPolicyBytes, _) => "MalformedPolicy", // S3's code for a policy it will not take.
        (Quota::Tags, Kind::Bucket) => "InvalidTag",
        _ => "LimitExceeded",
    };
    Violation {
        setting: (*quota == Quota::BucketPolicyBytes).then_some(SettingKey::BucketPolicy),
        part,
        code,
        message: format!("{}, {who} takes {limit}", meter.sentence(id)),
        help: Some(help.to_owned()),
    }
}

struct Found(Vec<Violation>);

impl Found {
    fn add(&mut self, setting: Option<SettingKey>, code: &'static str, message: String, help: Option<&str>) {
        self.0.push(Violation { setting, part: None, code, message, help: help.map(str::to_owned) });
    }

    fn name(&mut self, code: &'static str, message: String, help: &str) {
        self.add(None, code, message, Some(help));
    }

    fn part(&mut self, part: &'static str, code: &'static str, message: String, help: &str) {
        let help = Some(help.to_owned());
        self.0.push(Violation { setting: None, part: Some(part), code, message, help });
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || NAME_EXTRA.contains(c))
}

fn iam_name(kind: Kind, name: &str, found: &mut Found) {
    let longest = match kind {
        Kind::User | Kind::Role => 64,
        Kind::Group
        | Kind::Policy
        | Kind::InstanceProfile
        | Kind::Bucket
        | sagemaker_kinds!()
        | Kind::Account => 128,
    };
    if !is_name(name) {
        let help = "letters, digits and any of +=,.@_-";
        found.name("ValidationError", format!("`{name}` cannot name a {kind}"), help);
    } else if name.len() > longest {
        let message = format!("`{name}` has {} characters, a {kind}'s name at most {longest}", name.len());
        found.name("ValidationError", message, "shorten it");
    }
}

fn bucket_name(name: &str, found: &mut Found) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let octets: Vec<&str> = name.split('.').collect();
    let help = if !(3..=63).contains(&name.len()) {
        "a bucket's name has 3 to 63 characters"
    } else if !name.chars().all(|c| plain(c) || c == '.' || c == '-') {
        "a bucket's name has only lower-case letters, digits, hyphens and dots"
    } else if !name.starts_with(plain) || !name.ends_with(plain) || name.contains("..") {
        "a bucket's name begins and ends with a letter or digit, and has no two dots in a row"
    } else if octets.len() == 4 && octets.iter().all(|o| o.parse::<u8>().is_ok()) {
        "a bucket's name cannot look like an IP address"
    } else if ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| name.starts_with(prefix))
        || ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|end| name.ends_with(end))
    {
        "AWS keeps this prefix or ending to itself"
    } else {
        return;
    };
    found.name("InvalidBucketName", format!("`{name}` cannot name a bucket"), help);
}

fn core(id: &ResourceId, core: &Core, found: &mut Found) {
    if let Some(own) = core.path() {
        path(id.kind, own, found);
    }
    match core {
        Core::Policy { description: text, .. } => {
            description(id, text, found);
        }
        Core::Role { description: text, max_session_seconds, .. } => {
            description(id, text, found);
            if !(SESSION_SECONDS_MIN..=SESSION_SECONDS_MAX).contains(max_session_seconds) {
                let message = format!("a session of {max_session_seconds} seconds is not possible");
                found.part(
                    "max_session_seconds",
                    "ValidationError",
                    message,
                    "from 3600 (an hour) to 43200 (twelve hours)",
                );
            }
        }
        Core::User { .. } | Core::Group { .. } | Core::InstanceProfile { .. } | Core::Bucket { .. } => {}
        sagemaker_cores!() | Core::Account => sagemaker::core(core, found),
    }
}

fn path(kind: Kind, path: &str, found: &mut Found) {
    let (taken, help) = if kind == Kind::Policy {
        // Stricter than the others: `((/[A-Za-z0-9\.,\+@=_-]+)*)/`.
        let step = |s: &str| is_name(s);
        let inside = path.strip_prefix('/').and_then(|p| p.strip_suffix('/'));
        let taken = path == "/" || inside.is_some_and(|p| p.split('/').all(step));
        (taken, "`/` or `/…/`, of letters, digits and any of +=,.@_-")
    } else {
        let taken =
            path.starts_with('/') && path.ends_with('/') && path.bytes().all(|b| b.is_ascii_graphic());
        (taken, "`/` or `/…/`, without blanks and accents")
    };
    if !taken {
        found.part("path", "ValidationError", format!("`{path}` is not the path of a {kind}"), help);
    } else if path.len() > PATH_MAX {
        let message = format!("the path has {} characters, AWS takes {PATH_MAX}", path.len());
        found.part("path", "ValidationError", message, "shorten it");
    }
}

fn description(id: &ResourceId, text: &str, found: &mut Found) {
    let length = text.chars().count();
    if length > DESCRIPTION_MAX {
        let message = format!("a description has {length} characters, AWS takes {DESCRIPTION_MAX}");
        found.part("description", "ValidationError", message, "shorten it");
    }
    // Roles only: `[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`.
    let taken = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    if let (Kind::Role, Some(odd)) = (id.kind, text.chars().find(|c| !taken(*c))) {
        let message = format!("a role's description cannot hold `{}`", odd.escape_debug());
        found.part("description", "ValidationError", message, "Latin letters and punctuation only");
    }
}

fn tags(id: &ResourceId, resource: &Resource, found: &mut Found) {
    let code = if id.kind == Kind::Bucket { "InvalidTag" } else { "ValidationError" };
    for setting in resource.settings.values() {
        let Setting::Tag { key, value } = setting else { continue };
        // AWS's own are set by nobody else.
        if key.starts_with("aws:") {
            continue;
        }
        for (what, text, shortest, longest) in
            [("key", key, 1, TAG_KEY_MAX), ("value", value, 0, TAG_VALUE_MAX)]
        {
            let length = text.chars().count();
            if !(shortest..=longest).contains(&length) {
                let message = format!("the {what} of tag `{key}` has {length} characters");
                let help = format!("AWS takes {shortest} to {longest}");
                found.add(Some(setting.key()), code, message, Some(&help));
            }
            if let Some(odd) = text.chars().find(|c| !is_tag_character(*c)) {
                let message = format!("the {what} of tag `{key}` cannot hold `{}`", odd.escape_debug());
                let help = "letters, digits, blanks and any of _.:/=+-@";
                found.add(Some(setting.key()), code, message, Some(help));
            }
        }
    }
}

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`.
fn is_tag_character(c: char) -> bool {
    c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c)
}

fn lifecycle(rules: &[super::LifecycleRule], found: &mut Found) {
    let mut add = |message: String, help: &str| {
        found.add(Some(SettingKey::Lifecycle), "InvalidArgument", message, Some(help));
    };
    if rules.len() > LIFECYCLE_RULES_MAX {
        add(format!("there are {} lifecycle rules", rules.len()), "S3 takes 1000");
    }
    for rule in rules {
        let id = &rule.id;
        if id.is_empty() || id.chars().count() > LIFECYCLE_ID_MAX {
            add(format!("`{id}` cannot be the id of a lifecycle rule"), "1 to 255 characters");
        }
        if rules.iter().filter(|other| other.id == *id).count() > 1 {
            add(format!("there are two lifecycle rules `{id}`"), "ids are unique in a bucket");
        }
        let acts = rule.expire_days.is_some()
            || rule.expire_date.is_some()
            || rule.remove_expired_delete_markers
            || rule.expire_noncurrent_days.is_some()
            || rule.abort_uploads_days.is_some()
            || !rule.transitions.is_empty()
            || !rule.noncurrent_transitions.is_empty();
        if !acts {
            add(format!("lifecycle rule `{id}` does nothing"), "say when something expires or moves");
        }
        let moves = rule.transitions.iter().chain(&rule.noncurrent_transitions);
        for date in rule.expire_date.iter().chain(moves.filter_map(|t| t.date.as_ref())) {
            if !is_date(date) {
                add(
                    format!("`{date}` in lifecycle rule `{id}` is no date"),
                    "write YYYY-MM-DD: S3 takes midnight UTC",
                );
            }
        }
        let days = [rule.expire_days, rule.expire_noncurrent_days, rule.abort_uploads_days];
        if days.into_iter().flatten().any(|days| days < 1) {
            add(format!("lifecycle rule `{id}` counts less than one day"), "days are 1 or more");
        }
    }
}

/// The documents that a quota measures.
fn documents(quota: Quota, resource: &Resource) -> Vec<&Policy> {
    match (quota, &resource.core) {
        (Quota::TrustCharacters, Core::Role { trust, .. }) => vec![trust],
        (Quota::PolicyCharacters, Core::Policy { document, .. }) => vec![document],
        _ => {
            let settings = resource.settings.values();
            let each = settings.filter_map(|setting| match setting {
                Setting::BucketPolicy(policy) if quota == Quota::BucketPolicyBytes => Some(policy),
                Setting::Inline { document, .. } if quota.ignores_blanks() => Some(document),
                _ => None,
            });
            each.collect()
        }
    }
}

/// A way out, and how far packing the documents is from being one.
fn with_packed(help: &str, documents: Vec<&Policy>) -> String {
    if documents.is_empty() || documents.iter().any(|policy| policy.document().is_none()) {
        return help.to_owned();
    }
    let packed: usize = documents.into_iter().map(fit::packed_characters).sum();
    format!("{help}; packed, without Sids, it still has {packed} characters")
}

/// `2030-01-31`, as far as the shape and the ranges go.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut next = |digits: usize| {
        let part = parts.next().filter(|p| p.len() == digits && p.bytes().all(|b| b.is_ascii_digit()))?;
        part.parse::<u32>().ok()
    };
    let date = (next(4), next(2), next(2));
    matches!(date, (Some(_), Some(1..=12), Some(1..=31))) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::state::PolicyReference;

    fn id(kind: Kind, name: &str) -> ResourceId {
        ResourceId::new(&"111122223333".parse().unwrap(), kind, name)
    }

    fn user(settings: impl IntoIterator<Item = Setting>) -> Resource {
        Resource::new(Core::User { path: "/".into() }, settings)
    }

    fn messages(id: &ResourceId, resource: &Resource) -> Vec<String> {
        check(id, resource).into_iter().map(|v| format!("{}: {}", v.code, v.message)).collect()
    }

    fn role(seconds: u32, description: &str, trust_characters: usize) -> Resource {
        let core = Core::Role {
            path: "/".into(),
            description: description.into(),
            max_session_seconds: seconds,
            trust: Policy::Unreadable("x ".repeat(trust_characters)),
        };
        Resource::new(core, [])
    }

    #[test]
    fn names_have_a_length_and_an_alphabet() {
        assert_eq!(messages(&id(Kind::User, &"a".repeat(64)), &user([])), [""; 0]);
        assert_eq!(
            messages(&id(Kind::User, &"a".repeat(65)), &user([])),
            [format!("ValidationError: `{}` has 65 characters, a user's name at most 64", "a".repeat(65))]
        );
        assert_eq!(
            messages(&id(Kind::User, "al ice"), &user([])),
            ["ValidationError: `al ice` cannot name a user"]
        );
        assert_eq!(messages(&id(Kind::User, "a+=,.@_-9"), &user([])), [""; 0]);
    }

    #[test]
    fn bucket_names_are_dns_names() {
        let bucket = Resource::new(Core::Bucket { region: "eu-west-1".into() }, []);
        for good in ["abc", "acme-lake", "a.b-c.9", &"a".repeat(63)] {
            assert_eq!(messages(&id(Kind::Bucket, good), &bucket), [""; 0], "{good}");
        }
        for bad in
            ["ab", "Acme", "a_b", "-ab", "ab-", "a..b", "192.168.0.1", "xn--a", "a-s3alias", &"a".repeat(64)]
        {
            let said = messages(&id(Kind::Bucket, bad), &bucket);
            assert_eq!(said, [format!("InvalidBucketName: `{bad}` cannot name a bucket")]);
        }
    }

    #[test]
    fn policy_paths_are_stricter() {
        let at = |path: &str| {
            let path = path.to_owned();
            let document = Policy::Unreadable(String::new());
            Core::Policy { path, description: String::new(), document }
        };
        let policy = id(Kind::Policy, "p");
        assert_eq!(messages(&policy, &Resource::new(at("/a/b+c/"), [])), [""; 0]);
        for bad in ["/a!/", "a/", "/a", "//"] {
            let said = messages(&policy, &Resource::new(at(bad), []));
            assert_eq!(said, [format!("ValidationError: `{bad}` is not the path of a policy")]);
        }
        let group = Resource::new(Core::Group { path: "/a!/".into() }, []);
        assert_eq!(messages(&id(Kind::Group, "g"), &group), [""; 0]);
    }

    #[test]
    fn sessions_and_descriptions_and_trust() {
        let name = id(Kind::Role, "r");
        assert_eq!(messages(&name, &role(3600, "für S3", 4096)), [""; 0]);
        assert_eq!(messages(&name, &role(43_201, "", 1)).len(), 1);
        assert_eq!(messages(&name, &role(3599, "", 1)).len(), 1);
        assert_eq!(
            messages(&name, &role(3600, "数", 4097)),
            [
                "ValidationError: a role's description cannot hold `数`",
                "LimitExceeded: the trust policy of `r` has 4097 characters, AWS takes 4096"
            ]
        );
    }

    #[test]
    fn tags_are_counted_without_aws_own() {
        let tag = |key: String| Setting::Tag { key, value: "v".into() };
        let some = |n: usize| (0..n).map(move |n| tag(format!("k{n}")));
        let name = id(Kind::User, "u");
        assert_eq!(messages(&name, &user(some(50).chain([tag("aws:x".into())]))), [""; 0]);
        assert_eq!(messages(&name, &user(some(51))), ["LimitExceeded: user/u has 51 tags, AWS takes 50"]);
        assert_eq!(
            messages(&name, &user([tag("a*b".into())])),
            ["ValidationError: the key of tag `a*b` cannot hold `*`"]
        );
    }

    #[test]
    fn edges_are_counted() {
        let attached = |n: usize| (0..n).map(|n| Setting::Attached(PolicyReference::Aws(format!("P{n}"))));
        let name = id(Kind::User, "u");
        assert_eq!(messages(&name, &user(attached(20))), [""; 0]);
        assert_eq!(messages(&name, &user(attached(21))).len(), 1);
        let groups = |n: usize| (0..n).map(|n| Setting::Membership(id(Kind::Group, &format!("g{n}"))));
        assert_eq!(
            messages(&name, &user(groups(11))),
            ["LimitExceeded: user/u is in 11 groups, AWS takes 10"]
        );
        let inline = |n: usize, size: usize| {
            (0..n).map(move |n| Setting::Inline {
                name: format!("i{n}"),
                document: Policy::Unreadable("x".repeat(size)),
            })
        };
        assert_eq!(messages(&name, &user(inline(2, 1024))), [""; 0]);
        assert_eq!(
            messages(&name, &user(inline(2, 1025))),
            ["LimitExceeded: the inline policies of user/u have 2050 characters together, AWS takes 2048"]
        );
    }

    #[test]
    fn lifecycle_rules_do_something() {
        let rule: crate::state::LifecycleRule = serde_json::from_str(r#"{"id":"a"}"#).unwrap();
        let bucket =
            Resource::new(Core::Bucket { region: "eu-west-1".into() }, [Setting::Lifecycle(vec![rule])]);
        assert_eq!(
            messages(&id(Kind::Bucket, "abc"), &bucket),
            ["InvalidArgument: lifecycle rule `a` does nothing"]
        );
    }

    #[test]
    fn lifecycle_dates_are_days() {
        assert!(is_date("2030-01-31"));
        for wrong in ["2030-01-31T00:00:00Z", "2030-13-01", "30-01-01", "whenever", "2030-01-01-01"] {
            assert!(!is_date(wrong), "{wrong}");
        }
    }
}
