"""STS: who calls, temporary credentials of users and of roles."""

import datetime

from services.trust import context_of, decided, is_caller
from world.errors import AwsError, refuse
from world.operations import op
from world.rules import on, rule
from world.state import letters, now

rule("assume-trust", "a role is assumed only by whom its trust policy lets in: AccessDenied [D]")
rule("assume-missing", "a role that does not exist is AccessDenied, worded like one that may not be assumed [D]")
rule("assume-duration", "a session lasts no longer than the role's MaxSessionDuration, a chained one no longer than an hour: ValidationError [D]")
rule("assume-mfa", "a wrong one-time code is AccessDenied 'MultiFactorAuthentication failed with invalid MFA one time pass code.' [O]")
CODE = "123456"  # of every MFA device
WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code. "


class Session:
    """Temporary credentials: of a role, or of a user."""

    def __init__(self, call, seconds, account, arn, user_id, role=None, name="", mfa_at=None):
        self.key, self.secret, self.token = letters("ASIA", 16), letters("", 40), "IQoJ" + letters("", 200)
        self.until = now() + datetime.timedelta(seconds=call.config["session_s"] or seconds)
        self.account, self.arn, self.user_id, self.role, self.name, self.mfa_at = account, arn, user_id, role, name, mfa_at

    def credentials(self):
        return {"AccessKeyId": self.key, "SecretAccessKey": self.secret, "SessionToken": self.token, "Expiration": self.until}


@op("sts:GetCallerIdentity")
def identity(call, p):
    return {"UserId": call.caller.user_id, "Account": call.caller.account, "Arn": call.caller.arn}


def with_mfa(call, p):
    """When the caller gave a code, or None."""
    if not p.get("SerialNumber") and not p.get("TokenCode"):
        return call.caller.mfa_at
    if not (p.get("SerialNumber") and p.get("TokenCode")):
        raise refuse("ValidationError", "Both SerialNumber and TokenCode must be given.")
    if p["TokenCode"] != CODE and on("assume-mfa"):
        raise refuse("AccessDenied", WRONG_CODE.strip())
    device = call.world.account(call.caller.account).iam.mfa.get(p["SerialNumber"])
    # The root user of twelve digits has whatever device it names.
    if call.caller.kind != "root" and on("assume-mfa") and (device is None or device.get("UserName") != call.caller.name):
        raise refuse(
            "AccessDenied",
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
        )
    return now()


@op("sts:AssumeRole")
def assume(call, p):
    caller, arn = call.caller, p["RoleArn"]
    role = call.world.entity(arn) if ":role/" in arn else None
    denied = refuse("AccessDenied", f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}")
    trusting = call.config["trusting"] and caller.kind == "root"
    if role is None and on("assume-missing") and not trusting:
        raise denied
    context = context_of(call, caller, p)
    if p.get("SerialNumber") or p.get("TokenCode"):
        with_mfa(call, p)
        context |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    if role and on("assume-trust") and not trusting:
        names = is_caller(caller)
        if not call.world.settled(role) or not decided(role.trust, names, "sts:assumerole", context):
            raise denied
        if p.get("Tags") and not decided(role.trust, names, "sts:tagsession", context):
            raise refuse("AccessDenied", f"User: {caller.arn} is not authorized to perform: sts:TagSession on resource: {arn}")
    seconds = p.get("DurationSeconds", 3600)
    if role and seconds > role.duration and on("assume-duration"):
        raise refuse("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    if caller.kind == "session" and seconds > 3600 and on("assume-duration"):
        raise refuse("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    role_id = role.id if role else letters("AROA")
    session = Session(
        call,
        seconds,
        account,
        f"arn:aws:sts::{account}:assumed-role/{name}/{p['RoleSessionName']}",
        f"{role_id}:{p['RoleSessionName']}",
        role=role_id,
        name=name,
    )
    call.world.sessions[session.key] = session
    if role:
        role.used = (now(), call.region)
    return {
        "Credentials": session.credentials(),
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        **({"PackedPolicySize": 1} if p.get("Policy") else {}),
        **({"SourceIdentity": p["SourceIdentity"]} if p.get("SourceIdentity") else {}),
    }


@op("sts:GetSessionToken")
def token(call, p):
    caller = call.caller
    if caller.session is not None:
        raise refuse("AccessDenied", "Cannot call GetSessionToken with session credentials")
    mfa_at = with_mfa(call, p)
    session = Session(call, p.get("DurationSeconds", 43200), caller.account, caller.arn, caller.user_id, name=caller.name, mfa_at=mfa_at)
    call.world.sessions[session.key] = session
    return {"Credentials": session.credentials()}


@op("sts:GetAccessKeyInfo")
def key_info(call, p):
    owner = call.world.keys.get(p["AccessKeyId"]) or (
        call.world.sessions[p["AccessKeyId"]].account if p["AccessKeyId"] in call.world.sessions else None
    )
    if owner is None:
        raise AwsError("ValidationError", "Invalid AccessKeyId")
    return {"Account": owner[0] if isinstance(owner, tuple) else owner}
