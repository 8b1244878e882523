//! What an audit looks at beside what is declared: the root user, trails, analyzers, every bucket. Each question stands
//! alone, so that one that is refused leaves the other answers standing.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::types::{
    AdvancedEventSelector, AdvancedFieldSelector, EventSelector, ReadWriteType, Trail as ToldTrail,
};
use futures::future::{join, join3, join5};
use futures::stream::{self, StreamExt};
use jiff::Timestamp;

use super::client::Link;
use super::error::{Fault, Sort};
use super::hygiene_people::{self, People};
use super::read_bucket::{self, Listed};
use super::read_iam::pages;
use super::settings;
use crate::audit::{Analyzer, Answer, BucketFacts, Facts, ManagementEvents, Measure, Summary, Trail};
use crate::state::Versioning;

/// Everything.
///
/// # Errors
/// Only what makes every other question vain: credentials that expired, no connection, an interruption.
pub(super) async fn facts(
    link: &Link,
    mut regions: BTreeSet<String>,
    measure: &Measure,
) -> Result<Facts, Fault> {
    let account = join5(
        summary(link),
        hygiene_people::people(link, measure),
        settings::password_policy(link),
        settings::public_access_block(link),
        trails(link, &regions),
    );
    let ((summary, people, passwords, block, trails), listed) = join(account, read_bucket::list(link)).await;
    let buckets = match listed {
        Ok(listed) => Ok(buckets(link, listed).await?),
        Err(fault) => Err(fault),
    };
    let buckets = answer(buckets, "s3:ListAllMyBuckets")?;
    let used = buckets.as_ref().map(|buckets| buckets.values().map(|(region, _)| region));
    // Where nobody knows which regions are used, nobody knows that all of them are watched.
    let mut unknown: Option<String> = used.as_ref().err().map(|why| (*why).clone());
    for region in used.into_iter().flatten() {
        match region {
            Ok(region) => _ = regions.insert(region.clone()),
            Err(why) => _ = unknown.get_or_insert_with(|| why.clone()),
        }
    }
    let mut analyzers = analyzers(link, regions).await?;
    analyzers.extend(unknown.map(|why| (String::new(), Err(why))));
    let buckets = buckets.map(|all| all.into_iter().map(|(name, (_, bucket))| (name, bucket)).collect());
    let People { users, credentials, roles, providers, root, notes } = people?;
    Ok(Facts {
        account: link.account.clone(),
        summary: answer(summary, "iam:GetAccountSummary")?,
        root,
        users,
        credentials,
        roles,
        providers,
        password_policy: answer(passwords, "iam:GetAccountPasswordPolicy")?,
        public_access_block: answer(block, "s3:GetAccountPublicAccessBlock")?,
        trails: answer(trails, "cloudtrail:DescribeTrails")?,
        analyzers,
        buckets,
        notes,
    })
}

/// An answer, or in words why there is none.
pub(super) fn answer<T>(answer: Result<T, Fault>, action: &str) -> Result<Answer<T>, Fault> {
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(fault) if fault.is_fatal() => Err(fault),
        Err(fault) => Ok(Err(fault.reason(action))),
    }
}

/// A moment as the SDK has it.
pub(super) fn moment(time: &aws_sdk_iam::primitives::DateTime) -> Option<Timestamp> {
    Timestamp::from_second(time.secs()).ok()
}

async fn summary(link: &Link) -> Result<Summary, Fault> {
    let answer = link.ask(async || Ok(link.iam.get_account_summary().send().await?)).await?;
    let map = answer.summary_map().cloned().unwrap_or_default();
    let counted = |key: &str| map.iter().find(|(name, _)| name.as_str() == key).map(|(_, count)| *count);
    let needed = |key: &str| {
        counted(key).ok_or_else(|| Fault::invalid("Summary", format!("the account summary lacks {key}")))
    };
    Ok(Summary {
        mfa: needed("AccountMFAEnabled")? > 0,
        password: counted("AccountPasswordPresent").map(|count| count > 0),
        access_keys: needed("AccountAccessKeysPresent")?,
        certificates: counted("AccountSigningCertificatesPresent").unwrap_or(0),
    })
}

/// The trails that are seen from some regions, each once.
async fn trails(link: &Link, regions: &BTreeSet<String>) -> Result<Vec<Trail>, Fault> {
    let mut found: BTreeMap<String, Trail> = BTreeMap::new();
    for region in regions {
        let trail = link.cloudtrail(region);
        let answer = link.ask(async || Ok(trail.describe_trails().send().await?)).await?;
        for each in answer.trail_list() {
            // A trail of another region, or of the organization, is known by its ARN only, and at home.
            let name = each.trail_arn().or(each.name()).unwrap_or_default();
            if !found.contains_key(name) {
                found.insert(name.to_owned(), of_trail(link, region, name, each).await?);
            }
        }
    }
    Ok(found.into_values().collect())
}

