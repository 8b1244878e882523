//! The specification language as types: one environment file after placeholders and templates are replaced.
//!
//! The doc comments here are the help that editors show (`hatrack schema`), so they speak to the author of a
//! file. Statement lists stay JSON: their grammar is IAM's and the policy room reads it.

mod account;
mod assertion;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::state::{LifecycleRule, Ownership, PublicAccessBlock, Versioning};

pub use account::{AccountSettings, Acknowledged};
pub use assertion::{Assertion, Exceptions, Nobody, OneOrMore, OneOrMoreScalars, Scalar};
pub use sagemaker::{Domain, LifecycleConfiguration, Notebook, Running, SageMaker, SignIn, UserProfile};

/// One environment: what one AWS account holds in one region.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// The environment's name: lower-case letters, digits and hyphens. It marks everything the file owns, so
    /// it is not changed later.
    pub environment: String,
    /// The account number, twelve digits in quotation marks. hatrack refuses to touch any other account.
    pub account: String,
    /// The region: where buckets are made, and where regional names point.
    pub region: String,
    /// The profile of the AWS configuration files whose credentials are used, if `--profile` names no other.
    #[serde(default)]
    pub profile: Option<String>,
    /// A role to assume before anything is read or changed, with the credentials of `profile` if there is one.
    #[serde(default)]
    pub assume_role: Option<AssumeRole>,
    /// Names for `${{ … }}` placeholders in this file.
    #[serde(default)]
    pub variables: BTreeMap<String, Value>,
    /// Tags for every user, role, policy and bucket of this file. A holder's own tags win.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// IAM groups by name.
    #[serde(default)]
    pub groups: BTreeMap<String, Group>,
    /// IAM users by name.
    #[serde(default)]
    pub users: BTreeMap<String, User>,
    /// Customer managed policies by name.
    #[serde(default)]
    pub policies: BTreeMap<String, ManagedPolicy>,
    /// IAM roles by name.
    #[serde(default)]
    pub roles: BTreeMap<String, Role>,
    /// S3 buckets by name.
    #[serde(default)]
    pub buckets: BTreeMap<String, Bucket>,
    /// What SageMaker has in the region: Studio domains, notebook instances and their scripts. A file without this
    /// key says nothing of SageMaker, and nothing of it is read.
    #[serde(default)]
    pub sagemaker: Option<SageMaker>,
    /// Settings of the account as a whole. A setting left out is not looked at.
    #[serde(default)]
    pub account_settings: Option<AccountSettings>,
    /// Things of this file that exist in the account without an owner's mark and are taken into ownership: `KIND/NAME`.
    /// Once they are, this says nothing any more and can go.
    #[serde(default)]
    pub adopt: Vec<String>,
    /// Things of this file that another tool or environment has marked and that are taken over all the same:
    /// `KIND/NAME`. Once they are, this says nothing any more and can go.
    #[serde(default)]
    pub takeover: Vec<String>,
    /// Things that hold data and shall be deleted: `bucket/NAME`, `notebook/NAME`, `domain/NAME`,
    /// `user-profile/DOMAIN/NAME`. Leaving one out of the file never deletes it.
    #[serde(default)]
    pub retire: Vec<String>,
    /// Things in the account that are none of this file's business, each with a reason.
    #[serde(default)]
    pub ignore: Vec<Ignore>,
    /// Claims about who can do what: proven before anything is applied.
    #[serde(default)]
    pub assert: Vec<Assertion>,
    /// Who must never be locked out: `user/NAME`, `role/NAME`, `environment/role/NAME`, or ARNs.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true))]
    pub break_glass: Vec<String>,
    /// `account`: anything in the account that no environment declares counts as drift.
    #[serde(default)]
    pub scope: Option<Breadth>,
}

/// A role to assume before anything is read or changed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssumeRole {
    /// The name of a role of this account, or a role's ARN.
    pub role: String,
    /// The role to work as where nothing is changed (`plan`, `drift`, `audit`), if it is another: a name or an ARN.
    #[serde(default)]
    pub read_role: Option<String>,
    /// The external id that the role asks for, if it does.
    #[serde(default)]
    pub external_id: Option<String>,
    /// The name of the session, as CloudTrail will show it.
    #[serde(default)]
    pub session_name: Option<String>,
}

