//! The account's own settings, as an author writes them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::state::{PasswordPolicy, PublicAccessBlock};

/// Settings of the account as a whole. What is left out is not looked at.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AccountSettings {
    /// The account's alias, which stands in the address of its sign-in page: 3 to 63 lower-case letters, digits and
    /// single hyphens. It is unique in all of AWS.
    pub alias: Option<String>,
    /// What passwords of IAM users must be like.
    pub password_policy: Option<PasswordPolicy>,
    /// Block Public Access for every bucket of the account. Default of each switch: on.
    pub public_access_block: Option<PublicAccessBlock>,
    /// What AWS has no call for, and a person did or looked at: `billing-access`, `root-mfa`, or names of your own.
    /// A plan lists what is open, and what was last looked at more than a year ago.
    pub checklist: BTreeMap<String, Acknowledged>,
}

/// That a person did something by hand, or looked at it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    /// What is to be done, for a name of your own.
    #[serde(default)]
    pub what: Option<String>,
    /// Who did it.
    #[serde(default)]
    pub by: Option<String>,
    /// When: `YYYY-MM-DD`.
    #[serde(default)]
    pub on: Option<String>,
}