async fn of_trail(link: &Link, region: &str, name: &str, told: &ToldTrail) -> Result<Trail, Fault> {
    let trail = link.cloudtrail(told.home_region().unwrap_or(region));
    let status = link.ask(async || Ok(trail.get_trail_status().name(name).send().await?));
    let events = link.ask(async || Ok(trail.get_event_selectors().trail_name(name).send().await?));
    let (status, events) = join(status, events).await;
    let status = self::answer(status, "cloudtrail:GetTrailStatus")?;
    let events = self::answer(events, "cloudtrail:GetEventSelectors")?;
    Ok(Trail {
        name: told.name().unwrap_or(name).to_owned(),
        multi_region: told.is_multi_region_trail().unwrap_or(false),
        validated: told.log_file_validation_enabled().unwrap_or(false),
        organization: told.is_organization_trail().unwrap_or(false),
        delivery_error: status.as_ref().ok().and_then(|status| {
            status.latest_delivery_error().filter(|error| !error.is_empty()).map(ToOwned::to_owned)
        }),
        logging: status.map(|status| status.is_logging().unwrap_or(false)),
        events: events.map(|events| recorded(events.event_selectors(), events.advanced_event_selectors())),
    })
}

/// Which management events selectors let through. Advanced ones name a category, and may leave out what only reads, or
/// what comes of some services; one that is narrowed otherwise does not make a trail of all.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedEventSelector.html>
fn recorded(basic: &[EventSelector], advanced: &[AdvancedEventSelector]) -> ManagementEvents {
    let mut events = ManagementEvents::default();
    for selector in basic.iter().filter(|s| s.include_management_events() != Some(false)) {
        let kind = selector.read_write_type();
        events.reads |= !matches!(kind, Some(ReadWriteType::WriteOnly));
        events.writes |= !matches!(kind, Some(ReadWriteType::ReadOnly));
        events.without.extend(selector.exclude_management_event_sources().iter().cloned());
    }
    for selector in advanced {
        let fields = selector.field_selectors();
        let is = |field: &str, value: &str| {
            fields.iter().any(|f| f.field() == field && f.equals().iter().any(|equal| equal == value))
        };
        let leaves_out = |f: &AdvancedFieldSelector| f.field() == "eventSource" && !f.not_equals().is_empty();
        let plain = |f: &AdvancedFieldSelector| {
            let known = ["eventCategory", "readOnly"].contains(&f.field());
            known && !f.equals().is_empty() || leaves_out(f)
        };
        if is("eventCategory", "Management") && fields.iter().all(plain) {
            events.reads |= !is("readOnly", "false");
            events.writes |= !is("readOnly", "true");
            let without = fields.iter().filter(|f| leaves_out(f)).flat_map(|f| f.not_equals());
            events.without.extend(without.cloned());
        }
    }
    events
}

async fn analyzers(
    link: &Link,
    regions: BTreeSet<String>,
) -> Result<BTreeMap<String, Answer<Vec<Analyzer>>>, Fault> {
    let answers: Vec<_> = stream::iter(regions)
        .map(|region| async move {
            let found = of_region(link, &region).await;
            (region, found)
        })
        .buffer_unordered(link.parallelism)
        .collect()
        .await;
    answers
        .into_iter()
        .map(|(region, found)| Ok((region, answer(found, "access-analyzer:ListAnalyzers")?)))
        .collect()
}

