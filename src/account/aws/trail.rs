//! What CloudTrail tells of changes: its event history, which every account has for 90 days, with a trail or without.
//!
//! Of an event only names leave here. What somebody asked for in it can hold documents and secrets.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::SESSION_NAME;
use super::client::Link;
use super::error::Fault;
use crate::plan::{TrailAnswer, TrailEvent, TrailKey, TrailPage};
use crate::state::Kind;

const ACTION: &str = "cloudtrail:LookupEvents";
/// AWS takes two a second from an account and region; a little less leaves room for others.
const BETWEEN: Duration = Duration::from_millis(550);
/// What somebody else chose should not fill a report.
const TEXT_MAX: usize = 300;

/// The moment of the last question of this process.
static LAST: Mutex<Option<Instant>> = Mutex::const_new(None);

/// The names in an event that tell what it is about, among all that was asked for in it.
const NAMES: [&str; 24] = [
    "userName",
    "newUserName",
    "groupName",
    "newGroupName",
    "roleName",
    "policyName",
    "policyArn",
    "instanceProfileName",
    "bucketName",
    "accessKeyId",
    "certificateId",
    "sSHPublicKeyId",
    "serviceSpecificCredentialId",
    "serialNumber",
    "domainId",
    "domainName",
    "userProfileName",
    "spaceName",
    "notebookInstanceName",
    "notebookInstanceLifecycleConfigName",
    "studioLifecycleConfigName",
    "resourceArn",
    "bucket",
    "key",
];

/// One page.
pub(super) async fn page(link: &Link, page: &TrailPage) -> Result<TrailAnswer, String> {
    let TrailPage { id, region, by, next } = page;
    #[cfg(feature = "sagemaker")]
    let domain_id = if id.kind == Kind::Domain { link.known_domain(id) } else { None };
    #[cfg(not(feature = "sagemaker"))]
    let domain_id: Option<String> = None;
    let (key, value) = match by {
        // Events of a domain have its id.
        TrailKey::Resource(name) => {
            (LookupAttributeKey::ResourceName, domain_id.as_ref().unwrap_or(name).clone())
        }
        TrailKey::Event(name) => (LookupAttributeKey::EventName, name.clone()),
    };
    let attribute = LookupAttribute::builder().attribute_key(key).attribute_value(value).build();
    let attribute = attribute.map_err(|error| error.to_string())?;
    let trail = link.cloudtrail(region);
    let answer = link.ask(async || {
        in_turn(link).await?;
        let call = trail.lookup_events().lookup_attributes(attribute.clone()).max_results(50);
        Ok(call.set_next_token(next.clone()).send().await?)
    });
    let answer = answer.await.map_err(|fault| fault.reason(ACTION))?;
    let mut events: Vec<TrailEvent> =
        answer.events().iter().filter_map(|event| told(event, &link.caller)).collect();
    for event in &mut events {
        if domain_id.as_ref().is_some_and(|domain| event.named.contains(domain)) {
            event.named.insert(id.name.clone());
        }
    }
    Ok(TrailAnswer { events, next: answer.next_token().map(ToOwned::to_owned) })
}

/// Waits for the next moment in which a question is welcome.
async fn in_turn(link: &Link) -> Result<(), Fault> {
    let mut last = LAST.lock().await;
    if let Some(before) = *last {
        link.rest(BETWEEN.saturating_sub(before.elapsed())).await?;
    }
    *last = Some(Instant::now());
    Ok(())
}

/// Whether hatrack worked so: in a session that it named, or in the one that asks. A user's own key tells nothing.
fn is_hatrack(arn: &str, caller: &str) -> bool {
    let session = arn.split_once(":assumed-role/").and_then(|(_, role)| role.rsplit_once('/'));
    session.is_some_and(|(_, name)| name == SESSION_NAME || arn == caller)
}

