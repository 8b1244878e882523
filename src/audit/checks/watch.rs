//! What watches the account: trails and access analyzers.

use crate::audit::{Check, Facts, Measure, Seen, Trail};
use crate::diagnostic::Severity;

const TRAILS: &str = "https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html";

pub(super) static NO_TRAIL: Check = Check {
    id: "no-trail",
    severity: Severity::SecurityWarning,
    sentence: "No trail records all management events of all regions.",
    why: "What somebody did cannot be found out after 90 days, nor anything kept where they cannot reach it.",
    help: "make a trail of all regions, with management events that read and write, into a bucket of another account",
    source: TRAILS,
    look: no_trail,
};

fn no_trail(facts: &Facts, _: &Measure, seen: &mut Seen) {
    let Some(trails) = seen.known(&facts.trails) else { return };
    if trails.is_empty() {
        return seen.hit("account", "has no trail");
    }
    // One that is known to do suffices; without one, each that nobody could look at may be it.
    let judged: Vec<(&Trail, Result<Vec<String>, &str>)> = trails.iter().map(|t| (t, lacks(t))).collect();
    if judged.iter().any(|(_, lacks)| lacks.as_ref().is_ok_and(Vec::is_empty)) {
        return;
    }
    let mut known = true;
    for (trail, lacks) in &judged {
        if let Err(why) = lacks {
            seen.miss(&subject(trail), why);
            known = false;
        }
    }
    if known {
        let each: Vec<String> = judged
            .iter()
            .filter_map(|(trail, lacks)| {
                Some(format!("`{}` {}", trail.name, lacks.as_ref().ok()?.join(" and ")))
            })
            .collect();
        seen.hit("account", format!("no trail records everything: {}", each.join("; ")));
    }
}

/// What a trail lacks. What is known to be missing need not wait for what could not be read.
fn lacks(trail: &Trail) -> Result<Vec<String>, &str> {
    let mut lacks: Vec<String> = vec![];
    if !trail.multi_region {
        lacks.push("is of one region".to_owned());
    }
    match &trail.logging {
        Ok(false) => lacks.push("is switched off".to_owned()),
        Err(why) if lacks.is_empty() => return Err(why),
        Ok(true) | Err(_) => {}
    }
    match &trail.events {
        Ok(events) => {
            match (events.reads, events.writes) {
                (true, true) => {}
                (false, true) => lacks.push("leaves out what reads".to_owned()),
                (true, false) => lacks.push("leaves out what writes".to_owned()),
                (false, false) => lacks.push("leaves out management events".to_owned()),
            }
            if !events.without.is_empty() {
                let without: Vec<&str> = events.without.iter().map(String::as_str).collect();
                lacks.push(format!("leaves out {}", without.join(", ")));
            }
        }
        Err(why) if lacks.is_empty() => return Err(why),
        Err(_) => {}
    }
    Ok(lacks)
}

pub(super) static UNVALIDATED: Check = Check {
    id: "trail-unvalidated",
    severity: Severity::Warning,
    sentence: "A trail writes without log file validation.",
    why: "Whoever can write to its bucket can change what it recorded, and nobody could tell.",
    help: "switch log file validation on",
    source: TRAILS,
    look: |facts, _, seen| {
        let Some(trails) = seen.known(&facts.trails) else { return };
        for trail in trails.iter().filter(|trail| !trail.validated) {
            seen.hit_with(
                subject(trail),
                "writes without log file validation",
                whose(trail, UNVALIDATED.help),
            );
        }
    },
};

pub(super) static UNDELIVERED: Check = Check {
    id: "trail-undelivered",
    severity: Severity::Warning,
    sentence: "A trail could not deliver to its bucket.",
    why: "It seems to record, and nothing arrives.",
    help: "look at the bucket's policy, and at its key's",
    source: "https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html",
    look: |facts, _, seen| {
        let Some(trails) = seen.known(&facts.trails) else { return };
        for trail in trails {
            if seen.known_of(&subject(trail), &trail.logging).is_none() {
                continue;
            }
            if let Some(error) = &trail.delivery_error {
                let message = format!("its last delivery failed: {error}");
                seen.hit_with(subject(trail), message, whose(trail, UNDELIVERED.help));
            }
        }
    },
};

fn subject(trail: &Trail) -> String {
    format!("trail/{}", trail.name)
}

fn whose(trail: &Trail, help: &str) -> String {
    if trail.organization {
        format!("it is the organization's, whose management account can: {help}")
    } else {
        help.to_owned()
    }
}

pub(super) static NO_ANALYZER: Check = Check {
    id: "no-analyzer",
    severity: Severity::Warning,
    sentence: "No active access analyzer looks for access from outside, in a region that is used.",
    why: "IAM Access Analyzer tells which buckets, keys and roles others can reach, for nothing.",
    help: "make an analyzer of type ACCOUNT or ORGANIZATION there",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/what-is-access-analyzer.html",
    look: |facts, _, seen| {
        for (region, analyzers) in &facts.analyzers {
            let subject = format!("region/{region}");
            let known =
                if region.is_empty() { seen.known(analyzers) } else { seen.known_of(&subject, analyzers) };
            let Some(analyzers) = known else { continue };
            if !analyzers.iter().any(|analyzer| analyzer.external && analyzer.active) {
                let idle: Vec<String> =
                    analyzers.iter().filter(|a| a.external).map(|a| format!("`{}`", a.name)).collect();
                let message = if idle.is_empty() {
                    String::from("has no access analyzer for access from outside")
                } else {
                    format!("its access analyzer {} is not active", idle.join(", "))
                };
                seen.hit(subject, message);
            }
        }
    },
};
