//! What an audit looks at of identities: who signs in with what and when, which roles are worn, who vouches for others.
//!
//! The credential report tells of all users in one call, up to four hours late. Those of whom it says something that
//! would be found are asked again, live, so that what somebody has put right is not held against them. What came after the
//! report is not seen, which is said.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{EntityType, RoleDetail, StatusType, UserDetail};
use futures::future::join3;
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use jiff::fmt::strtime;

use super::client::Link;
use super::credential_report::{self, CredentialReport, Line};
use super::error::{Fault, Sort};
use super::hygiene::{answer, moment};
use super::read_iam::pages;
use crate::audit::{
    AccessKey, Answer, Credentials, Measure, Provider, RoleFacts, RootCredentials, UserFacts,
    credentials_are_found,
};

/// Roles of AWS's services, and those that IAM Identity Center makes: nobody in the account can delete them.
const PATHS_OF_AWS: [&str; 2] = ["/aws-service-role/", "/aws-reserved/"];

/// What the report has to have.
const COLUMNS: [&str; 4] = ["user", "password_enabled", "mfa_active", "access_key_1_active"];

/// Of identities.
pub(super) struct People {
    pub(super) users: Answer<BTreeMap<String, UserFacts>>,
    pub(super) credentials: Answer<()>,
    pub(super) roles: Answer<BTreeMap<String, RoleFacts>>,
    pub(super) providers: Answer<Vec<Provider>>,
    pub(super) root: Answer<RootCredentials>,
    pub(super) notes: Vec<String>,
}

/// Everything of identities.
pub(super) async fn people(link: &Link, measure: &Measure) -> Result<People, Fault> {
    let (details, report, providers) =
        join3(details(link), credential_report::fetch(link), providers(link)).await;
    let report = match report {
        Ok(report) if !report.has(&COLUMNS) => Err(String::from("the credential report lacks columns")),
        Ok(report) => Ok(report),
        Err((fault, action)) => answer::<CredentialReport>(Err(fault), action)?,
    };
    let root = report.as_ref().map_err(Clone::clone).and_then(root);
    let details = answer(details, "iam:GetAccountAuthorizationDetails")?;
    let mut notes = vec![];
    if let Ok(report) = &report {
        notes.extend(moment(&report.time).map(|time| {
            format!(
                "credentials of account {} are as its report of {time} has them: what would be found was asked again, \
                 and what came after it is not seen",
                link.account
            )
        }));
    }
    let providers = match providers {
        Ok(providers) => Ok(providers),
        Err((fault, action)) => answer::<BTreeSet<_>>(Err(fault), action)?,
    };
    let credentials = report.as_ref().map(|_| ()).map_err(Clone::clone);
    let Details { users, roles, trusts } = match details {
        Ok(details) => details,
        Err(why) => {
            let providers = providers.and_then(|_| Err(why.clone()));
            return Ok(People {
                users: Err(why.clone()),
                credentials,
                roles: Err(why),
                providers,
                root,
                notes,
            });
        }
    };
    let providers = providers.map(|found| {
        let trusted = |arn: &str| trusts.iter().any(|trust| trust.contains(&format!("\"{arn}\"")));
        found
            .into_iter()
            .map(|(arn, valid_until)| Provider { trusted: trusted(&arn), arn, valid_until })
            .collect()
    });
    let users = held(link, users, report.as_ref().ok(), measure).await?;
    Ok(People { users: Ok(users), credentials, roles: Ok(roles), providers, root, notes })
}

/// What the bulk read of IAM has of this.
struct Details {
    users: BTreeMap<String, (UserFacts, Option<Timestamp>)>,
    roles: BTreeMap<String, RoleFacts>,
    /// All trust policies, as text.
    trusts: Vec<String>,
}

async fn details(link: &Link) -> Result<Details, Fault> {
    let filter = [EntityType::User, EntityType::Role];
    let read = pages(
        link,
        async |marker| {
            let call = link.iam_bulk.get_account_authorization_details().set_filter(Some(filter.to_vec()));
            Ok(call.max_items(1000).set_marker(marker).send().await?)
        },
        |page| (page.is_truncated(), page.marker().map(ToOwned::to_owned)),
    )
    .await?;
    let mut found = Details { users: BTreeMap::new(), roles: BTreeMap::new(), trusts: vec![] };
    for page in &read {
        found.users.extend(page.user_detail_list().iter().filter_map(user));
        for detail in page.role_detail_list() {
            found.trusts.extend(detail.assume_role_policy_document().map(plain));
            found.roles.extend(role(detail));
        }
    }
    Ok(found)
}

