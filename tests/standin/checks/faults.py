"""Faults on demand, many at a time, lag, speed, and nonsense."""

import concurrent.futures
import http.client
import json
import random
import threading
import time
import urllib.parse

from botocore.exceptions import BotoCoreError
from checks.base import EC2, READ, proves
from wire import models


@proves()
def faults(t):
    a, control = t.account, t.server.control
    rule = lambda do, **more: (control("reset", {}, a), control("rules", [{"do": do, **more}], a))
    iam, s3, sm = t.iam, t.s3, t.sm
    for service, client, call, names in (
        ("iam", iam, "list_users", ("Throttling", "AccessDenied", "ExpiredToken")),
        ("s3", s3, "list_buckets", ("SlowDown", "AccessDenied", "ExpiredToken")),
        ("sagemaker", sm, "list_domains", ("ThrottlingException", "AccessDeniedException", "ExpiredTokenException")),
    ):
        for do, code in zip(({"throttle": True}, {"denied": True}, {"expired": True}), names):
            rule(do)
            t.refused(f"{service}: {next(iter(do))} on demand is {code}", code, getattr(client, call))
            t.works(f"{service}: once", getattr(client, call))
    rule({"status": 500, "code": "ServiceFailure"}, op="iam:CreateUser", phase="after")
    t.refused("an answer can be lost after the effect", "ServiceFailure", iam.create_user, 500, UserName="lost")
    t.works("the effect is there", iam.get_user, UserName="lost")
    log = control("stats", account=a)["log"]
    t.same(
        "the log tells operation, write, status and fault",
        [(e["op"], e["write"], e["status"], bool(e["fault"])) for e in log],
        [("iam:CreateUser", True, 200, True), ("iam:GetUser", False, 200, False)],
    )
    for do in ({"reset": True}, {"hang_ms": 50}, {"truncate": 0.5}):
        rule(do)
        try:
            iam.list_users()
            t.check(f"{next(iter(do))} cuts the connection", False)
        except BotoCoreError:
            t.check(f"{next(iter(do))} cuts the connection", True)
    rule({"delay_ms": 120})
    began = time.monotonic()
    iam.list_users()
    t.check("delay delays", time.monotonic() - began >= 0.12)
    rule({"hold": True}, op="iam:GetUser")
    done = []
    thread = threading.Thread(target=lambda: done.append(iam.get_user(UserName="lost")))
    thread.start()
    held = control("held")["held"]
    t.check("hold holds a request until it is released", held and not done)
    control("release", {})
    thread.join(5)
    t.check("and lets it go on", bool(done))
    before = len(iam.list_users()["Users"])
    rule({"stale": True}, op="iam:ListUsers")
    iam.create_user(UserName="later")
    t.same("stale is the last answer to the same question, once", [len(iam.list_users()["Users"]) for _ in range(2)], [before, before + 1])
    control("reset", {}, a)
    t.client("iam", observer=True).list_users()
    t.same("an observer is not counted", control("stats", account=a)["total"], 0)


@proves()
def parallel(t):
    accounts = [t.other() for _ in range(4)]

    def many(account):
        iam = t.client("iam", account)
        for i in range(12):
            iam.create_role(RoleName=f"r{i}", AssumeRolePolicyDocument=EC2)
            iam.put_role_policy(RoleName=f"r{i}", PolicyName="p", PolicyDocument=READ)
        return len(iam.list_roles()["Roles"])

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        t.same("accounts run at the same time and keep apart", list(pool.map(many, accounts)), [12] * 4)
    iam = t.iam

    def one(i):
        return iam.create_user(UserName=f"u{i}")["User"]["UserName"]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        t.same("concurrent writes to one account are all done", len(set(pool.map(one, range(24)))), 24)


