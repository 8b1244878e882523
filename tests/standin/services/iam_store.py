"""What IAM keeps of an account."""

import functools
import pathlib
import time
import datetime

from world.errors import refuse
from world.rules import on, rule
from world.state import UTC, letters, now

ROOT = pathlib.Path(__file__).resolve().parents[3]
rule("unique-ids", "ids tell what they name: AIDA users, AGPA groups, AROA roles, ANPA policies, AIPA profiles, AKIA keys [D]")


class Holder:
    """What has policies: a user, a group, a role."""

    prefix = kind = resource = ""

    def __init__(self, account, name, path):
        self.account, self.name, self.path, self.created, self.born = account, name, path, now(), time.monotonic()
        self.id = letters(self.prefix if on("unique-ids") else "X")
        self.inline, self.attached, self.tags, self.boundary = {}, [], {}, None

    @property
    def arn(self):
        return f"arn:aws:iam::{self.account}:{self.resource}{self.path}{self.name}"


class User(Holder):
    prefix, kind, resource = "AIDA", "User", "user"

    def __init__(self, *args):
        super().__init__(*args)
        self.groups, self.login, self.keys, self.ssh, self.certificates, self.services = [], None, {}, {}, {}, {}
        self.password_used = None


class Group(Holder):
    prefix, kind, resource = "AGPA", "Group", "group"


class Role(Holder):
    prefix, kind, resource = "AROA", "Role", "role"

    def __init__(self, *args):
        super().__init__(*args)
        self.trust, self.description, self.duration, self.service_linked, self.used = {}, None, 3600, False, None


class Profile(Holder):
    prefix, kind, resource = "AIPA", "InstanceProfile", "instance-profile"

    def __init__(self, *args):
        super().__init__(*args)
        self.roles = []


class Policy:
    kind = "Policy"

    def __init__(self, account, name, path, description, document):
        self.account, self.name, self.path, self.description = account, name, path, description
        self.created = self.updated = now()
        self.id, self.tags = letters("ANPA" if on("unique-ids") else "X"), {}
        self.versions, self.default, self.last = {"v1": (document, self.created)}, "v1", 1

    @property
    def arn(self):
        return f"arn:aws:iam::{self.account}:policy{self.path}{self.name}"


class Managed(Policy):
    """A policy of AWS's own."""

    def __init__(self, name, version, created, updated, document):
        path, _, short = name.rpartition("/")
        self.account, self.name, self.path, self.description, self.tags = "aws", short, f"/{path}/" if path else "/", "", {}
        day = lambda text: datetime.datetime.fromisoformat(text).replace(tzinfo=UTC)
        self.created, self.updated, self.id = day(created), day(updated), "ANPA" + short.upper().replace("-", "")[:17].ljust(17, "A")
        self.default, self.last = f"v{version}", int(version)
        self.versions = {self.default: (document, self.updated)}


@functools.cache
def managed():
    """AWS's policies by ARN, from the repository's own list."""
    out = {}
    for line in (ROOT / "data" / "managed-policies.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            policy = Managed(*line.split("\t"))
            out[policy.arn] = policy
    return out


@functools.cache
def service_names():
    return {line for line in (ROOT / "data" / "service-principals.txt").read_text().splitlines() if line and not line.startswith("#")}


class Iam:
    def __init__(self, account):
        self.account = account
        self.users, self.groups, self.roles, self.profiles, self.policies = {}, {}, {}, {}, {}
        self.created = now()
        self.alias = self.password_policy = self.report = None
        self.report_polls, self.mfa, self.oidc, self.saml, self.root_keys, self.deletions = 0, {}, {}, {}, {}, {}

    def user(self, name):
        return self.get(self.users, name, "user")

    def group(self, name):
        return self.get(self.groups, name, "group")

    def role(self, name):
        return self.get(self.roles, name, "role")

    def get(self, things, name, word):
        if name not in things:
            raise refuse("NoSuchEntity", f"The {word} with name {name} cannot be found.")
        return things[name]

    def profile(self, name):
        if name not in self.profiles:
            raise refuse("NoSuchEntity", f"Instance Profile {name} cannot be found.")
        return self.profiles[name]

    def holders(self):
        return (*self.users.values(), *self.groups.values(), *self.roles.values())

    def policy(self, arn, foreign="Policy {} does not exist or is not attachable."):
        """A policy of the account or of AWS."""
        found = self.policies.get(arn) or managed().get(arn)
        if found is None:
            raise refuse("NoSuchEntity", foreign.format(arn))
        return found
