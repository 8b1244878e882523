//! A report to a webhook, signed, over the HTTP client that the SDK brings along.
//!
//! The secret is in no message, and of the address only scheme, host and port are: the rest of it is a secret with many
//! services.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use super::error::never_connected;

const TIMEOUT: Duration = Duration::from_secs(10);
const TRIES: u32 = 3;
const PAUSE_FIRST: Duration = Duration::from_secs(1);

/// Where a report goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Scheme, host and port: all that may be said of it.
    origin: String,
    /// The rest.
    path: String,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.origin)
    }
}

impl Webhook {
    /// Reads an address.
    ///
    /// # Errors
    /// It is none, or what is sent there could be read on the way. The message does not repeat it.
    pub fn new(url: &str) -> Result<Self, String> {
        let fit = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c);
        let (scheme, rest) = url.split_once("://").ok_or("it has no scheme: `https://…`")?;
        if !url.chars().all(fit) {
            return Err(String::from("it has characters that no address has"));
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let path = path.split('#').next().unwrap_or_default();
        if authority.contains('@') {
            return Err(String::from("it has a user name: let the signature prove who we are"));
        }
        let host = match authority.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        };
        if host.is_empty() {
            return Err(String::from("it has no host"));
        }
        let loopback =
            host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        match scheme.to_ascii_lowercase().as_str() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err(String::from(
                    "everybody on the way could read it: only `https://…`, but for this machine",
                ));
            }
            _ => return Err(String::from("it is no `https://…`")),
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { origin: format!("{}://{authority}", scheme.to_ascii_lowercase()), path })
    }

    /// Sends a body, three times if it must be. `now` are seconds since 1970.
    ///
    /// # Errors
    /// Why nobody took it, in words.
    pub fn deliver(
        &self,
        body: &str,
        secret: Option<&SecretString>,
        now: &dyn Fn() -> i64,
        interrupted: &AtomicBool,
    ) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("no thread for it: {error}"))?;
        let mut pause = PAUSE_FIRST;
        let mut tried = 0;
        loop {
            tried += 1;
            let signature = secret.map(|secret| signature(secret, now(), body));
            let why = match runtime
                .block_on(async { tokio::time::timeout(TIMEOUT, self.post(body, signature)).await })
            {
                Ok(Ok(200..=299)) => return Ok(()),
                Ok(Ok(status @ (408 | 429 | 500..=599))) => format!("{} answered {status}", self.origin),
                Ok(Ok(status)) => return Err(format!("{} answered {status}", self.origin)),
                Ok(Err(why)) => format!("{} cannot be reached: {why}", self.origin),
                Err(_) => format!("{} gave no answer in {} s", self.origin, TIMEOUT.as_secs()),
            };
            if tried == TRIES || interrupted.load(Ordering::Relaxed) {
                return Err(format!("{why} ({tried} of {TRIES} tries)"));
            }
            tracing::info!("webhook: {why}: trying again");
            std::thread::sleep(pause);
            pause *= 2;
        }
    }

    async fn post(&self, body: &str, signature: Option<String>) -> Result<u16, String> {
        let (path, body) = (self.path.clone(), body.to_owned());
        let operation = Operation::builder()
            .service_name("webhook")
            .operation_name("report")
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.origin)
            .no_auth()
            .no_retry()
            .timeout_config(TimeoutConfig::disabled())
            .serializer(move |(): ()| {
                let mut request = HttpRequest::new(SdkBody::from(body.clone()));
                request.set_method("POST")?;
                request.set_uri(path.clone())?;
                let headers = request.headers_mut();
                headers.insert("content-type", "application/json");
                headers.insert("content-length", body.len().to_string());
                headers.insert("user-agent", concat!("hatrack/", env!("CARGO_PKG_VERSION")));
                if let Some(signature) = &signature {
                    headers.insert("x-hatrack-signature", signature.clone());
                }
                Ok(request)
            })
            .deserializer::<u16, std::convert::Infallible>(|answer| {
                Ok::<_, OrchestratorError<_>>(answer.status().as_u16())
            })
            .build();
        operation.invoke(()).await.map_err(|error| match &error {
            SdkError::TimeoutError(_) => String::from("no answer in time"),
            SdkError::DispatchFailure(failure) => {
                let words = format!("{failure:?}");
                let known = never_connected(&words);
                let certificate = words.contains("ertificate").then_some("its certificate is not trusted");
                known.or(certificate).unwrap_or("the connection was lost").to_owned()
            }
            _ => String::from("the request could not be made"),
        })
    }
}

/// `t=UNIX,v1=HEX`: the HMAC-SHA256 of the time, a dot and the body. The time keeps a copy from being sent again later.
pub fn signature(secret: &SecretString, at: i64, body: &str) -> String {
    let mut text = format!("t={at},v1=");
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return text };
    mac.update(format!("{at}.").as_bytes());
    mac.update(body.as_bytes());
    for byte in mac.finalize().into_bytes() {
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_over_time_and_body() {
        // printf '1795881787.{}' | openssl dgst -sha256 -hmac secret
        let of = |at, body: &str| signature(&SecretString::from("secret"), at, body);
        assert_eq!(
            of(1_795_881_787, "{}"),
            "t=1795881787,v1=fc5efd19d88200929845e86056c80c899771331fc04f693a7691042101c10b8a"
        );
        assert_ne!(of(1, "{}").split_once(','), of(2, "{}").split_once(','));
        assert_ne!(of(1, "{}"), of(1, "{ }"));
    }

    #[test]
    fn what_could_be_read_on_the_way_is_refused_and_not_repeated() {
        for good in [
            "https://hooks.example/T/x?token=SECRET",
            "http://127.0.0.1:9/x",
            "http://[::1]:9",
            "HTTP://localhost/",
        ] {
            assert!(Webhook::new(good).is_ok(), "{good}");
        }
        for bad in [
            "http://hooks.example/SECRET",
            "ftp://127.0.0.1/SECRET",
            "hooks.example/SECRET",
            "https://user:SECRET@hooks.example/",
            "https:///SECRET",
            "https://hooks.example/SECRET x",
            "http://127.0.0.1.example/SECRET",
        ] {
            let why = Webhook::new(bad).unwrap_err();
            assert!(!why.contains("SECRET"), "{bad}: {why}");
        }
        let hook = Webhook::new("https://hooks.example?token=SECRET#x").unwrap();
        assert_eq!((hook.origin.as_str(), hook.path.as_str()), ("https://hooks.example", "/?token=SECRET"));
        assert_eq!(format!("{hook:?}"), "https://hooks.example");
    }
}
