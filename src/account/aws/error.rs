//! What went wrong with one call, in few sorts: by AWS's error code as text, since most S3 codes are no
//! modelled errors of the SDK, and by message where one code means two things.
//!
//! Raw answers never get into a message: they can hold session tokens (`SignatureDoesNotMatch` quotes the
//! request).

use aws_sdk_iam::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::state::{Refusal, ResourceId};

/// What a failed call means for the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// There is no such thing.
    Absent,
    /// There is one already.
    Exists,
    /// Not done: too many calls.
    Throttled,
    /// Not done: something must settle first (another change in flight, a fresh principal).
    Unsettled,
    /// Not done: something else still holds it.
    InUse,
    /// May or may not have been done.
    Lost,
    /// A failure without any AWS error code: a proxy, or an endpoint that does not implement the call.
    Silent,
    /// Never left this machine.
    Unsent,
    /// The caller may not.
    Denied,
    /// The credentials are no good, for any call.
    Expired,
    /// It is not as the operation expects.
    Moved,
    /// The person interrupted the wait.
    Interrupted,
    /// AWS does not take it.
    Invalid,
}

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) sort: Sort,
    /// AWS's code, or ours.
    pub(super) code: String,
    /// AWS's words, or ours.
    pub(super) message: String,
}

/// Codes that mean "not there". The S3 ones: AWS API reference of each Get call.
const ABSENT: [&str; 12] = [
    "ResourceNotFound",
    "NoSuchEntity",
    "NoSuchBucket",
    "NoSuchBucketPolicy",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchTagSet",
    "NoSuchTagSetError",
    "NoSuchLifecycleConfiguration",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
    "NotFound",
    "404",
];

/// The list that the SDK's own retry strategy has (`aws-runtime`), without IAM's permanent `LimitExceeded`.
const THROTTLED: [&str; 14] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "RequestThrottled",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
];

/// Not done, and worth another try for two minutes.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html>
const UNSETTLED: [&str; 3] = ["ConcurrentModification", "EntityTemporarilyUnmodifiable", "OperationAborted"];

const EXPIRED: [&str; 15] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "AuthFailure",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "NotAuthorized",
];

impl Fault {
    pub(super) fn new(sort: Sort, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { sort, code: code.into(), message: message.into() }
    }

    /// AWS cannot do this at all; said before any call.
    pub(super) fn invalid(code: &str, message: impl Into<String>) -> Self {
        Self::new(Sort::Invalid, code, message)
    }

    /// From an answer: its HTTP status, error code and message.
    pub(super) fn of_answer(status: u16, code: Option<&str>, message: Option<&str>) -> Self {
        let sort = sort_of(status, code.unwrap_or_default(), message.unwrap_or_default());
        let words = match (message, code) {
            (_, Some("BucketAlreadyExists")) => String::from(
                "another AWS account has a bucket of this name, and bucket names are global: choose another",
            ),
            (Some(message), _) if !message.trim().is_empty() => tidy(message),
            (_, Some(code)) => code.to_owned(),
            _ if status < 300 => "the answer could not be read".to_owned(),
            _ if sort == Sort::Silent => {
                format!("HTTP {status} without an AWS error; the endpoint may not implement this call")
            }
            _ => format!("HTTP {status}"),
        };
        Self::new(sort, code.map_or_else(|| status.to_string(), ToOwned::to_owned), words)
    }

    /// Whether nothing else will work either, so that going on reading would only collect the same answer.
    pub(super) fn is_fatal(&self) -> bool {
        matches!(self.sort, Sort::Expired | Sort::Unsent | Sort::Interrupted)
    }

    /// Whether the endpoint does not know the call; AWS knows them all.
    pub(super) fn is_not_implemented(&self) -> bool {
        self.sort == Sort::Silent
            || ["InvalidAction", "NotImplemented", "UnknownOperation"].contains(&self.code.as_str())
    }

    /// Why something was not read, with the call that was tried.
    pub(super) fn reason(&self, action: &str) -> String {
        match self.sort {
            Sort::Denied if self.message.contains(action) => format!("access denied: {}", self.message),
            Sort::Denied => format!("access denied to {action}: {}", self.message),
            _ => format!("{action} failed: {}", self.message),
        }
    }

    /// As the account's no to an operation on `target`.
    pub(super) fn refusal(self, target: &ResourceId) -> Refusal {
        let Self { sort, code, message } = self;
        match sort {
            // What is missing may be what the operation refers to, such as a policy; AWS names it.
            Sort::Absent if message.contains(&target.name) || message == code => {
                Refusal::NoSuchResource(target.clone())
            }
            Sort::Absent => Refusal::Invalid { code, message },
            Sort::Exists => Refusal::AlreadyExists(target.clone()),
            // Not everything that is in the way is in the way of a deletion.
            Sort::InUse if code == "ResourceInUse" && !message.contains("delete") => {
                Refusal::Invalid { code, message }
            }
            Sort::InUse => {
                Refusal::NotEmpty { resource: target.clone(), setting: what_holds(&code, &message) }
            }
            Sort::Lost => Refusal::Lost { message },
            Sort::Unsent => {
                Refusal::Unavailable { message: format!("the account cannot be reached: {message}") }
            }
            // Waited for in case the principal was new; it is not, it is wrong.
            Sort::Unsettled if code.starts_with("MalformedPolicy") => Refusal::Invalid { code, message },
            Sort::Throttled | Sort::Unsettled | Sort::Silent => Refusal::Unavailable { message },
            Sort::Denied => Refusal::Denied { message },
            Sort::Expired => Refusal::Expired { message },
            Sort::Moved => Refusal::Moved(target.clone()),
            Sort::Interrupted => Refusal::Interrupted,
            Sort::Invalid => Refusal::Invalid { code, message },
        }
    }
}

