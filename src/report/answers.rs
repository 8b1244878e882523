//! The three answers to a finding, ready to be pasted: put it back, keep it, or let it be until a day.

use serde::Serialize;

use super::drift::{Class, Finding};
use super::escape::{json, markdown_code};
use crate::state::{Kind, SettingKey};

/// What somebody can do about a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answers {
    /// The command that puts the account back; none where hatrack would not touch it, or cannot.
    pub revert: Option<String>,
    /// The command that writes what was found into the environment; none where no file could declare it.
    pub adopt: Option<String>,
    /// The line for the ignore file, with a reason and a day still to be written; none where it does not count anyway.
    pub ignore: Option<String>,
    /// What `revert` and `adopt` are given.
    #[serde(skip)]
    pub(super) arguments: String,
}

impl Answers {
    pub(super) fn to(finding: &Finding, several_environments: bool) -> Self {
        let key = finding.sides.0.as_ref().or(finding.sides.1.as_ref()).map(crate::state::Setting::key);
        let no_doing = matches!(key, Some(SettingKey::Objects | SettingKey::Apps | SettingKey::Failed));
        let out_of_reach =
            finding.blocked || no_doing || matches!(finding.class, Class::Foreign | Class::AwsChanged);
        let address = word(&finding.whole_address());
        let environment = word(&finding.environment);
        let arguments =
            if several_environments { format!("--environment {environment} {address}") } else { address };
        let can_revert = !out_of_reach && !finding.outside;
        let can_adopt = !out_of_reach
            && finding.id.as_ref().is_some_and(|id| is_written(id.kind))
            && !matches!(key, Some(SettingKey::Credential(..)));
        Self {
            revert: can_revert.then(|| format!("hatrack revert {arguments}")),
            adopt: can_adopt.then(|| format!("hatrack adopt {arguments}")),
            ignore: finding
                .drift
                .then(|| ignore_line(&finding.environment, "address", &finding.whole_address())),
            arguments,
        }
    }

    /// As items of a list.
    pub(super) fn markdown(&self, address: &str) -> String {
        let Self { revert, adopt, ignore, arguments: _ } = self;
        let said = [("put it back", revert), ("keep it", adopt), ("ignore it", ignore)];
        let said =
            said.iter().filter_map(|(what, how)| Some(format!("{what} {}", markdown_code(how.as_deref()?))));
        format!("- {}: {}\n", markdown_code(address), said.collect::<Vec<_>>().join(", "))
    }
}

/// Whether `hatrack adopt` writes down what is found of a kind. An instance profile is its role's, and a space its maker's.
fn is_written(kind: Kind) -> bool {
    match kind {
        Kind::Space | Kind::InstanceProfile => false,
        Kind::Group
        | Kind::User
        | Kind::Policy
        | Kind::Role
        | Kind::Bucket
        | Kind::Domain
        | Kind::UserProfile
        | Kind::Notebook
        | Kind::NotebookLifecycle
        | Kind::StudioLifecycle
        | Kind::Account => true,
    }
}

/// An entry for an ignore file, in lines that fit a terminal; `key` is what it names things by.
pub(super) fn entry(environment: &str, key: &str, name: &str) -> [String; 4] {
    let exact = name.replace('*', "?");
    [
        format!("- environment: {}", yaml(environment)),
        format!("  {key}: {}", yaml(&exact)),
        String::from("  reason: \"\""),
        String::from("  until: YYYY-MM-DD"),
    ]
}

/// An entry of the ignore file. JSON's strings are YAML's; what harms a terminal is spelled out in them. Wildcards in a
/// name would match more than the name; `?` matches them and little else.
pub(super) fn ignore_line(environment: &str, key: &str, name: &str) -> String {
    let exact = name.replace('*', "?");
    format!(
        "- {{ environment: {}, {key}: {}, reason: \"\", until: YYYY-MM-DD }}",
        yaml(environment),
        yaml(&exact)
    )
}

/// A text as YAML takes it: as it is if it cannot be taken for anything else.
fn yaml(raw: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.@+=".contains(c);
    let word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_text = raw.starts_with(|c: char| c.is_ascii_alphabetic())
        && raw.chars().all(plain)
        && !word.contains(&raw.to_ascii_lowercase().as_str());
    if is_text { raw.to_owned() } else { json(&serde_json::to_string(raw).unwrap_or_default()) }
}

/// A word as a shell takes it.
fn word(raw: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.:=@+,%".contains(c);
    if !raw.is_empty() && raw.chars().all(plain) {
        raw.to_owned()
    } else {
        format!("'{}'", raw.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_an_address_as_one_word() {
        assert_eq!(word("role/GlueEtl/attached/X"), "role/GlueEtl/attached/X");
        assert_eq!(word("user/b/tag/cost center"), "'user/b/tag/cost center'");
        assert_eq!(word("user/b/tag/$(x)'y"), r"'user/b/tag/$(x)'\''y'");
    }

    #[test]
    fn the_line_for_the_ignore_file_is_yaml_and_not_finished() {
        let line = ignore_line("analytics", "address", "user/b/tag/a\"b\n*");
        assert_eq!(
            line,
            r#"- { environment: analytics, address: "user/b/tag/a\"b\n?", reason: "", until: YYYY-MM-DD }"#
        );
        let yaml: serde_json::Value = serde_yaml::from_str(&line).unwrap();
        assert_eq!(yaml[0]["address"], "user/b/tag/a\"b\n?");
    }
}
