//! Lifecycle rules to and from S3's own types, without loss: what the model cannot hold is named, not
//! dropped.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>

use std::collections::BTreeMap;

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types as s3;

use super::error::Fault;
use crate::state::{LifecycleRule, Transition};

/// Rules as found, sorted by id.
///
/// # Errors
/// What a rule uses that hatrack does not know.
pub(super) fn found(rules: &[s3::LifecycleRule]) -> Result<Vec<LifecycleRule>, String> {
    let mut rules = rules.iter().map(rule_found).collect::<Result<Vec<_>, _>>()?;
    rules.sort();
    Ok(rules)
}

fn rule_found(rule: &s3::LifecycleRule) -> Result<LifecycleRule, String> {
    let id = rule.id().unwrap_or_default().to_owned();
    let unknown = |what: &str| format!("lifecycle rule `{id}` uses {what}, which hatrack does not know");
    let enabled = match rule.status() {
        s3::ExpirationStatus::Enabled => true,
        s3::ExpirationStatus::Disabled => false,
        other => return Err(unknown(&format!("status `{}`", other.as_str()))),
    };
    let mut wanted = LifecycleRule {
        id: id.clone(),
        enabled,
        // Before 2016 the prefix stood beside the filter; it means the same.
        prefix: legacy_prefix(rule).unwrap_or_default(),
        tags: BTreeMap::new(),
        larger_than_bytes: None,
        smaller_than_bytes: None,
        expire_days: None,
        expire_date: None,
        remove_expired_delete_markers: false,
        expire_noncurrent_days: None,
        keep_noncurrent_versions: None,
        abort_uploads_days: None,
        transitions: vec![],
        noncurrent_transitions: vec![],
    };
    if let Some(filter) = rule.filter() {
        let s3::LifecycleRuleFilter {
            prefix, tag, object_size_greater_than, object_size_less_than, and, ..
        } = filter;
        let and = and.as_ref();
        if let Some(prefix) = prefix.as_deref().or_else(|| and?.prefix()) {
            prefix.clone_into(&mut wanted.prefix);
        }
        let tags = tag.iter().chain(and.map(|a| a.tags()).unwrap_or_default());
        wanted.tags = tags.map(|t| (t.key().to_owned(), t.value().to_owned())).collect();
        wanted.larger_than_bytes = object_size_greater_than.or_else(|| and?.object_size_greater_than());
        wanted.smaller_than_bytes = object_size_less_than.or_else(|| and?.object_size_less_than());
    }
    if let Some(expiration) = rule.expiration() {
        wanted.expire_days = expiration.days();
        wanted.expire_date = expiration.date().map(date_found);
        wanted.remove_expired_delete_markers = expiration.expired_object_delete_marker().unwrap_or(false);
    }
    if let Some(expiration) = rule.noncurrent_version_expiration() {
        wanted.expire_noncurrent_days = expiration.noncurrent_days();
        wanted.keep_noncurrent_versions = expiration.newer_noncurrent_versions();
    }
    wanted.abort_uploads_days =
        rule.abort_incomplete_multipart_upload().and_then(|a| a.days_after_initiation());
    wanted.transitions = rule.transitions().iter().map(transition_found).collect();
    wanted.noncurrent_transitions = rule
        .noncurrent_version_transitions()
        .iter()
        .map(|t| Transition {
            days: t.noncurrent_days(),
            date: None,
            storage_class: t.storage_class().map(|c| c.as_str().to_owned()).unwrap_or_default(),
            keep_versions: t.newer_noncurrent_versions(),
        })
        .collect();
    Ok(wanted)
}

#[expect(deprecated, reason = "rules written before 2016 still come back so")]
fn legacy_prefix(rule: &s3::LifecycleRule) -> Option<String> {
    rule.prefix().map(ToOwned::to_owned)
}

fn transition_found(t: &s3::Transition) -> Transition {
    Transition {
        days: t.days(),
        date: t.date().map(date_found),
        storage_class: t.storage_class().map(|c| c.as_str().to_owned()).unwrap_or_default(),
        keep_versions: None,
    }
}

/// A date as people write it; S3 takes midnight UTC only, so that the time says nothing.
fn date_found(date: &DateTime) -> String {
    let text = date.fmt(DateTimeFormat::DateTime).unwrap_or_default();
    text.strip_suffix("T00:00:00Z").map_or(text.clone(), ToOwned::to_owned)
}

fn date_sent(text: &str) -> Result<DateTime, Fault> {
    let full = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    DateTime::from_str(&full, DateTimeFormat::DateTime)
        .map_err(|_| Fault::invalid("InvalidDate", format!("`{text}` is no date: YYYY-MM-DD")))
}

/// Rules as S3 takes them.
pub(super) fn sent(rules: &[LifecycleRule]) -> Result<Vec<s3::LifecycleRule>, Fault> {
    rules.iter().map(rule_sent).collect()
}

