//! Profiles that assume roles with a one-time code or for a time of their own. The SDK's provider passes over
//! `mfa_serial` and `duration_seconds` in silence, and would be refused, or have another session than the AWS CLI.
//!
//! As in the CLI, `mfa_serial` says something only beside a `role_arn`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, error, future};
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use aws_types::os_shim_internal::{Env, Fs};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use tokio::sync::Mutex;

use super::client::role_refused;
use super::session_cache::SessionCache;
use super::{CodeAsked, CodeSource};
use crate::account::Unreachable;
use crate::diagnostic::did_you_mean;

/// A person may mistype a code twice.
const CODES_MAX: usize = 3;

/// Where the credentials of a profile come from, and the roles that are assumed with them, in that order.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    base: Base,
    links: Vec<Link>,
}

#[derive(Clone, Debug)]
enum Base {
    /// Whatever the profile has that is no role.
    Profile(String),
    /// Its access key, although it names a role too.
    Key(Credentials),
    /// `credential_source`.
    Source(Source),
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Environment,
    Instance,
    Container,
}

/// A role that a profile assumes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    pub(super) profile: String,
    pub(super) role_arn: String,
    pub(super) external_id: Option<String>,
    pub(super) session_name: Option<String>,
    pub(super) mfa_serial: Option<String>,
    pub(super) duration_seconds: Option<i32>,
}

/// Sessions of profiles, made once for all accounts of a run.
pub(super) struct Sessions {
    codes: Arc<dyn CodeSource>,
    cache: SessionCache,
    /// Held while one is made, so that nobody is asked twice for the same.
    made: Mutex<BTreeMap<Link, Result<Credentials, Unreachable>>>,
}

/// What the profile in effect assumes, if that takes more than the SDK does; a profile by name goes before the
/// variables with access keys.
///
/// # Errors
/// Configuration files that cannot be read, a profile that is not there, profiles that lead nowhere.
pub(super) async fn chain(name: Option<&str>) -> Result<Option<Chain>, Unreachable> {
    let env = Env::real();
    let of_variables = env.get("AWS_ACCESS_KEY_ID").is_ok_and(|key| !key.is_empty());
    if name.is_none() && of_variables {
        return Ok(None);
    }
    let files = Default::default();
    let chosen = name.map(|name| name.to_owned().into());
    let profiles =
        aws_config::profile::load(&Fs::real(), &env, &files, chosen).await.map_err(|why| Unreachable {
            message: format!("the AWS configuration files cannot be read: {why}"),
            help: vec!["see AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE".to_owned()],
        })?;
    chain_in(&profiles, name.is_some() || env.get("AWS_PROFILE").is_ok())
}

/// The chain of the profile that is selected; `asked_for` if somebody named it.
fn chain_in(profiles: &ProfileSet, asked_for: bool) -> Result<Option<Chain>, Unreachable> {
    let mut name = profiles.selected_profile();
    let Some(mut profile) = profiles.get_profile(name) else {
        return if asked_for { Err(no_such(profiles, name, None)) } else { Ok(None) };
    };
    let mut links: Vec<Link> = vec![];
    let base = loop {
        if !links.is_empty()
            && let Some(key) = key_of(profile)
        {
            break Base::Key(key);
        }
        let Some(link) = link(profile) else { break Base::Profile(name.to_owned()) };
        let link = link?;
        if links.iter().any(|known| known.profile == link.profile) {
            return Err(wrong(
                format!("profile `{name}` leads back to itself"),
                "give it another `source_profile`",
            ));
        }
        links.push(link);
        match (profile.get("source_profile"), profile.get("credential_source")) {
            (Some(next), None) if next == name => match key_of(profile) {
                Some(key) => break Base::Key(key),
                None => {
                    let message =
                        format!("profile `{name}` is its own `source_profile`, and has no access key");
                    return Err(wrong(message, "name the profile that has the credentials"));
                }
            },
            (Some(next), None) => {
                profile = profiles.get_profile(next).ok_or_else(|| no_such(profiles, next, Some(name)))?;
                name = next;
            }
            (None, Some(source)) => break Base::Source(source_of(name, source)?),
            (Some(_), Some(_)) => {
                let message = format!("profile `{name}` has both `source_profile` and `credential_source`");
                return Err(wrong(message, "keep one of them"));
            }
            (None, None) => {
                let message = format!("profile `{name}` has a `role_arn`, but nothing to assume it with");
                return Err(wrong(message, "add `source_profile` or `credential_source`"));
            }
        }
    };
    links.reverse();
    let more_than_the_sdk = |link: &Link| link.mfa_serial.is_some() || link.duration_seconds.is_some();
    Ok(links.iter().any(more_than_the_sdk).then_some(Chain { base, links }))
}

