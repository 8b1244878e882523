//! What SageMaker and the account's own settings take. Source: the service models' patterns and ranges,
//! <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateDomain.html> and its siblings.

use super::Found;
use crate::state::{
    Core, Domain, Kind, Notebook, NotebookLifecycle, PasswordPolicy, Resource, ResourceId, Setting,
    SettingKey, StudioLifecycle, UserProfile, within_domain,
};

const NAME_MAX: usize = 63;
/// Lifecycle configurations travel in base64, which is what is counted.
const SCRIPT_BASE64_MAX: usize = 16_384;
const SUBNETS_MAX: usize = 16;
const SECURITY_GROUPS_MAX: usize = 5;
const CODE: &str = "ValidationException";

/// The names of what is not IAM's, nor a bucket's.
pub(super) fn name(id: &ResourceId, found: &mut Found) {
    let names: Vec<&str> = match id.kind {
        Kind::UserProfile | Kind::Space => match within_domain(&id.name) {
            Some((domain, own)) => vec![domain, own],
            None => {
                let message = format!("`{}` does not say in which domain it is", id.name);
                return found.add(None, CODE, message, Some("its address is KIND/DOMAIN/NAME"));
            }
        },
        _ => vec![&id.name],
    };
    for name in names {
        let letters = |c: char| c.is_ascii_alphanumeric();
        let fits = name.len() <= NAME_MAX
            && name.starts_with(letters)
            && name.ends_with(letters)
            && name.chars().all(|c| letters(c) || c == '-');
        if !fits {
            let message = format!("`{name}` cannot name a {}", id.kind);
            let help = "up to 63 letters, digits and hyphens, beginning and ending with a letter or digit";
            found.add(None, CODE, message, Some(help));
        }
    }
}

/// What a core of SageMaker may say.
pub(super) fn core(core: &Core, found: &mut Found) {
    match core {
        Core::Domain(Domain { vpc, subnets, security_groups, execution_role, .. }) => {
            shaped("vpc", "vpc-", [vpc], found);
            shaped("subnets", "subnet-", subnets, found);
            shaped("security_groups", "sg-", security_groups, found);
            most("subnets", subnets.len(), SUBNETS_MAX, found);
            most("security_groups", security_groups.len(), SECURITY_GROUPS_MAX, found);
            role(execution_role, found);
        }
        Core::UserProfile(UserProfile { security_groups, execution_role, .. }) => {
            shaped("security_groups", "sg-", security_groups, found);
            most("security_groups", security_groups.len(), SECURITY_GROUPS_MAX, found);
            execution_role.iter().for_each(|arn| role(arn, found));
        }
        Core::Notebook(Notebook { subnet, security_groups, instance_type, execution_role, .. }) => {
            shaped("subnet", "subnet-", subnet, found);
            shaped("security_groups", "sg-", security_groups, found);
            most("security_groups", security_groups.len(), SECURITY_GROUPS_MAX, found);
            role(execution_role, found);
            if !instance_type.starts_with("ml.") {
                let message = format!("`{instance_type}` is no instance type of a notebook");
                found.part("instance_type", CODE, message, "they begin with `ml.`: `ml.t3.medium`");
            }
        }
        Core::NotebookLifecycle(NotebookLifecycle { on_create, on_start }) => {
            for (part, text) in [("on_create", on_create), ("on_start", on_start)] {
                text.iter().for_each(|text| script(part, text, found));
            }
        }
        Core::StudioLifecycle(StudioLifecycle { app: _, script: text }) => script("script", text, found),
        Core::Space(_)
        | Core::Account
        | Core::User { .. }
        | Core::Group { .. }
        | Core::Policy { .. }
        | Core::Role { .. }
        | Core::InstanceProfile { .. }
        | Core::Bucket { .. } => {}
    }
}

/// The account's own settings.
pub(super) fn account(resource: &Resource, found: &mut Found) {
    for setting in resource.settings.values() {
        match setting {
            Setting::AccountAlias(alias) => {
                let fits = (3..=NAME_MAX).contains(&alias.len())
                    && alias.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                    && !alias.starts_with('-')
                    && !alias.ends_with('-')
                    && !alias.contains("--")
                    && (alias.len() != 12 || alias.chars().any(|c| !c.is_ascii_digit()));
                if !fits {
                    let help = "3 to 63 lower-case letters, digits and single hyphens between them, not twelve digits";
                    let message = format!("`{alias}` cannot be the alias of an account");
                    found.add(Some(SettingKey::AccountAlias), "ValidationError", message, Some(help));
                }
            }
            Setting::PasswordPolicy(PasswordPolicy { minimum_length, max_age_days, remember, .. }) => {
                for (what, value, least, most) in [
                    ("minimum_length", Some(minimum_length), 6, 128),
                    ("max_age_days", max_age_days.as_ref(), 1, 1_095),
                    ("remember", remember.as_ref(), 1, 24),
                ] {
                    let Some(value) = value else { continue };
                    if !(least..=most).contains(value) {
                        let message = format!("`{what}` is {value}");
                        let help = format!("AWS takes {least} to {most}");
                        found.add(Some(SettingKey::PasswordPolicy), "ValidationError", message, Some(&help));
                    }
                }
            }
            _ => {}
        }
    }
}

