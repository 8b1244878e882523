"""Policies of users, groups and roles: inline, attached, boundaries; the same operations for each kind."""

from services.documents import identity, size
from services.iam_common import encoded, guard, paged, quota
from world.errors import refuse
from world.operations import op
from world.rules import on, rule

rule("inline-size", "the inline policies of a user, group, role have 2048, 5120, 10240 characters together, blanks not counted: LimitExceeded [D]")
rule("attach-exists", "a policy that is attached must exist: NoSuchEntity [X]")
rule("not-attachable", "policies of service-linked roles cannot be attached: PolicyNotAttachable 400 [O]")


def operations(kind):
    """The operations of one kind of holder."""
    word, key = kind.lower(), f"{kind}Name"

    def holder(call, p):
        return getattr(call.iam, word)(p[key])

    def changed(call, p):
        found = holder(call, p)
        return guard(found) if kind == "Role" else found

    def no_inline(name):
        return refuse("NoSuchEntity", f"The {word} policy with name {name} cannot be found.")

    @op(f"iam:Put{kind}Policy")
    def put(call, p):
        found, most = changed(call, p), quota(call, f"{kind}PolicySizeQuota")
        identity(p["PolicyDocument"], managed=False)
        rest = sum(size(d) for n, d in found.inline.items() if n != p["PolicyName"])
        if rest + size(p["PolicyDocument"]) > most and on("inline-size"):
            raise refuse("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {word} {found.name}")
        found.inline[p["PolicyName"]] = p["PolicyDocument"]

    @op(f"iam:Get{kind}Policy")
    def get(call, p):
        found = holder(call, p)
        if p["PolicyName"] not in found.inline:
            raise no_inline(p["PolicyName"])
        return {key: found.name, "PolicyName": p["PolicyName"], "PolicyDocument": encoded(found.inline[p["PolicyName"]])}

    @op(f"iam:List{kind}Policies")
    def listed(call, p):
        return paged(call, sorted(holder(call, p).inline), p, "PolicyNames")

    @op(f"iam:Delete{kind}Policy")
    def delete(call, p):
        found = changed(call, p)
        if p["PolicyName"] not in found.inline:
            raise no_inline(p["PolicyName"])
        del found.inline[p["PolicyName"]]

    @op(f"iam:Attach{kind}Policy")
    def attach(call, p):
        found, arn = changed(call, p), p["PolicyArn"]
        if on("attach-exists"):
            policy = call.iam.policy(arn)
            if policy.path.startswith("/aws-service-role/") and on("not-attachable"):
                raise refuse("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.")
        if arn in found.attached and on("add-twice"):
            return
        most = quota(call, f"AttachedPoliciesPer{kind}Quota")
        if len(found.attached) >= most and on("quotas"):
            raise refuse("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind}: {most}")
        found.attached.append(arn)

    @op(f"iam:Detach{kind}Policy")
    def detach(call, p):
        found = changed(call, p)
        if p["PolicyArn"] not in found.attached:
            raise refuse("NoSuchEntity", f"Policy {p['PolicyArn']} was not found.")
        found.attached.remove(p["PolicyArn"])

    @op(f"iam:ListAttached{kind}Policies")
    def attached(call, p):
        policies = [call.iam.policy(a) for a in holder(call, p).attached]
        policies = [q for q in policies if q.path.startswith(p.get("PathPrefix", "/"))]
        return paged(call, attached_shown(policies), p, "AttachedPolicies")

    if kind == "Group":
        return

    @op(f"iam:Put{kind}PermissionsBoundary")
    def bound(call, p):
        found = changed(call, p)
        if on("boundaries-exist"):
            call.iam.policy(p["PermissionsBoundary"], "Scope ARN: {} does not exist or is not attachable.")
        found.boundary = p["PermissionsBoundary"]

    @op(f"iam:Delete{kind}PermissionsBoundary")
    def unbound(call, p):
        found = changed(call, p)
        if not found.boundary:
            raise refuse("NoSuchEntity", f"{kind} {found.name} does not have a permissions boundary.")
        found.boundary = None


def attached_shown(policies):
    return [{"PolicyName": q.name, "PolicyArn": q.arn} for q in policies]


for each in ("User", "Group", "Role"):
    operations(each)
