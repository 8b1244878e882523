"""Brings moto 5.2.5 closer to AWS where the difference would make a test of hatrack's behaviour on AWS wrong.

Each fix is one function, named, with what moto does and what AWS does; `apply(without)` installs them into the moto
of this process. Nothing here changes hatrack: an emulator without these fixes (`server.py --plain`) must converge too.
"""

import copy
import functools
import json
import random
import re
import string
import time
import urllib.parse

import xmltodict
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult
from moto.core.serialize import never_return
from moto.iam import models as iam
from moto.iam import responses as iam_responses
from moto.iam.exceptions import IAMException, NotFoundException
from moto.s3 import models as s3
from moto.s3 import responses as s3_responses
from moto.s3.exceptions import S3ClientError
from moto.sts import models as sts

Backend, IamResponse = iam.IAMBackend, iam_responses.IamResponse
S3Backend, S3Response = s3.S3Backend, s3_responses.S3Response

# What a test may change while the server runs (POST /_proxy/config).
CONFIG = {
    "page": None,  # at most so many items in one page of any list, whatever the caller asks for
    "principal_lag_s": 0.0,  # a new user or role is "Invalid principal" for so long
}
FIXES = {}  # name -> (moto, AWS, function)


def fix(name, moto, aws):
    def register(function):
        FIXES[name] = (moto, aws, function)
        return function

    return register


def apply(without=(), only=()):
    unknown = set(without).union(only) - set(FIXES)
    if unknown:
        raise SystemExit(f"no such fix: {', '.join(sorted(unknown))}")
    for name, (_, _, function) in FIXES.items():
        if name not in without and (not only or name in only):
            function()


def wipe():
    """Every account new again, in no time."""
    for backends in (iam.iam_backends, s3.s3_backends, sts.sts_backends):
        backends.clear()
    s3.s3_backends.bucket_accounts.clear()
    BORN.clear()


def wrap(owner, name):
    """Replaces owner.name by a function that is given the original first."""

    def decorate(function):
        original = getattr(owner, name)

        @functools.wraps(original)
        def outer(*args, **kwargs):
            return function(original, *args, **kwargs)

        setattr(owner, name, outer)
        return outer

    return decorate


def iam_error(code, message):
    kind = NotFoundException if code == "NoSuchEntity" else IAMException  # moto itself looks out for the first
    return kind(code, message)


def s3_error(code, message):
    return S3ClientError(code, message)


def unique_id(prefix):
    return prefix + "".join(random.choices(string.ascii_uppercase + string.digits, k=17))


# --- identity ---------------------------------------------------------------------------------------------------


@fix("fast-accounts", "reads its 1,582 AWS managed policies anew for every account", "is no matter of AWS: speed only")
def _():
    parsed = {}

    @wrap(Backend, "_init_aws_policies")
    def shared(original, self):
        if not parsed:
            parsed.update({p.name: p for p in original(self)})
        mine = []
        for policy in parsed.values():
            policy = copy.copy(policy)
            policy.account_id, policy.attachment_count = self.account_id, 0
            mine.append(policy)
        return mine


@fix("unique-ids", "gives users, groups, profiles random lower-case ids, policies A…", "AIDA…, AGPA…, AIPA…, ANPA…")
def _():
    for cls, prefix in ((iam.User, "AIDA"), (iam.Group, "AGPA"), (iam.InstanceProfile, "AIPA"), (iam.ManagedPolicy, "ANPA")):
        class_prefix = prefix

        def install(cls, prefix):
            @wrap(cls, "__init__")
            def init(original, self, *args, **kwargs):
                original(self, *args, **kwargs)
                self.id = unique_id(prefix)

        install(cls, class_prefix)


@fix("policy-detail", "leaves PolicyName and PolicyId out of GetAccountAuthorizationDetails, counts no boundaries",
     "PolicyName, PolicyId, PermissionsBoundaryUsageCount are there")
def _():
    iam.ManagedPolicy.policy_name = property(lambda self: self.name)
    iam.ManagedPolicy.policy_id = property(lambda self: self.id)
    iam.ManagedPolicy.permissions_boundary_usage_count = property(lambda self: len(bounded_by(self.backend, self.arn)))


def bounded_by(backend, arn):
    return [h for h in (*backend.users.values(), *backend.roles.values()) if getattr(h, "permissions_boundary_arn", None) == arn]


@fix("boundaries", "ignores a user's boundary, answers 500 to Put/DeleteUserPermissionsBoundary, takes any ARN for a role",
     "users and roles have boundaries, which must be policies that exist; type is shown as Policy")
