"""SageMaker's resources of one account and region: states that change with time, and what all of them share."""

import copy
import time

from services.trust import assumable_by_service
from world.errors import AwsError
from world.rules import on, rule
from world.state import now

rule("sagemaker-states", "what is made or changed passes through Pending, Updating, Stopping, Deleting before it is ready [M]")
rule("execution-role", "an execution role must exist and trust sagemaker.amazonaws.com: ValidationException 'Could not assume role …' [O]")
rule("pass-role-account", "a role of another account cannot be passed: 'Cross-account pass role is not allowed.' [O]")
rule("sagemaker-limits", "numbers of resources are limited: ResourceLimitExceeded [M]")
rule("sagemaker-tags", "tags belong to an ARN that exists; 50 at most; AddTags overwrites [M]")
LIMITS = {"domains": 5, "profiles": 60, "spaces": 100, "notebooks": 20, "apps": 50}
WORDS = {
    "domains": ("Maximum number of domains allowed per account", "Domains"),
    "profiles": ("Maximum number of user profiles allowed per domain", "UserProfiles"),
    "spaces": ("Maximum number of spaces allowed per domain", "Spaces"),
    "notebooks": ("Total number of notebook instances", "Instances"),
    "apps": ("Maximum number of Studio user profiles with running apps", "Apps"),
}


class SageMaker:
    def __init__(self, account, region):
        self.account, self.region = account, region
        self.domains, self.profiles, self.spaces, self.apps = {}, {}, {}, {}
        self.notebooks, self.notebook_configs, self.studio_configs, self.groups = {}, {}, {}, {}
        self.tags = {}  # ARN -> {key: value}

    def arn(self, rest):
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{rest}"

    def containers(self):
        return (self.domains, self.profiles, self.spaces, self.apps, self.notebooks)

    def known(self):
        """Every ARN there is."""
        things = [t for c in (*self.containers(), self.notebook_configs, self.studio_configs, self.groups) for t in c.values()]
        return {t.arn: t for t in things}


class Thing:
    """A resource with a state: `data` is what it was made with, `status` where it is, `after` where it goes; None there: away."""

    def __init__(self, arn, data, status, after="InService"):
        self.arn, self.data, self.created = arn, data, now()
        self.modified, self.reason, self.moving = self.created, None, False
        self.status = self.after = after
        self.change(status, after)

    def change(self, status, after, reason=None):
        self.modified = now()
        if not on("sagemaker-states"):
            self.status, self.after, self.moving = after, after, False
            return
        self.status, self.after, self.moving, self.why = status, after, True, reason
        self.since, self.looks = time.monotonic(), 0

    def advance(self, config):
        """Goes on to the next state if it is time; whether the thing is still there."""
        if self.moving and self.looks >= config["sagemaker_looks"] and time.monotonic() - self.since >= config["sagemaker_seconds"]:
            self.status, self.reason, self.moving, self.modified = self.after, self.why, False, now()
        return self.status is not None

    def look(self, config):
        there = self.advance(config)
        if self.moving:
            self.looks += 1
        return there


def start(call, thing, status, after, failed):
    """Lets a change begin that ends in `after`, or in `failed` if the configuration says so."""
    reason = call.config["sagemaker_fail"].get(call.operation)
    thing.change(status, failed if reason else after, reason)


def begin(call, arn, data, failed="Failed", status="Pending", after="InService"):
    thing = Thing(arn, data, status, after)
    start(call, thing, status, after, failed)
    return thing


def alive(call, container):
    """The container without what is gone."""
    for key, thing in list(container.items()):
        if not thing.advance(call.config) or thing.status is None:
            container.pop(key, None)
            call.sagemaker.tags.pop(thing.arn, None)
    return container


def seen(call, container, key):
    """A thing that is looked at, or None."""
    thing = container.get(key)
    if thing is not None and (not thing.look(call.config) or thing.status is None):
        container.pop(key, None)
        call.sagemaker.tags.pop(thing.arn, None)
        return None
    return thing


def times(thing):
    out = {"CreationTime": thing.created, "LastModifiedTime": thing.modified}
    return out | ({"FailureReason": thing.reason} if thing.reason else {})


def without_ignored(call, parameters):
    """The parameters without what the configuration says to ignore silently."""
    parameters = copy.deepcopy(parameters)
    for path in call.config["sagemaker_ignores"]:
        *parents, last = path.split(".")
        node = parameters
        for part in parents:
            node = node.get(part) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node.pop(last, None)
    return parameters


def merged(old, new):
    """Settings after an update: structures member by member, lists and values as a whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {k: merged(old.get(k), v) for k, v in new.items()}
    return copy.deepcopy(new)


def invalid(message):
    return AwsError("ValidationException", message)


def in_use(message):
    return AwsError("ResourceInUse", message)


def missing(message):
    return AwsError("ResourceNotFound", message)


def check_role(call, arn):
    """That SageMaker can assume an execution role."""
    if arn is None:
        return
    account = arn.split(":")[4]
    if account != call.account.id and on("pass-role-account"):
        raise invalid("Cross-account pass role is not allowed.")
    role = call.world.entity(arn)
    if on("execution-role") and (role is None or not call.world.settled(role) or not assumable_by_service(role.trust, "sagemaker.amazonaws.com")):
        raise invalid(
            f"Could not assume role {arn}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role."
        )


def check_limit(call, kind, there):
    most = call.config["sagemaker_limits"].get(kind, LIMITS[kind])
    if there >= most and on("sagemaker-limits"):
        what, unit = WORDS[kind]
        raise AwsError(
            "ResourceLimitExceeded",
            f"The account-level service limit '{what}' is {most} {unit}, with current utilization of {there} {unit} "
            f"and a request delta of 1 {unit}. Please use AWS Service Quotas to request an increase for this quota.",
        )


def keep_tags(call, arn, tags):
    tags = {t["Key"]: t["Value"] for t in tags or []}
    if any(k.lower().startswith("aws:") for k in tags) and on("sagemaker-tags"):
        raise invalid("aws: prefixed tag key names are not allowed for external use.")
    if tags:
        call.sagemaker.tags[arn] = tags


def narrowed(call, things, p, name):
    """A list operation's things: filtered by name and time, sorted."""
    contains = next((p[k] for k in p if k.endswith("NameContains") or k == "NameContains"), None)
    things = [t for t in things if contains is None or contains.lower() in name(t).lower()]
    for key, after, value in (
        ("CreationTimeAfter", True, "created"),
        ("CreationTimeBefore", False, "created"),
        ("LastModifiedTimeAfter", True, "modified"),
        ("LastModifiedTimeBefore", False, "modified"),
        ("ModifiedTimeAfter", True, "modified"),
        ("ModifiedTimeBefore", False, "modified"),
    ):
        if key in p:
            things = [t for t in things if (getattr(t, value) > p[key]) == after]
    order = {"Name": lambda t: name(t).lower(), "LastModifiedTime": lambda t: t.modified, "Status": lambda t: t.status}
    things.sort(key=order.get(p.get("SortBy"), lambda t: t.created), reverse=p.get("SortOrder") == "Descending")
    return things
