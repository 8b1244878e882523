//! One-time codes for profiles with `mfa_serial`: given along, or asked for on the terminal. Never said again.

use secrecy::SecretString;

/// Reads `--mfa-code`. What is no code is told later, in words that do not repeat it, as clap would.
///
/// # Errors
/// None.
pub fn parse(text: &str) -> Result<SecretString, String> {
    Ok(SecretString::from(text))
}

#[cfg(feature = "aws")]
pub use asking::Codes;

#[cfg(feature = "aws")]
mod asking {
    use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
    use std::sync::atomic::{AtomicBool, Ordering};

    use secrecy::{ExposeSecret as _, SecretString};

    use crate::account::Unreachable;
    use crate::account::aws::{CodeAsked, CodeSource};
    use crate::report::harmless;

    /// The variable that gives a code along.
    const VARIABLE: &str = "HATRACK_MFA_CODE";
    /// Where codes come from in this run.
    pub struct Codes {
        given: Option<SecretString>,
        used: AtomicBool,
    }

    impl Codes {
        /// With the code of the command line, or else of the environment.
        #[expect(
            clippy::disallowed_methods,
            reason = "clap would show the value of its variable in the help"
        )]
        pub fn new(given: Option<SecretString>) -> Self {
            let of_variable =
                || std::env::var(VARIABLE).ok().filter(|code| !code.is_empty()).map(SecretString::from);
            Self { given: given.or_else(of_variable), used: AtomicBool::new(false) }
        }
    }

    impl CodeSource for Codes {
        fn code(&self, asked: &CodeAsked<'_>) -> Result<SecretString, Unreachable> {
            let CodeAsked { serial, profile, refused } = *asked;
            if let Some(code) = &self.given {
                if !is_code(code.expose_secret()) {
                    let message = "the MFA code given along is not six digits".to_owned();
                    return Err(Unreachable { message, help: vec!["look at the device again".to_owned()] });
                }
                if !self.used.swap(true, Ordering::SeqCst) {
                    return Ok(code.clone());
                }
                return Err(if refused > 0 {
                    Unreachable {
                        message: format!(
                            "AWS did not take the code of {serial}, which profile `{profile}` asks for"
                        ),
                        help: vec!["a code is good once and for half a minute: give the next one".to_owned()],
                    }
                } else {
                    Unreachable {
                        message: format!(
                            "profile `{profile}` asks for another code of {serial}, and a code is good once"
                        ),
                        help: vec![sign_in(profile)],
                    }
                });
            }
            if !io::stdin().is_terminal() {
                return Err(Unreachable {
                    message: format!(
                        "profile `{profile}` asks for a code of {serial}, and there is no terminal to ask on"
                    ),
                    help: vec![format!("give it with `--mfa-code CODE` or in {VARIABLE}"), sign_in(profile)],
                });
            }
            let wrong = if refused > 0 { "AWS did not take that code. " } else { "" };
            let question = format!("{wrong}Code of {serial}, for profile {profile}: ");
            loop {
                let _unseen = io::stderr()
                    .write_all(harmless(&question).as_bytes())
                    .and_then(|()| io::stderr().flush());
                let mut line = String::new();
                let read = io::stdin().lock().read_line(&mut line);
                let code = line.trim();
                if matches!(read, Ok(0) | Err(_)) {
                    return Err(Unreachable {
                        message: format!("no code of {serial} was given"),
                        help: vec![],
                    });
                }
                if is_code(code) {
                    return Ok(SecretString::from(code));
                }
                let _unseen = io::stderr().write_all(b"a code is six digits\n");
            }
        }
    }

    fn sign_in(profile: &str) -> String {
        format!(
            "or run `aws sts get-caller-identity --profile {profile}` first: hatrack takes over its session"
        )
    }

    fn is_code(text: &str) -> bool {
        text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())
    }
}
