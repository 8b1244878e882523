//! How long `policy compare` takes: AWS's managed policies against themselves, and pairs of generated policies.
//!
//! Not timed by tests: it prints what it measured, and ends with an error if an answer is wrong.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::panic, reason = "a program of its own")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use hatrack::access::compare::{Comparison, Relation, compare};
use hatrack::access::rule::Rules;
use hatrack::policy::catalogue::{managed_policies, services};
use hatrack::policy::{Document, Usage};
use serde_json::{Value, json};

const PAIRS: u64 = 60;
const STATEMENTS: u64 = 30;

fn main() {
    let start = Instant::now();
    let known = services().map(|service| service.actions().len()).sum::<usize>();
    println!("catalogue of {known} actions: {:.1} ms, once", milliseconds(start.elapsed()));
    themselves();
    pairs();
}

fn themselves() {
    let (mut times, mut unknown) = (vec![], vec![]);
    for policy in managed_policies() {
        let rules = Rules::of(policy.document());
        let (found, time) = timed(&rules, &rules);
        times.push((time, policy.name.to_owned()));
        match found.relation {
            Relation::Equivalent => {}
            Relation::Unknown => unknown.push(format!("{}: {}", policy.name, found.reason.unwrap())),
            relation => panic!("{} is {} than itself", policy.name, relation.word()),
        }
    }
    say("managed policies against themselves", times);
    println!("  unknown: {}", unknown.len());
    unknown.iter().for_each(|line| println!("    {line}"));
}

fn pairs() {
    let mut random = Random(7);
    let mut times = vec![];
    let mut relations = std::collections::BTreeMap::new();
    for number in 0..PAIRS {
        let one = random.policy();
        let wider = number % 2 == 1;
        let other = if wider { random.widened(&one) } else { random.rewritten(&one) };
        let (found, time) = timed(&rules(&one), &rules(&other));
        let expected =
            if wider { [Relation::Broader, Relation::Equivalent] } else { [Relation::Equivalent; 2] };
        assert!(expected.contains(&found.relation), "{number}: {found:?}");
        *relations.entry(found.relation.word()).or_insert(0) += 1;
        times.push((time, format!("pair {number}")));
    }
    say(&format!("pairs of {STATEMENTS} statements, half of them widened"), times);
    println!("  {relations:?}");
}

fn timed(one: &Rules, other: &Rules) -> (Comparison, Duration) {
    let start = Instant::now();
    let found = compare(one, other, BTreeSet::new());
    (found, start.elapsed())
}

fn rules(statements: &[Value]) -> Rules {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    Rules::of(&Document::read(&document, Usage::Identity, "aws").unwrap())
}

fn say(what: &str, mut times: Vec<(Duration, String)>) {
    times.sort();
    let at = |part: usize| times.get((times.len() - 1) * part / 100).map_or(0.0, |(t, _)| milliseconds(*t));
    let total: Duration = times.iter().map(|(time, _)| *time).sum();
    println!("{what}: {}", times.len());
    println!("  median {:.2} ms, p99 {:.2} ms, worst {:.2} ms", at(50), at(99), at(100));
    println!("  all {:.0} ms", milliseconds(total));
    for (time, name) in times.iter().rev().take(5) {
        println!("    {:.1} ms {name}", milliseconds(*time));
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Always the same numbers: <https://en.wikipedia.org/wiki/Linear_congruential_generator>.
struct Random(u64);

impl Random {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        usize::try_from(self.below(of.len() as u64)).ok().and_then(|at| of.get(at)).unwrap()
    }

    fn policy(&mut self) -> Vec<Value> {
        (0..STATEMENTS).map(|number| self.statement(number)).collect()
    }

    fn statement(&mut self, number: u64) -> Value {
        let team = self.one(&["alpha", "beta", "gamma", "delta"]);
        let (actions, resources) = match self.below(6) {
            0 => (vec!["s3:GetObject", "s3:PutObject*"], format!("arn:aws:s3:::ds-{team}-????/data/*/out-*")),
            1 => (vec!["s3:List*", "s3:GetBucket*"], format!("arn:aws:s3:::ds-{team}-*")),
            2 => (
                vec!["sagemaker:Create*", "sagemaker:Describe*"],
                format!("arn:aws:sagemaker:*:*:*-job/{team}-*"),
            ),
            3 => (
                vec!["glue:Get*", "glue:BatchGet*"],
                format!("arn:aws:glue:eu-west-1:111122223333:table/{team}*/*"),
            ),
            4 => (vec!["logs:*"], format!("arn:aws:logs:*:111122223333:log-group:/aws/*/{team}-*:*")),
            _ => (vec!["ec2:Describe*", "ecr:Get*", "cloudwatch:PutMetricData"], "*".to_owned()),
        };
        let effect = if number % 6 == 5 { "Deny" } else { "Allow" };
        let mut statement = json!({"Effect": effect, "Action": actions, "Resource": [resources]});
        let condition = match self.below(7) {
            0 => json!({"Bool": {"aws:SecureTransport": "true"}}),
            1 => {
                json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", format!("192.168.{}.0/24", self.below(9))]}})
            }
            2 => json!({"StringLike": {"s3:prefix": [format!("{team}/*"), "shared/*"]}}),
            3 => json!({"StringEqualsIfExists": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}),
            4 => json!({"NumericLessThan": {"aws:MultiFactorAuthAge": (self.below(5) * 900).to_string()}}),
            5 => json!({"DateLessThan": {"aws:CurrentTime": "2028-01-01T00:00:00Z"}}),
            _ => return statement,
        };
        statement["Condition"] = condition;
        statement
    }

    /// The same in other words: each statement once for each action.
    fn rewritten(&mut self, policy: &[Value]) -> Vec<Value> {
        let each = policy.iter().flat_map(|statement| {
            let actions = statement.get("Action").and_then(Value::as_array).cloned().unwrap_or_default();
            actions.into_iter().map(|action| {
                let mut alone = statement.clone();
                alone["Action"] = json!([action]);
                alone
            })
        });
        each.collect()
    }

    /// The same, and one statement wider.
    fn widened(&mut self, policy: &[Value]) -> Vec<Value> {
        let mut wider = policy.to_vec();
        let at = usize::try_from(self.below(5)).unwrap();
        if let Some(statement) = wider.get_mut(at) {
            statement["Resource"] = json!(["*"]);
        }
        wider
    }
}