fn sort_of(status: u16, code: &str, message: &str) -> Sort {
    let is = |codes: &[&str]| codes.contains(&code);
    if is(&THROTTLED) || message.contains("Rate exceeded") {
        return Sort::Throttled;
    }
    // S3 and IAM both say so of a principal that was created seconds ago and is not known everywhere yet.
    if code.starts_with("MalformedPolicy") && message.to_ascii_lowercase().contains("invalid principal") {
        return Sort::Unsettled;
    }
    match code {
        _ if is(&ABSENT) => Sort::Absent,
        _ if is(&UNSETTLED) => Sort::Unsettled,
        _ if is(&EXPIRED) => Sort::Expired,
        "EntityAlreadyExists" | "BucketAlreadyOwnedByYou" => Sort::Exists,
        "DeleteConflict" | "BucketNotEmpty" => Sort::InUse,
        // SageMaker says so of a name that is taken, too.
        "ResourceInUse" if message.contains("already exist") => Sort::Exists,
        // Something in SageMaker that another change is still under way on.
        "ResourceInUse" if ["[Updating]", "[Pending]"].iter().any(|state| message.contains(state)) => {
            Sort::Unsettled
        }
        "ResourceInUse" => Sort::InUse,
        // Notebook instances that are not there are told so.
        "ValidationException" if message.contains("RecordNotFound") => Sort::Absent,
        "ValidationException" if is_missing_script(message) => Sort::Absent,
        // A role that was made a moment ago, which SageMaker does not see yet.
        "ValidationException" if message.contains("ould not assume role") => Sort::Unsettled,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "AllAccessDisabled" => {
            Sort::Denied
        }
        "NotImplemented" => Sort::Silent,
        "RequestTimeout" | "RequestTimeoutException" => Sort::Lost,
        "InternalFailure" if message.to_ascii_lowercase().contains("not implemented") => Sort::Silent,
        "" => match status {
            404 => Sort::Absent,
            403 => Sort::Denied,
            429 => Sort::Throttled,
            500 | 501 => Sort::Silent,
            // An answer that breaks off: what it answers may have been done.
            200..=299 | 502.. => Sort::Lost,
            _ => Sort::Invalid,
        },
        _ if status >= 500 => Sort::Lost,
        _ => Sort::Invalid,
    }
}

/// Whether SageMaker says of a lifecycle configuration that it is not there; it has no code for that.
fn is_missing_script(message: &str) -> bool {
    message.contains("does not exist") && message.replace(' ', "").contains("LifecycleConfig")
}

/// One line, without the request that some services quote back.
fn tidy(message: &str) -> String {
    let cut = message.split("The Canonical String").next().unwrap_or_default();
    let cut = cut.split("\n\n").next().unwrap_or_default();
    cut.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// AWS's delete conflicts, in the words of [`Refusal::NotEmpty`]: "cannot be deleted while it has …".
fn what_holds(code: &str, message: &str) -> String {
    let holds = [
        ("detach all policies", "attached policies"),
        ("attached to entities", "holders it is attached to"),
        ("delete policies first", "inline policies"),
        ("access keys", "access keys"),
        ("users from group", "members or memberships"),
        ("login profile", "a sign-in profile"),
        ("instance profile", "an instance profile, or is one with a role"),
        ("more than one version", "more than one version"),
        ("MFA", "an MFA device"),
    ];
    if code == "BucketNotEmpty" {
        return "objects".to_owned();
    }
    holds
        .iter()
        .find(|(fragment, _)| message.contains(fragment))
        .map_or_else(|| format!("dependants ({message})"), |(_, words)| (*words).to_owned())
}

/// The texts of an error and everything that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        next = cause.source();
    }
    words
}

/// Why a connection was never made, if it was not: then the call cannot have had an effect.
pub(super) fn never_connected(words: &str) -> Option<&'static str> {
    [
        ("Connection refused", "connection refused"),
        ("dns error", "its name does not resolve"),
        ("connect timeout", "no connection in time"),
        ("(Connect)", "no connection"),
    ]
    .into_iter()
    .find(|(fragment, _)| words.contains(fragment))
    .map(|(_, why)| why)
}

