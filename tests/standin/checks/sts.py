"""STS: callers, and who may assume what."""

import time

from checks.base import EC2, proves, trust


def session(t, arn, sts=None, **more):
    return (sts or t.sts).assume_role(RoleArn=arn, RoleSessionName="tests", **more)["Credentials"]


@proves("assume-trust", "assume-missing", "assume-duration")
def assuming(t):
    iam, a, b = t.iam, t.account, t.other()
    theirs = t.client("sts", b)
    t.same("twelve digits are the account's root user", theirs.get_caller_identity()["Arn"], f"arn:aws:iam::{b}:root")
    arn = iam.create_role(RoleName="r", Path="/p/", AssumeRolePolicyDocument=trust({"AWS": b}))["Role"]["Arn"]
    denied = f"User: arn:aws:iam::{a}:root is not authorized to perform: sts:AssumeRole on resource: {arn}"
    t.refused(
        "whom the trust policy does not name is AccessDenied", "AccessDenied", t.sts.assume_role, 403, denied, RoleArn=arn, RoleSessionName="tests"
    )
    t.refused(
        "so is a role that does not exist, in the same words",
        "AccessDenied",
        theirs.assume_role,
        403,
        "is not authorized to perform: sts:AssumeRole on resource",
        RoleArn=arn + "x",
        RoleSessionName="tests",
    )
    t.refused("and one whose path is wrong", "AccessDenied", theirs.assume_role, 403, RoleArn=f"arn:aws:iam::{a}:role/r", RoleSessionName="tests")
    answer = theirs.assume_role(RoleArn=arn, RoleSessionName="tests")
    t.same("a session's ARN has no path", answer["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{a}:assumed-role/r/tests")
    inside = t.of_session("sts", answer["Credentials"])
    t.same(
        "a session is in the role's account",
        {k: inside.get_caller_identity()[k] for k in ("Account", "UserId")},
        {"Account": a, "UserId": f"{iam.get_role(RoleName='r')['Role']['RoleId']}:tests"},
    )
    t.check("the role was used", "LastUsedDate" in iam.get_role(RoleName="r")["Role"]["RoleLastUsed"])
    t.refused(
        "a session is no longer than the role allows",
        "ValidationError",
        theirs.assume_role,
        400,
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        RoleArn=arn,
        RoleSessionName="tests",
        DurationSeconds=7200,
    )
    iam.update_role(RoleName="r", MaxSessionDuration=43200)
    t.works("as long as it allows it is", theirs.assume_role, RoleArn=arn, RoleSessionName="tests", DurationSeconds=7200)
    second = iam.create_role(RoleName="s", AssumeRolePolicyDocument=trust({"AWS": arn}), MaxSessionDuration=43200)["Role"]["Arn"]
    t.works("a role may assume a role that names it", inside.assume_role, RoleArn=second, RoleSessionName="tests")
    t.refused(
        "for an hour",
        "ValidationError",
        inside.assume_role,
        400,
        "1 hour session limit",
        RoleArn=second,
        RoleSessionName="tests",
        DurationSeconds=7200,
    )
    t.refused("another cannot", "AccessDenied", theirs.assume_role, 403, RoleArn=second, RoleSessionName="tests")
    iam.delete_role(RoleName="r")
    iam.create_role(RoleName="r", Path="/p/", AssumeRolePolicyDocument=trust({"AWS": b}))
    again = t.of_session("sts", session(t, arn, theirs))
    t.refused("nor can a role made anew under the old one's name", "AccessDenied", again.assume_role, 403, RoleArn=second, RoleSessionName="tests")
    t.refused(
        "a role of a service only is nobody's",
        "AccessDenied",
        t.sts.assume_role,
        403,
        RoleArn=iam.create_role(RoleName="e", AssumeRolePolicyDocument=EC2)["Role"]["Arn"],
        RoleSessionName="tests",
    )
    t.config(trusting=True)
    t.works("trusting lets a root user assume anything", t.sts.assume_role, RoleArn=second, RoleSessionName="tests")
    t.config(trusting=False)


@proves("assume-trust", "assume-mfa")
def conditions(t):
    iam, b = t.iam, t.other()
    theirs, their_iam = t.client("sts", b), t.client("iam", b)
    arn = iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)["Role"]["Arn"]

    def case(name, condition, allowed, effect="Allow", **more):
        document = trust({"AWS": b}, Condition=condition)
        if effect == "Deny":
            document = trust({"AWS": b}).replace(
                '"Statement": [',
                '"Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": '
                + trust({}, Condition=condition).split('"Condition": ')[1][:-3]
                + "}, ",
            )
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=document)
        arguments = {"RoleArn": arn, "RoleSessionName": "tests", **more}
        if allowed:
            t.works(f"trust: {name}", theirs.assume_role, **arguments)
        else:
            t.refused(f"trust: {name} is AccessDenied", "AccessDenied", theirs.assume_role, 403, **arguments)

    secret = {"StringEquals": {"sts:ExternalId": "s3cret"}}
    case("without the external id", secret, False)
    case("with another one", secret, False, ExternalId="wrong")
    case("with the right one", secret, True, ExternalId="s3cret")
    case("StringLike", {"StringLike": {"sts:RoleSessionName": "te*"}}, True)
    case("StringLike that is not like it", {"StringLike": {"sts:RoleSessionName": "x*"}}, False)
    case("StringNotEquals", {"StringNotEquals": {"sts:RoleSessionName": ["tests", "x"]}}, False)
    case("ArnEquals of the principal", {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{b}:root"}}, True)
    case("ArnLike of another", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{b}:role/*"}}, False)
    case("Null of what is not there", {"Null": {"sts:ExternalId": "true"}}, True)
    case("Null of what is there", {"Null": {"sts:ExternalId": "true"}}, False, ExternalId="xx")
    case("an address", {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True)
    case("another address", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False)
    case("a date that is past", {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False)
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}
    case("MFA without a code", mfa, False)
    case("MFA with a code", mfa, True, SerialNumber="arn:aws:iam::1:mfa/x", TokenCode="123456")
    case("a denied caller", {"StringEquals": {"sts:RoleSessionName": "tests"}}, False, effect="Deny")
    case("one that the denial does not hit", {"StringEquals": {"sts:RoleSessionName": "other"}}, True, effect="Deny")
    # A person with a device of their own.
    user = their_iam.create_user(UserName="u", Tags=[{"Key": "team", "Value": "ds"}])["User"]["Arn"]
    key = their_iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    serial = their_iam.create_virtual_mfa_device(VirtualMFADeviceName="m")["VirtualMFADevice"]["SerialNumber"]
    their_iam.enable_mfa_device(UserName="u", SerialNumber=serial, AuthenticationCode1="111111", AuthenticationCode2="222222")
    theirs = t.client("sts", key=key)
    t.same("a user's key is the user", theirs.get_caller_identity()["Arn"], user)
    case("a person without a code", mfa, False)
    case("a person with the right code", mfa, True, SerialNumber=serial, TokenCode="123456")
    t.refused(
        "a wrong code fails",
        "AccessDenied",
        theirs.assume_role,
        403,
        "MultiFactorAuthentication failed with invalid MFA one time pass code.",
        RoleArn=arn,
        RoleSessionName="tests",
        SerialNumber=serial,
        TokenCode="654321",
    )
    t.refused(
        "so does another's device",
        "AccessDenied",
        theirs.assume_role,
        403,
        "MultiFactorAuthentication failed, unable to validate MFA code.",
        RoleArn=arn,
        RoleSessionName="tests",
        SerialNumber=serial + "x",
        TokenCode="123456",
    )
    case("a tag of the person", {"StringEquals": {"aws:PrincipalTag/team": "ds"}}, True)
    case("the name of the person", {"StringEquals": {"aws:username": "v"}}, False)
    plain = theirs
    t.refused(
        "GetSessionToken wants the right code too",
        "AccessDenied",
        plain.get_session_token,
        403,
        "invalid MFA one time pass code",
        SerialNumber=serial,
        TokenCode="000000",
    )
    token = plain.get_session_token(SerialNumber=serial, TokenCode="123456")["Credentials"]
    theirs = t.of_session("sts", token)
    t.same("its credentials are still the user", theirs.get_caller_identity()["Arn"], user)
    case("MFA from GetSessionToken", mfa, True)
    theirs = t.of_session("sts", plain.get_session_token()["Credentials"])
    case("a session token without MFA", mfa, False)
    theirs = plain
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust({"AWS": user}))
    t.works("a person named is let in", plain.assume_role, RoleArn=arn, RoleSessionName="tests")
    t.refused("the rest of their account is not", "AccessDenied", t.client("sts", b).assume_role, 403, RoleArn=arn, RoleSessionName="tests")


@proves("expired-tokens")
def expiry(t):
    # 900 s is the least AWS gives; the stand-in's clock cannot be moved, so the credentials are made to be of the past.
    arn = t.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": t.account}))["Role"]["Arn"]
    t.config(session_s=2)
    inside = session(t, arn)
    t.config(session_s=None)
    sts = t.of_session("sts", inside)
    t.works("credentials hold", sts.get_caller_identity)
    time.sleep(2.1)
    t.refused("and end: ExpiredToken", "ExpiredToken", sts.get_caller_identity, 403, "The security token included in the request is expired")
    t.refused("in S3's words too", "ExpiredToken", t.of_session("s3", inside).list_buckets, 400, "The provided token has expired.")
    t.refused("in SageMaker's ExpiredTokenException", "ExpiredTokenException", t.of_session("sagemaker", inside).list_domains, 400)
    t.refused(
        "a session has 900 seconds at least",
        "ValidationError",
        t.sts.assume_role,
        400,
        "greater than or equal to 900",
        RoleArn=arn,
        RoleSessionName="tests",
        DurationSeconds=60,
    )
