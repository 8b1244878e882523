//! Addresses as people type them: `role/GlueEtl`, `analytics/role/*`, `role/GlueEtl/attached/AmazonS3ReadOnlyAccess`.

use crate::cli::failure::Failure;
use crate::diagnostic::did_you_mean;
use crate::policy::glob;
use crate::spec::edit::Part;
use crate::state::{Kind, PolicyReference, ResourceId, SettingKey};

/// A resource or several, and perhaps one part of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// As it was typed.
    pub text: String,
    /// The environment, if it is named.
    pub environment: Option<String>,
    /// `KIND/NAME`, with `*` and `?`.
    pub resource: String,
    /// What comes after it.
    pub setting: Option<String>,
}

impl Address {
    /// Reads an address. A first word that is an environment's name and no kind is the environment.
    ///
    /// # Errors
    /// It is none.
    pub fn parse<'e>(text: &str, environments: impl Iterator<Item = &'e str>) -> Result<Self, Failure> {
        let is_kind = |word: &str| word.contains(['*', '?']) || word.parse::<Kind>().is_ok();
        let (environment, rest) = match text.split_once('/') {
            Some((first, rest)) if !is_kind(first) && environments.into_iter().any(|e| e == first) => {
                (Some(first.to_owned()), rest)
            }
            _ => (None, text),
        };
        let (kind, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let words = kind.parse::<Kind>().map_or(1, Kind::name_words);
        let end = rest.match_indices('/').nth(words - 1).map_or(rest.len(), |(at, _)| at);
        let (name, setting) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let setting = setting.trim_start_matches('/');
        if name.is_empty() {
            return Err(Failure::error(format!("`{text}` is no address"))
                .help("an address is KIND/NAME, such as `role/GlueEtl`; a setting comes after it: `role/GlueEtl/inline/data`"));
        }
        if !is_kind(kind) {
            let words = Kind::ALL.map(Kind::word);
            let failure = Failure::error(format!("`{kind}` in `{text}` is no kind of resource"));
            return Err(match did_you_mean(kind, words) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure.help(format!("one of {}", words.join(", "))),
            });
        }
        Ok(Self {
            text: text.to_owned(),
            environment,
            resource: format!("{kind}/{name}"),
            setting: (!setting.is_empty()).then(|| setting.to_owned()),
        })
    }

    /// Whether it names a resource.
    pub fn names(&self, id: &ResourceId) -> bool {
        glob(&self.resource, &id.address())
    }

    /// Whether it means a part of what it names. An AWS managed policy has its name without its path as well.
    pub fn means(&self, part: &Part) -> bool {
        let Some(setting) = &self.setting else { return true };
        part_names(part).iter().any(|name| glob(setting, name))
    }
}

/// Every name that people may use for a part, the usual one first.
pub fn part_names(part: &Part) -> Vec<String> {
    let usual = part_name(part);
    match part {
        Part::Setting(SettingKey::Attached(PolicyReference::Aws(full))) => match full.rsplit_once('/') {
            Some((_, name)) => vec![format!("attached/{name}"), usual],
            None => vec![usual],
        },
        Part::Whole | Part::Field(_) | Part::Setting(_) => vec![usual],
    }
}

/// A part as it is addressed below its resource.
pub fn part_name(part: &Part) -> String {
    match part {
        Part::Whole => "(all of it)".to_owned(),
        Part::Field(field) => (*field).to_owned(),
        Part::Setting(key) => key.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_comes_after_all_words_of_the_name() {
        let parts = |text: &str| {
            let address =
                Address::parse(text, ["analytics"].into_iter()).unwrap_or_else(|_| panic!("{text}"));
            (address.environment, address.resource, address.setting)
        };
        let some = |text: &str| Some(text.to_owned());
        for (text, environment, resource, setting) in [
            ("role/GlueEtl", None, "role/GlueEtl", None),
            ("role/GlueEtl/attached/service-role/X", None, "role/GlueEtl", some("attached/service-role/X")),
            ("analytics/bucket/acme/policy", some("analytics"), "bucket/acme", some("policy")),
            ("user-profile/studio/alice", None, "user-profile/studio/alice", None),
            ("user-profile/studio/alice/tag/a", None, "user-profile/studio/alice", some("tag/a")),
            ("user-profile/*", None, "user-profile/*", None),
            ("*/studio/tag/a", None, "*/studio", some("tag/a")),
        ] {
            assert_eq!(parts(text), (environment, resource.to_owned(), setting), "{text}");
        }
        for bad in ["role", "role/", "rolle/x", ""] {
            assert!(Address::parse(bad, ["analytics"].into_iter()).is_err(), "{bad}");
        }
    }
}
