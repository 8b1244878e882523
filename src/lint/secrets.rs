//! What looks like a secret in a text. Nothing here keeps or shows one.

/// Something found in a text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// What sort of secret.
    pub what: &'static str,
    /// First byte.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

/// Tokens that begin in a way of their own: what it is, how it begins, and how many letters, digits, `-` and `_`
/// follow at least.
const TOKENS: [(&str, &str, usize); 17] = [
    ("a GitHub token", "ghp_", 36),
    ("a GitHub token", "gho_", 36),
    ("a GitHub token", "ghs_", 36),
    ("a GitHub token", "ghu_", 36),
    ("a GitHub token", "github_pat_", 60),
    ("a GitLab token", "glpat-", 20),
    ("a Slack token", "xoxb-", 20),
    ("a Slack token", "xoxp-", 20),
    ("a Hugging Face token", "hf_", 34),
    ("a Databricks token", "dapi", 32),
    ("a Google API key", "AIza", 35),
    ("an OpenAI key", "sk-proj-", 40),
    ("an Anthropic key", "sk-ant-", 40),
    ("a Stripe key", "sk_live_", 20),
    ("a PyPI token", "pypi-AgEIcHlwaS5vcmc", 20),
    ("a session token of AWS", "IQoJb3JpZ2lu", 60),
    ("a session token of AWS", "FwoGZXIvYXdz", 60),
];

/// How an access key's id begins: long-term and temporary ones. `AROA` and `AIDA` are ids of roles and users.
const KEY_IDS: [&str; 2] = ["AKIA", "ASIA"];
const KEY_ID_LENGTH: usize = 20;
const SECRET_KEY_LENGTH: usize = 40;

/// How far from an access key's id its secret is looked for, in bytes.
const NEAR: usize = 400;

/// Everything in a text that is a secret by its looks alone.
pub(super) fn by_looks(text: &str) -> Vec<Found> {
    let mut found = key_ids(text);
    let near: Vec<usize> = found.iter().map(|id| id.start).collect();
    let is_near = |at: usize| near.iter().any(|id| id.abs_diff(at) <= NEAR);
    for (start, word) in words(text, |c| c.is_ascii_alphanumeric() || "+/".contains(c)) {
        let line = text.get(..start).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        if is_secret_key(word) && (is_near(start) || is_secret_name(line)) {
            found.push(Found { what: "a secret access key of AWS", start, end: start + word.len() });
        }
    }
    for (start, word) in words(text, |c| c.is_ascii_alphanumeric() || "-_+/=".contains(c)) {
        let token = TOKENS.iter().find(|(_, begin, length)| {
            word.strip_prefix(begin).is_some_and(|rest| rest.len() >= *length && is_random(rest))
        });
        if let Some((what, ..)) = token {
            found.push(Found { what, start, end: start + word.len() });
        }
    }
    found.extend(private_keys(text));
    found.extend(addresses(text));
    found
}

/// Whether a name ends as names of secrets do.
pub(super) fn is_secret_name(name: &str) -> bool {
    let letters: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let ends = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "secretkey",
        "secretaccesskey",
        "apikey",
        "authtoken",
        "accesstoken",
        "apitoken",
        "bearertoken",
        "privatekey",
        "clientsecret",
        "sessiontoken",
        "token",
        "credential",
        "pwd",
    ];
    ends.iter().any(|end| letters.ends_with(end))
}

/// Whether the value of a thing named like a secret is one rather than a name or an address of it.
pub(super) fn is_secret_value(name: &str, value: &str) -> bool {
    let letters = name.to_ascii_lowercase();
    let elsewhere =
        value.contains("${") || value.starts_with(['/', '<', '{', '$']) || value.starts_with("arn:");
    let hidden = value.bytes().all(|b| b"*.xX-".contains(&b));
    let word = ["true", "false", "none", "null", "required", "optional", "enabled", "disabled"];
    if elsewhere
        || hidden
        || value.chars().any(char::is_whitespace)
        || word.iter().any(|w| w.eq_ignore_ascii_case(value))
    {
        return false;
    }
    let digits = value.bytes().any(|b| b.is_ascii_digit());
    let letter = value.bytes().any(|b| b.is_ascii_alphabetic());
    let is_number = value.bytes().all(|b| b.is_ascii_digit());
    if ["password", "passwd", "passphrase", "pwd"].iter().any(|end| letters.ends_with(end)) {
        return value.len() >= 6 && !is_number && (digits || value.bytes().any(|b| b.is_ascii_punctuation()));
    }
    // What is called a secret or a token is often the name of one.
    value.len() >= 16 && digits && letter && is_random(value)
}

/// Whether somebody's program made this rather than a person: many different letters for its length, no words.
fn is_random(text: &str) -> bool {
    let mut seen = [0_usize; 256];
    for byte in text.bytes() {
        if let Some(count) = seen.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = text.len() as f64;
    let entropy: f64 = seen
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = *count as f64 / length;
            -share * share.log2()
        })
        .sum();
    entropy > 2.9
}

fn is_secret_key(word: &str) -> bool {
    word.len() == SECRET_KEY_LENGTH
        && word.bytes().any(|b| b.is_ascii_uppercase())
        && word.bytes().any(|b| b.is_ascii_lowercase())
        && word.bytes().any(|b| b.is_ascii_digit() || b == b'/' || b == b'+')
        && !word.starts_with('/')
        && is_random(word)
}

fn key_ids(text: &str) -> Vec<Found> {
    let ids = words(text, |c| c.is_ascii_alphanumeric()).filter(|(_, word)| {
        word.len() == KEY_ID_LENGTH
            && KEY_IDS.iter().any(|begin| word.starts_with(begin))
            && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    });
    ids.map(|(start, word)| Found { what: "the id of an AWS access key", start, end: start + word.len() })
        .collect()
}

fn private_keys(text: &str) -> Vec<Found> {
    let begins = text.match_indices("-----BEGIN ").filter_map(|(start, _)| {
        let line = text.get(start..)?.lines().next()?;
        let end = line.find("PRIVATE KEY-----")? + "PRIVATE KEY-----".len();
        Some(Found { what: "a private key", start, end: start + end })
    });
    begins.collect()
}

/// Addresses with a password in them: `postgres://user:password@host`.
fn addresses(text: &str) -> Vec<Found> {
    let found = text.match_indices("://").filter_map(|(at, _)| {
        let rest = text.get(at + 3..)?;
        let end = rest.find(|c: char| c.is_whitespace() || "\"'/?#".contains(c)).unwrap_or(rest.len());
        let (login, host) = rest.get(..end)?.split_once('@')?;
        let (user, password) = login.split_once(':')?;
        let real = !user.is_empty() && !host.is_empty() && password.len() >= 4;
        let start = at + 3 + user.len() + 1;
        let hidden = password.contains(['$', '<', '{', '*']) || password.eq_ignore_ascii_case("password");
        (real && !hidden).then_some(Found {
            what: "a password in an address",
            start,
            end: start + password.len(),
        })
    });
    found.collect()
}

/// The stretches of letters that belong together, with where they begin.
fn words(text: &str, belongs: impl Fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text.get(rest..)?.find(&belongs)?;
        let tail = text.get(start..)?;
        let end = start + tail.find(|c| !belongs(c)).unwrap_or(tail.len());
        rest = end;
        Some((start, text.get(start..end)?))
    })
}