async fn of_region(link: &Link, region: &str) -> Result<Vec<Analyzer>, Fault> {
    let analyzer = link.access_analyzer(region);
    let read = pages(
        link,
        async |token| Ok(analyzer.list_analyzers().set_next_token(token).send().await?),
        |page| (page.next_token().is_some(), page.next_token().map(ToOwned::to_owned)),
    )
    .await?;
    let found = read.iter().flat_map(|page| page.analyzers()).map(|each| Analyzer {
        name: each.name().to_owned(),
        external: matches!(each.r#type().as_str(), "ACCOUNT" | "ORGANIZATION"),
        active: each.status().as_str() == "ACTIVE",
    });
    Ok(found.collect())
}

/// What is known of each bucket, with its region or why that is not known.
async fn buckets(
    link: &Link,
    listed: Vec<Listed>,
) -> Result<BTreeMap<String, (Answer<String>, BucketFacts)>, Fault> {
    let answers: Vec<_> = stream::iter(listed)
        .map(|(name, region)| async move {
            let found = bucket(link, &name, region).await;
            (name, found)
        })
        .buffer_unordered(link.parallelism)
        .collect()
        .await;
    let mut facts = BTreeMap::new();
    for (name, found) in answers {
        match found {
            Ok(found) => _ = facts.insert(name, found),
            // Deleted since it was listed.
            Err(fault) if fault.code == "NoSuchBucket" => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(facts)
}

/// A bucket, and its region.
async fn bucket(
    link: &Link,
    name: &str,
    region: Option<String>,
) -> Result<(Answer<String>, BucketFacts), Fault> {
    let region = match region {
        Some(region) => Ok(region),
        None => read_bucket::location(link, name).await,
    };
    let region = match region {
        Err(fault) if fault.code == "NoSuchBucket" || fault.is_fatal() => return Err(fault),
        region => region.map_err(|fault| fault.reason("s3:GetBucketLocation")),
    };
    let region = match region {
        Ok(region) => region,
        Err(why) => {
            let facts = BucketFacts {
                policy: Err(why.clone()),
                public_access_block: Err(why.clone()),
                versioned: Err(why.clone()),
                logged: Err(why.clone()),
            };
            return Ok((Err(why), facts));
        }
    };
    let client = link.s3(&region);
    let (policy, block, rest) = join3(
        read_bucket::policy(link, &client, name),
        read_bucket::public_access_block(link, &client, name),
        join(read_bucket::versioning(link, &client, name), logged(link, &client, name)),
    )
    .await;
    let (versioning, logged) = rest;
    let facts = BucketFacts {
        policy: of_bucket(policy, "s3:GetBucketPolicy")?,
        public_access_block: of_bucket(block, "s3:GetBucketPublicAccessBlock")?,
        versioned: of_bucket(versioning, "s3:GetBucketVersioning")?
            .map(|versioning| versioning == Some(Versioning::Enabled)),
        logged: of_bucket(logged, "s3:GetBucketLogging")?,
    };
    Ok((Ok(region), facts))
}

fn of_bucket<T>(found: Result<T, Fault>, action: &str) -> Result<Answer<T>, Fault> {
    match found {
        Err(fault) if fault.code == "NoSuchBucket" => Err(fault),
        found => answer(found, action),
    }
}

async fn logged(link: &Link, client: &aws_sdk_s3::Client, bucket: &str) -> Result<bool, Fault> {
    let owner = link.account.as_str();
    let answer = link.ask(async || {
        Ok(client.get_bucket_logging().bucket(bucket).expected_bucket_owner(owner).send().await?)
    });
    match answer.await {
        Ok(answer) => Ok(answer.logging_enabled().is_some()),
        Err(fault) if fault.sort == Sort::Absent && fault.code != "NoSuchBucket" => Ok(false),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(kind: &str, management: bool) -> EventSelector {
        EventSelector::builder().read_write_type(kind.into()).include_management_events(management).build()
    }

    fn advanced(fields: &[(&str, &str)]) -> AdvancedEventSelector {
        let field = |(field, value): &(&str, &str)| {
            AdvancedFieldSelector::builder().field(*field).equals(*value).build().unwrap()
        };
        let selectors = Some(fields.iter().map(field).collect());
        AdvancedEventSelector::builder().set_field_selectors(selectors).build().unwrap()
    }

    fn events(reads: bool, writes: bool) -> ManagementEvents {
        ManagementEvents { reads, writes, without: [].into() }
    }

    #[test]
    fn basic_selectors_add_up() {
        assert_eq!(recorded(&[basic("All", true)], &[]), events(true, true));
        assert_eq!(recorded(&[basic("All", false)], &[]), events(false, false));
        assert_eq!(recorded(&[basic("WriteOnly", true)], &[]), events(false, true));
        assert_eq!(recorded(&[basic("WriteOnly", true), basic("ReadOnly", true)], &[]), events(true, true));
    }

    #[test]
    fn advanced_selectors_name_management_events_and_may_narrow_them() {
        let management = ("eventCategory", "Management");
        assert_eq!(recorded(&[], &[advanced(&[management])]), events(true, true));
        assert_eq!(recorded(&[], &[advanced(&[("eventCategory", "Data")])]), events(false, false));
        assert_eq!(recorded(&[], &[advanced(&[management, ("readOnly", "false")])]), events(false, true));
        let one = advanced(&[management, ("eventSource", "kms.amazonaws.com")]);
        assert_eq!(recorded(&[], &[one]), events(false, false));
    }

    #[test]
    fn services_that_are_left_out_are_named() {
        let kms = || "kms.amazonaws.com".to_owned();
        let without = ManagementEvents { without: [kms()].into(), ..events(true, true) };
        let selector = EventSelector::builder().exclude_management_event_sources(kms()).build();
        assert_eq!(recorded(&[selector], &[]), without);
        let field = |field: &str| AdvancedFieldSelector::builder().field(field);
        let category = field("eventCategory").equals("Management").build().unwrap();
        let source = field("eventSource").not_equals(kms()).build().unwrap();
        let both = Some(vec![category, source]);
        let selector = AdvancedEventSelector::builder().set_field_selectors(both).build().unwrap();
        assert_eq!(recorded(&[], &[selector]), without);
    }
}
