"""Who a trust policy lets in: principals and conditions, of a kept document."""

import fnmatch
import ipaddress
import re

from services.documents import as_list, statements
from world.state import now


def assumable_by_service(document, service):
    """Whether a trust policy lets an AWS service assume its role."""
    context = {"aws:principalisawsservice": "true"}
    return decided(document, lambda p: isinstance(p, dict) and service in as_list(p.get("Service", [])), "sts:assumerole", context)


def decided(document, names, action, context):
    """Allowed and not denied; `names(principal)` tells whether a principal is the caller."""
    allowed = False
    for statement in statements(document):
        if not any(fnmatch.fnmatchcase(action, str(a).lower()) for a in as_list(statement.get("Action", []))):
            continue
        if "Principal" in statement and not names(statement["Principal"]):
            continue
        if not all(block(op, keys, context) for op, keys in statement.get("Condition", {}).items()):
            continue
        if statement["Effect"] == "Deny":
            return False
        allowed = True
    return allowed


def is_caller(caller):
    """The test whether a kept principal is the caller."""
    mine = {"*", f"arn:aws:iam::{caller.account}:root", caller.account, caller.arn}
    mine.add(caller.role.id if caller.role else caller.user_id)

    def names(principal):
        return principal == "*" or isinstance(principal, dict) and any(p in mine for p in as_list(principal.get("AWS", [])))

    return names


def context_of(call, caller, p):
    """The condition keys of an AssumeRole, lower-cased; one that is not there is absent."""
    arn = caller.role.arn if caller.role else caller.arn
    context = {
        "aws:principalarn": arn,
        "aws:principalaccount": caller.account,
        "aws:userid": caller.user_id,
        "aws:sourceip": call.source,
        "aws:principaltype": {"root": "Account", "user": "User", "session": "AssumedRole"}[caller.kind],
        "sts:rolesessionname": p.get("RoleSessionName"),
        "aws:currenttime": now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:epochtime": str(int(now().timestamp())),
        "aws:useragent": call.agent,
        "aws:securetransport": "false",
        "aws:principalisawsservice": "false",
        "sts:externalid": p.get("ExternalId"),
        "sts:sourceidentity": p.get("SourceIdentity"),
    }
    if caller.kind == "user":
        context["aws:username"] = caller.name
    if call.config["organization"]:
        context["aws:principalorgid"] = call.config["organization"].get("Id")
    if caller.mfa_at is not None:
        context["aws:multifactorauthpresent"] = "true"
        context["aws:multifactorauthage"] = str(int((now() - caller.mfa_at).total_seconds()))
    elif caller.session is not None and caller.kind == "user":
        context["aws:multifactorauthpresent"] = "false"
    entity = caller.role or call.world.entity(caller.arn)
    for key, value in (entity.tags if entity else {}).items():
        context[f"aws:principaltag/{key.lower()}"] = value
    for tag in p.get("Tags") or []:
        context[f"aws:requesttag/{tag['Key'].lower()}"] = tag["Value"]
    if p.get("Tags"):
        context["aws:tagkeys"] = [t["Key"] for t in p["Tags"]]
    return {k: v for k, v in context.items() if v is not None}


def block(operator, keys, context):
    text = operator.lower()
    quantifier, _, rest = text.rpartition(":")
    optional = rest.endswith("ifexists")
    plain = rest.removesuffix("ifexists")
    for key, wanted in keys.items():
        have = context.get(key.lower())
        values = [str(v) for v in as_list(wanted)]
        if plain == "null":
            if (have is None) != (values[0].lower() == "true"):
                return False
            continue
        if have is None:
            if optional or quantifier == "forallvalues" or "not" in plain and quantifier != "foranyvalue":
                continue
            return False
        found = [matches(plain, one, values) for one in as_list(have)]
        if not (any(found) if quantifier == "foranyvalue" else all(found)):
            return False
    return True


def like(value, pattern):
    text = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(text, value, re.S) is not None


def arn_like(value, pattern):
    mine, theirs = value.split(":", 5), pattern.split(":", 5)
    return len(mine) == len(theirs) == 6 and all(like(a, b) for a, b in zip(mine, theirs))


def network(value, pattern):
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False


POSITIVE = {
    "stringequals": lambda v, w: v == w,
    "stringequalsignorecase": lambda v, w: v.lower() == w.lower(),
    "stringlike": like,
    "numericequals": lambda v, w: float(v) == float(w),
    "bool": lambda v, w: v.lower() == w.lower(),
    "arnequals": arn_like,
    "arnlike": arn_like,
    "ipaddress": network,
    "binaryequals": lambda v, w: v == w,
    "dateequals": lambda v, w: v == w,
    "numericlessthan": lambda v, w: float(v) < float(w),
    "numericlessthanequals": lambda v, w: float(v) <= float(w),
    "numericgreaterthan": lambda v, w: float(v) > float(w),
    "numericgreaterthanequals": lambda v, w: float(v) >= float(w),
    "datelessthan": lambda v, w: v < w,
    "datelessthanequals": lambda v, w: v <= w,
    "dategreaterthan": lambda v, w: v > w,
    "dategreaterthanequals": lambda v, w: v >= w,
}


def matches(operator, value, wanted):
    if operator in POSITIVE:
        return any(POSITIVE[operator](value, w) for w in wanted)
    opposite = {
        "stringnotequals": "stringequals",
        "stringnotequalsignorecase": "stringequalsignorecase",
        "stringnotlike": "stringlike",
        "numericnotequals": "numericequals",
        "datenotequals": "dateequals",
        "notipaddress": "ipaddress",
        "arnnotequals": "arnequals",
        "arnnotlike": "arnlike",
    }[operator]
    return not any(POSITIVE[opposite](value, w) for w in wanted)