fn script(part: &'static str, text: &str, found: &mut Found) {
    let size = text.len().div_ceil(3) * 4;
    if text.is_empty() {
        found.part(part, CODE, format!("`{part}` is empty"), "leave it out, or write a script");
    } else if size > SCRIPT_BASE64_MAX {
        let message = format!("`{part}` has {size} characters in base64, AWS takes {SCRIPT_BASE64_MAX}");
        found.part(part, CODE, message, "put the rest into a bucket, and let the script fetch it");
    }
}

fn role(arn: &str, found: &mut Found) {
    if !arn.is_empty() && !arn.contains(":role/") {
        found.part(
            "execution_role",
            CODE,
            format!("`{arn}` is not the ARN of a role"),
            "a role works for it",
        );
    }
}

fn most(part: &'static str, count: usize, most: usize, found: &mut Found) {
    if count > most {
        found.part(
            part,
            CODE,
            format!("there are {count} {}", part.replace('_', " ")),
            &format!("AWS takes {most}"),
        );
    }
}

/// Ids of the network begin with what they are.
fn shaped<'a>(
    part: &'static str,
    prefix: &str,
    ids: impl IntoIterator<Item = &'a String>,
    found: &mut Found,
) {
    for id in ids {
        let rest = id.strip_prefix(prefix).unwrap_or_default();
        if !id.is_empty() && (rest.is_empty() || !rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
        {
            let help = format!("an id begins with `{prefix}`");
            found.part(part, CODE, format!("`{id}` is no id of this sort"), &help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{ACCOUNT_SETTINGS, limits};

    fn said(kind: Kind, name: &str, resource: &Resource) -> Vec<String> {
        let id = ResourceId::in_region(&"111122223333".parse().unwrap(), kind, name, "eu-west-1");
        limits::check(&id, resource).into_iter().map(|v| v.message).collect()
    }

    #[test]
    fn aliases_are_what_aws_takes() {
        let of = |alias: &str| {
            let resource = Resource::new(Core::Account, [Setting::AccountAlias(alias.to_owned())]);
            said(Kind::Account, ACCOUNT_SETTINGS, &resource)
        };
        for good in ["acme", "a-b-c", "abc123", "1234567890123"] {
            assert_eq!(of(good), [""; 0], "{good}");
        }
        for bad in ["ab", "Acme", "-acme", "acme-", "a--b", "123456789012", "a_b"] {
            assert_eq!(of(bad), [format!("`{bad}` cannot be the alias of an account")]);
        }
    }

    #[test]
    fn a_script_is_counted_in_base64() {
        let of = |length: usize| {
            let script = NotebookLifecycle { on_create: None, on_start: Some("x".repeat(length)) };
            said(Kind::NotebookLifecycle, "setup", &Resource::new(Core::NotebookLifecycle(script), []))
        };
        assert_eq!(of(12_288), [""; 0]);
        assert_eq!(of(12_289), ["`on_start` has 16388 characters in base64, AWS takes 16384"]);
        assert_eq!(of(0), ["`on_start` is empty"]);
    }

    #[test]
    fn the_names_of_people_are_told_with_their_domain() {
        let profile = Core::UserProfile(UserProfile {
            domain: "111122223333/eu-west-1:domain/studio".parse().unwrap(),
            sso_user: None,
            execution_role: None,
            security_groups: ["sg-1".to_owned()].into(),
        });
        let resource = Resource::new(profile, []);
        assert_eq!(said(Kind::UserProfile, "studio/alice", &resource), [""; 0]);
        assert_eq!(
            said(Kind::UserProfile, "studio/al.ice", &resource),
            ["`al.ice` cannot name a user-profile"]
        );
        assert_eq!(
            said(Kind::UserProfile, "alice", &resource),
            ["`alice` does not say in which domain it is"]
        );
    }
}
