//! What an audit looks at beside what is declared: the root user, trails, analyzers, every bucket. Each question stands
//! alone, so that one that is refused leaves the other answers standing.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::types::{AdvancedEventSelector, EventSelector, ReadWriteType};
use futures::future::{join, join3, join5};
use futures::stream::{self, StreamExt};
use jiff::Timestamp;

use super::client::Link;
use super::error::{Fault, Sort};
use super::hygiene_people::{self, People};
use super::read_bucket::{self, Listed};
use super::read_iam::pages;
use super::settings;
use crate::audit::{Analyzer, Answer, BucketFacts, Facts, ManagementEvents, Summary, Trail};
use crate::state::Versioning;

/// Everything.
///
/// # Errors
/// Only what makes every other question vain: credentials that expired, no connection, an interruption.
pub(super) async fn facts(link: &Link, mut regions: BTreeSet<String>) -> Result<Facts, Fault> {
    let account = join5(
        summary(link),
        hygiene_people::people(link),
        settings::password_policy(link),
        settings::public_access_block(link),
        trails(link),
    );
    let ((summary, people, passwords, block, trails), listed) = join(account, read_bucket::list(link)).await;
    let (buckets, used) = match listed {
        Ok(listed) => {
            let (buckets, used) = buckets(link, listed).await?;
            (Ok(buckets), used)
        }
        Err(fault) => (Err(fault), BTreeSet::new()),
    };
    regions.extend(used);
    let People { users, roles, providers, root, notes } = people?;
    Ok(Facts {
        account: link.account.clone(),
        summary: answer(summary, "iam:GetAccountSummary")?,
        root,
        users,
        roles,
        providers,
        password_policy: answer(passwords, "iam:GetAccountPasswordPolicy")?,
        public_access_block: answer(block, "s3:GetAccountPublicAccessBlock")?,
        trails: answer(trails, "cloudtrail:DescribeTrails")?,
        analyzers: analyzers(link, regions).await?,
        buckets: answer(buckets, "s3:ListAllMyBuckets")?,
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

async fn trails(link: &Link) -> Result<Vec<Trail>, Fault> {
    let trail = link.cloudtrail(&link.region);
    let answer = link.ask(async || Ok(trail.describe_trails().send().await?)).await?;
    let mut found = vec![];
    for each in answer.trail_list() {
        // A trail of another region, or of the organization, is known by its ARN only, and at home.
        let home = each.home_region().unwrap_or(&link.region);
        let name = each.trail_arn().or(each.name()).unwrap_or_default();
        let trail = link.cloudtrail(home);
        let status = link.ask(async || Ok(trail.get_trail_status().name(name).send().await?));
        let events = link.ask(async || Ok(trail.get_event_selectors().trail_name(name).send().await?));
        let (status, events) = join(status, events).await;
        let status = self::answer(status, "cloudtrail:GetTrailStatus")?;
        let events = self::answer(events, "cloudtrail:GetEventSelectors")?;
        found.push(Trail {
            name: each.name().unwrap_or(name).to_owned(),
            multi_region: each.is_multi_region_trail().unwrap_or(false),
            validated: each.log_file_validation_enabled().unwrap_or(false),
            organization: each.is_organization_trail().unwrap_or(false),
            delivery_error: status.as_ref().ok().and_then(|status| {
                status.latest_delivery_error().filter(|error| !error.is_empty()).map(ToOwned::to_owned)
            }),
            logging: status.map(|status| status.is_logging().unwrap_or(false)),
            events: events
                .map(|events| recorded(events.event_selectors(), events.advanced_event_selectors())),
        });
    }
    Ok(found)
}

/// Which management events selectors let through. Advanced ones name a category, and may leave out what is read only or
/// comes of some sources: those of a source do not make a trail of all.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedEventSelector.html>
fn recorded(basic: &[EventSelector], advanced: &[AdvancedEventSelector]) -> ManagementEvents {
    let mut events = ManagementEvents::default();
    for selector in basic.iter().filter(|s| s.include_management_events() != Some(false)) {
        let kind = selector.read_write_type();
        events.reads |= !matches!(kind, Some(ReadWriteType::WriteOnly));
        events.writes |= !matches!(kind, Some(ReadWriteType::ReadOnly));
    }
    for selector in advanced {
        let fields = selector.field_selectors();
        let is = |field: &str, value: &str| {
            fields.iter().any(|f| f.field() == field && f.equals().iter().any(|equal| equal == value))
        };
        let narrowed = |field: &str| fields.iter().any(|f| f.field() == field);
        let whole = !narrowed("eventName")
            && !fields.iter().any(|f| f.field() == "eventSource" && !f.equals().is_empty());
        if is("eventCategory", "Management") && whole {
            events.reads |= !is("readOnly", "false");
            events.writes |= !is("readOnly", "true");
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

/// What is known of each bucket, and the regions that they are in.
async fn buckets(
    link: &Link,
    listed: Vec<Listed>,
) -> Result<(BTreeMap<String, BucketFacts>, BTreeSet<String>), Fault> {
    let answers: Vec<_> = stream::iter(listed)
        .map(|(name, region)| async move {
            let found = bucket(link, &name, region).await;
            (name, found)
        })
        .buffer_unordered(link.parallelism)
        .collect()
        .await;
    let (mut facts, mut regions) = (BTreeMap::new(), BTreeSet::new());
    for (name, found) in answers {
        match found {
            Ok((region, found)) => {
                facts.insert(name, found);
                regions.extend(region);
            }
            // Deleted since it was listed.
            Err(fault) if fault.code == "NoSuchBucket" => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok((facts, regions))
}

/// A bucket, and its region if that could be found out.
async fn bucket(
    link: &Link,
    name: &str,
    region: Option<String>,
) -> Result<(Option<String>, BucketFacts), Fault> {
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
                logged: Err(why),
            };
            return Ok((None, facts));
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
    Ok((Some(region), facts))
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
    use aws_sdk_cloudtrail::types::AdvancedFieldSelector;

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
        ManagementEvents { reads, writes }
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
}
