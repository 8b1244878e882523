//! Users' credentials. No bulk call has them live: the credential report has most of them in one, up to four
//! hours old, and points to the users worth asking about.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::primitives::{DateTime, DateTimeFormat};
use futures::stream::{self, StreamExt};

use super::client::Link;
use super::credential_report::{self, CredentialReport, Line};
use super::error::{Fault, Sort};
use super::read_iam::pages;
use crate::account::{Blind, CredentialSource, Reading, Unread};
use crate::state::{CredentialKind, Kind, ResourceId, Scope, Setting};

/// What the report says of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    password: bool,
    /// Access keys or signing certificates, which only a live call can name.
    others: bool,
}

/// Reads the credentials of every user a scope answers for; makes no call if there is none.
pub(super) async fn read(
    link: &Link,
    source: CredentialSource,
    scopes: &[&Scope],
    created: &BTreeMap<ResourceId, DateTime>,
    reading: &mut Reading,
) -> Result<(), Fault> {
    let users = reading
        .state
        .resources
        .iter()
        .filter(|(id, found)| id.kind == Kind::User && super::read::answered(scopes, id, found));
    let users: BTreeSet<ResourceId> = users.map(|(id, _)| id.clone()).collect();
    if users.is_empty() {
        return Ok(());
    }
    let declared = |id: &ResourceId| scopes.iter().any(|scope| scope.declared.contains(id));
    let signs_in = |id: &ResourceId| scopes.iter().any(|scope| scope.sign_ins.contains(id));
    let live: Vec<ResourceId> = match source {
        CredentialSource::Live => users.into_iter().collect(),
        CredentialSource::Report => match rows_of(link).await {
            Ok((rows, time)) => {
                reading.notes.push(age(&time));
                let mut live = vec![];
                for id in users {
                    let row = rows.get(&id.name);
                    // Nothing the report says of a user made, or changed by this run, after it was written,
                    // holds; and what differs from what is declared may have been put right since.
                    let newer = created.get(&id).is_none_or(|made| made.as_nanos() >= time.as_nanos());
                    match row {
                        Some(row)
                            if !newer
                                && !row.others
                                && row.password == signs_in(&id)
                                && declared(&id)
                                && !link.has_changed(&id) =>
                        {
                            if let (true, Some(user)) = (row.password, reading.state.resources.get_mut(&id)) {
                                user.set(Setting::SignIn);
                            }
                        }
                        _ => live.push(id),
                    }
                }
                live
            }
            Err((fault, _)) if fault.is_fatal() => return Err(fault),
            Err((fault, action)) => {
                let reason = fault.reason(action);
                reading.unread.extend(
                    users
                        .into_iter()
                        .map(|id| Unread { what: Blind::Credentials(id), reason: reason.clone() }),
                );
                return Ok(());
            }
        },
    };
    let answers: Vec<_> = stream::iter(live)
        .map(|id| {
            let leaving = !declared(&id);
            async move {
                let settings = of_user(link, &id, leaving).await;
                (id, settings)
            }
        })
        .buffer_unordered(link.parallelism)
        .collect()
        .await;
    for (id, settings) in answers {
        match settings {
            Ok(settings) => {
                if let Some(user) = reading.state.resources.get_mut(&id) {
                    settings.into_iter().for_each(|setting| user.set(setting));
                }
            }
            Err((fault, _)) if fault.is_fatal() => return Err(fault),
            // Deleted since the outline was read: what is left is what was found then.
            Err((fault, _)) if fault.sort == Sort::Absent => {}
            Err((fault, action)) => {
                reading.unread.push(Unread { what: Blind::Credentials(id), reason: fault.reason(action) });
            }
        }
    }
    Ok(())
}

/// The report's rows, and when it was written.
async fn rows_of(link: &Link) -> Result<(BTreeMap<String, Row>, DateTime), Failed> {
    let report = credential_report::fetch(link).await?;
    let rows = rows(&report).ok_or_else(|| credential_report::unusable("lacks columns"))?;
    Ok((rows, report.time))
}

fn age(time: &DateTime) -> String {
    let time = time.fmt(DateTimeFormat::DateTime).unwrap_or_default();
    format!(
        "credentials are as in the account's report of {time}; it has no SSH keys and no service-specific ones"
    )
}

/// The report's rows by user; none if a column is missing.
fn rows(report: &CredentialReport) -> Option<BTreeMap<String, Row>> {
    let active = ["access_key_1_active", "access_key_2_active", "cert_1_active", "cert_2_active"];
    let dated = ["access_key_1_last_rotated", "access_key_2_last_rotated"];
    if !report.has(["user", "password_enabled"].iter().chain(&active).chain(&dated)) {
        return None;
    }
    let row = |line: Line<'_>| {
        // An inactive certificate still holds up a deletion; its date shows it.
        let dates = dated.iter().chain(&["cert_1_last_rotated", "cert_2_last_rotated"]);
        let others = active.iter().any(|column| line.is_true(column))
            || dates.copied().any(|column| line.text(column).starts_with(|c: char| c.is_ascii_digit()));
        (line.text("user").to_owned(), Row { password: line.is_true("password_enabled"), others })
    };
    Some(report.lines().map(row).collect())
}

