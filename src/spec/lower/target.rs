//! What a claim is about: buckets and objects as people write them, ARN patterns, and roles that one becomes.

use super::Lowering;
use super::estate::Sought;
use super::principal::{has_wildcard, of_a_name};
use crate::diagnostic::{Severity, did_you_mean};
use crate::policy::arn;
use crate::spec::assertion::Target;
use crate::state::{AccountId, Kind, ResourceId};

const FORMS: &str = "write `s3://BUCKET`, `s3://BUCKET/KEY`, `bucket/NAME`, an ARN, or `*`";

impl Lowering<'_> {
    /// The resources that an item of `on` means; none after saying what is wrong.
    pub(super) fn resources(&mut self, text: &str, pointer: &str) -> Vec<Target> {
        let found = if text == "*" {
            vec![text.to_owned()]
        } else if text.starts_with("arn:") {
            self.resource_by_arn(text, pointer)
        } else if let Some(rest) = text.strip_prefix("s3://") {
            self.objects(text, rest, pointer)
        } else if let Some(name) = text.strip_prefix("bucket/") {
            self.whole_bucket(text, name, pointer)
        } else {
            self.no_resource(text, pointer)
        };
        found.into_iter().map(Target::Resource).collect()
    }

    /// A bucket and everything in it.
    pub(super) fn bucket_and_objects(&self, name: &str) -> Vec<String> {
        let bucket = format!("arn:{}:s3:::{name}", self.home.info.partition);
        vec![bucket.clone(), format!("{bucket}/*")]
    }

    fn resource_by_arn(&mut self, text: &str, pointer: &str) -> Vec<String> {
        let own = &self.home.info.partition;
        let said = match arn::split(text) {
            None => self
                .at(pointer, format!("`{text}` is not an ARN"))
                .help("an ARN has six parts: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`"),
            Some([_, partition, ..]) if partition != own.as_str() && !has_wildcard(partition) => {
                self.at(pointer, format!("`{text}` is in partition `{partition}`, not `{own}`"))
            }
            Some(_) if text.contains("${") => self
                .at(pointer, format!("`{text}` has a policy variable"))
                .help("a claim is about everybody whom it names: write `*` where the variable stands"),
            Some([.., ""]) => {
                self.at(pointer, format!("`{text}` names no resource")).help("write `*` for all of them")
            }
            Some(_) => return vec![text.to_owned()],
        };
        self.say(said);
        vec![]
    }

    fn objects(&mut self, text: &str, rest: &str, pointer: &str) -> Vec<String> {
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if !self.is_bucket(text, bucket, pointer) {
            return vec![];
        }
        // An ARN says nothing of who declares what, so it is the way to name a bucket of somebody else.
        if let Some(help) = self.undeclared(bucket, "s3://") {
            let mut said = self.at(pointer, format!("no environment declares bucket `{bucket}`")).help(help);
            said.severity = Severity::Warning;
            self.say(said);
        }
        let bucket = format!("arn:{}:s3:::{bucket}", self.home.info.partition);
        match key {
            "" => vec![bucket],
            // A prefix means what is below it, not the object of that name which consoles make for a folder.
            _ if key.ends_with('/') => vec![format!("{bucket}/{key}*")],
            _ => vec![format!("{bucket}/{key}")],
        }
    }

    fn whole_bucket(&mut self, text: &str, name: &str, pointer: &str) -> Vec<String> {
        if let Some((name, key)) = name.split_once('/') {
            let said = self.at(pointer, format!("`{text}` is more than a bucket"));
            self.say(said.help(format!("did you mean `s3://{name}/{key}`?")));
            return vec![];
        }
        if !self.is_bucket(text, name, pointer) {
            return vec![];
        }
        if let Some(help) = self.undeclared(name, "bucket/") {
            self.say(self.at(pointer, format!("no environment declares bucket `{name}`")).help(help));
            return vec![];
        }
        self.bucket_and_objects(name)
    }

    /// Whether a bucket can have this name, which may be a pattern.
    fn is_bucket(&mut self, text: &str, bucket: &str, pointer: &str) -> bool {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-*?".contains(c);
        let said = if bucket.is_empty() {
            self.at(pointer, format!("`{text}` names no bucket")).help(FORMS)
        } else if !bucket.chars().all(letter) {
            self.at(pointer, format!("`{bucket}` cannot name a bucket"))
                .help("a bucket's name has only lower-case letters, digits, hyphens and dots")
        } else {
            return true;
        };
        self.say(said);
        false
    }

    /// What to say of a bucket that no environment declares; none if one does, or nobody can say.
    fn undeclared(&self, bucket: &str, form: &str) -> Option<String> {
        let declared = || self.estate.homes.iter().flat_map(|home| home.loaded.environment.buckets.keys());
        if has_wildcard(bucket) || self.estate.any_unread() || declared().any(|name| name == bucket) {
            return None;
        }
        let near = did_you_mean(bucket, declared().map(String::as_str));
        Some(near.map_or_else(
            || {
                let arn = format!("arn:{}:s3:::{bucket}", self.home.info.partition);
                format!("declare it, or write the ARN of a bucket that is not in this estate: `{arn}`")
            },
            |near| format!("did you mean `{form}{near}`?"),
        ))
    }

    fn no_resource(&mut self, text: &str, pointer: &str) -> Vec<String> {
        let info = &self.home.info;
        let address = text.split_once('/').and_then(|(word, name)| Some((word.parse::<Kind>().ok()?, name)));
        let help = match address {
            Some((kind, name)) => {
                format!("write its ARN: `arn:{}:iam::{}:{kind}/{name}`", info.partition, info.account)
            }
            None if text.starts_with("s3:/") => {
                format!("did you mean `s3://{}`?", text.trim_start_matches("s3:").trim_start_matches('/'))
            }
            None => FORMS.to_owned(),
        };
        self.say(self.at(pointer, format!("`{text}` does not say what is meant")).help(help));
        vec![]
    }

    /// The roles that an item of `role` means; none after saying what is wrong.
    pub(super) fn roles(&mut self, text: &str, pointer: &str) -> Vec<Target> {
        let own = &self.home.info.partition;
        let forms = || format!("write NAME, ENVIRONMENT/NAME, or `arn:{own}:iam::ACCOUNT:role/NAME`");
        let (account, name) = if text.starts_with("arn:") {
            return match arn::split(text) {
                Some([_, partition, "iam", "", _, role]) if partition == own.as_str() && is_role(role) => {
                    vec![Target::Role(text.to_owned())]
                }
                _ => {
                    let message = format!("`{text}` is not the ARN of a role in partition `{own}`");
                    self.say(self.at(pointer, message).help(forms()));
                    vec![]
                }
            };
        } else if let Some((environment, name)) = text.split_once('/') {
            if self.estate.is_unread(environment) {
                return vec![];
            }
            match self.estate.home(environment) {
                Some(home) => (home.info.account.clone(), name),
                None => {
                    let (message, help) = self.estate.no_such_environment(environment);
                    let help = match environment {
                        "role" => format!("the name alone will do: `{name}`"),
                        _ if has_wildcard(environment) => {
                            format!("an environment is named, not matched: `arn:{own}:iam::*:role/{name}`")
                        }
                        _ => help,
                    };
                    self.say(self.at(pointer, message).help(help));
                    return vec![];
                }
            }
        } else {
            (self.home.info.account.clone(), text)
        };
        if name.is_empty() || !name.chars().all(of_a_name) {
            self.say(self.at(pointer, format!("`{name}` cannot name a role")).help(forms()));
            return vec![];
        }
        if has_wildcard(name) {
            return self.roles_matching(&account, name);
        }
        match self.estate.identity(self.home, Kind::Role, text) {
            Sought::Found { arn, .. } => vec![Target::Role(arn)],
            Sought::Unread => vec![],
            Sought::Missing { message, help } => {
                self.say(self.at(pointer, message).help(help));
                vec![]
            }
        }
    }

    /// A role's ARN has its path before its name, so a pattern of names is one of ARNs without a path, and one with.
    fn roles_matching(&self, account: &AccountId, name: &str) -> Vec<Target> {
        let roles = format!("arn:{}:iam::{account}:role", self.home.info.partition);
        let mut all = vec![Target::Role(format!("{roles}/{name}"))];
        if !name.starts_with('*') {
            all.push(Target::Role(format!("{roles}/*/{name}")));
        }
        all
    }

    /// The bucket that holds a claim.
    pub(super) fn holder_resources(&self, holder: &ResourceId) -> Vec<Target> {
        self.bucket_and_objects(&holder.name).into_iter().map(Target::Resource).collect()
    }
}

fn is_role(resource: &str) -> bool {
    resource == "*" || resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
}
