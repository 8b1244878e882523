//! Access words: what an action does, in words that people plan and review with.

mod table;

use std::fmt;
use std::str::FromStr;

use super::catalogue::{AccessLevel, Action};
use super::glob;

/// What can be done to something, coarser than AWS's actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessWord {
    /// See that it exists and how it is set up, but not what is in it.
    List,
    /// Read what is in it.
    ReadData,
    /// Add to or change what is in it.
    WriteData,
    /// Remove what is in it.
    DeleteData,
    /// Make, change and remove the thing itself, its settings and its permissions.
    Administer,
    /// Act as it: assume a role, or hand it to something that runs one's code.
    Become,
}

impl AccessWord {
    /// Every word, the harmless first.
    pub const ALL: [Self; 6] =
        [Self::List, Self::ReadData, Self::WriteData, Self::DeleteData, Self::Administer, Self::Become];

    /// As people write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::ReadData => "read-data",
            Self::WriteData => "write-data",
            Self::DeleteData => "delete-data",
            Self::Administer => "administer",
            Self::Become => "become",
        }
    }

    /// What an action does: as the table has it, else by its access level. Readings that may show content count as
    /// such, and changes as administering, where nothing more is known.
    pub fn of(action: &Action) -> Self {
        let Action { service, name, level, resources: _, keys: _, listed: _ } = action;
        let mut rows = table::ROWS.iter().filter(|row| row.service == *service);
        if let Some(row) = rows.find(|row| row.names.iter().any(|pattern| glob(pattern, name))) {
            return row.word;
        }
        match level {
            AccessLevel::List => Self::List,
            AccessLevel::Read if table::SETTINGS.iter().any(|pattern| glob(pattern, name)) => Self::List,
            AccessLevel::Read => Self::ReadData,
            AccessLevel::Write
            | AccessLevel::PermissionsManagement
            | AccessLevel::Tagging
            | AccessLevel::Unknown => Self::Administer,
        }
    }
}

impl FromStr for AccessWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|word| word.word() == text).ok_or_else(|| {
            let words: Vec<_> = Self::ALL.iter().map(|word| word.word()).collect();
            format!("`{text}` is no access word: one of {}", words.join(", "))
        })
    }
}