def _():
    shown = property(lambda self: {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": self.permissions_boundary_arn}
                     if getattr(self, "permissions_boundary_arn", None) else None)
    iam.User.permissions_boundary_arn = None
    iam.User.permissions_boundary = shown
    iam.Role.permissions_boundary = shown
    IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER["ListUsersResponse.Users.User.PermissionsBoundary"] = never_return

    def known(backend, arn):
        if arn not in backend.managed_policies:
            raise iam_error("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.")

    @wrap(IamResponse, "create_user")
    def create_user(original, self):
        boundary = self._get_param("PermissionsBoundary")
        if boundary:
            known(self.backend, boundary)
        result = original(self)
        if boundary:
            self.backend.get_user(self._get_param("UserName")).permissions_boundary_arn = boundary
        return result

    @wrap(IamResponse, "create_role")
    def create_role(original, self):
        if self._get_param("PermissionsBoundary"):
            known(self.backend, self._get_param("PermissionsBoundary"))
        return original(self)

    def putter(kind, get):
        def put(self):
            holder = get(self)
            known(self.backend, self._get_param("PermissionsBoundary"))
            holder.permissions_boundary_arn = self._get_param("PermissionsBoundary")
            return EmptyResult()

        def delete(self):
            holder = get(self)
            if not holder.permissions_boundary_arn:
                raise iam_error("NoSuchEntity", f"{kind} {holder.name} does not have a permissions boundary.")
            holder.permissions_boundary_arn = None
            return EmptyResult()

        setattr(IamResponse, f"put_{kind.lower()}_permissions_boundary", put)
        setattr(IamResponse, f"delete_{kind.lower()}_permissions_boundary", delete)

    putter("User", lambda self: self.backend.get_user(self._get_param("UserName")))
    putter("Role", lambda self: self.backend.get_role(self._get_param("RoleName")))


@fix("renames", "UpdateUser loses the tags; UpdateGroup ignores NewPath without NewGroupName; neither refuses a taken name",
     "a rename keeps everything; a path changes alone; a taken name is EntityAlreadyExists")
def _():
    @wrap(Backend, "update_user")
    def update_user(original, self, user_name, new_path=None, new_user_name=None):
        user = self.get_user(user_name)
        if new_user_name and new_user_name.lower() != user_name.lower() and new_user_name.lower() in {n.lower() for n in self.users}:
            raise iam_error("EntityAlreadyExists", f"User with name {new_user_name} already exists.")
        before, tags = user.arn, self.tagger.list_tags_for_resource(user.arn)["Tags"]
        original(self, user_name, new_path, new_user_name)
        self.tagger.delete_all_tags_for_resource(before)
        self.tagger.tag_resource(user.arn, tags)

    def update_group(self, group_name, new_group_name, new_path):
        group = self.get_group(group_name)
        if new_group_name and new_group_name != group_name:
            if new_group_name.lower() in {n.lower() for n in self.groups if n != group_name}:
                raise iam_error("EntityAlreadyExists", f"Group with name {new_group_name} already exists.")
            group.name = new_group_name
            self.groups[new_group_name] = self.groups.pop(group_name)
        group.path = new_path or group.path

    Backend.update_group = update_group


NAME = {"User": (r"[\w+=,.@-]+", 64), "Group": (r"[\w+=,.@-]+", 128), "Role": (r"[\w+=,.@-]+", 64),
        "Policy": (r"[\w+=,.@-]+", 128), "InstanceProfile": (r"[\w+=,.@-]+", 128)}


@fix("names", "takes any name, tells names apart by case, takes one policy name in two paths",
     "names have a pattern and a length, and are unique whatever their case and path")
def _():
    existing = {
        "User": lambda b: b.users, "Group": lambda b: b.groups, "Role": lambda b: [r.name for r in b.roles.values()],
        "Policy": lambda b: [p.name for p in b.managed_policies.values() if not isinstance(p, iam.AWSManagedPolicy)],
        "InstanceProfile": lambda b: b.instance_profiles,
    }

    def guard(kind, operation):
        @wrap(IamResponse, operation)
        def create(original, self):
            name, path = self._get_param(f"{kind}Name"), self._get_param("Path") or "/"
            pattern, limit = NAME[kind]
            if not re.fullmatch(pattern, name, re.ASCII) or len(name) > limit:
                raise iam_error("ValidationError", f"The specified value for {kind[0].lower()}{kind[1:]}Name is invalid. "
                                "It must contain only alphanumeric characters and/or the following: +=,.@_-")
            if not re.fullmatch(r"/|/[!-~]+/", path) or len(path) > 512:
                raise iam_error("ValidationError", "The specified value for path is invalid. It must begin and end with / and "
                                "contain only alphanumeric characters and/or / characters.")
            if name.lower() in {n.lower() for n in existing[kind](self.backend)}:
                what = {"Policy": f"A policy called {name} already exists. Duplicate names are not allowed.",
                        "InstanceProfile": f"Instance Profile {name} already exists."}
                raise iam_error("EntityAlreadyExists", what.get(kind, f"{kind} with name {name} already exists."))
            return original(self)

    for kind, operation in (("User", "create_user"), ("Group", "create_group"), ("Role", "create_role"),
                            ("Policy", "create_policy"), ("InstanceProfile", "create_instance_profile")):
        guard(kind, operation)

    @wrap(IamResponse, "create_role")
    def duration(original, self):
        seconds = int(self._get_param("MaxSessionDuration") or 3600)
        check_duration(seconds)
        return original(self)

    @wrap(IamResponse, "update_role")
    def update(original, self):
        check_duration(int(self._get_param("MaxSessionDuration") or 3600))
        return original(self)


def check_duration(seconds):
    if not 3600 <= seconds <= 43200:
        bound = "greater than or equal to 3600" if seconds < 3600 else "less than or equal to 43200"
        raise iam_error("ValidationError", f"1 validation error detected: Value '{seconds}' at 'maxSessionDuration' failed to "
                        f"satisfy constraint: Member must have value {bound}")


@fix("messages", "words NoSuchEntity its own way", "'The role with name X cannot be found.'")
def _():
    for kind in ("role", "group"):
        def install(kind):
            @wrap(Backend, f"get_{kind}")
            def get(original, self, name):
                try:
                    return original(self, name)
                except NotFoundException:
                    raise iam_error("NoSuchEntity", f"The {kind} with name {name} cannot be found.") from None
        install(kind)


@fix("descriptions", "shows an empty role description", "an empty description is no description")
def _():
    @wrap(iam.Role, "__init__")
    def init(original, self, *args, **kwargs):
        original(self, *args, **kwargs)
        self.description = self.description or None

    @wrap(Backend, "update_role")
    def update(original, self, role_name, role_description, max_session_duration):
        return original(self, role_name, role_description or None, max_session_duration)


# --- deleting ---------------------------------------------------------------------------------------------------


@fix("delete-conflicts", "deletes users in groups or with credentials, groups with members or policies, policies in use",
     "DeleteConflict")
def _():
    def conflict(message):
        return iam_error("DeleteConflict", f"Cannot delete entity, must {message} first.")

    @wrap(Backend, "delete_user")
    def delete_user(original, self, user_name):
        user = self.get_user(user_name)
        for there, message in (
            (user.password, "delete login profile"), (user.access_keys, "delete access keys"),
            (user.mfa_devices, "delete MFA device"), (user.signing_certificates, "delete signing certificates"),
            (user.ssh_public_keys, "delete SSH public keys"),
            (getattr(user, "service_credentials", None), "delete service-specific credentials"), (self.get_groups_for_user(user_name), "remove users from group"),
        ):
            if there:
                raise conflict(message)
        original(self, user_name)

    @wrap(Backend, "delete_group")
    def delete_group(original, self, group_name):
        group = self.get_group(group_name)
        for there, message in ((group.users, "remove users from group"), (group.managed_policies, "detach all policies"),
                               (group.policies, "delete policies")):
            if there:
                raise conflict(message)
        original(self, group_name)

    @wrap(Backend, "delete_policy")
    def delete_policy(original, self, policy_arn):
        policy = self.get_policy(policy_arn)
        holders = (*self.users.values(), *self.groups.values(), *self.roles.values())
        if any(policy_arn in h.managed_policies for h in holders) or bounded_by(self, policy_arn):
            raise iam_error("DeleteConflict", "Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise iam_error("DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete "
                            "the policy's versions. The default version is deleted with the policy.")
        original(self, policy_arn)

    @wrap(Backend, "delete_virtual_mfa_device")
    def delete_mfa(original, self, serial_number):
        if any(serial_number in u.mfa_devices for u in self.users.values()):
            raise iam_error("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.")
        original(self, serial_number)


@fix("service-linked-roles", "lets anyone change and delete them", "UnmodifiableEntity")
def _():
    for operation in ("delete_role", "attach_role_policy", "detach_role_policy", "put_role_policy", "delete_role_policy",
                      "update_assume_role_policy", "tag_role", "untag_role", "put_role_permissions_boundary",
                      "delete_role_permissions_boundary"):
        def install(operation):
            @wrap(IamResponse, operation)
            def guarded(original, self):
                role = self.backend.get_role(self._get_param("RoleName"))
                if role.path.startswith("/aws-service-role/"):
                    raise iam_error("UnmodifiableEntity", f"Cannot perform the operation on the protected role '{role.name}' - "
                                    "this role is only modifiable by AWS")
                return original(self)
        install(operation)


# --- attachments and limits -------------------------------------------------------------------------------------


@fix("attach-once", "counts a policy that is attached twice as two", "attaching again changes nothing")
def _():
    def attach_to(self, holder):
        if self.arn not in holder.managed_policies:
            self.attachment_count += 1
            holder.managed_policies[self.arn] = self

    iam.ManagedPolicy.attach_to = attach_to


@fix("quotas", "has none but 2 access keys and 5 versions", "10 policies a holder, 10 groups a user, sizes of documents")
def _():
    def limit(operation, get, word):
        @wrap(IamResponse, operation)
        def attach(original, self):
            holder = get(self)
            if len(holder.managed_policies) >= 10 and self._get_param("PolicyArn") not in holder.managed_policies:
                raise iam_error("LimitExceeded", f"Cannot exceed quota for PoliciesPer{word}: 10")
            return original(self)

    limit("attach_user_policy", lambda s: s.backend.get_user(s._get_param("UserName")), "User")
    limit("attach_group_policy", lambda s: s.backend.get_group(s._get_param("GroupName")), "Group")
    limit("attach_role_policy", lambda s: s.backend.get_role(s._get_param("RoleName")), "Role")

    @wrap(Backend, "add_user_to_group")
    def add(original, self, group_name, user_name):
        groups = {g.name for g in self.get_groups_for_user(user_name)}
        if len(groups) >= 10 and group_name not in groups:
            raise iam_error("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10")
        original(self, group_name, user_name)

    def size(text):
        return len(re.sub(r"\s", "", text))

    def inline(operation, get, most, word):
        @wrap(IamResponse, operation)
        def put(original, self):
            holder = get(self)
            rest = sum(size(d) for n, d in holder.policies.items() if n != self._get_param("PolicyName"))
            if rest + size(self._get_param("PolicyDocument")) > most:
                raise iam_error("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {word} {holder.name}")
            return original(self)

    inline("put_user_policy", lambda s: s.backend.get_user(s._get_param("UserName")), 2048, "user")
    inline("put_group_policy", lambda s: s.backend.get_group(s._get_param("GroupName")), 5120, "group")
    inline("put_role_policy", lambda s: s.backend.get_role(s._get_param("RoleName")), 10240, "role")

    for operation in ("create_policy", "create_policy_version"):
        def managed(operation):
            @wrap(IamResponse, operation)
            def create(original, self):
                if size(self._get_param("PolicyDocument")) > 6144:
                    raise iam_error("LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
                return original(self)
        managed(operation)


@fix("policy-grammar", "takes Principal, odd Sids and duplicate keys in managed and inline policies", "MalformedPolicyDocument")
def _():
    for operation in ("create_policy", "create_policy_version", "put_user_policy", "put_group_policy", "put_role_policy"):
        def install(operation):
            @wrap(IamResponse, operation)
            def put(original, self):
                document = parse_document(self._get_param("PolicyDocument"), "MalformedPolicyDocument")
                for statement in statements(document):
                    if "Principal" in statement or "NotPrincipal" in statement:
                        raise iam_error("MalformedPolicyDocument", "Policy document should not specify a principal.")
                    if not re.fullmatch(r"[A-Za-z0-9]*", str(statement.get("Sid", ""))):
                        raise iam_error("MalformedPolicyDocument", "Statement IDs (SID) must be alpha-numeric. Check that your "
                                        "input satisfies the regular expression [0-9A-Za-z]*")
                return original(self)
        install(operation)


# --- documents --------------------------------------------------------------------------------------------------


def parse_document(text, code):
    error = s3_error if code == "MalformedPolicy" else iam_error

    def pairs(items):
        keys = [k for k, _ in items]
        if len(keys) != len(set(keys)):
            raise error(code, "Syntax errors in policy." if code != "MalformedPolicy" else "Policies must be valid JSON and the first byte must be '{'")
        return dict(items)

    try:
        document = json.loads(text, object_pairs_hook=pairs)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not document.get("Statement"):
        raise error(code, "Policies must be valid JSON and the first byte must be '{'" if code == "MalformedPolicy" else "Syntax errors in policy.")
    return document


def statements(document):
    statement = document["Statement"]
    return statement if isinstance(statement, list) else [statement]


def as_list(value):
    return value if isinstance(value, list) else [value]


ORDER = {k: i for i, k in enumerate(
    ("Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"))}
BORN = {}  # unique id -> (the user or role, when it was made)
UNIQUE = re.compile(r"\b(?:AIDA|AROA)[A-Z0-9]{12,}\b")


def alive(entity):
    backend = iam.iam_backends[entity.account_id]["aws"]
    return backend.users.get(entity.name) is entity or backend.roles.get(entity.id) is entity


def stored(principal, error, code, message):
    """What AWS keeps of an `AWS` principal: the unique id of a user or role, the ARN of an account."""
    if principal == "*":
        return "*"
    if re.fullmatch(r"\d{12}", principal):
        return f"arn:aws:iam::{principal}:root"
    if re.fullmatch(r"arn:aws:iam::\d{12}:root|arn:aws:sts::\d{12}:(assumed-role|federated-user)/[^*?]+", principal):
        return principal
    if UNIQUE.fullmatch(principal):
        if principal in BORN and alive(BORN[principal][0]):
            return principal
        raise error(code, message.replace("%s", principal))
    match = re.fullmatch(r"arn:aws:iam::(\d{12}):(user|role)/([^*?]+)", principal)
    if match and match[1] in iam.iam_backends:
        backend = iam.iam_backends[match[1]]["aws"]
        for entity in backend.users.values() if match[2] == "user" else backend.roles.values():
            if entity.arn == principal:
                born = BORN.get(entity.id)
                if born and time.monotonic() - born[1] < CONFIG["principal_lag_s"]:
                    break
                return entity.id
    raise error(code, message.replace("%s", principal))


def canonical(document, error, code, message):
    """The document as AWS keeps trust and bucket policies: rewritten values, one-element lists as text, its own key order."""

    def scalar(value):
        return str(value).lower() if isinstance(value, bool) else str(value)

    def collapse(value):
        values = list(dict.fromkeys(scalar(v) for v in as_list(value)))
        return values[0] if len(values) == 1 else values

    def principal(value):
        if value == "*":
            return "*"
        if not isinstance(value, dict) or not value:
            raise error(code, "Invalid principal in policy")
        return {k: collapse([stored(scalar(p), error, code, message) for p in as_list(v)] if k == "AWS" else v) for k, v in value.items()}

    def one(statement):
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise error(code, "Syntax errors in policy.")
        out = {}
        for key in sorted(statement, key=lambda k: ORDER.get(k, 99)):
            value = statement[key]
            if key in ("Principal", "NotPrincipal"):
                out[key] = principal(value)
            elif key == "Condition":
                if value:
                    out[key] = {op: {k: collapse(v) for k, v in keys.items()} for op, keys in value.items()}
            elif key in ("Action", "NotAction", "Resource", "NotResource"):
                out[key] = collapse(value)
            elif key in ("Sid", "Effect"):
                out[key] = value
            else:
                raise error(code, "Syntax errors in policy.")
        return out

    out = {"Version": document.get("Version", "2008-10-17")}
    if "Id" in document:
        out["Id"] = document["Id"]
    out["Statement"] = [one(s) for s in statements(document)]
    return out


def shown(text):
    """Unique ids as ARNs again, as long as what they name is there."""
    return UNIQUE.sub(lambda m: BORN[m[0]][0].arn if m[0] in BORN and alive(BORN[m[0]][0]) else m[0], text)


@fix("unique-principals", "keeps no track of who a principal was", "a deleted principal is shown by its unique id and stays dead")
def _():
    for cls in (iam.User, iam.Role):
        def install(cls):
            @wrap(cls, "__init__")
            def init(original, self, *args, **kwargs):
                original(self, *args, **kwargs)
                BORN[self.id] = (self, time.monotonic())
        install(cls)


@fix("trust-policies", "keeps a trust policy byte for byte and checks it only on UpdateAssumeRolePolicy",
     "checks grammar and principals, keeps it rewritten: account ids as root ARNs, one-element lists as text, own key order")
def _():
    def take(text):
        document = parse_document(text, "MalformedPolicyDocument")
        if len(re.sub(r"\s", "", text)) > 2048:
            raise iam_error("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048")
        for statement in statements(document):
            if not isinstance(statement, dict) or "Resource" in statement or "NotResource" in statement:
                raise iam_error("MalformedPolicyDocument", "Has prohibited field Resource")
            if "NotPrincipal" in statement:
                raise iam_error("MalformedPolicyDocument", "AssumeRole policy may not contain NotPrincipal")
            if "Principal" not in statement:
                raise iam_error("MalformedPolicyDocument", "Missing required field Principal")
            actions = as_list(statement.get("Action") or [])
            if not actions or not all(a == "*" or str(a).lower().startswith("sts:") for a in actions):
                raise iam_error("MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions.")
            if isinstance(statement["Principal"], dict):
                for service in as_list(statement["Principal"].get("Service", [])):
                    if not re.fullmatch(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)", service):
                        raise iam_error("MalformedPolicyDocument", f'Invalid principal in policy: "SERVICE":"{service}"')
        return json.dumps(canonical(document, iam_error, "MalformedPolicyDocument", 'Invalid principal in policy: "AWS":"%s"'), separators=(",", ":"))

    @wrap(Backend, "create_role")
    def create_role(original, self, role_name, assume_role_policy_document, *args, **kwargs):
        return original(self, role_name, take(assume_role_policy_document), *args, **kwargs)

    def update(self, role_name, policy_document):
        self.get_role(role_name).assume_role_policy_document = take(policy_document)

    Backend.update_assume_role_policy = update
    iam.Role.assume_role_policy_document = property(
        lambda self: shown(self.__dict__["kept_trust"]), lambda self, text: self.__dict__.update(kept_trust=text))


@fix("bucket-policies", "keeps a bucket policy byte for byte and checks nothing",
     "checks grammar, principals, resources, size and Block Public Access, keeps it rewritten")
def _():
    def take(bucket, body):
        text = body.decode() if isinstance(body, bytes) else body
        if len(text) > 20480:
            raise s3_error("PolicyTooLarge", "The policy is too large.")
        document = parse_document(text, "MalformedPolicy")
        mine = re.compile(rf"arn:aws:s3:::{re.escape(bucket.name)}(/.*)?", re.S)
        for statement in statements(document):
            if "Principal" not in statement and "NotPrincipal" not in statement:
                raise s3_error("MalformedPolicy", "Missing required field Principal")
            actions = as_list(statement.get("Action", statement.get("NotAction", [])))
            if not actions or not all(re.fullmatch(r"\*|[sS]3[\w-]*:[\w*?]+", str(a)) for a in actions):
                raise s3_error("MalformedPolicy", "Policy has invalid action")
            resources = as_list(statement.get("Resource", statement.get("NotResource", [])))
            if not resources or not all(mine.fullmatch(str(r)) for r in resources):
                raise s3_error("MalformedPolicy", "Policy has invalid resource")
        kept = canonical(document, s3_error, "MalformedPolicy", "Invalid principal in policy")
        block = bucket.public_access_block
        if block and str(block.block_public_policy).lower() == "true" and s3_responses.bucket_policy_is_public(json.dumps(kept)):
            raise s3_error("AccessDenied", "User is not authorized to perform: s3:PutBucketPolicy because public policies are "
                           "blocked by the BlockPublicPolicy block public access setting.")
        return json.dumps(kept, separators=(",", ":")).encode()

    def put(self, bucket_name, policy):
        bucket = self.get_bucket(bucket_name)
        bucket.policy = take(bucket, policy)

    def get(self, bucket_name):
        policy = self.get_bucket(bucket_name).policy
        return shown(policy.decode()).encode() if policy else policy

    S3Backend.put_bucket_policy, S3Backend.get_bucket_policy = put, get


@fix("bucket-policy-order", "keeps the order of statements", "the order may differ from what was sent")
def _():
    @wrap(S3Backend, "put_bucket_policy")
    def put(original, self, bucket_name, policy):
        original(self, bucket_name, policy)
        bucket = self.get_bucket(bucket_name)
        document = json.loads(bucket.policy)
        if isinstance(document["Statement"], list):
            document["Statement"].reverse()
        bucket.policy = json.dumps(document, separators=(",", ":")).encode()


@fix("url-encoding", "sends some documents raw and some URL-encoded", "every IAM document is URL-encoded, the slash too")
def _():
    def encode(text):
        return urllib.parse.quote(text, safe="") if isinstance(text, str) else text

    table = IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER
    for key in ("CreateRoleResponse.Role.AssumeRolePolicyDocument", "GetRoleResponse.Role.AssumeRolePolicyDocument",
                "ListRolesResponse.Roles.Role.AssumeRolePolicyDocument", "GetRolePolicyResponse.PolicyDocument",
                "GetGroupPolicyResponse.PolicyDocument", "GetUserPolicyResponse.PolicyDocument",
                "GetPolicyVersionResponse.PolicyVersion.Document",
                "GetAccountAuthorizationDetailsResponse.RoleDetailList.RoleDetail.AssumeRolePolicyDocument"):
        table[key] = encode
    table["ListPolicyVersionsResponse.Versions.PolicyVersion.Document"] = never_return
    table["CreatePolicyVersionResponse.PolicyVersion.Document"] = never_return


# --- lists ------------------------------------------------------------------------------------------------------

LISTS = {
    "list_users": "Users", "list_groups": "Groups", "list_roles": "Roles", "list_policies": "Policies",
    "list_instance_profiles": "InstanceProfiles", "list_instance_profiles_for_role": "InstanceProfiles",
    "list_role_policies": "PolicyNames", "list_user_policies": "PolicyNames", "list_group_policies": "PolicyNames",
    "list_attached_role_policies": "AttachedPolicies", "list_attached_user_policies": "AttachedPolicies",
    "list_attached_group_policies": "AttachedPolicies", "list_policy_versions": "Versions", "list_policy_tags": "Tags",
    "list_role_tags": "Tags", "list_user_tags": "Tags", "list_access_keys": "AccessKeyMetadata",
    "list_mfa_devices": "MFADevices", "list_groups_for_user": "Groups", "get_group": "Users",
    "list_signing_certificates": "Certificates",
}


def page(items, marker, most, error):
    try:
        start = int(marker.removeprefix("at-")) if marker else 0
        assert not marker or marker.startswith("at-")
    except (ValueError, AssertionError):
        raise error("ValidationError", "Invalid Marker.") from None
    size = min(int(most or 100), CONFIG["page"] or 1000, 1000)
    return items[start:start + size], f"at-{start + size}" if start + size < len(items) else None


@fix("paging", "ignores MaxItems in many lists, knows no PathPrefix for groups and profiles, ends a full page with a marker",
     "every list has pages: MaxItems, IsTruncated, Marker; a page may be shorter than asked for")
def _():
    for operation, key in LISTS.items():
        def install(operation, key):
            @wrap(IamResponse, operation)
            def listing(original, self):
                marker, most = self.params.pop("Marker", None), self.params.pop("MaxItems", None)
                if operation in ("list_roles", "list_policies", "list_policy_tags", "list_role_tags") or "attached" in operation:
                    self.params["MaxItems"] = 10**9
                result = dict(original(self).result)
                items = list(result.get(key) or [])
                prefix = self._get_param("PathPrefix")
                if prefix and key in ("Groups", "InstanceProfiles"):
                    items = [i for i in items if i.path.startswith(prefix)]
                if operation == "list_policy_versions":
                    items.reverse()  # newest first
                elif key in ("Users", "Groups", "Roles", "InstanceProfiles"):
                    items.sort(key=lambda i: i.name)
                result[key], after = page(items, marker, most, iam_error)
                result["IsTruncated"] = bool(after)
                result["Marker"] = after
                return ActionResult(result)
        install(operation, key)


@fix("authorization-details", "answers GetAccountAuthorizationDetails in one page, with every AWS managed policy there is",
     "pages of at most 1,000 items that mix the kinds; of AWS's policies only those attached")
def _():
    def details(self):
        wanted = self._get_param("Filter") or ["User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy"]
        backend, items = self.backend, []
        for kind, key, source in (("User", "UserDetailList", backend.users.values()), ("Group", "GroupDetailList", backend.groups.values()),
                                  ("Role", "RoleDetailList", backend.roles.values())):
            if kind in wanted:
                items += [(key, i) for i in sorted(source, key=lambda i: i.name)]
        for policy in sorted(backend.managed_policies.values(), key=lambda p: p.arn):
            if isinstance(policy, iam.AWSManagedPolicy):
                if "AWSManagedPolicy" in wanted and policy.attachment_count > 0:
                    items.append(("Policies", policy))
            elif "LocalManagedPolicy" in wanted:
                items.append(("Policies", policy))
        now, marker = page(items, self._get_param("Marker"), self._get_param("MaxItems"), iam_error)
        result = {key: [i for k, i in now if k == key] for key in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")}
        return ActionResult({**result, "IsTruncated": bool(marker), "Marker": marker})

    IamResponse.get_account_authorization_details = details


@fix("policy-entities", "ignores PolicyUsageFilter and PathPrefix for groups", "PermissionsBoundary lists who is bounded")
def _():
    def entities(self):
        arn, usage = self._get_param("PolicyArn"), self._get_param("PolicyUsageFilter")
        self.backend.get_policy(arn)

        def using(holders):
            return [h for h in holders if (usage != "PermissionsBoundary" and arn in h.managed_policies)
                    or (usage != "PermissionsPolicy" and getattr(h, "permissions_boundary_arn", None) == arn)]

        backend, kind = self.backend, self._get_param("EntityFilter")
        return ActionResult({
            "PolicyUsers": using(backend.users.values()) if kind in (None, "User") else [],
            "PolicyGroups": using(backend.groups.values()) if kind in (None, "Group") else [],
            "PolicyRoles": using(backend.roles.values()) if kind in (None, "Role") else [],
            "IsTruncated": False})

    IamResponse.list_entities_for_policy = entities


@fix("service-credentials", "knows no service-specific credentials, does not page SSH keys", "Create, List and DeleteServiceSpecificCredential")
def _():
    def held(self):
        user = self.backend.get_user(self._get_param("UserName"))
        return user.__dict__.setdefault("service_credentials", {})

    def create(self):
        credential = {"UserName": self._get_param("UserName"), "ServiceName": self._get_param("ServiceName"), "Status": "Active",
                      "ServiceUserName": f"{self._get_param('UserName')}-at-{self.backend.account_id}",
                      "ServiceSpecificCredentialId": unique_id("ACCA"), "CreateDate": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        held(self)[credential["ServiceSpecificCredentialId"]] = credential
        return ActionResult({"ServiceSpecificCredential": {**credential, "ServicePassword": unique_id("")}})

    def listed(self):
        return ActionResult({"ServiceSpecificCredentials": list(held(self).values()), "IsTruncated": False})

    def delete(self):
        if held(self).pop(self._get_param("ServiceSpecificCredentialId"), None) is None:
            raise iam_error("NoSuchEntity", "No such credential exists.")
        return EmptyResult()

    IamResponse.create_service_specific_credential, IamResponse.list_service_specific_credentials = create, listed
    IamResponse.delete_service_specific_credential = delete


# --- reports and callers ----------------------------------------------------------------------------------------


@fix("credential-report", "has no row for the root user, dates the report 2015", "a first row <root_account>, generated now")
def _():
    @wrap(Backend, "get_credential_report")
    def report(original, self):
        head, _, rows = original(self).partition("\n")
        root = [f"<root_account>,arn:aws:iam::{self.account_id}:root,2020-01-01T00:00:00+00:00,not_supported,no_information,"
                "not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"]
        return "\n".join([head, *root, rows])

    @wrap(IamResponse, "get_credential_report")
    def dated(original, self):
        result = dict(original(self).result)
        result["GeneratedTime"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return ActionResult(result)


@fix("caller", "calls an unknown key arn:aws:sts::ACCOUNT:user/moto, which no caller of AWS ever is", "an unknown key here is the account's root user")
def _():
    @wrap(sts.STSBackend, "get_caller_identity")
    def identity(original, self, access_key_id, region):
        user_id, arn, account = original(self, access_key_id, region)
        return (account, f"arn:aws:iam::{account}:root", account) if arn.endswith(":user/moto") else (user_id, arn, account)


# --- buckets ----------------------------------------------------------------------------------------------------


@fix("bucket-defaults", "makes buckets without public access block, ownership and encryption; deleting encryption leaves none",
     "all four blocks on, BucketOwnerEnforced, SSE-S3 with SSE-C blocked; deleting encryption returns to SSE-S3")
def _():
    default = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false",
                        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}}

    @wrap(s3.FakeBucket, "__init__")
    def init(original, self, *args, **kwargs):
        original(self, *args, **kwargs)
        self.public_access_block = s3.PublicAccessBlock("true", "true", "true", "true")
        self.ownership_rule = "BucketOwnerEnforced"
        self.encryption = copy.deepcopy(default)

    def delete(self, bucket_name):
        self.get_bucket(bucket_name).encryption = copy.deepcopy(default)

    S3Backend.delete_bucket_encryption = delete

    def get(self):
        self.data["Action"] = "GetBucketEncryption"
        rule = self.backend.get_bucket_encryption(self.bucket_name)["Rule"]
        out = {"ApplyServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"],
               "BucketKeyEnabled": str(rule.get("BucketKeyEnabled")).lower() == "true"}
        if rule.get("BlockedEncryptionTypes"):
            out["BlockedEncryptionTypes"] = {"EncryptionType": as_list(rule["BlockedEncryptionTypes"].get("EncryptionType") or [])}
        return self.serialized(ActionResult({"ServerSideEncryptionConfiguration": {"Rules": [out]}}))

    S3Response.get_bucket_encryption = get


@fix("bucket-names", "takes upper case and underscores; a name that is another account's is AccessDenied",
     "InvalidBucketName; BucketAlreadyExists")
def _():
    @wrap(S3Backend, "create_bucket")
    def create(original, self, bucket_name, *args, **kwargs):
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket_name) or ".." in bucket_name:
            raise s3_error("InvalidBucketName", "The specified bucket is not valid.")
        if s3.s3_backends.bucket_accounts.get(bucket_name, (None, self.account_id))[1] != self.account_id:
            raise s3_error("BucketAlreadyExists", "The requested bucket name is not available.")
        return original(self, bucket_name, *args, **kwargs)


@fix("bucket-create-tags", "drops the tags of CreateBucket", "CreateBucketConfiguration.Tags are set")
def _():
    @wrap(S3Response, "_bucket_response_put")
    def put(original, self, request, bucket_name, querystring):
        fresh = not querystring and bucket_name not in self.backend.buckets
        result = original(self, request, bucket_name, querystring)
        if fresh and self.body and bucket_name in self.backend.buckets:
            tags = ((xmltodict.parse(self.body).get("CreateBucketConfiguration") or {}).get("Tags") or {}).get("Tag") or []
            if tags:
                self.backend.put_bucket_tagging(bucket_name, {t["Key"]: t["Value"] or "" for t in as_list(tags)})
        return result


@fix("bucket-owner", "ignores ExpectedBucketOwner", "AccessDenied if the bucket is another account's")
def _():
    @wrap(S3Response, "_bucket_response")
    def respond(original, self, request, full_url):
        owner = request.headers.get("x-amz-expected-bucket-owner")
        name = self.parse_bucket_name_from_url(request, full_url)
        if owner and name in s3.s3_backends.bucket_accounts and s3.s3_backends.bucket_accounts[name][1] != owner:
            raise s3_error("AccessDenied", "Access Denied")
        return original(self, request, full_url)


@fix("bucket-list", "names no region in ListBuckets, cuts at MaxBuckets without a token", "BucketRegion with every bucket; ContinuationToken")
def _():
    def all_buckets(self):
        self.data["Action"] = "ListBuckets"
        items = self.backend.list_buckets(self._get_param("prefix"), self._get_param("bucket-region"), None)
        items = sorted(items, key=lambda b: b.name)
        most, token = self._get_param("max-buckets"), self._get_param("continuation-token")
        now, after = page(items, token, most or 10000, s3_error) if most or CONFIG["page"] else (items, None)
        result = {"Owner": {"ID": self.current_account.rjust(64, "0")},
                  "Buckets": [{"Name": b.name, "CreationDate": b.creation_date_ISO8601, "BucketRegion": b.region_name} for b in now]}
        if after:
            result["ContinuationToken"] = after
        return self.serialized(ActionResult(result))

    S3Response.all_buckets = all_buckets


@fix("versioning-root", "calls the answer of GetBucketVersioning GetBucketVersioningResponse, which only lenient SDKs read", "VersioningConfiguration")
def _():
    @wrap(S3Response, "get_bucket_versioning")
    def get(original, self):
        status, headers, body = original(self)
        renamed = lambda old, new: body.replace(old.encode(), new.encode()) if isinstance(body, bytes) else body.replace(old, new)
        return status, headers, renamed("GetBucketVersioningResponse", "VersioningConfiguration")


@fix("lifecycle", "loses object sizes and newer-version counts of lifecycle rules", "a lifecycle configuration comes back as sent")
def _():
    @wrap(s3.FakeBucket, "set_lifecycle")
    def put(original, self, rules):
        kept = copy.deepcopy(rules)
        original(self, rules)
        for rule in kept:
            rule.setdefault("ID", unique_id(""))
        self.kept_rules = kept

    def get(self):
        self.data["Action"] = "GetBucketLifecycleConfiguration"
        rules = self.backend.get_bucket_lifecycle(self.bucket_name)
        if not rules:
            raise s3_responses.NoSuchLifecycleConfiguration(bucket_name=self.bucket_name)
        out = []
        for rule in copy.deepcopy(self.backend.get_bucket(self.bucket_name).kept_rules):
            for one, many in (("Transition", "Transitions"), ("NoncurrentVersionTransition", "NoncurrentVersionTransitions")):
                if rule.get(one):
                    rule[many] = as_list(rule.pop(one))
            if "Filter" in rule:
                rule["Filter"] = rule["Filter"] or {}
                if "Prefix" in rule["Filter"]:
                    rule["Filter"]["Prefix"] = rule["Filter"]["Prefix"] or ""
                if (rule["Filter"].get("And") or {}).get("Tag"):
                    rule["Filter"]["And"]["Tags"] = as_list(rule["Filter"]["And"].pop("Tag"))
            out.append(rule)
        return self.serialized(ActionResult({"Rules": out, "TransitionDefaultMinimumObjectSize": "all_storage_classes_128K"}))

    S3Response.get_bucket_lifecycle = get

