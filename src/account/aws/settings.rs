//! The account's own settings: alias, password policy, Block Public Access for every bucket.

use aws_sdk_s3control::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use aws_sdk_s3control::types::PublicAccessBlockConfiguration;

use super::client::Link;
use super::error::{Fault, Sort};
use super::write::{Now, Task};
use crate::account::Reading;
use crate::state::{
    ACCOUNT_SETTINGS, Blind, Core, Kind, PasswordPolicy, PublicAccessBlock, Resource, ResourceId, Setting,
    SettingKey, Unread, Verb,
};

/// Something else than AWS stands at one address for every account; the SDK would put the account's number before it.
#[derive(Debug)]
pub(super) struct OneAddress(pub(super) String);

impl ResolveEndpoint for OneAddress {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}

/// What is asked for, each on its own: one that cannot be read leaves the others standing.
pub(super) async fn read(link: &Link, reading: &mut Reading) -> Result<(), Fault> {
    let id = ResourceId::new(&link.account, Kind::Account, ACCOUNT_SETTINGS);
    let mut resource = Resource::new(Core::Account, []);
    for (key, action, found) in [
        (
            SettingKey::AccountAlias,
            "iam:ListAccountAliases",
            alias(link).await.map(|a| a.map(Setting::AccountAlias)),
        ),
        (
            SettingKey::PasswordPolicy,
            "iam:GetAccountPasswordPolicy",
            password_policy(link).await.map(|p| p.map(Setting::PasswordPolicy)),
        ),
        (
            SettingKey::PublicAccessBlock,
            "s3:GetAccountPublicAccessBlock",
            public_access_block(link).await.map(|b| b.map(Setting::PublicAccessBlock)),
        ),
    ] {
        match found {
            Ok(setting) => setting.into_iter().for_each(|setting| resource.set(setting)),
            Err(fault) if fault.is_fatal() => return Err(fault),
            Err(fault) => {
                let what = Blind::Setting(id.clone(), key);
                reading.unread.push(Unread { what, reason: fault.reason(action) });
            }
        }
    }
    reading.state.resources.insert(id, resource);
    Ok(())
}

async fn alias(link: &Link) -> Result<Option<String>, Fault> {
    let answer = link.ask(async || Ok(link.iam.list_account_aliases().send().await?)).await?;
    Ok(answer.account_aliases().first().cloned())
}

pub(super) async fn password_policy(link: &Link) -> Result<Option<PasswordPolicy>, Fault> {
    let answer = link.ask(async || Ok(link.iam.get_account_password_policy().send().await?)).await;
    let answer = match answer {
        Err(fault) if fault.sort == Sort::Absent => return Ok(None),
        answer => answer?,
    };
    let Some(policy) = answer.password_policy() else { return Ok(None) };
    let number = |n: i32| u32::try_from(n).ok().filter(|n| *n > 0);
    Ok(Some(PasswordPolicy {
        minimum_length: policy.minimum_password_length().and_then(number).unwrap_or(6),
        require_symbols: policy.require_symbols(),
        require_numbers: policy.require_numbers(),
        require_uppercase: policy.require_uppercase_characters(),
        require_lowercase: policy.require_lowercase_characters(),
        allow_users_to_change: policy.allow_users_to_change_password(),
        max_age_days: policy.max_password_age().and_then(number),
        remember: policy.password_reuse_prevention().and_then(number),
        hard_expiry: policy.hard_expiry().unwrap_or(false),
    }))
}

pub(super) async fn public_access_block(link: &Link) -> Result<Option<PublicAccessBlock>, Fault> {
    let client = link.s3control();
    let call = || client.get_public_access_block().account_id(link.account.as_str());
    let answer = match link.ask(async || Ok(call().send().await?)).await {
        Err(fault) if fault.sort == Sort::Absent => return Ok(None),
        answer => answer?,
    };
    Ok(answer.public_access_block_configuration().map(|block| PublicAccessBlock {
        block_public_acls: block.block_public_acls().unwrap_or(false),
        ignore_public_acls: block.ignore_public_acls().unwrap_or(false),
        block_public_policy: block.block_public_policy().unwrap_or(false),
        restrict_public_buckets: block.restrict_public_buckets().unwrap_or(false),
    }))
}