fn link(profile: &Profile) -> Option<Result<Link, Unreachable>> {
    let get = |key: &str| profile.get(key).map(ToOwned::to_owned);
    let role_arn = get("role_arn").filter(|_| profile.get("web_identity_token_file").is_none())?;
    let duration_seconds = match profile.get("duration_seconds").map(str::parse) {
        None => None,
        Some(Ok(seconds)) => Some(seconds),
        Some(Err(_)) => {
            let message =
                format!("`duration_seconds` of profile `{}` is no number of seconds", profile.name());
            return Some(Err(wrong(message, "write a number from 900 to 43200, or leave it out")));
        }
    };
    Some(Ok(Link {
        profile: profile.name().to_owned(),
        role_arn,
        external_id: get("external_id"),
        session_name: get("role_session_name"),
        mfa_serial: get("mfa_serial"),
        duration_seconds,
    }))
}

fn key_of(profile: &Profile) -> Option<Credentials> {
    let token = profile.get("aws_session_token").map(ToOwned::to_owned);
    let (id, secret) = (profile.get("aws_access_key_id")?, profile.get("aws_secret_access_key")?);
    Some(Credentials::new(id, secret, token, None, "ProfileFile"))
}

fn source_of(profile: &str, source: &str) -> Result<Source, Unreachable> {
    match source {
        "Environment" => Ok(Source::Environment),
        "Ec2InstanceMetadata" => Ok(Source::Instance),
        "EcsContainer" => Ok(Source::Container),
        other => Err(wrong(
            format!("`credential_source` of profile `{profile}` is `{other}`"),
            "it is Environment, Ec2InstanceMetadata or EcsContainer",
        )),
    }
}

fn wrong(message: String, help: &str) -> Unreachable {
    Unreachable { message, help: vec![help.to_owned()] }
}

