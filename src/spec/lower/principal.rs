//! Principals by the names that claims use: `role/Name`, `environment/role/Name`, ARNs, `account/…`, and the words for
//! people outside.

use super::Lowering;
use super::estate::{Home, Sought};
use crate::diagnostic::did_you_mean;
use crate::policy::arn;
use crate::spec::assertion::Subject;
use crate::spec::schema::Environment;
use crate::state::sagemaker_kinds;
use crate::state::{AccountId, Kind, ResourceId};

/// Kinds of which principals are made.
const KINDS: [Kind; 3] = [Kind::Group, Kind::User, Kind::Role];
/// What else may begin a name, or be one.
const ACCOUNT: &str = "account";
const OUTSIDE: &str = "outside";
const EVERYONE: &str = "everyone";
const FORMS: &str = "write group/NAME, user/NAME, role/NAME, ENVIRONMENT/role/NAME, account/NUMBER, an ARN, `outside` \
                     or `everyone`";

impl Lowering<'_> {
    /// Who is meant by a text; none after saying what is wrong, or where nobody can say.
    pub(super) fn subject(&mut self, text: &str, pointer: &str) -> Option<Subject> {
        if text.starts_with("arn:") {
            return self.subject_by_arn(text, pointer);
        }
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [OUTSIDE] => Some(Subject::Outside),
            [EVERYONE] => Some(Subject::Everyone),
            [ACCOUNT, account] => self.subject_account(account, pointer),
            [word, name] => match kind(word) {
                Some(kind) => self.subject_by_name(self.home, kind, name, pointer),
                None => self.no_kind(text, None, word, name, pointer),
            },
            [word, .., name] if kind(word).is_some() && self.estate.home(word).is_none() => {
                let said = self.at(pointer, format!("`{text}` has a path"));
                self.say(said.help(format!("the name alone says who: `{word}/{name}`")));
                None
            }
            [environment, word, name] => {
                let Some(kind) = kind(word) else {
                    return self.no_kind(text, Some(environment), word, name, pointer);
                };
                if self.estate.is_unread(environment) {
                    return None;
                }
                let Some(home) = self.estate.home(environment) else {
                    let (message, help) = self.estate.no_such_environment(environment);
                    let help = if has_wildcard(environment) {
                        "an environment is named, not matched: write one item for each, or an ARN".to_owned()
                    } else {
                        help
                    };
                    self.say(self.at(pointer, message).help(help));
                    return None;
                };
                self.subject_by_name(home, kind, name, pointer)
            }
            _ => {
                let words = [OUTSIDE, EVERYONE];
                let declared = KINDS.iter().find(|kind| has(self.home, **kind, text));
                let help = match (declared, did_you_mean(text, words)) {
                    (Some(kind), _) => format!("did you mean `{kind}/{text}`?"),
                    (None, Some(near)) => format!("did you mean `{near}`?"),
                    (None, None) => FORMS.to_owned(),
                };
                self.say(self.at(pointer, format!("`{text}` does not say who is meant")).help(help));
                None
            }
        }
    }

    fn subject_by_name(&mut self, home: &Home<'_>, kind: Kind, name: &str, pointer: &str) -> Option<Subject> {
        let here = self.home;
        let account = home.info.account.clone();
        let refusal = if home.info.partition != here.info.partition {
            let (there, own) = (&home.info.partition, &here.info.partition);
            self.at(
                pointer,
                format!("environment `{}` is in partition `{there}`, not `{own}`", home.info.name),
            )
            .help("AWS keeps partitions apart: no identity reaches from one into another")
        } else if name.is_empty() || !name.chars().all(of_a_name) {
            self.at(pointer, format!("`{name}` cannot name a {kind}"))
                .help("letters, digits and `+=,.@_-`, with `*` for any text and `?` for any character")
        } else if has_wildcard(name) {
            return Some(Subject::Matching { kind, account, pattern: name.to_owned() });
        } else if has(home, kind, name) {
            return Some(Subject::Declared(ResourceId::new(&account, kind, name)));
        } else {
            let message = format!("environment `{}` has no {kind} `{name}`", home.info.name);
            self.at(pointer, message).help(self.near_principal(home, kind, name))
        };
        self.say(refusal);
        None
    }

    /// The same name elsewhere or of another kind, or a near one.
    fn near_principal(&self, home: &Home<'_>, kind: Kind, name: &str) -> String {
        let own = home.info.name == self.home.info.name;
        let prefix = |of: &Home<'_>| {
            let own = of.info.name == self.home.info.name;
            if own { String::new() } else { format!("{}/", of.info.name) }
        };
        if let Some(other) = KINDS.into_iter().find(|other| has(home, *other, name)) {
            return format!("did you mean `{}{other}/{name}`?", prefix(home));
        }
        if let Some(elsewhere) = self.estate.homes.iter().find(|other| has(other, kind, name)) {
            return format!("did you mean `{}{kind}/{name}`?", prefix(elsewhere));
        }
        match did_you_mean(name, names(home, kind)) {
            Some(near) => format!("did you mean `{}{kind}/{near}`?", prefix(home)),
            None if kind == Kind::Group => format!("declare it{}", if own { "" } else { " there" }),
            None => {
                let arn =
                    format!("arn:{}:iam::{}:{kind}/{name}", self.home.info.partition, home.info.account);
                format!("declare it, or write the ARN of a {kind} that no environment declares: {arn}")
            }
        }
    }

    /// Says what stands where a kind of principal should.
    fn no_kind(
        &mut self,
        text: &str,
        environment: Option<&str>,
        word: &str,
        name: &str,
        pointer: &str,
    ) -> Option<Subject> {
        let home = self.estate.home(word).filter(|_| environment.is_none());
        let said = if word.parse::<Kind>().is_ok() {
            self.at(pointer, format!("a {word} is nobody: `{text}` cannot do anything")).help(FORMS)
        } else if let Some(home) = home {
            let kind = KINDS.into_iter().find(|kind| has(home, *kind, name));
            let kind = kind.unwrap_or(Kind::Role);
            self.at(pointer, format!("`{text}` does not say what is meant in environment `{word}`"))
                .help(format!("did you mean `{word}/{kind}/{name}`?"))
        } else {
            let account = environment.is_none().then_some(ACCOUNT);
            let near = did_you_mean(word, KINDS.map(Kind::word).into_iter().chain(account));
            let before = environment.map(|environment| format!("{environment}/")).unwrap_or_default();
            let help = near
                .map_or_else(|| FORMS.to_owned(), |near| format!("did you mean `{before}{near}/{name}`?"));
            self.at(pointer, format!("`{text}` does not say who is meant")).help(help)
        };
        self.say(said);
        None
    }

    fn subject_account(&mut self, text: &str, pointer: &str) -> Option<Subject> {
        if let Some(home) = self.estate.home(text) {
            return Some(Subject::Account(home.info.account.clone()));
        }
        if self.estate.is_unread(text) {
            return None;
        }
        if let Ok(account) = text.parse::<AccountId>() {
            return Some(Subject::Account(account));
        }
        let (message, help) = if text.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '?')) {
            let help = "write all twelve digits, or an environment's name; `everyone` is any account";
            (format!("`{text}` is not an account number"), help.to_owned())
        } else {
            self.estate.no_such_environment(text)
        };
        self.say(self.at(pointer, message).help(help));
        None
    }

    /// A user, role or root user by ARN; one that is declared is known by its name as well.
    fn subject_by_arn(&mut self, text: &str, pointer: &str) -> Option<Subject> {
        let own = &self.home.info.partition;
        let forms =
            format!("write arn:{own}:iam::ACCOUNT:role/NAME, …:user/NAME, or …:root for the root user");
        let parts = arn::split(text);
        let said = match parts {
            Some([_, partition, ..]) if partition != own.as_str() => {
                self.at(pointer, format!("`{text}` is in partition `{partition}`, not `{own}`"))
            }
            Some([_, _, "iam", "", account, resource]) => {
                let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
                match kind {
                    _ if !arn::is_account(account) && !has_wildcard(account) => self
                        .at(pointer, format!("`{account}` in `{text}` is not an account number"))
                        .help("an account number has twelve digits"),
                    "root" if name.is_empty() => return Some(Subject::Arn(text.to_owned())),
                    "role" | "user" if !name.is_empty() => {
                        let kind = if kind == "role" { Kind::Role } else { Kind::User };
                        return Some(self.declared_by_arn(text, account, kind, name));
                    }
                    "group" if !name.is_empty() => {
                        let name = name.rsplit('/').next().unwrap_or(name);
                        self.at(pointer, format!("`{text}` is the ARN of a group, which is no principal"))
                            .help(format!("`group/{name}` means its members"))
                    }
                    _ => self.at(pointer, format!("`{text}` is not the ARN of a principal")).help(forms),
                }
            }
            Some([_, _, "sts", _, account, resource]) if resource.starts_with("assumed-role/") => {
                let role = resource.split('/').nth(1).unwrap_or_default();
                self.at(pointer, format!("`{text}` is a session, not a principal"))
                    .help(format!("name the role: arn:{own}:iam::{account}:role/{role}"))
            }
            _ => self.at(pointer, format!("`{text}` is not the ARN of a principal")).help(forms),
        };
        self.say(said);
        None
    }

    fn declared_by_arn(&self, text: &str, account: &str, kind: Kind, path_and_name: &str) -> Subject {
        let name = path_and_name.rsplit('/').next().unwrap_or(path_and_name);
        let at_home = self.estate.homes.iter().filter(|home| home.info.account.as_str() == account);
        for home in at_home {
            if let Sought::Found { account, arn } = self.estate.identity(home, kind, name)
                && arn == text
            {
                return Subject::Declared(ResourceId::new(&account, kind, name));
            }
        }
        Subject::Arn(text.to_owned())
    }
}

/// Whether a name or ARN is a pattern.
pub(super) fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// The characters of IAM names, and wildcards.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub(super) fn of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+=,.@_-*?".contains(c)
}

fn kind(word: &str) -> Option<Kind> {
    KINDS.into_iter().find(|kind| kind.word() == word)
}

fn has(home: &Home<'_>, kind: Kind, name: &str) -> bool {
    let environment = &home.loaded.environment;
    match kind {
        Kind::Group => environment.groups.contains_key(name),
        Kind::User => environment.users.contains_key(name),
        Kind::Role => environment.roles.contains_key(name),
        Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => false,
    }
}

fn names<'h>(home: &'h Home<'_>, kind: Kind) -> Box<dyn Iterator<Item = &'h str> + 'h> {
    let environment: &Environment = &home.loaded.environment;
    match kind {
        Kind::Group => Box::new(environment.groups.keys().map(String::as_str)),
        Kind::User => Box::new(environment.users.keys().map(String::as_str)),
        Kind::Role => Box::new(environment.roles.keys().map(String::as_str)),
        Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => {
            Box::new(std::iter::empty())
        }
    }
}
