//! An account number that is nobody's here.

use crate::diagnostic::Severity;
use crate::lint::facts::has_only_actions;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, WrittenStatement, arn};

pub(super) static RULE: Rule = Rule {
    id: "literal-account",
    severity: Severity::Warning,
    sentence: "A resource is in an account that no environment of the project is about.",
    why: "An account number copied from an example or from another project names nothing here: an Allow gives nothing, a \
          Deny protects nothing. If the account is right, it is a stranger's, and worth a word.",
    help: "write `${{ account }}` for the environment's own account",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html",
    trips: Example::Environment(
        "roles:\n  Runner:\n    trust: lambda\n    inline:\n      logs:\n        - Effect: Allow\n          Action: [logs:CreateLogStream, logs:PutLogEvents]\n          Resource: arn:aws:logs:eu-west-1:999988887777:log-group:/aws/lambda/runner:*\n",
    ),
    passes: Example::Environment(
        "roles:\n  Runner:\n    trust: lambda\n    inline:\n      logs:\n        - Effect: Allow\n          Action: [logs:CreateLogStream, logs:PutLogEvents]\n          Resource: arn:aws:logs:eu-west-1:${{ account }}:log-group:/aws/lambda/runner:*\n",
    ),
    check: Check::Document(check),
};

/// What AWS offers from accounts of its own.
const OF_ANY_ACCOUNT: [&str; 2] = ["ecr", "elasticfilesystem"];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let Some(home) = &subject.home.account else { return vec![] };
    let stranger = |account: &str| {
        arn::is_account(account) && !subject.home.accounts.iter().any(|known| known.as_str() == account)
            && account != home.as_str()
    };
    let hit = |pointer: &str, text: &str, account: &str| {
        Hit::at(pointer, format!("`{text}` is in account `{account}`, and no environment is about that"))
            .help(format!("write `${{{{ account }}}}` if this account, `{}`, is meant", home.as_str()))
    };
    let mut hits = vec![];
    for statement in &subject.written.statements {
        if !is_across_accounts(statement) {
            for spot in &statement.resources {
                let Some([_, _, service, _, account, resource]) = arn::split(&spot.text) else { continue };
                let public = OF_ANY_ACCOUNT.contains(&service) || (service == "lambda" && resource.starts_with("layer:"));
                if stranger(account) && !public {
                    hits.push(hit(&spot.pointer, &spot.text, account));
                }
            }
        }
        // A bucket may be written to from anywhere; a role is used by the services of its own account.
        if subject.written.usage == Usage::Trust {
            for value in statement.tests_of("aws:SourceArn").flat_map(|test| &test.values) {
                let Some([_, _, _, _, account, _]) = arn::split(&value.text) else { continue };
                if stranger(account) {
                    hits.push(hit(&value.pointer, &value.text, account));
                }
            }
        }
    }
    hits
}

/// Whether a statement is there to reach another account.
fn is_across_accounts(statement: &WrittenStatement) -> bool {
    has_only_actions(statement, &["sts:*"])
}