impl AssumeRole {
    /// The role to work as, for changing or only for looking.
    pub fn role_to(&self, write: bool) -> &str {
        self.read_role.as_ref().filter(|_| !write).unwrap_or(&self.role)
    }
}

/// Something in the account that is left alone.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ignore {
    /// `KIND/NAME`, with `*` and `?` for any text and any character: `role/OrganizationAccount*`.
    pub address: String,
    /// Why it is left alone. Shown wherever coverage is.
    pub reason: String,
}

/// How much of the account the environment answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "value of `scope`")]
pub enum Breadth {
    /// All of it: what nobody declared is drift.
    Account,
}

/// What is done with edges of a holder that the file does not declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "value of `others`")]
pub enum Others {
    /// They are kept.
    Keep,
}

/// The keys that every holder has.
pub struct Common<'a> {
    /// See the field of the same name in each body.
    pub tags: &'a BTreeMap<String, String>,
    /// See there.
    pub path: Option<&'a str>,
    /// See there.
    pub adopt: bool,
    /// See there.
    pub takeover: bool,
    /// See there.
    pub renamed_from: Option<&'a str>,
    /// See there.
    pub others: Option<Others>,
}

/// Declares a body with its own keys and those that every holder has. (`serde(flatten)` would lose the places
/// of errors and cannot refuse unknown keys.)
macro_rules! holder {
    ($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$field_about])* pub $field: $type,)*
            /// The template this is made from; the keys beside it win over the template's.
            pub template: Option<String>,
            /// Values for the template's parameters.
            pub with: BTreeMap<String, Value>,
            /// Tags. They win over the environment's. (AWS has no tags for groups.)
            pub tags: BTreeMap<String, String>,
            /// The IAM path, `/` or `/…/`. (Buckets have none.)
            pub path: Option<String>,
            /// Take it into ownership if it exists in the account without an owner's mark.
            pub adopt: bool,
            /// Take it into ownership even if another tool or environment has marked it.
            pub takeover: bool,
            /// The name it had before (users and groups only): renamed in place, keeping its credentials and
            /// edges.
            pub renamed_from: Option<String>,
            /// `keep`: attachments, tags and the like that this file does not declare stay, and are no drift.
            pub others: Option<Others>,
        }

        impl $name {
            /// The keys that every holder has.
            pub fn common(&self) -> Common<'_> {
                Common {
                    tags: &self.tags,
                    path: self.path.as_deref(),
                    adopt: self.adopt,
                    takeover: self.takeover,
                    renamed_from: self.renamed_from.as_deref(),
                    others: self.others,
                }
            }
        }
    };
}

mod sagemaker;

holder! {
    /// An IAM group: people who do the same work.
    Group {
        /// Managed policies: keys of `policies`, names of AWS managed policies, or ARNs.
        policies: Vec<String>,
        /// Inline policies by name: statements, a document, or a template.
        inline: BTreeMap<String, Value>,
        /// Roles that members may assume: `Role` of this file, `environment/Role`, or an ARN.
        can_assume: Vec<String>,
        /// Claims about its members: see `assert` of the file. `who` is the group unless it says otherwise.
        assert: Vec<Assertion>,
    }
}

holder! {
    /// An IAM user: one person.
    User {
        /// Groups of this file.
        groups: Vec<String>,
        /// The permissions boundary: a managed policy that caps what the user may do.
        boundary: Option<String>,
        /// Managed policies: keys of `policies`, names of AWS managed policies, or ARNs.
        policies: Vec<String>,
        /// Inline policies by name: statements, a document, or a template.
        inline: BTreeMap<String, Value>,
        /// Whether the user signs in to the console with a password. The password is no part of this file.
        console: bool,
        /// Claims about the user: see `assert` of the file. `who` is the user unless it says otherwise.
        assert: Vec<Assertion>,
    }
}

holder! {
    /// A customer managed policy.
    ManagedPolicy {
        /// What it is for. AWS fixes it at creation.
        description: Option<String>,
        /// Statements, a document, or a template.
        statements: Option<Value>,
    }
}