/// A call that failed, and its name.
type Failed = (Fault, &'static str);

/// What one user holds. MFA devices are the person's own and never drift: they matter only to a user who
/// leaves.
async fn of_user(link: &Link, id: &ResourceId, leaving: bool) -> Result<Vec<Setting>, Failed> {
    let (iam, name) = (&link.iam, id.name.as_str());
    let mut found = vec![];
    let mut add = |kind, ids: Vec<String>| {
        found.extend(ids.into_iter().map(|id| Setting::Credential { kind, id }));
    };

    let keys = every(link, "iam:ListAccessKeys", async |marker| {
        let page = iam.list_access_keys().user_name(name).set_marker(marker).send().await?;
        let ids = page
            .access_key_metadata()
            .iter()
            .filter_map(|k| k.access_key_id().map(ToOwned::to_owned))
            .collect();
        Ok((ids, page.is_truncated(), page.marker))
    });
    add(CredentialKind::AccessKey, keys.await?);

    let certificates = every(link, "iam:ListSigningCertificates", async |marker| {
        let page = iam.list_signing_certificates().user_name(name).set_marker(marker).send().await?;
        let ids = page.certificates().iter().map(|c| c.certificate_id().to_owned()).collect();
        Ok((ids, page.is_truncated(), page.marker))
    });
    add(CredentialKind::SigningCertificate, certificates.await?);

    let ssh = every(link, "iam:ListSSHPublicKeys", async |marker| {
        let page = iam.list_ssh_public_keys().user_name(name).set_marker(marker).send().await?;
        let ids = page.ssh_public_keys().iter().map(|k| k.ssh_public_key_id().to_owned()).collect();
        Ok((ids, page.is_truncated(), page.marker))
    });
    add(CredentialKind::SshPublicKey, ssh.await?);

    let specific = every(link, "iam:ListServiceSpecificCredentials", async |marker| {
        let page = iam.list_service_specific_credentials().user_name(name).set_marker(marker).send().await?;
        let held = page.service_specific_credentials().iter();
        let ids = held.map(|c| c.service_specific_credential_id().to_owned()).collect();
        Ok((ids, page.is_truncated(), page.marker))
    });
    add(CredentialKind::ServiceSpecific, specific.await?);

    if leaving {
        let devices = every(link, "iam:ListMFADevices", async |marker| {
            let page = iam.list_mfa_devices().user_name(name).set_marker(marker).send().await?;
            let ids = page.mfa_devices().iter().map(|d| d.serial_number().to_owned()).collect();
            Ok((ids, page.is_truncated(), page.marker))
        });
        add(CredentialKind::MfaDevice, devices.await?);
    }

    if has_sign_in(link, name).await.map_err(|fault| (fault, "iam:GetLoginProfile"))? {
        found.push(Setting::SignIn);
    }
    Ok(found)
}

/// Whether a user has a sign-in profile.
pub(super) async fn has_sign_in(link: &Link, user: &str) -> Result<bool, Fault> {
    match link.ask(async || Ok(link.iam.get_login_profile().user_name(user).send().await?)).await {
        Ok(_) => Ok(true),
        Err(fault) if fault.sort == Sort::Absent => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// All ids of one sort of credential. What an emulator does not implement is tried once and said once in the
/// notes; AWS implements it all, so there every such failure counts.
async fn every(
    link: &Link,
    action: &'static str,
    page: impl AsyncFn(Option<String>) -> Result<(Vec<String>, bool, Option<String>), Fault>,
) -> Result<Vec<String>, Failed> {
    if link.unanswered().contains(action) {
        return Ok(vec![]);
    }
    match pages(link, page, |(_, more, marker)| (*more, marker.clone())).await {
        Ok(read) => Ok(read.into_iter().flat_map(|(ids, ..)| ids).collect()),
        Err(fault) if fault.is_not_implemented() && link.has_own_endpoint() => {
            link.note_unanswered(action);
            Ok(vec![])
        }
        Err(fault) => Err((fault, action)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
                          password_last_changed,\
                          password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
                          access_key_1_last_used_date,access_key_1_last_used_region,\
                          access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
                          access_key_2_last_used_date,access_key_2_last_used_region,\
                          access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,\
                          cert_2_last_rotated";

    fn report(text: &str) -> Option<CredentialReport> {
        CredentialReport::read(text, DateTime::from_secs(0))
    }

    fn row(line: &str) -> Option<Row> {
        rows(&report(&format!("{HEADER}\n{line}\n"))?)?.remove("al")
    }

    #[test]
    fn the_report_is_read_by_its_header() {
        let quiet = "al,a,2026,false,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,\
                     false,N/A,N/A,N/A,N/A,false,N/A,false,N/A";
        assert_eq!(row(quiet), Some(Row { password: false, others: false }));
        assert_eq!(row(&quiet.replacen("false", "true", 1)), Some(Row { password: true, others: false }));
        let rotated =
            "al,a,2026,false,,,,,false,2026-01-01T00:00:00+00:00,,,,false,N/A,,,,false,N/A,false,N/A";
        assert_eq!(row(rotated), Some(Row { password: false, others: true }));
        let certified = "al,a,2026,true,,,,,false,N/A,,,,false,N/A,,,,true,2026-01-01,false,N/A";
        assert_eq!(row(certified), Some(Row { password: true, others: true }));
    }

    #[test]
    fn a_report_without_its_columns_is_no_report() {
        assert_eq!(rows(&report("user,arn\nal,a\n").unwrap()), None);
        assert!(report("").is_none());
    }
}
