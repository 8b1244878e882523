//! measure
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]
use std::collections::BTreeMap;
use hatrack::policy::catalogue::managed_policies;
use hatrack::policy::{Usage, Written};

#[test]
fn measure() {
    let mut out: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for policy in managed_policies() {
        let json = serde_json::from_str(policy.text()).unwrap();
        let (written, mut problems) = Written::read(&json, Usage::Identity, "aws");
        problems.extend(written.iter().flat_map(|w| w.check("aws")));
        for p in problems {
            let key = (format!("{:?} {}", p.severity, p.rule), format!("{} // {}", p.message, p.help.unwrap_or_default()));
            out.entry(key).or_default().push(policy.name.to_owned());
        }
    }
    for ((rule, message), who) in out {
        println!("{rule}\t{message}\t{}\t{}", who.len(), who[0]);
    }
}