fn rule_sent(rule: &LifecycleRule) -> Result<s3::LifecycleRule, Fault> {
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
    let status = if *enabled { s3::ExpirationStatus::Enabled } else { s3::ExpirationStatus::Disabled };
    let mut sent = s3::LifecycleRule::builder().id(id).status(status).filter(filter_sent(
        prefix,
        tags,
        *larger_than_bytes,
        *smaller_than_bytes,
    )?);
    if expire_days.is_some() || expire_date.is_some() || *remove_expired_delete_markers {
        let date = expire_date.as_deref().map(date_sent).transpose()?;
        let markers = remove_expired_delete_markers.then_some(true);
        let expiration = s3::LifecycleExpiration::builder().set_days(*expire_days).set_date(date);
        sent = sent.expiration(expiration.set_expired_object_delete_marker(markers).build());
    }
    if expire_noncurrent_days.is_some() || keep_noncurrent_versions.is_some() {
        let expiration =
            s3::NoncurrentVersionExpiration::builder().set_noncurrent_days(*expire_noncurrent_days);
        let expiration = expiration.set_newer_noncurrent_versions(*keep_noncurrent_versions);
        sent = sent.noncurrent_version_expiration(expiration.build());
    }
    if let Some(days) = abort_uploads_days {
        let abort = s3::AbortIncompleteMultipartUpload::builder().days_after_initiation(*days).build();
        sent = sent.abort_incomplete_multipart_upload(abort);
    }
    for Transition { days, date, storage_class, keep_versions: _ } in transitions {
        let date = date.as_deref().map(date_sent).transpose()?;
        let class = s3::TransitionStorageClass::from(storage_class.as_str());
        sent = sent.transitions(
            s3::Transition::builder().set_days(*days).set_date(date).storage_class(class).build(),
        );
    }
    for Transition { days, date: _, storage_class, keep_versions } in noncurrent_transitions {
        let class = s3::TransitionStorageClass::from(storage_class.as_str());
        let moved =
            s3::NoncurrentVersionTransition::builder().set_noncurrent_days(*days).storage_class(class);
        sent =
            sent.noncurrent_version_transitions(moved.set_newer_noncurrent_versions(*keep_versions).build());
    }
    Ok(sent.build()?)
}

/// One criterion stands alone; several must be wrapped in `And`.
fn filter_sent(
    prefix: &str,
    tags: &BTreeMap<String, String>,
    larger: Option<i64>,
    smaller: Option<i64>,
) -> Result<s3::LifecycleRuleFilter, Fault> {
    let tags = tags
        .iter()
        .map(|(k, v)| s3::Tag::builder().key(k).value(v).build())
        .collect::<Result<Vec<_>, _>>()?;
    let criteria = usize::from(!prefix.is_empty())
        + tags.len()
        + usize::from(larger.is_some())
        + usize::from(smaller.is_some());
    let filter = s3::LifecycleRuleFilter::builder();
    if criteria > 1 {
        let and = s3::LifecycleRuleAndOperator::builder()
            .set_prefix((!prefix.is_empty()).then(|| prefix.to_owned()))
            .set_tags((!tags.is_empty()).then_some(tags))
            .set_object_size_greater_than(larger)
            .set_object_size_less_than(smaller);
        return Ok(filter.and(and.build()).build());
    }
    let alone = criteria == 0 || !prefix.is_empty();
    Ok(filter
        .set_prefix(alone.then(|| prefix.to_owned()))
        .set_tag(tags.into_iter().next())
        .set_object_size_greater_than(larger)
        .set_object_size_less_than(smaller)
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(id: &str) -> LifecycleRule {
        serde_json::from_value(serde_json::json!({ "id": id })).unwrap()
    }

    #[track_caller]
    fn survives(rule: LifecycleRule) {
        let sent = sent(std::slice::from_ref(&rule)).unwrap();
        assert_eq!(found(&sent), Ok(vec![rule]));
    }

    #[test]
    fn rules_survive_the_way_there_and_back() {
        survives(rule("all"));
        survives(LifecycleRule {
            prefix: "a/".into(),
            expire_days: Some(3),
            enabled: false,
            ..rule("prefix")
        });
        survives(LifecycleRule { tags: [("k".into(), "v".into())].into(), ..rule("tag") });
        survives(LifecycleRule { larger_than_bytes: Some(1), ..rule("size") });
        survives(LifecycleRule {
            prefix: "a/".into(),
            tags: [("k".into(), "v".into()), ("l".into(), "w".into())].into(),
            larger_than_bytes: Some(1),
            smaller_than_bytes: Some(9),
            expire_date: Some("2030-01-01".into()),
            expire_noncurrent_days: Some(7),
            keep_noncurrent_versions: Some(2),
            abort_uploads_days: Some(1),
            transitions: vec![Transition {
                days: Some(30),
                date: None,
                storage_class: "STANDARD_IA".into(),
                keep_versions: None,
            }],
            noncurrent_transitions: vec![Transition {
                days: Some(30),
                date: None,
                storage_class: "GLACIER".into(),
                keep_versions: Some(3),
            }],
            ..rule("everything")
        });
        survives(LifecycleRule { remove_expired_delete_markers: true, ..rule("markers") });
    }

    #[test]
    fn an_unknown_status_is_named() {
        let strange = s3::LifecycleRule::builder().id("r").status("Paused".into()).build().unwrap();
        assert_eq!(
            found(&[strange]),
            Err("lifecycle rule `r` uses status `Paused`, which hatrack does not know".to_owned())
        );
    }

    #[test]
    #[expect(deprecated, reason = "the legacy spelling is the point")]
    fn a_legacy_prefix_is_a_prefix() {
        let legacy =
            s3::LifecycleRule::builder().id("r").prefix("old/").status(s3::ExpirationStatus::Enabled);
        assert_eq!(found(&[legacy.build().unwrap()]).unwrap()[0].prefix, "old/");
    }
}