fn no_such(profiles: &ProfileSet, name: &str, by: Option<&str>) -> Unreachable {
    let names = || profiles.profiles();
    let known: Vec<&str> = names().collect();
    let of =
        by.map_or_else(String::new, |by| format!(", which profile `{by}` names as its `source_profile`"));
    let help = match did_you_mean(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "the AWS configuration files have no profile at all".to_owned(),
        None => format!("there is: {}", sorted(known).join(", ")),
    };
    Unreachable { message: format!("there is no AWS profile `{name}`{of}"), help: vec![help] }
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

impl Sessions {
    pub(super) fn new(codes: Arc<dyn CodeSource>) -> Self {
        let home = Env::real().get("HOME").ok().filter(|home| !home.is_empty()).map(PathBuf::from);
        Self { codes, cache: SessionCache::of_home(home), made: Mutex::default() }
    }

    /// The configuration with the session that the chain leads to, which is made now: whoever has to give a code is at
    /// hand at the beginning.
    pub(super) async fn through(
        self: Arc<Self>,
        chain: Chain,
        config: SdkConfig,
        place: String,
    ) -> Result<SdkConfig, Unreachable> {
        let provider = ProfileSession { sessions: self, chain, config: config.clone(), place };
        provider.session(false).await?;
        Ok(config.to_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build())
    }

    /// A session of a role, from whoever has made it: this run, the AWS CLI, or made now.
    async fn of(
        &self,
        link: &Link,
        with: SharedCredentialsProvider,
        config: &SdkConfig,
        place: &str,
        renew: bool,
    ) -> Result<Credentials, Unreachable> {
        let mut made = self.made.lock().await;
        let now = Timestamp::now();
        let fresh = |session: &Credentials| {
            session.expiry().and_then(|end| Timestamp::try_from(end).ok()).is_none_or(|end| end > now)
        };
        match made.get(link) {
            // A refused code is refused for all accounts: nobody is asked three times for each.
            Some(Err(why)) if !renew => return Err(why.clone()),
            Some(Ok(session)) if fresh(session) => return Ok(session.clone()),
            _ => {}
        }
        let session = match self.cache.get(link, now) {
            Some(session) => {
                tracing::info!("profile {}: a session that is kept in the AWS CLI's cache", link.profile);
                Ok(session)
            }
            None if renew && link.mfa_serial.is_some() => Err(wrong(
                format!("the session of profile `{}` has ended, and a new one takes a code", link.profile),
                "run it again",
            )),
            None => self.assume(link, with, config, place).await,
        };
        made.insert(link.clone(), session.clone());
        session
    }

    async fn assume(
        &self,
        link: &Link,
        with: SharedCredentialsProvider,
        config: &SdkConfig,
        place: &str,
    ) -> Result<Credentials, Unreachable> {
        let config =
            config.to_builder().retry_config(RetryConfig::standard()).credentials_provider(with).build();
        let sts = aws_sdk_sts::Client::new(&config);
        let mut refused = 0;
        loop {
            let mut call = sts
                .assume_role()
                .role_arn(&link.role_arn)
                .role_session_name(link.session_name.as_deref().unwrap_or("hatrack"))
                .set_external_id(link.external_id.clone())
                .set_duration_seconds(link.duration_seconds);
            if let Some(serial) = &link.mfa_serial {
                let asked = CodeAsked { serial, profile: &link.profile, refused };
                // A person types meanwhile: other accounts go on.
                let code = tokio::task::block_in_place(|| self.codes.code(&asked))?;
                call = call.serial_number(serial).token_code(code.expose_secret());
            }
            let error = match call.send().await {
                Ok(answer) => return self.keep(link, &answer),
                Err(error) => error,
            };
            let words = error.message().unwrap_or_default();
            // "MultiFactorAuthentication failed with invalid MFA one time pass code."
            let by_code = link.mfa_serial.is_some() && words.contains("MultiFactorAuthentication failed");
            refused += 1;
            if !by_code {
                return Err(role_refused(&link.role_arn, place, &error));
            }
            if refused >= CODES_MAX {
                return Err(wrong(
                    format!(
                        "AWS took none of {CODES_MAX} codes of {}",
                        link.mfa_serial.as_deref().unwrap_or("?")
                    ),
                    "a code is good once and for half a minute: check the device's clock, and `mfa_serial`",
                ));
            }
        }
    }

    fn keep(
        &self,
        link: &Link,
        answer: &aws_sdk_sts::operation::assume_role::AssumeRoleOutput,
    ) -> Result<Credentials, Unreachable> {
        let unreadable =
            || wrong(format!("AWS's answer about role `{}` has no session", link.role_arn), "try again");
        let given = answer.credentials().ok_or_else(unreadable)?;
        let ends = std::time::SystemTime::try_from(*given.expiration()).map_err(|_| unreadable())?;
        let session = Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            Some(ends),
            "ProfileSession",
        );
        let account = link.role_arn.split(':').nth(4);
        if let Err(why) = self.cache.put(link, &session, account) {
            tracing::info!("the session of profile {} is not kept for the next run: {why}", link.profile);
        }
        Ok(session)
    }
}

/// Gives the session of a profile, and a new one when it has ended, if that takes nobody.
struct ProfileSession {
    sessions: Arc<Sessions>,
    chain: Chain,
    /// Everything but credentials.
    config: SdkConfig,
    place: String,
}

impl std::fmt::Debug for ProfileSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProfileSession").finish_non_exhaustive()
    }
}

impl ProfileSession {
    async fn session(&self, renew: bool) -> Result<Credentials, Unreachable> {
        let mut with = self.base();
        let mut session = None;
        for link in &self.chain.links {
            let next = self.sessions.of(link, with, &self.config, &self.place, renew).await?;
            with = SharedCredentialsProvider::new(next.clone());
            session = Some(next);
        }
        session.ok_or_else(|| wrong("the profile assumes no role".to_owned(), "check it"))
    }

