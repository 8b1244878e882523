//! Setting and clearing what users, groups, roles, policies and instance profiles carry.

use crate::state::sagemaker_kinds;
use aws_sdk_iam::types::Tag;
use secrecy::{ExposeSecret, SecretString};

use super::credentials::has_sign_in;
use super::error::{Fault, Sort};
use super::read_iam::document;
use super::retry::Lag;
use super::write::{Now, Task};
use crate::policy::Policy;
use crate::state::{CredentialKind, Kind, PolicyReference, Setting};

/// Sets a setting.
pub(super) async fn put(task: &Task<'_>, found: Option<&Setting>, wanted: &Setting) -> Result<(), Fault> {
    match wanted {
        Setting::Tag { key, value } => put_tag(task, key, value).await,
        Setting::Boundary(policy) => put_boundary(task, policy).await,
        Setting::Attached(policy) => attach(task, policy).await,
        Setting::Inline { name, document } => {
            put_inline(task, name, found.and_then(Setting::document), document).await
        }
        Setting::Membership(group) if task.id.kind == Kind::User => {
            let call = task.link.iam.add_user_to_group().user_name(&task.id.name).group_name(&group.name);
            task.link.put(task.lag, send!(call)).await
        }
        Setting::SignIn if task.id.kind == Kind::User => sign_in(task).await,
        Setting::HeldRole(role) if task.id.kind == Kind::InstanceProfile => {
            if let Some(Setting::HeldRole(held)) = found
                && held != role
            {
                release(task, &held.name).await?;
            }
            hold(task, &role.name).await
        }
        other => Err(task.cannot(&other.key().to_string())),
    }
}

/// Clears a setting; what is already gone is done.
pub(super) async fn remove(task: &Task<'_>, found: &Setting) -> Result<(), Fault> {
    match found {
        Setting::Tag { key, .. } => remove_tag(task, key).await,
        Setting::Boundary(_) => remove_boundary(task).await,
        Setting::Attached(policy) => detach(task, policy).await,
        Setting::Inline { name, .. } => remove_inline(task, name).await,
        Setting::Membership(group) if task.id.kind == Kind::User => {
            let call =
                task.link.iam.remove_user_from_group().user_name(&task.id.name).group_name(&group.name);
            task.link.take(Lag::default(), send!(call)).await
        }
        Setting::SignIn if task.id.kind == Kind::User => {
            let call = task.link.iam.delete_login_profile().user_name(&task.id.name);
            task.link.take(Lag::default(), send!(call)).await
        }
        Setting::HeldRole(role) if task.id.kind == Kind::InstanceProfile => release(task, &role.name).await,
        Setting::Credential { kind, id } if task.id.kind == Kind::User => {
            remove_credential(task, *kind, id).await
        }
        other => Err(task.cannot(&other.key().to_string())),
    }
}

async fn put_tag(task: &Task<'_>, key: &str, value: &str) -> Result<(), Fault> {
    let (link, iam, name) = (task.link, &task.link.iam, &task.id.name);
    let tag = Tag::builder().key(key).value(value).build()?;
    match task.id.kind {
        Kind::User => {
            let call = iam.tag_user().user_name(name).tags(tag);
            link.put(task.lag, send!(call)).await
        }
        Kind::Role => {
            let call = iam.tag_role().role_name(name).tags(tag);
            link.put(task.lag, send!(call)).await
        }
        Kind::Policy => {
            let call = iam.tag_policy().policy_arn(own_arn(task).await?).tags(tag);
            link.put(task.lag, send!(call)).await
        }
        Kind::InstanceProfile => {
            let call = iam.tag_instance_profile().instance_profile_name(name).tags(tag);
            link.put(task.lag, send!(call)).await
        }
        Kind::Group | Kind::Bucket | sagemaker_kinds!() | Kind::Account => Err(task.cannot("tags")),
    }
}