pub(super) async fn perform(task: &Task<'_>, verb: &Verb) -> Result<(), Fault> {
    match verb {
        Verb::Put { found, wanted } => put(task, found.as_ref(), wanted).await,
        Verb::Remove { found } => remove(task, found).await,
        Verb::Create { .. } | Verb::Rename { .. } | Verb::Update { .. } | Verb::Delete { .. } => {
            Err(task.cannot("existence"))
        }
    }
}

async fn put(task: &Task<'_>, found: Option<&Setting>, wanted: &Setting) -> Result<(), Fault> {
    let (link, iam) = (task.link, &task.link.iam);
    match wanted {
        Setting::AccountAlias(alias) => {
            let call = iam.create_account_alias().account_alias(alias);
            let done = async || Ok(self::alias(link).await?.as_ref() == Some(alias));
            match link.tell(task.lag, send!(call), done).await {
                Err(fault) if fault.sort == Sort::Exists => Err(Fault::invalid(
                    &fault.code,
                    format!(
                        "another account has the alias `{alias}`: it is unique in all of AWS, choose another"
                    ),
                )),
                result => result,
            }
        }
        Setting::PasswordPolicy(policy) => {
            let expected = match found {
                Some(Setting::PasswordPolicy(policy)) => Some(policy),
                _ => None,
            };
            let now = task
                .look(
                    async || password_policy(link).await,
                    |now| now.as_ref() == expected,
                    |now| now.as_ref() == Some(policy),
                )
                .await?;
            if now == Now::Wanted {
                return Ok(());
            }
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
            let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
            let call = iam
                .update_account_password_policy()
                .minimum_password_length(number(*minimum_length))
                .require_symbols(*require_symbols)
                .require_numbers(*require_numbers)
                .require_uppercase_characters(*require_uppercase)
                .require_lowercase_characters(*require_lowercase)
                .allow_users_to_change_password(*allow_users_to_change)
                .set_max_password_age(max_age_days.map(number))
                .set_password_reuse_prevention(remember.map(number))
                .hard_expiry(*hard_expiry);
            link.put(task.lag, send!(call)).await
        }
        Setting::PublicAccessBlock(block) => {
            let PublicAccessBlock {
                block_public_acls,
                ignore_public_acls,
                block_public_policy,
                restrict_public_buckets,
            } = *block;
            let block = PublicAccessBlockConfiguration::builder()
                .block_public_acls(block_public_acls)
                .ignore_public_acls(ignore_public_acls)
                .block_public_policy(block_public_policy)
                .restrict_public_buckets(restrict_public_buckets)
                .build();
            let client = link.s3control();
            let call = client
                .put_public_access_block()
                .account_id(link.account.as_str())
                .public_access_block_configuration(block);
            link.put(task.lag, send!(call)).await
        }
        other => Err(task.cannot(&other.key().to_string())),
    }
}

async fn remove(task: &Task<'_>, found: &Setting) -> Result<(), Fault> {
    let (link, iam) = (task.link, &task.link.iam);
    match found {
        Setting::AccountAlias(alias) => {
            link.take(task.lag, send!(iam.delete_account_alias().account_alias(alias))).await
        }
        Setting::PasswordPolicy(_) => link.take(task.lag, send!(iam.delete_account_password_policy())).await,
        Setting::PublicAccessBlock(_) => {
            let client = link.s3control();
            let call = client.delete_public_access_block().account_id(link.account.as_str());
            link.take(task.lag, send!(call)).await
        }
        other => Err(task.cannot(&other.key().to_string())),
    }
}