/// Documents come with everything unusual in percent signs.
fn plain(document: &str) -> String {
    percent_encoding::percent_decode_str(document).decode_utf8_lossy().into_owned()
}

fn user(detail: &UserDetail) -> Option<(String, (UserFacts, Option<Timestamp>))> {
    let attached = detail.attached_managed_policies().iter().filter_map(|policy| policy.policy_name());
    let inline = detail.user_policy_list().iter().filter_map(|policy| policy.policy_name());
    let facts = UserFacts {
        attached: attached.map(ToOwned::to_owned).collect(),
        inline: inline.map(ToOwned::to_owned).collect(),
        credentials: Ok(Credentials::default()),
    };
    Some((detail.user_name()?.to_owned(), (facts, detail.create_date().and_then(moment))))
}

fn role(detail: &RoleDetail) -> Option<(String, RoleFacts)> {
    if PATHS_OF_AWS.iter().any(|path| detail.path().unwrap_or_default().starts_with(path)) {
        return None;
    }
    let used = detail.role_last_used().and_then(|used| used.last_used_date()).and_then(moment);
    Some((detail.role_name()?.to_owned(), RoleFacts { since: moment(detail.create_date()?)?, used }))
}

/// Fills in what users sign in and call with; nothing where there is no report, which is said elsewhere.
async fn held(
    link: &Link,
    users: BTreeMap<String, (UserFacts, Option<Timestamp>)>,
    report: Option<&CredentialReport>,
    measure: &Measure,
) -> Result<BTreeMap<String, UserFacts>, Fault> {
    let Some(report) = report else {
        return Ok(users.into_iter().map(|(name, (facts, _))| (name, facts)).collect());
    };
    let rows: BTreeMap<&str, Line<'_>> = report.lines().map(|line| (line.text("user"), line)).collect();
    let answers: Vec<_> = stream::iter(users)
        .map(|(name, (facts, made))| {
            let row = rows.get(name.as_str()).copied();
            async move {
                let held = of_user(link, &name, row, made, measure).await;
                (name, facts, held)
            }
        })
        .buffer_unordered(link.parallelism)
        .collect()
        .await;
    let mut found = BTreeMap::new();
    for (name, facts, held) in answers {
        match held {
            Ok(held) => _ = found.insert(name, UserFacts { credentials: Ok(held), ..facts }),
            Err(Unknown { fault, .. }) if fault.is_fatal() => return Err(fault),
            // Deleted since the list was made.
            Err(Unknown { fault, .. }) if fault.sort == Sort::Absent => {}
            Err(Unknown { fault, action, .. }) => {
                let credentials = Err(fault.reason(action));
                found.insert(name, UserFacts { credentials, ..facts });
            }
        }
    }
    Ok(found)
}

/// A question that was not answered.
struct Unknown {
    fault: Fault,
    action: &'static str,
}

/// What a user has: as the report says where that is nothing to find, else as it is now. Without a line in the report,
/// since the user is younger, all of it is asked.
async fn of_user(
    link: &Link,
    name: &str,
    row: Option<Line<'_>>,
    made: Option<Timestamp>,
    measure: &Measure,
) -> Result<Credentials, Unknown> {
    let mut held = row.map(reported).unwrap_or_default();
    let young = row.is_none();
    if !young && !credentials_are_found(&held, measure) {
        return Ok(held);
    }
    held.mfa = has_device(link, name).await?;
    // AWS tells of the day on which a password was set nowhere but in the report.
    let since = held.password_since.or(made);
    held.password_since = if signs_in(link, name).await? { since } else { None };
    held.keys = keys(link, name).await?;
    held.seen = held.keys.iter().filter_map(|key| key.used).chain(held.seen).max();
    Ok(held)
}

/// A line of the report.
fn reported(line: Line<'_>) -> Credentials {
    let made = time(line.text("user_creation_time"));
    let password = line.is_true("password_enabled");
    let key = |number: u8| {
        let column = |what: &str| time(line.text(&format!("access_key_{number}_{what}")));
        let since = column("last_rotated").or(made)?;
        let active = line.is_true(&format!("access_key_{number}_active"));
        active.then(|| AccessKey { id: None, since, used: column("last_used_date") })
    };
    Credentials {
        password_since: password
            .then(|| time(line.text("password_last_changed")).or(made))
            .map(|since| since.unwrap_or(Timestamp::UNIX_EPOCH)),
        password_used: time(line.text("password_last_used")),
        mfa: line.is_true("mfa_active"),
        keys: [1, 2].into_iter().filter_map(key).collect(),
        seen: ["password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date"]
            .into_iter()
            .filter_map(|column| time(line.text(column)))
            .max(),
    }
}