async fn remove_tag(task: &Task<'_>, key: &str) -> Result<(), Fault> {
    let (link, iam, name) = (task.link, &task.link.iam, &task.id.name);
    match task.id.kind {
        Kind::User => {
            let call = iam.untag_user().user_name(name).tag_keys(key);
            link.take(Lag::default(), send!(call)).await
        }
        Kind::Role => {
            let call = iam.untag_role().role_name(name).tag_keys(key);
            link.take(Lag::default(), send!(call)).await
        }
        Kind::Policy => {
            let call = iam.untag_policy().policy_arn(own_arn(task).await?).tag_keys(key);
            link.take(Lag::default(), send!(call)).await
        }
        Kind::InstanceProfile => {
            let call = iam.untag_instance_profile().instance_profile_name(name).tag_keys(key);
            link.take(Lag::default(), send!(call)).await
        }
        Kind::Group | Kind::Bucket | sagemaker_kinds!() | Kind::Account => Err(task.cannot("tags")),
    }
}

async fn own_arn(task: &Task<'_>) -> Result<String, Fault> {
    task.link.policy_arn(&PolicyReference::Customer(task.id.clone())).await
}

async fn put_boundary(task: &Task<'_>, policy: &PolicyReference) -> Result<(), Fault> {
    let (link, iam, name) = (task.link, &task.link.iam, &task.id.name);
    let arn = link.policy_arn(policy).await?;
    match task.id.kind {
        Kind::User => {
            let call = iam.put_user_permissions_boundary().user_name(name).permissions_boundary(arn);
            link.put(task.lag, send!(call)).await
        }
        Kind::Role => {
            let call = iam.put_role_permissions_boundary().role_name(name).permissions_boundary(arn);
            link.put(task.lag, send!(call)).await
        }
        Kind::Group
        | Kind::Policy
        | Kind::InstanceProfile
        | Kind::Bucket
        | sagemaker_kinds!()
        | Kind::Account => Err(task.cannot("boundary")),
    }
}

async fn remove_boundary(task: &Task<'_>) -> Result<(), Fault> {
    let (link, iam, name) = (task.link, &task.link.iam, &task.id.name);
    match task.id.kind {
        Kind::User => {
            let call = iam.delete_user_permissions_boundary().user_name(name);
            link.take(Lag::default(), send!(call)).await
        }
        Kind::Role => {
            let call = iam.delete_role_permissions_boundary().role_name(name);
            link.take(Lag::default(), send!(call)).await
        }
        Kind::Group
        | Kind::Policy
        | Kind::InstanceProfile
        | Kind::Bucket
        | sagemaker_kinds!()
        | Kind::Account => Err(task.cannot("boundary")),
    }
}

async fn attach(task: &Task<'_>, policy: &PolicyReference) -> Result<(), Fault> {
    let (link, iam, name) = (task.link, &task.link.iam, &task.id.name);
    let arn = link.policy_arn(policy).await?;
    match task.id.kind {
        Kind::User => {
            let call = iam.attach_user_policy().user_name(name).policy_arn(arn);
            link.put(task.lag, send!(call)).await
        }
        Kind::Group => {
            let call = iam.attach_group_policy().group_name(name).policy_arn(arn);
            link.put(task.lag, send!(call)).await
        }
        Kind::Role => {
            let call = iam.attach_role_policy().role_name(name).policy_arn(arn);
            link.put(task.lag, send!(call)).await
        }
        Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => {
            Err(task.cannot("attached policies"))
        }
    }
}

async fn detach(task: &Task<'_>, policy: &PolicyReference) -> Result<(), Fault> {
    let (link, iam, name) = (task.link, &task.link.iam, &task.id.name);
    let arn = match link.policy_arn(policy).await {
        // A policy that is gone was detached before.
        Err(fault) if fault.sort == Sort::Absent => return Ok(()),
        arn => arn?,
    };
    match task.id.kind {
        Kind::User => {
            let call = iam.detach_user_policy().user_name(name).policy_arn(arn);
            link.take(Lag::default(), send!(call)).await
        }
        Kind::Group => {
            let call = iam.detach_group_policy().group_name(name).policy_arn(arn);
            link.take(Lag::default(), send!(call)).await
        }
        Kind::Role => {
            let call = iam.detach_role_policy().role_name(name).policy_arn(arn);
            link.take(Lag::default(), send!(call)).await
        }
        Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => {
            Err(task.cannot("attached policies"))
        }
    }
}

