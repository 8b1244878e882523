//! Users' credentials. No bulk call has them live: the credential report has most of them in one, up to four
//! hours old, and points to the users worth asking about.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_iam::primitives::{DateTime, DateTimeFormat};
use aws_sdk_iam::types::ReportStateType;
use futures::stream::{self, StreamExt};

use super::client::Link;
use super::error::{Fault, Sort};
use super::read_iam::pages;
use crate::account::{Blind, CredentialSource, Reading, Unread};
use crate::state::{CredentialKind, Kind, ResourceId, Scope, Setting};

/// How often the report is asked for, a second apart.
const REPORT_ATTEMPTS: usize = 10;

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
        CredentialSource::Report => match report(link).await {
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

fn age(time: &DateTime) -> String {
    let time = time.fmt(DateTimeFormat::DateTime).unwrap_or_default();
    format!(
        "credentials are as in the account's report of {time}; it has no SSH keys and no service-specific ones"
    )
}

/// The report, made if there is none younger than four hours.
async fn report(link: &Link) -> Result<(BTreeMap<String, Row>, DateTime), Failed> {
    const MAKE: &str = "iam:GenerateCredentialReport";
    const GET: &str = "iam:GetCredentialReport";
    let unusable = |what: &str| (Fault::invalid("Report", format!("the credential report {what}")), GET);
    for _ in 0..REPORT_ATTEMPTS {
        let made = link.ask(async || Ok(link.iam.generate_credential_report().send().await?)).await;
        if made.map_err(|fault| (fault, MAKE))?.state() == Some(&ReportStateType::Complete) {
            let report = link.ask(async || Ok(link.iam_bulk.get_credential_report().send().await?)).await;
            let report = report.map_err(|fault| (fault, GET))?;
            let text = report.content().map(|c| String::from_utf8_lossy(c.as_ref()).into_owned());
            let time = report.generated_time().copied().ok_or_else(|| unusable("has no date"))?;
            let rows = rows(&text.unwrap_or_default()).ok_or_else(|| unusable("lacks columns"))?;
            return Ok((rows, time));
        }
        link.rest(Duration::from_secs(1)).await.map_err(|fault| (fault, MAKE))?;
    }
    Err(unusable("was not ready in time"))
}

/// The report's rows by user, found by the header's names; none if a column is missing.
fn rows(text: &str) -> Option<BTreeMap<String, Row>> {
    let mut lines = text.lines();
    let header = fields(lines.next()?);
    let column = |name: &str| header.iter().position(|h| h == name);
    let user = column("user")?;
    let password = column("password_enabled")?;
    let active = ["access_key_1_active", "access_key_2_active", "cert_1_active", "cert_2_active"];
    let active = active.into_iter().map(column).collect::<Option<Vec<_>>>()?;
    let dated = ["access_key_1_last_rotated", "access_key_2_last_rotated"];
    let dated = dated.into_iter().map(column).collect::<Option<Vec<_>>>()?;
    // An inactive certificate still holds up a deletion; its date shows it.
    let dated: Vec<usize> = dated
        .into_iter()
        .chain(["cert_1_last_rotated", "cert_2_last_rotated"].into_iter().filter_map(column))
        .collect();
    let mut rows = BTreeMap::new();
    for line in lines.filter(|l| !l.trim().is_empty()) {
        let values = fields(line);
        let value = |at: usize| values.get(at).map(String::as_str).unwrap_or_default();
        let is_date = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let others = active.iter().any(|at| value(*at).eq_ignore_ascii_case("true"))
            || dated.iter().any(|at| is_date(value(*at)));
        let row = Row { password: value(password).eq_ignore_ascii_case("true"), others };
        rows.insert(value(user).to_owned(), row);
    }
    Some(rows)
}

/// The fields of a line of comma-separated values. User names may hold commas, and are quoted then.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (vec![], String::new(), false);
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                field.push('"');
                rest.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            _ => field.push(c),
        }
    }
    fields.push(field);
    fields
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

    fn row(line: &str) -> Option<Row> {
        rows(&format!("{HEADER}\n{line}\n"))?.remove("al")
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
        assert_eq!(rows("user,arn\nal,a\n"), None);
        assert_eq!(rows(""), None);
    }

    #[test]
    fn quoted_fields_keep_their_commas() {
        assert_eq!(fields("\"a,b\",c,\"d\"\"e\","), ["a,b", "c", "d\"e", ""]);
    }
}
