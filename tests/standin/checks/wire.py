"""The wire: signatures, operations, parameters, throttling."""

import time

from botocore.exceptions import ClientError
from checks.base import EC2, proves

KINDS = {
    "iam": ("POST", "/", "Action=ListUsers&Version=2010-05-08", {"Content-Type": "application/x-www-form-urlencoded"}),
    "sagemaker": ("POST", "/", "{}", {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker.ListDomains"}),
    "s3": ("GET", "/", "", {}),
    "access-analyzer": ("GET", "/analyzer", "", {}),
}


@proves("authorization")
def unsigned(t):
    for service, (wanted, status) in {
        "iam": ("MissingAuthenticationToken", 403),
        "sagemaker": ("MissingAuthenticationTokenException", 400),
        "s3": ("AccessDenied", 403),
    }.items():
        method, path, body, headers = KINDS[service]
        got, _, text = t.raw(method, path, headers, body.encode())
        t.check(f"{service}: a request without Authorization is {wanted}", got == status and wanted in text, text)
    for service, (wanted, status) in {
        "iam": ("IncompleteSignature", 400),
        "sagemaker": ("IncompleteSignatureException", 400),
        "s3": ("AuthorizationHeaderMalformed", 400),
    }.items():
        method, path, body, headers = KINDS[service]
        got, _, text = t.raw(method, path, {**headers, "Authorization": "AWS4-HMAC-SHA256 Credential=nonsense"}, body.encode())
        t.check(f"{service}: a malformed Authorization is {wanted}", got == status and wanted in text, text)


@proves("unknown-keys")
def keys(t):
    for service, call, code, status in (
        ("iam", "list_users", "InvalidClientTokenId", 403),
        ("sagemaker", "list_domains", "UnrecognizedClientException", 400),
        ("s3", "list_buckets", "InvalidAccessKeyId", 403),
        ("sts", "get_caller_identity", "InvalidClientTokenId", 403),
    ):
        t.refused(
            f"{service}: an access key that does not exist is {code}", code, getattr(t.client(service, key="AKIAXXXXXXXXXXXXXXXX"), call), status
        )
    t.iam.create_user(UserName="u")
    key = t.iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    theirs = t.client("sts", key=key)
    t.same("a user's access key is the user", theirs.get_caller_identity()["Arn"], f"arn:aws:iam::{t.account}:user/u")
    t.iam.update_access_key(UserName="u", AccessKeyId=key, Status="Inactive")
    t.refused("an inactive access key is InvalidClientTokenId", "InvalidClientTokenId", theirs.get_caller_identity, 403)
    credentials = t.sts.get_session_token()["Credentials"]
    t.refused(
        "temporary keys without their token are InvalidClientTokenId",
        "InvalidClientTokenId",
        t.client("sts", key=credentials["AccessKeyId"], token="no").get_caller_identity,
        403,
    )


@proves("unknown-operation")
def operations(t):
    status, _, text = t.form("iam", {"Action": "MakeTea", "Version": "2010-05-08"})
    t.check(
        "an operation that IAM does not have is InvalidAction",
        status == 400 and "<Code>InvalidAction</Code>" in text and "Could not find operation MakeTea for version 2010-05-08" in text,
        text,
    )
    status, _, text = t.raw("POST", "/", {**t.signed("sagemaker"), "X-Amz-Target": "SageMaker.MakeTea"}, b"{}")
    t.check("one that SageMaker does not have is UnknownOperationException", status == 400 and "UnknownOperationException" in text, text)
    status, _, text = t.raw("PATCH", "/bucket", t.signed("s3"))
    t.check("one that S3 does not have is MethodNotAllowed", status == 405 and "MethodNotAllowed" in text, text)


@proves()
def answers(t):
    status, headers, text = t.form("iam", {"Action": "CreateUser", "Version": "2010-05-08", "UserName": "u"})
    t.check(
        "IAM's answers are in its name space and have a request id",
        'xmlns="https://iam.amazonaws.com/doc/2010-05-08/"' in text
        and "<ResponseMetadata><RequestId>" in text
        and headers["x-amzn-requestid"] in text,
        text,
    )
    status, headers, text = t.form("iam", {"Action": "GetUser", "Version": "2010-05-08", "UserName": "nobody"})
    t.check(
        "IAM's errors say whose fault it is, and have a request id",
        status == 404 and "<Type>Sender</Type><Code>NoSuchEntity</Code>" in text and headers["x-amzn-requestid"] in text,
        text,
    )
    status, headers, text = t.raw("GET", "/no-such-bucket-here?policy", t.signed("s3"))
    t.check(
        "S3's errors name the bucket, the request and the host",
        status == 404
        and "<BucketName>no-such-bucket-here</BucketName>" in text
        and "<HostId>" in text
        and f"<RequestId>{headers['x-amz-request-id']}</RequestId>" in text,
        text,
    )
    status, headers, text = t.raw("GET", "/", t.signed("s3"))
    t.check("the list of buckets is a ListAllMyBucketsResult", "<ListAllMyBucketsResult xmlns=" in text, text)
    t.s3.create_bucket(Bucket=f"v-{t.account}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    status, _, text = t.raw("GET", f"/v-{t.account}?versioning", t.signed("s3", "eu-west-1"))
    t.check("the versioning of a bucket is a VersioningConfiguration", status == 200 and "<VersioningConfiguration xmlns=" in text, text)
    status, _, text = t.raw("GET", "/?versioning", {**t.signed("s3", "eu-west-1"), "Host": f"v-{t.account}.s3.eu-west-1.amazonaws.com"})
    t.check("a bucket is found by its host name too", status == 200 and "<VersioningConfiguration" in text, text)
    t.check("every answer of boto3 has a request id", len(t.sm.list_domains()["ResponseMetadata"]["RequestId"]) == 36)


@proves("required", "lengths", "patterns", "enums", "ranges", "unknown-parameters", "iam-name-words")
def validation(t):
    iam, sm = t.iam, t.sm
    one = "1 validation error detected: "
    t.refused(
        "a missing parameter must not be null",
        "ValidationError",
        iam.create_user,
        400,
        one + "Value null at 'userName' failed to satisfy constraint: Member must not be null",
    )
    t.refused(
        "a long name has a length",
        "ValidationError",
        iam.create_user,
        400,
        "at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64",
        UserName="u" * 65,
    )
    t.refused(
        "an empty name has a length", "ValidationError", iam.create_group, 400, "Member must have length greater than or equal to 1", GroupName=""
    )
    t.refused(
        "IAM words a bad name its own way",
        "ValidationError",
        iam.create_user,
        400,
        "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-",
        UserName="a b",
    )
    t.refused(
        "and a bad path",
        "ValidationError",
        iam.create_role,
        400,
        "The specified value for path is invalid. It must begin and end with /",
        RoleName="r",
        Path="x",
        AssumeRolePolicyDocument=EC2,
    )
    t.refused(
        "a number has bounds",
        "ValidationError",
        iam.create_role,
        400,
        one + "Value '1800' at 'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to 3600",
        RoleName="r",
        AssumeRolePolicyDocument=EC2,
        MaxSessionDuration=1800,
    )
    t.refused(
        "and an upper one",
        "ValidationError",
        iam.create_role,
        400,
        "Member must have value less than or equal to 43200",
        RoleName="r",
        AssumeRolePolicyDocument=EC2,
        MaxSessionDuration=43201,
    )
    t.refused(
        "an enumeration has its values",
        "ValidationError",
        iam.update_access_key,
        400,
        "Member must satisfy enum value set: [Active, Inactive",
        AccessKeyId="A" * 20,
        Status="Asleep",
    )
    t.refused(
        "a description has characters",
        "ValidationError",
        iam.create_role,
        400,
        "Member must satisfy regular expression pattern",
        RoleName="r",
        AssumeRolePolicyDocument=EC2,
        Description="☃",
    )
    t.refused("all violations are told at once", "ValidationError", iam.create_role, 400, "2 validation errors detected: ")
    t.refused(
        "a tag key has characters of Unicode's categories",
        "ValidationError",
        iam.create_user,
        400,
        "at 'tags.1.member.key'",
        UserName="u",
        Tags=[{"Key": "a;b", "Value": "v"}],
    )
    t.works("letters of every script are among them", iam.create_user, UserName="u", Tags=[{"Key": "größe ß", "Value": "日本"}])
    status, _, text = t.form("iam", {"Action": "CreateUser", "Version": "2010-05-08", "UserName": "v", "Shoes": "9"})
    t.check("a parameter that does not exist is refused", status == 400 and "at 'shoes'" in text, text)
    t.refused(
        "SageMaker validates the same way",
        "ValidationException",
        sm.create_domain,
        400,
        "Value null at 'authMode' failed to satisfy constraint: Member must not be null",
        DomainName="d",
    )
    t.refused(
        "its names have a pattern",
        "ValidationException",
        sm.create_space,
        400,
        "Member must satisfy regular expression pattern",
        DomainId="d-1",
        SpaceName="-",
    )
    t.refused(
        "its enumerations their values",
        "ValidationException",
        sm.create_app,
        400,
        "Member must satisfy enum value set",
        DomainId="d-1",
        AppType="Teapot",
        AppName="default",
        UserProfileName="p",
    )
    t.refused("its numbers bounds", "ValidationException", sm.list_domains, 400, "Member must have value less than or equal to 100", MaxResults=101)
    status, _, text = t.raw("POST", "/", {**t.signed("sagemaker"), "X-Amz-Target": "SageMaker.ListDomains"}, b'{"MaxResults": "ten"}')
    t.check(
        "a text is no number: SerializationException",
        status == 400 and "SerializationException" in text and "STRING_VALUE can not be converted to an Integer" in text,
        text,
    )
    t.refused("S3 calls it MalformedXML", "MalformedXML", t.s3.put_bucket_versioning, 400, "", Bucket="x", VersioningConfiguration={"Status": "On"})


@proves("throttling")
def throttling(t):
    t.config(rates={"iam": 1, "s3": 1, "sagemaker": 1})
    try:
        for service, call, code, status in (
            ("iam", "list_users", "Throttling", 400),
            ("s3", "list_buckets", "SlowDown", 503),
            ("sagemaker", "list_domains", "ThrottlingException", 400),
        ):
            client, got = t.client(service), None
            for _ in range(8):
                try:
                    getattr(client, call)()
                except ClientError as error:
                    got = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
            t.same(f"too many requests to {service} are {code}", got, (code, status))
        time.sleep(1.05)
        t.works("a second later it goes on", t.iam.list_users)
    finally:
        t.config(rates={})