/// An inline policy as it is now; none if there is none, or no holder.
async fn inline_now(task: &Task<'_>, policy: &str) -> Result<Option<Policy>, Fault> {
    let (link, iam, name) = (task.link, &task.link.iam, &task.id.name);
    let text = match task.id.kind {
        Kind::User => {
            let call = iam.get_user_policy().user_name(name).policy_name(policy);
            link.ask(async || Ok(call.clone().send().await?.policy_document)).await
        }
        Kind::Group => {
            let call = iam.get_group_policy().group_name(name).policy_name(policy);
            link.ask(async || Ok(call.clone().send().await?.policy_document)).await
        }
        Kind::Role => {
            let call = iam.get_role_policy().role_name(name).policy_name(policy);
            link.ask(async || Ok(call.clone().send().await?.policy_document)).await
        }
        Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => {
            Err(task.cannot("inline policies"))
        }
    };
    match text {
        Ok(text) => Ok(Some(document(&text, &link.partition))),
        Err(fault) if fault.sort == Sort::Absent => Ok(None),
        Err(fault) => Err(fault),
    }
}

async fn put_inline(
    task: &Task<'_>,
    policy: &str,
    found: Option<&Policy>,
    wanted: &Policy,
) -> Result<(), Fault> {
    let (link, iam, name) = (task.link, &task.link.iam, &task.id.name);
    let now = task
        .look(
            async || inline_now(task, policy).await,
            |now| now.as_ref() == found,
            |now| now.as_ref() == Some(wanted),
        )
        .await?;
    if now == Now::Wanted {
        return Ok(());
    }
    let text = wanted.to_text();
    match task.id.kind {
        Kind::User => {
            let call = iam.put_user_policy().user_name(name).policy_name(policy).policy_document(text);
            link.put(task.lag, send!(call)).await
        }
        Kind::Group => {
            let call = iam.put_group_policy().group_name(name).policy_name(policy).policy_document(text);
            link.put(task.lag, send!(call)).await
        }
        Kind::Role => {
            let call = iam.put_role_policy().role_name(name).policy_name(policy).policy_document(text);
            link.put(task.lag, send!(call)).await
        }
        Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => {
            Err(task.cannot("inline policies"))
        }
    }
}

async fn remove_inline(task: &Task<'_>, policy: &str) -> Result<(), Fault> {
    let (link, iam, name) = (task.link, &task.link.iam, &task.id.name);
    match task.id.kind {
        Kind::User => {
            let call = iam.delete_user_policy().user_name(name).policy_name(policy);
            link.take(Lag::default(), send!(call)).await
        }
        Kind::Group => {
            let call = iam.delete_group_policy().group_name(name).policy_name(policy);
            link.take(Lag::default(), send!(call)).await
        }
        Kind::Role => {
            let call = iam.delete_role_policy().role_name(name).policy_name(policy);
            link.take(Lag::default(), send!(call)).await
        }
        Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => {
            Err(task.cannot("inline policies"))
        }
    }
}

/// Puts a role into an instance profile, which takes one: a second is refused as a quota, even if it is the
/// same.
async fn hold(task: &Task<'_>, role: &str) -> Result<(), Fault> {
    let (link, iam, name) = (task.link, &task.link.iam, &task.id.name);
    let call = iam.add_role_to_instance_profile().instance_profile_name(name).role_name(role);
    let held = async || holds(task, role).await;
    match link.tell(task.lag, send!(call), held).await {
        Err(fault) if fault.code == "LimitExceeded" && link.ask(held).await? => Ok(()),
        result => result,
    }
}

async fn release(task: &Task<'_>, role: &str) -> Result<(), Fault> {
    let call = task.link.iam.remove_role_from_instance_profile();
    let call = call.instance_profile_name(&task.id.name).role_name(role);
    // Emulators answer the second time with a bare failure instead of `NoSuchEntity`.
    let free = async || Ok(!holds(task, role).await?);
    match task.link.tell(Lag::default(), send!(call), free).await {
        Err(fault) if fault.sort == Sort::Absent => Ok(()),
        result => result,
    }
}