impl<E> From<SdkError<E, HttpResponse>> for Fault
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let words = || chain(&error);
        match &error {
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                Self::of_answer(status, service.err().code(), service.err().message())
            }
            SdkError::ResponseError(answer) => match answer.raw().status().as_u16() {
                status @ (500 | 501) => Self::of_answer(status, None, None),
                status => Self::new(Sort::Lost, status.to_string(), "the answer could not be read"),
            },
            SdkError::TimeoutError(_) => Self::new(Sort::Lost, "Timeout", "no answer in time"),
            SdkError::DispatchFailure(_) => {
                let words = words();
                if words.contains("credential") {
                    Self::new(Sort::Expired, "Credentials", tidy(&words))
                } else if let Some(why) = never_connected(&words) {
                    Self::new(Sort::Unsent, "Unreachable", why)
                } else {
                    Self::new(Sort::Lost, "ConnectionLost", "the connection was lost")
                }
            }
            _ => Self::invalid("InvalidRequest", tidy(&words())),
        }
    }
}

impl From<BuildError> for Fault {
    fn from(error: BuildError) -> Self {
        Self::invalid("InvalidRequest", error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sort(status: u16, code: &str, message: &str) -> Sort {
        Fault::of_answer(status, (!code.is_empty()).then_some(code), Some(message)).sort
    }

    #[test]
    fn codes_have_their_sorts() {
        assert_eq!(sort(404, "NoSuchEntity", "gone"), Sort::Absent);
        assert_eq!(sort(409, "EntityAlreadyExists", ""), Sort::Exists);
        assert_eq!(sort(400, "Throttling", "Rate exceeded"), Sort::Throttled);
        assert_eq!(sort(503, "SlowDown", ""), Sort::Throttled);
        assert_eq!(sort(409, "OperationAborted", ""), Sort::Unsettled);
        assert_eq!(sort(409, "DeleteConflict", ""), Sort::InUse);
        assert_eq!(sort(403, "AccessDenied", ""), Sort::Denied);
        assert_eq!(sort(403, "ExpiredToken", ""), Sort::Expired);
        assert_eq!(sort(503, "ServiceUnavailable", ""), Sort::Lost);
        assert_eq!(sort(500, "ServiceFailure", ""), Sort::Lost);
        assert_eq!(sort(500, "", ""), Sort::Silent);
        assert_eq!(sort(501, "NotImplemented", ""), Sort::Silent);
        assert_eq!(sort(200, "", ""), Sort::Lost);
        assert_eq!(sort(409, "LimitExceeded", "Cannot exceed quota"), Sort::Invalid);
        assert_eq!(sort(409, "BucketAlreadyExists", ""), Sort::Invalid);
        let busy = |state: &str| {
            sort(
                400,
                "ResourceInUse",
                &format!("Unable to perform UpdateDomain when Domain [arn] is in [{state}] state."),
            )
        };
        assert_eq!((busy("Updating"), busy("Pending")), (Sort::Unsettled, Sort::Unsettled));
        assert_eq!((busy("Deleting"), busy("Failed")), (Sort::InUse, Sort::InUse));
        let script =
            "Unable to describe Notebook Instance Lifecycle Config 'arn'. (Details: it does not exist.)";
        assert_eq!(sort(400, "ValidationException", script), Sort::Absent);
        assert_eq!(sort(400, "ValidationException", "Subnet subnet-1 does not exist"), Sort::Invalid);
    }

    #[test]
    fn only_a_fresh_principal_makes_a_malformed_policy_worth_another_try() {
        let fresh = "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/x\"";
        assert_eq!(sort(400, "MalformedPolicyDocument", fresh), Sort::Unsettled);
        assert_eq!(sort(400, "MalformedPolicy", "Invalid principal in policy"), Sort::Unsettled);
        assert_eq!(sort(400, "MalformedPolicyDocument", "Syntax errors in policy."), Sort::Invalid);
    }

    #[test]
    fn a_quoted_request_is_not_repeated() {
        let message = "The request signature we calculated does not match.\n\nThe Canonical String for this \
                       request should have been 'x-amz-security-token:SECRET'";
        let fault = Fault::of_answer(403, Some("SignatureDoesNotMatch"), Some(message));
        assert_eq!(fault.sort, Sort::Expired);
        assert!(!fault.message.contains("SECRET"));
    }

    #[test]
    fn conflicts_say_what_holds() {
        let id = ResourceId::new(&"111122223333".parse().unwrap(), crate::state::Kind::User, "al");
        let fault = Fault::of_answer(
            409,
            Some("DeleteConflict"),
            Some("Cannot delete entity, must detach all policies first."),
        );
        assert_eq!(
            fault.refusal(&id).to_string(),
            "user/al cannot be deleted while it has attached policies"
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let group = ResourceId::new(&"111122223333".parse().unwrap(), crate::state::Kind::Group, "Readers");
        let gone = |message: &str| Fault::of_answer(404, Some("NoSuchEntity"), Some(message)).refusal(&group);
        assert_eq!(
            gone("The group with name Readers cannot be found."),
            Refusal::NoSuchResource(group.clone())
        );
        let policy = "Policy arn:aws:iam::aws:policy/Typo does not exist or is not attachable.";
        assert_eq!(gone(policy).to_string(), policy);
    }
}
