"""Policy documents: their grammar, as AWS words its refusals, and the form in which AWS keeps the ones with principals."""

import functools
import json
import re

from services.iam_store import ROOT, service_names
from world.errors import AwsError, refuse
from world.rules import on, rule

rule("policy-grammar", "identity policies are checked: syntax, Sid, Action, Resource, Condition, no Principal: MalformedPolicyDocument [X]")
rule("policy-version", "a managed policy needs Version 2012-10-17; an inline policy does not [X]")
rule("trust-grammar", "trust policies have Principal, STS actions, no Resource, no NotPrincipal: MalformedPolicyDocument [X]")
rule("trust-canonical", "trust and bucket policies are kept rewritten: account id → root ARN, list of one → text, numbers and booleans → text [T]")
rule("principals-exist", "a user or role named as principal must exist: 'Invalid principal in policy' [D]")
rule(
    "principals-by-id", "a principal is kept by its unique id: shown again as AIDA…/AROA… once deleted, which a new one of the name does not heal [D]"
)
rule("bucket-policy-grammar", "bucket policies are checked: principal, action, resource of this bucket, condition keys: MalformedPolicy [W]")
KEYS = ("Version", "Id", "Statement")
ORDER = {k: i for i, k in enumerate(("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"))}
VERSIONS = ("2012-10-17", "2008-10-17")
OPERATORS = {
    o.lower()
    for o in (
        "StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike NumericEquals NumericNotEquals "
        "NumericLessThan NumericLessThanEquals NumericGreaterThan NumericGreaterThanEquals DateEquals DateNotEquals DateLessThan DateLessThanEquals "
        "DateGreaterThan DateGreaterThanEquals Bool BinaryEquals IpAddress NotIpAddress ArnEquals ArnLike ArnNotEquals ArnNotLike Null"
    ).split()
}
UNIQUE = re.compile(r"\b(?:AIDA|AROA)[A-Z0-9]{12,}\b")
SYNTAX = "Syntax errors in policy."


def as_list(value):
    return value if isinstance(value, list) else [value]


def statements(document):
    return as_list(document["Statement"])


def size(text):
    """How AWS counts a document: without white space."""
    return len(re.sub(r"\s", "", text))