impl fmt::Display for AccessWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::catalogue;
    use super::*;

    fn word(action: &str) -> AccessWord {
        let (service, name) = action.split_once(':').unwrap();
        AccessWord::of(catalogue::service(service).unwrap().action(name).unwrap())
    }

    #[test]
    fn every_pattern_of_the_table_fits_an_action_that_no_row_before_it_takes() {
        let mut taken = BTreeSet::new();
        for row in table::ROWS {
            let service = catalogue::service(row.service).expect(row.service);
            for pattern in row.names {
                let fits: Vec<_> = service.actions().iter().filter(|a| glob(pattern, a.name)).collect();
                let new = fits.iter().filter(|a| taken.insert(a.full_name())).count();
                assert!(new > 0, "{}:{pattern} fits nothing that is left", row.service);
            }
        }
    }

    #[test]
    fn what_people_ask_about() {
        for (action, expected) in [
            ("s3:ListBucket", AccessWord::List),
            ("s3:GetBucketPolicy", AccessWord::List),
            ("s3:GetObjectAcl", AccessWord::List),
            ("s3:GetObjectTagging", AccessWord::List),
            ("s3:GetObject", AccessWord::ReadData),
            ("s3:GetObjectVersion", AccessWord::ReadData),
            ("s3:PutObject", AccessWord::WriteData),
            ("s3:DeleteObject", AccessWord::DeleteData),
            ("s3:DeleteObjectVersion", AccessWord::DeleteData),
            ("s3:PutBucketPolicy", AccessWord::Administer),
            ("s3:PutObjectAcl", AccessWord::Administer),
            ("s3:PutLifecycleConfiguration", AccessWord::Administer),
            ("s3:DeleteBucket", AccessWord::Administer),
            ("ec2:DescribeInstances", AccessWord::List),
            ("ec2:RunInstances", AccessWord::Administer),
            ("ec2:GetPasswordData", AccessWord::ReadData),
            ("iam:GetRole", AccessWord::List),
            ("iam:PassRole", AccessWord::Become),
            ("iam:AttachRolePolicy", AccessWord::Administer),
            ("iam:CreateServiceLinkedRole", AccessWord::Administer),
            ("sts:AssumeRole", AccessWord::Become),
            ("sts:AssumeRoleWithWebIdentity", AccessWord::Become),
            ("sagemaker:CreatePresignedDomainUrl", AccessWord::Become),
            ("sagemaker:CreateTrainingJob", AccessWord::Administer),
            ("sagemaker:DescribeTrainingJob", AccessWord::List),
            ("sagemaker:GetRecord", AccessWord::ReadData),
            ("dynamodb:Query", AccessWord::ReadData),
            ("dynamodb:UpdateItem", AccessWord::WriteData),
            ("dynamodb:DeleteItem", AccessWord::DeleteData),
            ("dynamodb:DeleteTable", AccessWord::Administer),
            ("athena:GetQueryResults", AccessWord::ReadData),
            ("logs:FilterLogEvents", AccessWord::ReadData),
            ("logs:GetLogEvents", AccessWord::ReadData),
            ("logs:PutLogEvents", AccessWord::WriteData),
            ("secretsmanager:GetSecretValue", AccessWord::ReadData),
            ("ssm:GetParametersByPath", AccessWord::ReadData),
            ("kms:Decrypt", AccessWord::ReadData),
            ("sqs:ReceiveMessage", AccessWord::ReadData),
            ("sqs:SendMessage", AccessWord::WriteData),
            ("kinesis:GetRecords", AccessWord::ReadData),
            ("lakeformation:GetDataAccess", AccessWord::ReadData),
            ("redshift-data:GetStatementResult", AccessWord::ReadData),
            ("ecr:BatchGetImage", AccessWord::ReadData),
            ("ecr:GetAuthorizationToken", AccessWord::List),
            ("lambda:GetFunction", AccessWord::ReadData),
            ("glue:GetTable", AccessWord::List),
        ] {
            assert_eq!(word(action), expected, "{action}");
        }
    }

    #[test]
    fn content_of_buckets_is_what_is_in_objects() {
        let s3 = catalogue::service("s3").unwrap();
        let of = |wanted: AccessWord| {
            let names = s3.actions().iter().filter(|a| AccessWord::of(a) == wanted).map(|a| a.name);
            names.collect::<Vec<_>>()
        };
        assert!(of(AccessWord::ReadData).iter().all(|n| n.starts_with("Get") && !n.contains("Bucket")));
        assert!(
            of(AccessWord::DeleteData)
                .iter()
                .all(|n| n.contains("Object") || n.contains("Upload") || *n == "ReplicateDelete")
        );
        assert!(of(AccessWord::WriteData).iter().all(|n| !n.contains("Bucket") && !n.contains("Acl")));
        assert!(of(AccessWord::Become).is_empty());
        assert!(
            of(AccessWord::List)
                .iter()
                .all(|n| n.starts_with("Get") || n.starts_with("List") || n.starts_with("Describe"))
        );
    }

    #[test]
    fn in_iam_one_sees_or_administers_or_passes() {
        for action in catalogue::service("iam").unwrap().actions() {
            let word = AccessWord::of(action);
            let changes = matches!(
                action.level,
                AccessLevel::Write | AccessLevel::PermissionsManagement | AccessLevel::Tagging
            );
            match action.name {
                "PassRole" => assert_eq!(word, AccessWord::Become),
                name if changes && name.starts_with("Generate") => {}
                name => assert_eq!(
                    word == AccessWord::Administer,
                    changes || action.level == AccessLevel::Unknown,
                    "{name}"
                ),
            }
        }
    }

    #[test]
    fn every_word_is_read_back() {
        for word in AccessWord::ALL {
            assert_eq!(word.to_string().parse::<AccessWord>(), Ok(word));
        }
        assert!("read".parse::<AccessWord>().is_err());
    }
}