holder! {
    /// An IAM role: the hat.
    Role {
        /// Who may assume it: a service's short name (`ec2`, `glue`), a list of `{service | account | role |
        /// user | federated | org: …, external_id, require_mfa, conditions}`, statements, or a document.
        trust: Option<Value>,
        /// What it is for.
        description: Option<String>,
        /// The longest session in seconds, 3600 (the default) to 43200.
        max_session_duration: Option<u32>,
        /// The permissions boundary: a managed policy that caps what the role may do.
        boundary: Option<String>,
        /// Managed policies: keys of `policies`, names of AWS managed policies, or ARNs.
        policies: Vec<String>,
        /// Inline policies by name: statements, a document, or a template.
        inline: BTreeMap<String, Value>,
        /// Whether it comes with an instance profile of the same name. Default: if its trust names EC2.
        instance_profile: Option<bool>,
        /// Roles that this one may assume: `Role` of this file, `environment/Role`, or an ARN.
        can_assume: Vec<String>,
        /// Claims about the role: see `assert` of the file. `who` is the role unless it says otherwise.
        assert: Vec<Assertion>,
    }
}

holder! {
    /// An S3 bucket, in the environment's region. Never deleted because it left the file: see `retire`.
    Bucket {
        /// The bucket policy: statements, a document, or a template.
        policy: Option<Value>,
        /// Block Public Access. Default: all four switches on.
        public_access_block: Option<PublicAccessBlock>,
        /// Default encryption: `aes256` (the default), or `kms: {key, bucket_key, dual_layer}`.
        encryption: Option<BucketEncryption>,
        /// `enabled` or `suspended`. Left out: as it is found.
        versioning: Option<Versioning>,
        /// Who owns objects that others write. Default: `BucketOwnerEnforced`, which switches ACLs off.
        ownership: Option<Ownership>,
        /// Rules that delete objects or move them to cheaper storage.
        lifecycle: Vec<LifecycleRule>,
        /// Sids (`*` and `?` allowed) of bucket policy statements that other writers own; they are kept.
        keep_statements: Vec<String>,
        /// Claims about the bucket: see `assert` of the file. `on` is the bucket and all in it unless it says otherwise.
        assert: Vec<Assertion>,
    }
}

/// Default encryption of a bucket.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "form of encryption")]
pub enum BucketEncryption {
    /// With keys that S3 keeps (SSE-S3).
    Aes256,
    /// With a KMS key (SSE-KMS).
    Kms(KmsEncryption),
}

/// Encryption with a KMS key.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KmsEncryption {
    /// Key id, ARN or alias. Left out: the AWS managed key `aws/s3`, which other accounts cannot use.
    pub key: Option<String>,
    /// S3 Bucket Keys, which cut the number of calls to KMS. Default: on, except with two layers.
    pub bucket_key: Option<bool>,
    /// Two layers of encryption (DSSE-KMS).
    pub dual_layer: bool,
}

/// The JSON Schema of an environment file, for editors and for the shape check.
pub fn json_schema() -> Value {
    schemars::schema_for!(Environment).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused_at_every_level() {
        for text in [
            r#"{"environment":"a","account":"1","region":"r","grants":[]}"#,
            r#"{"environment":"a","account":"1","region":"r","users":{"x":{"expires":"2027-01-01"}}}"#,
            r#"{"environment":"a","account":"1","region":"r","buckets":{"x":{"encryption":{"kms":{"k":""}}}}}"#,
        ] {
            assert!(serde_json::from_str::<Environment>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_schema_describes_every_key_of_every_body() {
        let schema = json_schema();
        let bodies = schema["$defs"].as_object().unwrap().values().chain([&schema]);
        let mut keys = 0;
        for (name, property) in bodies.filter_map(|b| b["properties"].as_object()).flatten() {
            if schema["$defs"]["LifecycleRule"]["properties"].get(name).is_none() {
                assert!(property["description"].is_string(), "`{name}` has no description");
            }
            keys += 1;
        }
        assert!(keys > 60, "only {keys} keys were looked at");
    }

    #[test]
    fn encryption_is_a_word_or_a_key() {
        let read = |json: &str| serde_json::from_str::<BucketEncryption>(json).unwrap();
        assert!(matches!(read(r#""aes256""#), BucketEncryption::Aes256));
        assert!(
            matches!(read(r#"{"kms":{"key":"alias/lake"}}"#), BucketEncryption::Kms(k) if k.key.is_some())
        );
    }
}
