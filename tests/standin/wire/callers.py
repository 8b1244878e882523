"""Who signed a request: the signature is not verified, everything else of it is."""

import re

from world.errors import AwsError
from world.rules import on, rule
from world.state import Caller, now

rule("authorization", "a request without or with a malformed Authorization header is refused, as each service words it [O]")
rule("unknown-keys", "an access key that does not exist, is inactive, or lacks its session token is refused [O]")
rule("expired-tokens", "temporary credentials end: ExpiredToken [O]")
CREDENTIAL = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=([^/,\s]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request, *SignedHeaders=[^,]+, *Signature=[0-9a-f]+"
)
QUERY = re.compile(r"([^/]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
# What each protocol calls a failure of authentication: (code, status).
CODES = {
    "missing": {
        "query": ("MissingAuthenticationToken", 403),
        "json": ("MissingAuthenticationTokenException", 400),
        "rest-json": ("MissingAuthenticationTokenException", 403),
        "rest-xml": ("AccessDenied", 403),
    },
    "malformed": {
        "query": ("IncompleteSignature", 400),
        "json": ("IncompleteSignatureException", 400),
        "rest-json": ("IncompleteSignatureException", 403),
        "rest-xml": ("AuthorizationHeaderMalformed", 400),
    },
    "unknown": {
        "query": ("InvalidClientTokenId", 403),
        "json": ("UnrecognizedClientException", 400),
        "rest-json": ("UnrecognizedClientException", 403),
        "rest-xml": ("InvalidAccessKeyId", 403),
    },
    "token": {
        "query": ("InvalidClientTokenId", 403),
        "json": ("UnrecognizedClientException", 400),
        "rest-json": ("UnrecognizedClientException", 403),
        "rest-xml": ("InvalidToken", 400),
    },
    "expired": {
        "query": ("ExpiredToken", 403),
        "json": ("ExpiredTokenException", 400),
        "rest-json": ("ExpiredTokenException", 403),
        "rest-xml": ("ExpiredToken", 400),
    },
    "denied": {
        "query": ("AccessDenied", 403),
        "json": ("AccessDeniedException", 400),
        "rest-json": ("AccessDeniedException", 403),
        "rest-xml": ("AccessDenied", 403),
    },
    "throttled": {
        "query": ("Throttling", 400),
        "json": ("ThrottlingException", 400),
        "rest-json": ("ThrottlingException", 429),
        "rest-xml": ("SlowDown", 503),
    },
}
MESSAGES = {
    "missing": {"rest-xml": "Access Denied", "": "Request is missing Authentication Token"},
    "malformed": {
        "rest-xml": 'The authorization header is malformed; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
        "": "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    },
    "unknown": {
        "rest-xml": "The AWS Access Key Id you provided does not exist in our records.",
        "": "The security token included in the request is invalid.",
    },
    "token": {"rest-xml": "The provided token is malformed or otherwise invalid.", "": "The security token included in the request is invalid."},
    "expired": {"rest-xml": "The provided token has expired.", "": "The security token included in the request is expired"},
    "throttled": {"rest-xml": "Please reduce your request rate.", "": "Rate exceeded"},
}


def failure(what, service, message=None):
    protocol = service.protocol if service else "query"
    code, status = CODES[what][protocol]
    return AwsError(code, message or MESSAGES[what].get(protocol, MESSAGES[what][""]), status)


def scope(headers, query):
    """(access key id, region, service) as signed; None where there is no signature, False where it is malformed."""
    text = headers.get("authorization")
    if text:
        match = CREDENTIAL.fullmatch(text.strip())
        return (match[1], match[3], match[4]) if match else False
    if "X-Amz-Credential" in query:
        match = QUERY.fullmatch(query["X-Amz-Credential"])
        return (match[1], match[3], match[4]) if match else False
    return None


def caller_of(world, key, token, service):
    """The caller of an access key id: twelve digits are an account's root user."""
    if re.fullmatch(r"\d{12}", key):
        return Caller(key, f"arn:aws:iam::{key}:root", key, "root", key=key)
    if key in world.sessions:
        return of_session(world, world.sessions[key], token, service)
    owner = world.keys.get(key)
    if owner is None:
        if on("unknown-keys"):
            raise failure("unknown", service)
        return Caller("123456789012", "arn:aws:iam::123456789012:root", "123456789012", "root", key=key)
    account, name = owner
    user = world.account(account).iam.users.get(name)
    if user is None or key not in user.keys or user.keys[key]["Status"] != "Active" and on("unknown-keys"):
        raise failure("unknown", service)
    user.keys[key]["Used"] = (now(), service.name if service else "")
    return Caller(account, user.arn, user.id, "user", name, key)


def of_session(world, session, token, service):
    if token != session.token and on("unknown-keys"):
        raise failure("token", service)
    if now() >= session.until and on("expired-tokens"):
        raise failure("expired", service)
    if session.role:
        role = next((r for r in list(world.account(session.account).iam.roles.values()) if r.id == session.role), None)
        return Caller(session.account, session.arn, session.user_id, "session", session.name, session.key, role=role, session=session)
    kind = "root" if session.arn.endswith(":root") else "user"
    return Caller(session.account, session.arn, session.user_id, kind, session.name, session.key, mfa_at=session.mfa_at, session=session)
