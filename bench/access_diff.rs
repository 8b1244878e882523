//! How long the access diff of a whole estate takes, and how that grows: `cargo bench --no-default-features --bench
//! access_diff`, or with a number of roles.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark is for the one who runs it"
)]

use std::time::Instant;

use hatrack::access::delta::delta;
use hatrack::access::landscape::Landscape;
use hatrack::policy::Policy;
use hatrack::state::{
    AccountId, Core, Extent, Kind, Partition, PolicyReference, Resource, ResourceId, Setting, State,
};

const ACCOUNT: &str = "111122223333";
const MANAGED: [&str; 4] = [
    "AmazonS3ReadOnlyAccess",
    "AmazonSageMakerFullAccess",
    "AmazonEC2ReadOnlyAccess",
    "AmazonAthenaFullAccess",
];

fn main() {
    let given: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let numbers = if given.is_empty() { vec![10, 100, 1_000, 5_000] } else { given };
    println!(
        "{:>6} {:>8} {:>10} {:>10} {:>10} {:>8} {:>10}",
        "roles", "buckets", "empty ms", "some ms", "all ms", "lines", "peak MiB"
    );
    for number in numbers {
        let (before, after) = (estate(number, &|_| false), estate(number, &|n| n % 20 == 0));
        let all = estate(number, &|_| true);
        let empty = State { resources: [].into(), ..before.clone() };
        let (created, lines) = timed(&empty, &before);
        let (some, _) = timed(&before, &after);
        let (every, _) = timed(&before, &all);
        println!(
            "{number:>6} {:>8} {created:>10.1} {some:>10.1} {every:>10.1} {lines:>8} {:>10}",
            200,
            peak().map_or_else(|| "?".to_owned(), |mebibytes| mebibytes.to_string())
        );
    }
}

/// Milliseconds, and how many lines were found.
fn timed(before: &State, after: &State) -> (f64, usize) {
    let start = Instant::now();
    let found = delta(&Landscape::new(before), &Landscape::new(after));
    (start.elapsed().as_secs_f64() * 1e3, found.gained.len() + found.lost.len())
}

/// The most memory this process has had, as Linux tells it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}

/// Roles with an inline policy and an AWS managed one each, and 200 buckets with a policy; some are another way.
fn estate(number: usize, other: &dyn Fn(usize) -> bool) -> State {
    let account: AccountId = ACCOUNT.parse().unwrap();
    let mut state = State::default();
    state.accounts.insert(account.clone(), Extent::full(Partition::new("aws")));
    let policy = |text: String| {
        Policy::from_text(&format!(r#"{{"Version": "2012-10-17", "Statement": [{text}]}}"#), "aws")
    };
    for n in 0..number {
        let service = ["glue", "sagemaker", "lambda", "ec2"][n % 4];
        let trust = policy(format!(
            r#"{{"Effect": "Allow", "Principal": {{"Service": "{service}.amazonaws.com"}}, "Action": "sts:AssumeRole"}}"#
        ));
        let bucket = n % 200;
        let more = if other(n) { r#", "s3:PutObject", "s3:DeleteObject""# } else { "" };
        let data = policy(format!(
            r#"{{"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"{more}], "Resource": "arn:aws:s3:::b{bucket}/team{n}/*"}},
               {{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b{bucket}",
                 "Condition": {{"StringLike": {{"s3:prefix": "team{n}/*"}}}}}},
               {{"Effect": "Allow", "Action": ["glue:Get*", "glue:BatchGet*"], "Resource": "arn:aws:glue:*:*:*"}},
               {{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {{"Bool": {{"aws:SecureTransport": "false"}}}}}}"#
        ));
        let core =
            Core::Role { path: "/".into(), description: String::new(), max_session_seconds: 3_600, trust };
        let settings = [
            Setting::Inline { name: "data".into(), document: data },
            Setting::Attached(PolicyReference::Aws(MANAGED[n % MANAGED.len()].to_owned())),
        ];
        state
            .resources
            .insert(ResourceId::new(&account, Kind::Role, format!("Role{n}")), Resource::new(core, settings));
    }
    for n in 0..200 {
        let more = if other(n) { r#", "s3:PutObject""# } else { "" };
        let document = policy(format!(
            r#"{{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b{n}", "arn:aws:s3:::b{n}/*"],
                 "Condition": {{"Bool": {{"aws:SecureTransport": "false"}}}}}},
               {{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::444455556666:root"}}, "Action": ["s3:GetObject"{more}],
                 "Resource": "arn:aws:s3:::b{n}/shared/*"}}"#
        ));
        let core = Core::Bucket { region: "eu-west-1".into() };
        let id = ResourceId::new(&account, Kind::Bucket, format!("b{n}"));
        state.resources.insert(id, Resource::new(core, [Setting::BucketPolicy(document)]));
    }
    state
}
