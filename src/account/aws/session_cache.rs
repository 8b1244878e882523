//! Sessions of profiles, kept where the AWS CLI keeps them and as it does, so that a one-time code given to one serves
//! the other as well.
//!
//! The names and the form are botocore's (`AssumeRoleCredentialFetcher._create_cache_key`, `JSONFileCache`): the SHA-1
//! of the arguments of AssumeRole as JSON with sorted keys, and AWS's answer as JSON.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use aws_credential_types::Credentials;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha1::{Digest as _, Sha1};

use super::profile::Link;
use crate::account::store;

/// A session with less time left is not begun with; as in botocore.
const LEFT_MINUTES_MIN: i64 = 15;

/// The folder of the AWS CLI's sessions; none without a home.
#[derive(Clone, Debug)]
pub(super) struct SessionCache {
    folder: Option<PathBuf>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    credentials: Kept,
}

/// No `Debug`: these are secrets.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Kept {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
}

impl SessionCache {
    /// `~/.aws/cli/cache`, wherever the configuration files are: the CLI does not look elsewhere.
    pub(super) fn of_home(home: Option<PathBuf>) -> Self {
        Self { folder: home.map(|home| home.join(".aws/cli/cache")) }
    }

    /// A session that is good for a while. What is damaged or half written is as good as none.
    pub(super) fn get(&self, link: &Link, now: Timestamp) -> Option<Credentials> {
        let text = fs::read_to_string(self.path(link)?).ok()?;
        let Answer { credentials } = serde_json::from_str(&text).ok()?;
        let Kept { access_key_id, secret_access_key, session_token, expiration, account_id: _ } = credentials;
        let ends = moment(&expiration)?;
        let left = ends.duration_since(now);
        (left >= SignedDuration::from_mins(LEFT_MINUTES_MIN)).then(|| {
            Credentials::new(
                access_key_id,
                secret_access_key,
                Some(session_token),
                Some(ends.into()),
                "ProfileSession",
            )
        })
    }

    /// Keeps a session; only its owner may read it.
    ///
    /// # Errors
    /// What the file system says: the session is good all the same.
    pub(super) fn put(&self, link: &Link, session: &Credentials, account: Option<&str>) -> io::Result<()> {
        let (Some(folder), Some(path)) = (&self.folder, self.path(link)) else { return Ok(()) };
        let (Some(token), Some(ends)) = (session.session_token(), session.expiry()) else { return Ok(()) };
        let expiration = Timestamp::try_from(ends).map_err(io::Error::other)?;
        let answer = Answer {
            credentials: Kept {
                access_key_id: session.access_key_id().to_owned(),
                secret_access_key: session.secret_access_key().to_owned(),
                session_token: token.to_owned(),
                expiration: expiration.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
                account_id: account.map(ToOwned::to_owned),
            },
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let text = serde_json::to_string(&answer).map_err(io::Error::other)?;
        store::save(&path, text.as_bytes())
    }

    fn path(&self, link: &Link) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{}.json", key(link))))
    }
}

/// botocore writes `UTC` or `+00:00`, others `Z`.
fn moment(text: &str) -> Option<Timestamp> {
    text.strip_suffix("UTC").map_or_else(|| text.parse(), |bare| format!("{bare}Z").parse()).ok()
}

/// The name of a session's file, without its ending.
fn key(link: &Link) -> String {
    let Link { profile: _, role_arn, external_id, session_name, mfa_serial, duration_seconds } = link;
    let text = |value: &Option<String>| value.clone().map(Value::from);
    let arguments: BTreeMap<&str, Value> = [
        ("DurationSeconds", duration_seconds.map(Value::from)),
        ("ExternalId", text(external_id)),
        ("RoleArn", Some(Value::from(role_arn.as_str()))),
        ("RoleSessionName", text(session_name)),
        ("SerialNumber", text(mfa_serial)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect();
    let pairs: Vec<String> =
        arguments.iter().map(|(name, value)| format!("\"{name}\": {}", ascii(&value.to_string()))).collect();
    let digest = Sha1::digest(format!("{{{}}}", pairs.join(", ")));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON as Python writes it: what is not ASCII is escaped, in UTF-16.
fn ascii(json: &str) -> String {
    let mut out = String::new();
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0_u16; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        Link {
            profile: "work".into(),
            role_arn: "arn:aws:iam::111122223333:role/Admin".into(),
            external_id: None,
            session_name: None,
            mfa_serial: Some("arn:aws:iam::444455556666:mfa/ann".into()),
            duration_seconds: None,
        }
    }

    fn session(minutes: i64) -> (Credentials, Timestamp) {
        let now: Timestamp = "2026-11-28T19:00:00Z".parse().unwrap();
        let ends = now + SignedDuration::from_mins(minutes);
        (Credentials::new("ASIAEXAMPLE", "secret", Some("token".into()), Some(ends.into()), "test"), now)
    }

    /// The names that botocore 1.44.5 gives the same arguments.
    #[test]
    fn a_session_has_the_name_that_botocore_gives_it() {
        assert_eq!(key(&link()), "cc1935eb708ded0c5fdfe1ede655d635c5b202ea");
        let all = Link {
            external_id: Some("Zürich 😀".into()),
            session_name: Some("ann".into()),
            duration_seconds: Some(7200),
            ..link()
        };
        assert_eq!(key(&all), "a6c7fb5ac85cdfa0cc6dcafdbea4192596982cb3");
    }

    #[test]
    fn a_session_is_kept_for_its_owner_until_a_quarter_of_an_hour_before_its_end() {
        let home = tempfile::tempdir().unwrap();
        let cache = SessionCache::of_home(Some(home.path().to_owned()));
        for (minutes, good) in [(60, true), (15, true), (14, false), (-5, false)] {
            let (session, now) = session(minutes);
            cache.put(&link(), &session, Some("111122223333")).unwrap();
            let there = cache.get(&link(), now);
            assert_eq!(there.is_some(), good, "{minutes} minutes left");
            assert!(there.is_none_or(|there| there.session_token() == Some("token")));
        }
        let path = cache.path(&link()).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn half_a_file_is_no_session() {
        let home = tempfile::tempdir().unwrap();
        let cache = SessionCache::of_home(Some(home.path().to_owned()));
        let (session, now) = session(60);
        cache.put(&link(), &session, None).unwrap();
        let path = cache.path(&link()).unwrap();
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            store::save(&path, &whole[..length]).unwrap();
            assert!(cache.get(&link(), now).is_none(), "{length} bytes");
        }
    }

    #[test]
    fn moments_are_read_as_all_clis_write_them() {
        let z = moment("2026-11-28T19:00:00Z").unwrap();
        assert_eq!(moment("2026-11-28T19:00:00UTC"), Some(z));
        assert_eq!(moment("2026-11-28T20:00:00+01:00"), Some(z));
        assert_eq!(moment("soon"), None);
    }
}