/// The root user's line.
fn root(report: &CredentialReport) -> Answer<RootCredentials> {
    let line = report.lines().find(|line| line.text("user") == "<root_account>");
    let line = line.ok_or_else(|| String::from("the credential report has no line of the root user"))?;
    let used = |number: u8| time(line.text(&format!("access_key_{number}_last_used_date")));
    Ok(RootCredentials {
        password_used: time(line.text("password_last_used")),
        key_used: [used(1), used(2)].into_iter().flatten().max(),
    })
}

/// A moment in the report; none for `N/A`, `no_information` and `not_supported`.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| strtime::parse("%Y-%m-%dT%H:%M:%S%z", text).ok()?.to_timestamp().ok())
}

async fn has_device(link: &Link, user: &str) -> Result<bool, Unknown> {
    let iam = &link.iam;
    let answer = link.ask(async || Ok(iam.list_mfa_devices().user_name(user).max_items(1).send().await?));
    let answer = answer.await.map_err(|fault| Unknown { fault, action: "iam:ListMFADevices" })?;
    Ok(!answer.mfa_devices().is_empty())
}

async fn signs_in(link: &Link, user: &str) -> Result<bool, Unknown> {
    let answer = super::credentials::has_sign_in(link, user).await;
    answer.map_err(|fault| Unknown { fault, action: "iam:GetLoginProfile" })
}

/// The active keys of a user, each with its last use.
async fn keys(link: &Link, user: &str) -> Result<Vec<AccessKey>, Unknown> {
    let iam = &link.iam;
    let read = pages(
        link,
        async |marker| Ok(iam.list_access_keys().user_name(user).set_marker(marker).send().await?),
        |page| (page.is_truncated(), page.marker().map(ToOwned::to_owned)),
    );
    let read = read.await.map_err(|fault| Unknown { fault, action: "iam:ListAccessKeys" })?;
    let mut keys = vec![];
    for key in read.iter().flat_map(|page| page.access_key_metadata()) {
        let (Some(id), Some(StatusType::Active)) = (key.access_key_id(), key.status()) else { continue };
        let since = key.create_date().and_then(moment).unwrap_or(Timestamp::UNIX_EPOCH);
        let used = link.ask(async || Ok(iam.get_access_key_last_used().access_key_id(id).send().await?));
        let used = used.await.map_err(|fault| Unknown { fault, action: "iam:GetAccessKeyLastUsed" })?;
        let used = used.access_key_last_used().and_then(|used| used.last_used_date()).and_then(moment);
        keys.push(AccessKey { id: Some(id.to_owned()), since, used });
    }
    Ok(keys)
}

/// The ARNs of identity providers, with the end of SAML metadata.
async fn providers(link: &Link) -> Result<BTreeSet<(String, Option<Timestamp>)>, (Fault, &'static str)> {
    let iam = &link.iam;
    let oidc = link.ask(async || Ok(iam.list_open_id_connect_providers().send().await?)).await;
    let oidc = oidc.map_err(|fault| (fault, "iam:ListOpenIDConnectProviders"))?;
    let saml = link.ask(async || Ok(iam.list_saml_providers().send().await?)).await;
    let saml = saml.map_err(|fault| (fault, "iam:ListSAMLProviders"))?;
    let oidc =
        oidc.open_id_connect_provider_list().iter().filter_map(|each| Some((each.arn()?.to_owned(), None)));
    let saml = saml
        .saml_provider_list()
        .iter()
        .filter_map(|each| Some((each.arn()?.to_owned(), each.valid_until().and_then(moment))));
    Ok(oidc.chain(saml).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_writes_moments_and_words() {
        let moment: Timestamp = "2026-11-01T10:20:30Z".parse().unwrap();
        assert_eq!(time("2026-11-01T10:20:30+00:00"), Some(moment));
        assert_eq!(time("2026-11-01T10:20:30Z"), Some(moment));
        for word in ["", "N/A", "no_information", "not_supported"] {
            assert_eq!(time(word), None, "{word}");
        }
    }
}
