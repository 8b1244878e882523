//! `--shard I/N`: an estate split over machines, by account.

use sha2::{Digest as _, Sha256};

use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::report::{ShardLine, count};
use crate::spec::EnvironmentInfo;
use crate::state::AccountId;

/// Where the index of a job comes from with `auto/N`, from 0: Kubernetes' indexed jobs and AWS Batch's array jobs.
const INDEX_VARIABLES: [&str; 2] = ["JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX"];
const SHARDS_MAX: u32 = 10_000;

/// One of so many parts of an estate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    index: u32,
    of: u32,
}

/// Reads `--shard`.
///
/// # Errors
/// It is no `I/N`, or `auto` finds no index or two.
#[expect(clippy::disallowed_methods, reason = "the variables are the scheduler's, not options of ours")]
pub fn of(text: Option<&str>) -> Result<Option<Shard>, Failure> {
    text.map(|text| parse(text, &|name| std::env::var(name).ok())).transpose()
}

fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Shard, Failure> {
    let wrong = |why: String| {
        Failure::error(format!("`--shard {text}`: {why}"))
            .help("write I/N, with I from 1 to N: `--shard 2/5`; or `auto/N` in a job that has an index")
    };
    let (index, of) = text.split_once('/').ok_or_else(|| wrong("it has no `/`".to_owned()))?;
    let number = |text: &str| text.parse::<u32>().map_err(|_| wrong(format!("`{text}` is no number")));
    let of = number(of)?;
    if !(1..=SHARDS_MAX).contains(&of) {
        return Err(wrong(format!("there are 1 to {SHARDS_MAX} parts, not {of}")));
    }
    let index = if index == "auto" { of_job(text, of, variable)? } else { number(index)? };
    if !(1..=of).contains(&index) {
        return Err(wrong(format!("there is no part {index} of {of}")));
    }
    Ok(Shard { index, of })
}

/// The job's own index, from 1.
fn of_job(text: &str, of: u32, variable: &dyn Fn(&str) -> Option<String>) -> Result<u32, Failure> {
    let set: Vec<(&str, String)> = INDEX_VARIABLES
        .iter()
        .filter_map(|name| Some((*name, variable(name).filter(|value| !value.is_empty())?)))
        .collect();
    let failure = |why: String| Failure::error(format!("`--shard {text}`: {why}"));
    match set.as_slice() {
        [] => Err(failure(format!("neither {} is set", INDEX_VARIABLES.join(" nor "))).help(
            "they are set in an indexed Kubernetes job and in an AWS Batch array job; elsewhere write I/N",
        )),
        [(name, value)] => {
            let index = value.parse::<u32>().ok().filter(|index| *index < of);
            let index = index.ok_or_else(|| {
                failure(format!("{name} is `{value}`, and of {of} parts it would be 0 to {}", of - 1))
                    .help("start as many jobs as there are parts")
            })?;
            Ok(index + 1)
        }
        several => {
            let names: Vec<String> = several.iter().map(|(name, value)| format!("{name}={value}")).collect();
            Err(failure(format!("{} are both set", names.join(" and ")))
                .help("unset one of them, or write I/N"))
        }
    }
}

impl Shard {
    /// The environments of this part, which is said.
    pub fn of(self, environments: Vec<EnvironmentInfo>, output: &Output) -> Vec<EnvironmentInfo> {
        let all = environments.len();
        let own: Vec<EnvironmentInfo> =
            environments.into_iter().filter(|e| home(&e.account, self.of) == self.index).collect();
        let Self { index, of } = self;
        if own.is_empty() {
            output
                .say(&format!("shard {index}/{of} has none of {}: nothing to do", count(all, "environment")));
        } else {
            let names: Vec<&str> = own.iter().map(|e| e.name.as_str()).collect();
            output.say(&format!(
                "shard {index}/{of} has {} of {all}: {}",
                count(own.len(), "environment"),
                names.join(", ")
            ));
        }
        own
    }

    /// The shard of an account, of as many as there are here.
    pub fn home(self, account: &AccountId) -> u32 {
        home(account, self.of)
    }

    /// As reports have it.
    pub fn line(self) -> ShardLine {
        let Self { index, of } = self;
        ShardLine { index, of }
    }
}

/// The part an account is in: the one that bids the most (rendezvous hashing). An account that comes or goes moves no
/// other, and one more part takes its share from all.
fn home(account: &AccountId, of: u32) -> u32 {
    let bid = |index: &u32| {
        let digest = Sha256::digest(format!("{account}/{index}"));
        let mut first = [0_u8; 8];
        first.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        u64::from_be_bytes(first)
    };
    (1..=of).max_by_key(bid).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, variables: &[(&str, &str)]) -> Result<(u32, u32), String> {
        let get = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        parse(text, &get).map(|s| (s.index, s.of)).map_err(|failure| failure.message)
    }

    fn accounts(number: u64) -> Vec<AccountId> {
        (0..number).map(|n| format!("{:012}", 100_000_000_000 + n * 7).parse().unwrap()).collect()
    }

    #[test]
    fn a_shard_is_a_number_of_a_number() {
        assert_eq!(told("1/3", &[]), Ok((1, 3)));
        assert_eq!(told("3/3", &[]), Ok((3, 3)));
        assert_eq!(told("0/3", &[]), Err("`--shard 0/3`: there is no part 0 of 3".into()));
        assert_eq!(told("4/3", &[]), Err("`--shard 4/3`: there is no part 4 of 3".into()));
        assert_eq!(told("x/3", &[]), Err("`--shard x/3`: `x` is no number".into()));
        assert_eq!(told("3", &[]), Err("`--shard 3`: it has no `/`".into()));
        assert_eq!(told("1/0", &[]), Err("`--shard 1/0`: there are 1 to 10000 parts, not 0".into()));
        assert_eq!(told("-1/3", &[]), Err("`--shard -1/3`: `-1` is no number".into()));
    }

    #[test]
    fn a_job_knows_its_part() {
        assert_eq!(told("auto/3", &[("JOB_COMPLETION_INDEX", "0")]), Ok((1, 3)));
        assert_eq!(told("auto/3", &[("AWS_BATCH_JOB_ARRAY_INDEX", "2")]), Ok((3, 3)));
        assert!(told("auto/3", &[]).unwrap_err().contains("neither JOB_COMPLETION_INDEX nor"));
        let both = [("JOB_COMPLETION_INDEX", "0"), ("AWS_BATCH_JOB_ARRAY_INDEX", "1")];
        assert!(told("auto/3", &both).unwrap_err().contains("are both set"));
        for value in ["3", "-1", "one"] {
            assert!(
                told("auto/3", &[("JOB_COMPLETION_INDEX", value)])
                    .unwrap_err()
                    .contains("it would be 0 to 2")
            );
        }
    }

    #[test]
    fn every_account_is_in_one_part_and_parts_are_of_a_size() {
        let mut sizes = [0_usize; 8];
        for account in accounts(800) {
            sizes[home(&account, 8) as usize - 1] += 1;
        }
        assert!(sizes.iter().all(|size| (70..=130).contains(size)), "{sizes:?}");
    }

    #[test]
    fn one_more_part_takes_its_share_and_moves_nothing_else() {
        let moved: Vec<_> =
            accounts(800).into_iter().filter(|account| home(account, 8) != home(account, 9)).collect();
        assert!(moved.iter().all(|account| home(account, 9) == 9));
        assert!((60..=120).contains(&moved.len()), "{}", moved.len());
    }
}