/// An event that changed something; none of a read, or of what was refused.
fn told(event: &Event, caller: &str) -> Option<TrailEvent> {
    let whole: Value = serde_json::from_str(event.cloud_trail_event()?).ok()?;
    let text = |at: &str| whole.pointer(at).and_then(Value::as_str).map(cut);
    if whole.get("errorCode").is_some_and(|code| !code.is_null())
        || whole.get("readOnly") == Some(&Value::Bool(true))
    {
        return None;
    }
    let at = event.event_time().and_then(|at| Timestamp::from_second(at.secs()).ok());
    let at = text("/eventTime").and_then(|at| at.parse().ok()).or(at)?;
    let who = ["/userIdentity/arn", "/userIdentity/invokedBy", "/userIdentity/principalId"];
    let arn = who.iter().find_map(|at| text(at)).or_else(|| event.username().map(cut))?;
    let mut named = BTreeSet::new();
    for about in ["requestParameters", "responseElements"] {
        whole.get(about).into_iter().for_each(|value| names(value, &mut named));
    }
    named.extend(event.resources().iter().filter_map(|r| r.resource_name().map(ToOwned::to_owned)));
    Some(TrailEvent {
        name: event.event_name().map(cut)?,
        at,
        by_hatrack: is_hatrack(&arn, caller),
        source_ip: text("/sourceIPAddress").unwrap_or_else(|| String::from("an unknown place")),
        arn,
        named,
    })
}

/// Collects the names in a value.
fn names(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if NAMES.contains(&key.as_str()) => {
                        into.insert(text.clone());
                    }
                    Value::Array(items) if key == "tagKeys" => {
                        into.extend(items.iter().filter_map(Value::as_str).map(ToOwned::to_owned));
                    }
                    value => names(value, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &str) -> Option<TrailEvent> {
        told(
            &Event::builder().event_name("AttachRolePolicy").cloud_trail_event(text).build(),
            "arn:aws:sts::111122223333:assumed-role/Drift/nightly",
        )
    }

    const ATTACHED: &str = r#"{
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/mallory"},
        "eventTime": "2026-11-28T14:03:07Z", "eventName": "AttachRolePolicy", "readOnly": false,
        "sourceIPAddress": "192.0.2.7", "userAgent": "aws-cli/2",
        "requestParameters": {"roleName": "GlueEtl", "policyArn": "arn:aws:iam::aws:policy/X", "password": "hunter2",
            "tags": [{"key": "owner", "value": "secret"}], "policyDocument": "{\"Statement\": []}"}}"#;

    #[test]
    fn only_names_leave_an_event() {
        let told = event(ATTACHED).unwrap();
        assert_eq!(told.arn, "arn:aws:iam::111122223333:user/mallory");
        assert_eq!(
            (told.at.to_string().as_str(), told.source_ip.as_str()),
            ("2026-11-28T14:03:07Z", "192.0.2.7")
        );
        let named: Vec<&str> = told.named.iter().map(String::as_str).collect();
        assert_eq!(named, ["GlueEtl", "arn:aws:iam::aws:policy/X", "owner"]);
        assert!(!told.by_hatrack);
        assert!(!format!("{told:?}").contains("hunter2"));
    }

    #[test]
    fn what_was_refused_or_only_read_changed_nothing() {
        assert_eq!(event(&ATTACHED.replace("\"readOnly\": false", "\"errorCode\": \"AccessDenied\"")), None);
        assert_eq!(event(&ATTACHED.replace("\"readOnly\": false", "\"readOnly\": true")), None);
        assert_eq!(event("no JSON"), None);
    }

    #[test]
    fn hatrack_knows_its_own_doing() {
        let by = |arn: &str| {
            event(&ATTACHED.replace("arn:aws:iam::111122223333:user/mallory", arn)).unwrap().by_hatrack
        };
        assert!(by("arn:aws:sts::111122223333:assumed-role/Apply/hatrack"));
        assert!(by("arn:aws:sts::111122223333:assumed-role/Drift/nightly"));
        assert!(!by("arn:aws:sts::111122223333:assumed-role/hatrack/mallory"));
        assert!(!by("arn:aws:iam::111122223333:user/hatrack"));
    }
}
