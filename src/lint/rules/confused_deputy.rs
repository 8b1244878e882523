//! A service that works for whoever asks it.

use crate::diagnostic::Severity;
use crate::lint::guard::{SOURCE, account_of, has_wildcards, is_anything, is_fenced, is_of_one_account, names, speaks_of};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, WrittenPrincipal, WrittenStatement, WrittenTest};

pub(super) static RULE: Rule = Rule {
    id: "confused-deputy",
    severity: Severity::Warning,
    sentence: "A service is let in for whichever customer it works.",
    why: "A service has the same name for all customers of AWS. If the policy does not say for whose trail, schedule \
          or job, another customer can point the service at your bucket or role and have it use your rights.",
    help: "add a condition on `aws:SourceAccount` or `aws:SourceArn`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    trips: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}}"#,
    ),
    passes: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}}"#,
    ),
    check: Check::Document(check),
};

/// Services that say for whom they assume a role, and the page on which AWS recommends to ask. No others: a role
/// whose service does not send the keys could not be assumed. EC2, Lambda and Glue do not; SageMaker does for some of
/// its jobs only, and ECS for tasks but not in AWS's own example of the role that starts them.
const ROLES: [(&str, &str); 16] = [
    ("bedrock", "https://docs.aws.amazon.com/bedrock/latest/userguide/security-iam-sr.html"),
    ("cognito-idp", "https://docs.aws.amazon.com/cognito/latest/developerguide/cross-service-confused-deputy-prevention.html"),
    ("comprehend", "https://docs.aws.amazon.com/comprehend/latest/dg/cross-service-confused-deputy-prevention.html"),
    ("datasync", "https://docs.aws.amazon.com/datasync/latest/userguide/cross-service-confused-deputy-prevention.html"),
    ("forecast", "https://docs.aws.amazon.com/forecast/latest/dg/cross-service-confused-deputy-prevention.html"),
    ("frauddetector", "https://docs.aws.amazon.com/frauddetector/latest/ug/confused-deputy-prevention.html"),
    ("iot", "https://docs.aws.amazon.com/iot/latest/developerguide/cross-service-confused-deputy-prevention.html"),
    ("kendra", "https://docs.aws.amazon.com/kendra/latest/dg/cross-service-confused-deputy-prevention.html"),
    ("personalize", "https://docs.aws.amazon.com/personalize/latest/dg/cross-service-confused-deputy-prevention.html"),
    ("pipes", "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html"),
    ("rekognition", "https://docs.aws.amazon.com/rekognition/latest/dg/cross-service-confused-deputy-prevention.html"),
    ("scheduler", "https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html"),
    ("textract", "https://docs.aws.amazon.com/textract/latest/dg/cross-service-confused-deputy-prevention.html"),
    ("transcribe", "https://docs.aws.amazon.com/transcribe/latest/dg/confused-deputy.html"),
    ("transfer", "https://docs.aws.amazon.com/transfer/latest/userguide/confused-deputy.html"),
    ("translate", "https://docs.aws.amazon.com/translate/latest/dg/cross-service-confused-deputy-prevention.html"),
];

/// Services that write to buckets without saying for whom.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html>
const MUTE: [&str; 2] = ["logdelivery.elasticloadbalancing.", "logdelivery.elb."];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let all = &subject.written.statements;
    let open = subject.allows().filter(|s| {
        !s.is_not_principal() && !s.tests.iter().any(is_guard) && !is_fenced(s, all, &SOURCE)
    });
    let hits = open.flat_map(|s| {
        let services = s.principals.iter().filter(|p| p.kind == "Service");
        services.filter_map(|principal| of_service(subject.written.usage, s, principal))
    });
    hits.collect()
}

fn of_service(usage: Usage, statement: &WrittenStatement, principal: &WrittenPrincipal) -> Option<Hit> {
    let service = principal.value.as_str();
    let help = |page: &str| {
        format!("add the condition `StringEquals: {{ aws:SourceAccount: … }}`, with the number of your account{page}")
    };
    if usage == Usage::Trust {
        let name = service.split('.').next()?;
        let (_, page) = ROLES.iter().find(|(known, _)| *known == name && !service.contains(".internal."))?;
        if !speaks_of(statement, "sts:assumerole") {
            return None;
        }
        let message = format!("`{service}` may assume the role for any customer of AWS");
        return Some(Hit::at(&principal.pointer, message).help(help(&format!(" (see {page})"))));
    }
    // Who owns a bucket and where it is, is no secret.
    let harmless = ["s3:getbucketacl", "s3:getbucketlocation"];
    let does_nothing = !statement.is_not_action()
        && statement.actions.iter().all(|a| harmless.contains(&a.text.to_ascii_lowercase().as_str()));
    if does_nothing || MUTE.iter().any(|begin| service.starts_with(begin)) {
        return None;
    }
    Some(Hit::at(&principal.pointer, format!("`{service}` is let in for any customer of AWS")).help(help("")))
}

/// Whether a test says for whom the service is to work. The services send the keys, so that `IfExists` takes nothing
/// away.
fn is_guard(test: &WrittenTest) -> bool {
    let of_source = SOURCE.iter().any(|key| test.is_of(key)) && is_of_one_account(test);
    let external = test.is_of("sts:ExternalId");
    let says_nothing = test.values.iter().any(|v| has_wildcards(test) && is_anything(&v.text));
    // A key's policy can name the very log group, trail or function that is encrypted.
    let context = test.key.text.to_ascii_lowercase().starts_with("kms:encryptioncontext:")
        && test.values.iter().all(|value| account_of(&value.text).is_some());
    names(test) && (of_source || external || context) && !says_nothing
}
