//! Settings of an account as a whole.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// The name of the one resource that stands for an account's settings: `account/settings`.
pub const ACCOUNT_SETTINGS: &str = "settings";

/// What passwords of IAM users must be like. AWS sets it as a whole: what a call leaves out goes back to AWS's default,
/// so every field is always sent.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordPolicy {
    /// The least number of characters, 6 to 128. Default: 14.
    #[schemars(range(min = 6, max = 128))]
    pub minimum_length: u32,
    /// A symbol is needed. Default: yes.
    pub require_symbols: bool,
    /// A digit is needed. Default: yes.
    pub require_numbers: bool,
    /// An upper-case letter is needed. Default: yes.
    pub require_uppercase: bool,
    /// A lower-case letter is needed. Default: yes.
    pub require_lowercase: bool,
    /// Users may change their own password. Default: yes.
    pub allow_users_to_change: bool,
    /// Days after which a password expires, 1 to 1,095; none is never.
    #[schemars(range(min = 1, max = 1095))]
    pub max_age_days: Option<u32>,
    /// How many earlier passwords cannot be used again, up to 24; 0 is none. Default: 24.
    #[schemars(range(min = 0, max = 24))]
    #[serde(deserialize_with = "none_of_zero")]
    pub remember: Option<u32>,
    /// Whoever lets a password expire needs an administrator. Default: no.
    pub hard_expiry: bool,
}

/// AWS takes 1 to 24, and has no number for none; a file needs one, since what it leaves out is the default.
fn none_of_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Ok(Option::<u32>::deserialize(deserializer)?.filter(|count| *count > 0))
}

/// What the CIS benchmark for AWS asks for, which is more than AWS's own default.
impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            minimum_length: 14,
            require_symbols: true,
            require_numbers: true,
            require_uppercase: true,
            require_lowercase: true,
            allow_users_to_change: true,
            max_age_days: None,
            remember: Some(24),
            hard_expiry: false,
        }
    }
}
