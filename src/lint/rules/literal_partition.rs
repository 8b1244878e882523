//! A partition that is not the environment's.

use crate::diagnostic::Severity;
use crate::lint::literals::parts_of_values;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::arn;

pub(super) static RULE: Rule = Rule {
    id: "literal-partition",
    severity: Severity::Warning,
    sentence: "A condition names an ARN in another partition than the account's.",
    why: "Accounts in China and GovCloud have ARNs that begin with `arn:aws-cn:` and `arn:aws-us-gov:`. An ARN of another \
          partition matches nothing there: a Deny that is to spare a role hits it, an Allow gives nothing.",
    help: "write `arn:${{ partition }}:`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html",
    trips: Example::Environment(
        "roles:\n  Keeper:\n    trust: ec2\n    inline:\n      hands-off:\n        - Effect: Deny\n          Action: s3:DeleteObject\n          Resource: arn:aws:s3:::acme-alpha/*\n          Condition:\n            ArnNotEquals:\n              aws:PrincipalArn: arn:aws-cn:iam::${{ account }}:role/Keeper\n",
    ),
    passes: Example::Environment(
        "roles:\n  Keeper:\n    trust: ec2\n    inline:\n      hands-off:\n        - Effect: Deny\n          Action: s3:DeleteObject\n          Resource: arn:aws:s3:::acme-alpha/*\n          Condition:\n            ArnNotEquals:\n              aws:PrincipalArn: arn:${{ partition }}:iam::${{ account }}:role/Keeper\n",
    ),
    check: Check::Document(check),
};

/// Only of conditions: a resource or principal of another partition is no policy at all.
fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let Some(home) = subject.home.partition.as_deref() else { return vec![] };
    let tests = subject.written.statements.iter().flat_map(|statement| &statement.tests);
    let named = tests.flat_map(|test| parts_of_values(test, 1));
    named
        .filter(|part| part.word.starts_with("aws") && !part.word.contains(['*', '?', '$']) && part.word != home)
        .map(|part| {
            let message = format!("`{}` is in partition `{}`, and the account is in `{home}`", part.text, part.word);
            let hit = Hit::at(part.pointer, message);
            match arn::in_partition(part.text, home) {
                Some(right) => hit.help(format!("write `{right}`")),
                None => hit,
            }
        })
        .collect()
}