async fn holds(task: &Task<'_>, role: &str) -> Result<bool, Fault> {
    let call = task.link.iam.get_instance_profile().instance_profile_name(&task.id.name);
    match call.send().await.map_err(Fault::from) {
        Ok(answer) => {
            Ok(answer.instance_profile().is_some_and(|p| p.roles().iter().any(|r| r.role_name() == role)))
        }
        Err(fault) if fault.sort == Sort::Absent => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Lets a user sign in, with a password that must be changed at once. The password is kept before AWS hears
/// of it; a lost answer is followed by setting the same password again, so that what was kept is what holds.
async fn sign_in(task: &Task<'_>) -> Result<(), Fault> {
    let (link, iam, name) = (task.link, &task.link.iam, task.id.name.as_str());
    let password = password()?;
    link.passwords.deliver(&link.account, name, &password).map_err(|error| {
        Fault::invalid("PasswordNotKept", format!("the first password could not be kept: {error}"))
    })?;
    let secret = password.expose_secret();
    let call = iam.create_login_profile().user_name(name).password(secret).password_reset_required(true);
    let again = iam.update_login_profile().user_name(name).password(secret).password_reset_required(true);
    let ours = async || {
        if !has_sign_in(link, name).await? {
            return Ok(false);
        }
        link.put(Lag::default(), send!(again)).await?;
        Ok(true)
    };
    let result = link.tell(task.lag, send!(call), ours).await;
    result.map_err(|fault| {
        if fault.sort != Sort::Lost {
            link.passwords.withdraw(&link.account, name);
        }
        Fault { message: fault.message.replace(secret, "…"), ..fault }
    })
}

/// The characters of a first password by class; those that look alike are left out.
const CLASSES: [&[u8]; 4] =
    [b"ABCDEFGHJKLMNPQRSTUVWXYZ", b"abcdefghijkmnopqrstuvwxyz", b"23456789", b"!@#$%^&*()_+-=[]{}|"];
const PASSWORD_LENGTH: usize = 24;

/// A random password that every password policy takes: all four classes, no user name, no repetition.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html>
fn password() -> Result<SecretString, Fault> {
    let none = || Fault::invalid("NoRandomness", "no randomness for a password");
    let every: Vec<u8> = CLASSES.concat();
    let mut characters = vec![];
    for class in CLASSES {
        characters.push(*class.get(below(class.len())?).ok_or_else(none)?);
    }
    while characters.len() < PASSWORD_LENGTH {
        characters.push(*every.get(below(every.len())?).ok_or_else(none)?);
    }
    for last in (1..characters.len()).rev() {
        characters.swap(last, below(last + 1)?);
    }
    Ok(SecretString::from(String::from_utf8(characters).map_err(|_| none())?))
}

/// A random number below `end` (at most 256), every one as likely as the next.
fn below(end: usize) -> Result<usize, Fault> {
    let fair = 256 - 256 % end.max(1);
    loop {
        let mut byte = [0_u8; 1];
        getrandom::fill(&mut byte)
            .map_err(|_| Fault::invalid("NoRandomness", "no randomness for a password"))?;
        let number = usize::from(byte[0]);
        if number < fair {
            return Ok(number % end.max(1));
        }
    }
}

async fn remove_credential(task: &Task<'_>, kind: CredentialKind, id: &str) -> Result<(), Fault> {
    let (link, iam, name) = (task.link, &task.link.iam, &task.id.name);
    let lag = Lag::default();
    match kind {
        CredentialKind::AccessKey => {
            let call = iam.delete_access_key().user_name(name).access_key_id(id);
            link.take(lag, send!(call)).await
        }
        CredentialKind::MfaDevice => {
            let call = iam.deactivate_mfa_device().user_name(name).serial_number(id);
            link.take(lag, send!(call)).await?;
            // A device with an ARN is virtual and would stay as an orphan; hardware has a serial number only.
            if id.starts_with("arn:") && id.contains(":mfa/") {
                let call = iam.delete_virtual_mfa_device().serial_number(id);
                link.take(lag, send!(call)).await?;
            }
            Ok(())
        }
        CredentialKind::SigningCertificate => {
            let call = iam.delete_signing_certificate().user_name(name).certificate_id(id);
            link.take(lag, send!(call)).await
        }
        CredentialKind::SshPublicKey => {
            let call = iam.delete_ssh_public_key().user_name(name).ssh_public_key_id(id);
            link.take(lag, send!(call)).await
        }
        CredentialKind::ServiceSpecific => {
            let call =
                iam.delete_service_specific_credential().user_name(name).service_specific_credential_id(id);
            link.take(lag, send!(call)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_every_class_and_differ() {
        let (one, two) = (password().unwrap(), password().unwrap());
        let text = one.expose_secret();
        assert_eq!(text.len(), PASSWORD_LENGTH);
        for class in CLASSES {
            assert!(text.bytes().any(|b| class.contains(&b)));
        }
        assert_ne!(text, two.expose_secret());
    }
}