@proves()
def lag(t):
    iam, s3 = t.iam, t.s3
    iam.create_role(RoleName="old", AssumeRolePolicyDocument=EC2)
    t.config(read_lag_s=2)
    try:
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
        s3.create_bucket(Bucket=f"lag-{t.account}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        t.refused("what was just made cannot be seen for a while", "NoSuchEntity", iam.get_role, RoleName="r")
        t.same("nor is it listed", [r["RoleName"] for r in iam.list_roles()["Roles"]], ["old"])
        t.refused("nor a bucket", "404", s3.head_bucket, Bucket=f"lag-{t.account}")
        t.works("what was there before is", iam.get_role, RoleName="old")
        t.works("a write finds it", iam.tag_role, RoleName="r", Tags=[{"Key": "k", "Value": "v"}])
        time.sleep(2.1)
        t.same("later it is seen", iam.get_role(RoleName="r")["Role"].get("Tags"), [{"Key": "k", "Value": "v"}])
        t.works("the bucket too", s3.head_bucket, Bucket=f"lag-{t.account}")
    finally:
        t.config(read_lag_s=0)


@proves()
def speed(t):
    t.iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    url = urllib.parse.urlsplit(t.server.url)
    connection = http.client.HTTPConnection(url.hostname, url.port)
    headers, body = {**t.signed("iam"), "Content-Type": "application/x-www-form-urlencoded"}, b"Action=GetRole&Version=2010-05-08&RoleName=r"
    times = []
    for _ in range(300):
        began = time.perf_counter()
        connection.request("POST", "/", body, headers)
        connection.getresponse().read()
        times.append((time.perf_counter() - began) * 1000)
    middle = sorted(times)[150]
    t.check(f"a request takes less than 3 ms ({middle:.2f} ms in the middle, over one connection)", middle < 3, f"    {middle:.2f} ms")


@proves()
def nonsense(t):
    """Requests of chance, the same every time: whatever comes is answered, and never with the stand-in's own failure."""
    chance, failed = random.Random(7), []
    texts = [
        "",
        "x",
        "a b",
        "arn:aws:iam::1:role/x",
        "{",
        "[]",
        "-1",
        "☃",
        "x" * 3000,
        "true",
        "0",
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow"}}',
        "d-1",
        "1.5",
    ]

    def value(shape, depth=0):
        kind = shape.type_name
        if depth > 4 or chance.random() < 0.04:
            return chance.choice([*texts, 7, [], {}])
        if kind == "structure":
            return {n: value(m, depth + 1) for n, m in shape.members.items() if n in shape.required_members or chance.random() < 0.3}
        if kind == "list":
            return [value(shape.member, depth + 1) for _ in range(chance.randrange(3))]
        if kind == "map":
            return {chance.choice(texts[:5]): value(shape.value, depth + 1)}
        if kind == "string":
            return chance.choice(shape.enum) if shape.enum and chance.random() < 0.8 else chance.choice(texts)
        return {"boolean": True, "integer": chance.randrange(-1, 99), "long": 5, "timestamp": 1.0}.get(kind, "eA==")

    def flat(prefix, given, out):
        if isinstance(given, dict):
            for key, one in given.items():
                flat(f"{prefix}.{key}" if prefix else key, one, out)
        elif isinstance(given, list):
            for i, one in enumerate(given, 1):
                flat(f"{prefix}.member.{i}", one, out)
        else:
            out[prefix] = str(given)
        return out

    for name in ("iam", "sts", "sns", "sagemaker", "cloudtrail"):
        service = models.service(name)
        known = [o for o in service.operations.values() if f"{name}:{o.name}" in t.server_operations()]
        for operation in known * 3:
            parameters = value(operation.input_shape) if operation.input_shape else {}
            if not isinstance(parameters, dict):
                continue
            if service.protocol == "query":
                status, _, text = t.form(name, flat("", parameters, {"Action": operation.name, "Version": service.model.metadata["apiVersion"]}))
            else:
                status, _, text = t.raw(
                    "POST", "/", {**t.signed(name), "X-Amz-Target": f"{service.target}.{operation.name}"}, json.dumps(parameters).encode()
                )
            if status >= 500:
                failed.append(f"{operation.name} {parameters} {text}")
    t.s3.create_bucket(Bucket=f"nonsense-{t.account}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for path in (
        "?policy",
        "?tagging",
        "?lifecycle",
        "?encryption",
        "?publicAccessBlock",
        "?versioning",
        "?logging",
        "?ownershipControls",
        "?acl",
        "?cors",
        "",
        "/",
    ):
        for method in ("PUT", "GET", "POST", "HEAD", "DELETE"):
            for body in (b"", b"<", b"<x/>", b"<Tagging><TagSet><Tag/></TagSet></Tagging>", b"\xff\xfe"):
                status, _, text = t.raw(method, f"/nonsense-{t.account}{path}", t.signed("s3", "eu-west-1"), body)
                if status >= 500 and status != 501:
                    failed.append(f"{method} {path} {body} {text}")
    t.check("nonsense is refused, and never breaks the stand-in", not failed, "\n".join(failed[:5]))
