"""A request against the model: what is required, lengths, patterns, values, in AWS's words, all violations at once."""

import datetime

from wire.models import fits
from world.errors import AwsError
from world.rules import on, rule

rule("required", "a parameter that is required must be there: 'Value null at … Member must not be null' [M]")
rule("lengths", "text and lists have least and greatest lengths [M]")
rule("patterns", "text fits the pattern of its shape [M]")
rule("enums", "an enumeration has the values it has [M]")
rule("ranges", "numbers have bounds [M]")
rule("unknown-parameters", "a member that the operation does not have is refused; AWS's query services ignore some, this does not [G]")
rule("iam-name-words", "IAM words a bad name its own way: 'The specified value for userName is invalid. It must contain only …' [O]")
# Beyond what a document's checks say themselves, with codes of their own.
DOCUMENTS = {"PolicyDocument", "AssumeRolePolicyDocument"}
# What an operation refuses in words of its own.
OWN_WORDS = {"BucketLocationConstraint"}
NAMES = {"UserName", "GroupName", "RoleName", "PolicyName", "InstanceProfileName", "NewUserName", "NewGroupName"}


def lower(name):
    return name[:1].lower() + name[1:]


def shown(value):
    if isinstance(value, list):
        return "[" + ", ".join(shown(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}={shown(v)}" for k, v in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def violations(shape, value, at, service, out, path=""):
    """Adds what is wrong with a value to `out`: (name of the member, value, where, constraint)."""
    kind = shape.type_name

    def wrong(constraint):
        out.append((at, value, path, constraint))

    if kind == "structure":
        for name in shape.required_members if on("required") else ():
            if value.get(name) is None:
                out.append((name, None, join(path, name), "Member must not be null"))
        for name, given in value.items():
            if name in shape.members and given is not None:
                violations(shape.members[name], given, name, service, out, join(path, name))
            elif on("unknown-parameters"):
                out.append((name, given, join(path, name), "Member must be one of " + ", ".join(shape.members)))
        if shape.metadata.get("union") and len(value) != 1:
            wrong("Exactly one member must be set")
        return
    if kind in ("list", "map", "string", "blob"):
        most, least = shape.metadata.get("max"), shape.metadata.get("min")
        if on("lengths") and at not in DOCUMENTS:
            if most is not None and len(value) > most:
                wrong(f"Member must have length less than or equal to {most}")
            if least is not None and len(value) < least:
                wrong(f"Member must have length greater than or equal to {least}")
    if kind == "list":
        for i, one in enumerate(value, 1):
            violations(shape.member, one, at, service, out, f"{path}.{i}.member")
    elif kind == "map":
        for key, one in value.items():
            violations(shape.key, key, at, service, out, f"{path}.key")
            violations(shape.value, one, at, service, out, f"{path}.{key}.member")
    elif kind == "string":
        if shape.enum and value not in shape.enum and on("enums") and shape.name not in OWN_WORDS:
            wrong(f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
        text = shape.metadata.get("pattern")
        if text and on("patterns") and at not in DOCUMENTS:
            if not fits(text, value):
                wrong(f"Member must satisfy regular expression pattern: {text}")
    elif kind in ("integer", "long", "float", "double") and on("ranges"):
        most, least = shape.metadata.get("max"), shape.metadata.get("min")
        if most is not None and value > most:
            wrong(f"Member must have value less than or equal to {most}")
        if least is not None and value < least:
            wrong(f"Member must have value greater than or equal to {least}")


def join(path, name):
    return f"{path}.{lower(name)}" if path else lower(name)


def check(service, operation, parameters):
    """Refuses with every violation, the way the service does."""
    found = []
    if operation.input_shape:
        violations(operation.input_shape, parameters, "", service, found)
    if not found:
        return
    if service == "s3":
        raise AwsError(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
            400,
            {"Detail": "; ".join(f"{p}: {c}" for _, _, p, c in found)},
        )
    code = {
        "iam": "ValidationError",
        "sts": "ValidationError",
        "sns": "InvalidParameter",
        "s3control": "InvalidRequest",
        "organizations": "InvalidInputException",
        "cloudtrail": "ValidationException",
    }.get(service, "ValidationException")
    if service == "cloudtrail" and any(name == "MaxResults" for name, *_ in found):
        code = "InvalidMaxResultsException"
    if service == "iam" and on("iam-name-words"):
        for name, value, path, constraint in found:
            if not value:
                continue
            if constraint.startswith("Member must satisfy regular") and name in NAMES:
                raise AwsError(
                    code, f"The specified value for {path} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
                )
            if constraint.startswith("Member must satisfy regular") and name in ("Path", "NewPath"):
                raise AwsError(
                    code,
                    f"The specified value for {path} is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
                )
    texts = [
        f"Value {'null' if value is None else repr_of(value)} at '{path}' failed to satisfy constraint: {constraint}"
        for _, value, path, constraint in found
    ]
    raise AwsError(code, f"{len(texts)} validation error{'s' if len(texts) > 1 else ''} detected: " + "; ".join(texts))


def repr_of(value):
    if isinstance(value, (bytes, datetime.datetime)):
        return "'…'"
    return f"'{shown(value)}'"