def parsed(text, wrong):
    """The document, if it is a JSON object with statements and every key once."""

    def pairs(items):
        keys = [k for k, _ in items]
        if len(keys) != len(set(keys)):
            raise wrong(SYNTAX)
        return dict(items)

    try:
        document = json.loads(text, object_pairs_hook=pairs)
    except ValueError:
        raise wrong(SYNTAX) from None
    if not isinstance(document, dict) or not document.get("Statement") or set(document) - set(KEYS):
        raise wrong(SYNTAX)
    if document.get("Version", VERSIONS[0]) not in VERSIONS:
        raise wrong(SYNTAX)
    for statement in statements(document):
        if not isinstance(statement, dict) or set(statement) - set(ORDER) or statement.get("Effect") not in ("Allow", "Deny"):
            raise wrong(SYNTAX)
        for one, other in (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")):
            if one in statement and other in statement:
                raise wrong(SYNTAX)
        conditions(statement.get("Condition", {}), wrong)
    return document


def conditions(blocks, wrong):
    if not isinstance(blocks, dict):
        raise wrong(SYNTAX)
    for operator, keys in blocks.items():
        plain = re.sub(r"^(ForAnyValue|ForAllValues):", "", operator, flags=re.I).lower().removesuffix("ifexists")
        if plain not in OPERATORS or not isinstance(keys, dict):
            raise wrong(SYNTAX)
        for key, values in keys.items():
            if ":" not in key:
                raise wrong("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
            if not all(isinstance(v, (str, bool, int, float)) for v in as_list(values)):
                raise wrong(SYNTAX)


# --- identity policies ------------------------------------------------------------------------------------------


def malformed(message):
    return refuse("MalformedPolicyDocument", message)


def identity(text, managed):
    """Checks a managed or inline policy; it is kept as sent."""
    if not on("policy-grammar"):
        return text
    if not re.fullmatch(r"[\t\n\r\x20-\xff]+", text):
        raise malformed("The policy document contains characters that are not allowed.")
    document = parsed(text, malformed)
    if managed and document.get("Version") != "2012-10-17" and on("policy-version"):
        raise malformed("Policy document must be version 2012-10-17 or greater.")
    sids = set()
    for statement in statements(document):
        if "Principal" in statement or "NotPrincipal" in statement:
            raise malformed("Policy document should not specify a principal.")
        sid = statement.get("Sid", "")
        if not isinstance(sid, str) or not re.fullmatch(r"[0-9A-Za-z]*", sid):
            raise malformed("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
        if sid and sid in sids:
            raise malformed("Statement IDs (SID) in a single policy must be unique.")
        sids.add(sid)
        actions = as_list(statement.get("Action", statement.get("NotAction", [])))
        resources = as_list(statement.get("Resource", statement.get("NotResource", [])))
        if not actions:
            raise malformed("Policy statement must contain actions.")
        if not resources:
            raise malformed("Policy statement must contain resources.")
        if not all(isinstance(t, str) for t in actions + resources):
            raise malformed(SYNTAX)
        for action in actions:
            if action != "*" and not re.fullmatch(r"[A-Za-z0-9-]+:[\w*?-]+", action):
                raise malformed(
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                    if ":" not in action
                    else f"Action {action} is not valid."
                )
        for resource in resources:
            parts = resource.split(":", 5)
            if resource != "*" and (parts[0] != "arn" or len(parts) < 6 and "*" not in parts[-1]):
                raise malformed(f'Resource {resource} must be in ARN format or "*".')
            if resource != "*" and not re.fullmatch(r"aws(-[a-z]+)*|\*", parts[1]):
                raise malformed(f'Partition "{parts[1]}" is not valid for resource "{resource}".')
            if len(parts) > 3 and parts[2] == "s3" and parts[3] not in ("", "*"):
                raise malformed(f"Resource {resource} can not contain region information.")
    return text


# --- documents with principals ----------------------------------------------------------------------------------


def trust(world, text):
    """Checks a trust policy; what AWS keeps of it."""
    document = parsed(text, malformed)
    if on("trust-grammar"):
        for statement in statements(document):
            for key in ("Resource", "NotResource"):
                if key in statement:
                    raise malformed(f"Has prohibited field {key}")
            if "NotPrincipal" in statement:
                raise malformed("AssumeRole policy may not contain NotPrincipal")
            if "Principal" not in statement:
                raise malformed("Missing required field Principal")
            if "NotAction" in statement:
                raise malformed("Has prohibited field NotAction")
            actions = as_list(statement.get("Action") or [])
            if not actions:
                raise malformed("Missing required field Action")
            if not all(isinstance(a, str) and (a == "*" or a.lower().startswith("sts:")) for a in actions):
                raise malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    return canonical(world, document, malformed, lambda kind, value: f'Invalid principal in policy: "{kind}":"{value}"')


def scalar(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def collapse(value):
    values = list(dict.fromkeys(scalar(v) for v in as_list(value)))
    return values[0] if len(values) == 1 and on("trust-canonical") else values if isinstance(value, list) else values[0]


def canonical(world, document, wrong, words):
    """The document as AWS keeps it, with unique ids for users and roles."""

    def principals(value):
        if value == "*":
            return "*"
        if not isinstance(value, dict) or not value:
            raise wrong("Invalid principal in policy")
        out = {}
        for kind, given in value.items():
            if kind not in ("AWS", "Service", "Federated", "CanonicalUser"):
                raise wrong(SYNTAX)
            texts = [scalar(v) for v in as_list(given)]
            out[kind] = collapse(
                [kept(world, kind, t, wrong, words) for t in texts] if isinstance(given, list) else kept(world, kind, texts[0], wrong, words)
            )
        return out

    def one(statement):
        out = {}
        for key in sorted(statement, key=ORDER.get) if on("trust-canonical") else statement:
            value = statement[key]
            if key in ("Principal", "NotPrincipal"):
                out[key] = principals(value)
            elif key == "Condition":
                if value or not on("trust-canonical"):
                    out[key] = {op: {k: collapse(v) for k, v in keys.items()} for op, keys in value.items()}
            else:
                out[key] = value if key in ("Sid", "Effect") else collapse(value)
        return out

    out = {"Version": document.get("Version", "2008-10-17")}
    if "Id" in document:
        out["Id"] = document["Id"]
    kept_statements = [one(s) for s in statements(document)]
    out["Statement"] = kept_statements
    return out


def kept(world, kind, value, wrong, words):
    """What AWS keeps of one principal."""
    if kind == "Service":
        if on("principals-exist") and not service_known(value):
            raise wrong(words("SERVICE", value))
        return value
    if kind == "Federated":
        if not re.fullmatch(
            r"arn:aws[a-z-]*:iam::\d{12}:(saml-provider|oidc-provider)/.+|cognito-identity\.amazonaws\.com|accounts\.google\.com|"
            r"www\.amazon\.com|graph\.facebook\.com",
            value,
        ):
            raise wrong(words("FEDERATED", value))
        return value
    if kind == "CanonicalUser" or value == "*":
        return value
    if re.fullmatch(r"\d{12}", value):
        return f"arn:aws:iam::{value}:root" if on("trust-canonical") else value
    if re.fullmatch(r"arn:aws:iam::\d{12}:root|arn:aws:sts::\d{12}:(assumed-role|federated-user)/[^*?]+", value):
        return value
    if not on("principals-exist"):
        return value
    if UNIQUE.fullmatch(value):
        if living(world, value):
            return value
        raise wrong(words("AWS", value))
    entity = world.entity(value)
    if entity is None or not world.settled(entity) or "*" in value or "?" in value:
        raise wrong(words("AWS", value))
    return entity.id if on("principals-by-id") else value


def service_known(name):
    names = service_names()
    plain = name.removesuffix(".cn")
    host = plain.split(".")
    return plain in names or len(host) > 3 and ".".join([host[0], *host[2:]]) in names and re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", host[1]) is not None


def living(world, unique_id):
    """The user or role of a unique id, in whatever account, while it is there."""
    entity = world.born.get(unique_id)
    if entity is None:
        return None
    iam = world.account(entity.account).iam
    return entity if (iam.users if entity.kind == "User" else iam.roles).get(entity.name) is entity else None


def shown(world, document):
    """A kept document as it is shown: ids of the living as ARNs."""
    text = json.dumps(document, separators=(",", ":"))

    def arn(match):
        entity = living(world, match[0])
        return entity.arn if entity else match[0]

    return UNIQUE.sub(arn, text)


# --- bucket policies --------------------------------------------------------------------------------------------


@functools.cache
def s3_catalogue():
    """(actions and the kinds of resources they have, condition keys) of S3, lower-cased, from the repository's own list."""
    actions, keys, here = {}, set(), False
    for line in (ROOT / "data" / "actions.txt").read_text().splitlines():
        columns = line.split("\t")
        if columns[0] == "service":
            here = columns[1] == "s3"
        elif here and columns[0] == "action":
            kinds = {k.partition("=")[0].rstrip("*") for k in columns[3].split(";")} if len(columns) > 3 and columns[3] else set()
            actions[columns[1].lower()] = kinds
        elif here and columns[0] == "key":
            keys.add(columns[1].partition("${")[0].lower())
    return actions, keys


def bucket(world, name, text):
    """Checks a bucket policy; what S3 keeps of it."""

    def wrong(message):
        return AwsError("MalformedPolicy", message if message != SYNTAX else "Policies must be valid JSON and the first byte must be '{'")

    document = parsed(text, wrong)
    if on("bucket-policy-grammar"):
        for statement in statements(document):
            bucket_statement(name, statement, wrong)
    out = canonical(world, document, wrong, lambda kind, value: "Invalid principal in policy")
    return out


def bucket_statement(name, statement, wrong):
    known, keys = s3_catalogue()
    if "Principal" not in statement and "NotPrincipal" not in statement:
        raise wrong("Missing required field Principal")
    actions = as_list(statement.get("Action", statement.get("NotAction", [])))
    matched = []
    for action in actions:
        text = str(action).lower()
        pattern = re.compile(re.escape(text.removeprefix("s3:")).replace(r"\*", ".*").replace(r"\?", "."))
        found = [a for a in known if pattern.fullmatch(a)]
        if text != "*" and (not text.startswith("s3:") or not found):
            raise wrong("Policy has invalid action")
        matched.append(found)
    if not actions:
        raise wrong("Missing required field Action")
    resources = as_list(statement.get("Resource", statement.get("NotResource", [])))
    mine = re.compile(rf"arn:aws[a-z-]*:s3:::{re.escape(name)}(/.*)?", re.S)
    if not resources or not all(mine.fullmatch(str(r)) for r in resources):
        raise wrong("Policy has invalid resource")
    kinds = {"object" if "/" in str(r) else "bucket" for r in resources}
    if "Action" in statement and "Resource" in statement:
        for found in matched:
            if not any(kinds & (known[a] or {"bucket", "object"}) for a in found):
                raise wrong("Action does not apply to any resource(s) in statement")
    for block in statement.get("Condition", {}).values():
        for key in block:
            prefix = key.lower().partition(":")[0]
            plain = key.lower()
            if (
                prefix not in ("aws", "s3", "saml", "sts", "cognito-identity.amazonaws.com")
                or prefix == "s3"
                and not any(plain == k or k.endswith("/") and plain.startswith(k) for k in keys)
            ):
                raise wrong("Policy has an invalid condition key")