    fn base(&self) -> SharedCredentialsProvider {
        let mut place = ProviderConfig::default().with_region(self.config.region().cloned());
        if let Some(client) = self.config.http_client() {
            place = place.with_http_client(client);
        }
        match &self.chain.base {
            Base::Key(key) => SharedCredentialsProvider::new(key.clone()),
            Base::Profile(name) => SharedCredentialsProvider::new(
                ProfileFileCredentialsProvider::builder().configure(&place).profile_name(name).build(),
            ),
            Base::Source(Source::Environment) => {
                SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())
            }
            Base::Source(Source::Instance) => {
                SharedCredentialsProvider::new(ImdsCredentialsProvider::builder().configure(&place).build())
            }
            Base::Source(Source::Container) => {
                SharedCredentialsProvider::new(EcsCredentialsProvider::builder().configure(&place).build())
            }
        }
    }
}

impl ProvideCredentials for ProfileSession {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            self.session(true).await.map_err(|why| error::CredentialsError::provider_error(why.message))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles(text: &str, selected: &str) -> ProfileSet {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let fs = Fs::from_map([("/home/.aws/config".to_owned(), text.as_bytes().to_vec())].into());
        let env = Env::from_slice(&[("HOME", "/home"), ("AWS_PROFILE", selected)]);
        runtime.block_on(aws_config::profile::load(&fs, &env, &Default::default(), None)).unwrap()
    }

    fn told(text: &str, selected: &str) -> String {
        let why = chain_in(&profiles(text, selected), true).unwrap_err();
        format!("{}; {}", why.message, why.help.join("; "))
    }

    const BASE: &str = "[profile base]\naws_access_key_id = A\naws_secret_access_key = B\n";

    #[test]
    fn only_what_the_sdk_passes_over_is_taken_from_it() {
        let plain = format!("{BASE}[profile work]\nrole_arn = arn:r\nsource_profile = base\n");
        assert!(chain_in(&profiles(&plain, "work"), true).unwrap().is_none());
        assert!(chain_in(&profiles(&plain, "base"), true).unwrap().is_none());
        // As in the AWS CLI, a device beside no role says nothing.
        let bare = format!("{BASE}mfa_serial = arn:m\n");
        assert!(chain_in(&profiles(&bare, "base"), true).unwrap().is_none());
        for key in ["mfa_serial = arn:m", "duration_seconds = 7200"] {
            assert!(
                chain_in(&profiles(&format!("{plain}{key}\n"), "work"), true).unwrap().is_some(),
                "{key}"
            );
        }
    }

    #[test]
    fn a_chain_begins_with_who_has_credentials() {
        let text = format!(
            "{BASE}[profile one]\nrole_arn = arn:1\nsource_profile = base\nmfa_serial = arn:m\nexternal_id = x\n\
             [profile two]\nrole_arn = arn:2\nsource_profile = one\nrole_session_name = ann\n"
        );
        let Chain { base, links } = chain_in(&profiles(&text, "two"), true).unwrap().unwrap();
        assert!(matches!(base, Base::Key(key) if key.access_key_id() == "A"));
        let roles: Vec<&str> = links.iter().map(|link| link.role_arn.as_str()).collect();
        assert_eq!(roles, ["arn:1", "arn:2"]);
        assert_eq!(links[0].external_id.as_deref(), Some("x"));
        assert_eq!(links[1].session_name.as_deref(), Some("ann"));
    }

    #[test]
    fn what_is_wrong_with_profiles_is_said_with_a_way_out() {
        assert_eq!(told(BASE, "bsae"), "there is no AWS profile `bsae`; did you mean `base`?");
        let lost = format!("{BASE}[profile work]\nrole_arn = r\nmfa_serial = m\nsource_profile = basee\n");
        assert_eq!(
            told(&lost, "work"),
            "there is no AWS profile `basee`, which profile `work` names as its `source_profile`; did you mean `base`?"
        );
        let circle =
            "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n";
        assert!(told(circle, "a").starts_with("profile `a` leads back to itself"));
        let alone = "[profile a]\nrole_arn = r\nmfa_serial = m\n";
        assert!(told(alone, "a").contains("nothing to assume it with"));
        let long = format!("{BASE}[profile a]\nrole_arn = r\nsource_profile = base\nduration_seconds = 1h\n");
        assert!(told(&long, "a").contains("no number of seconds"));
        let odd = "[profile a]\nrole_arn = r\nmfa_serial = m\ncredential_source = Moon\n";
        assert!(told(odd, "a").contains("`Moon`"));
    }
}
