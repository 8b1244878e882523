#!/usr/bin/env python3
"""drift_reports.py BINARY

What a scheduled `hatrack drift` tells, over HTTP: who changed what, as CloudTrail has it; reports in files; a webhook,
signed, down, hanging; a topic. Needs the stand-in (tests/standin, or another server.py in HATRACK_STANDIN), since the
emulator has no CloudTrail; without it nothing is tested, and that is said.
"""

import hashlib
import hmac
import http.server
import json
import os
import pathlib
import re
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import boto3
from botocore.config import Config

from common import REGION, ROOT, Checks, environment

STANDIN = pathlib.Path(os.environ.get("HATRACK_STANDIN", ROOT / "tests" / "standin" / "server.py"))
ACCOUNT = "111122223333"
SECRET = "a-secret-that-nobody-may-see"
ENVIRONMENT = f"""# What this account is declared to be
environment: analytics
account: "{ACCOUNT}"
region: {REGION}
policies:
  own: {{ statements: {{ Effect: Allow, Action: "s3:ListAllMyBuckets", Resource: "*" }} }}
roles:
  GlueEtl: {{ trust: glue, policies: [AmazonS3ReadOnlyAccess] }}
  Trainer: {{ trust: sagemaker, tags: {{ team: ds }} }}
buckets:
  acme-drift-reports: {{}}
"""


class StandIn:
    """The server as a child, which ends when its stdin closes."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, STANDIN, "--trusting"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = json.loads(self.process.stdout.readline())["url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)

    def control(self, action, body=None):
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/_proxy/{action}", data), timeout=60) as reply:
            return json.load(reply)

    def client(self, service, key=ACCOUNT, secret="x", region=REGION):
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
        return boto3.client(service, endpoint_url=self.url, region_name=region, aws_access_key_id=key, aws_secret_access_key=secret, config=config)


class Receiver:
    """A webhook that keeps what it gets, and answers as it is told: statuses one after another, the last for ever."""

    def __init__(self, *statuses):
        receiver = self
        self.got, self.statuses = [], list(statuses or [204])

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.headers, body, self.path))
                self.send_response(receiver.statuses[0])
                if len(receiver.statuses) > 1:
                    receiver.statuses.pop(0)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?token=QUERYSECRET"


def signed_by(secret, headers, body):
    """Whether the signature is right: as docs/drift.md tells receivers to check."""
    said = {"t": "0", "v1": "", **dict(part.split("=", 1) for part in headers.get("X-Hatrack-Signature", "v=").split(","))}
    wanted = hmac.new(secret.encode(), f"{said['t']}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, said["v1"]) and abs(time.time() - int(said["t"])) < 300


class Project:
    def __init__(self, binary, standin, folder):
        self.binary, self.standin, self.folder = binary, standin, folder
        (folder / "environments").mkdir()
        self.file = folder / "environments" / "analytics.yaml"
        self.file.write_text(ENVIRONMENT)

    def run(self, *arguments, **variables):
        out = subprocess.run([self.binary, *arguments, "--endpoint-url", self.standin.url], cwd=self.folder, text=True, capture_output=True, timeout=180,
                             env={**environment(ACCOUNT), **variables}, stdin=subprocess.DEVNULL)
        out.shown = f"--- {' '.join(arguments)}: {out.returncode}\n{out.stdout}\n{out.stderr}"
        return out

    def drift(self, *arguments, **variables):
        return self.run("drift", *arguments, **variables)


def user(standin, name):
    """A person with a key of their own."""
    iam = standin.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return lambda service: standin.client(service, key["AccessKeyId"], key["SecretAccessKey"])


def part(finding):
    return "/".join(filter(None, (finding["address"], finding["setting"] or finding["field"])))


def who(checks, project, standin):
    """Two people, each with their own doings; the trail knows which is whose."""
    alice, bob = user(standin, "alice"), user(standin, "bob")
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    hidden = {"Version": "2012-10-17", "Statement": {"Sid": "HIDDENDOCUMENT", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
    bob("iam").attach_role_policy(RoleName="Trainer", PolicyArn=administrator)  # of another role
    bob("iam").attach_role_policy(RoleName="GlueEtl", PolicyArn=administrator)
    bob("iam").detach_role_policy(RoleName="GlueEtl", PolicyArn=administrator)
    alice("iam").attach_role_policy(RoleName="GlueEtl", PolicyArn=administrator)  # the newest that fits
    bob("iam").attach_role_policy(RoleName="GlueEtl", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    alice("iam").detach_role_policy(RoleName="GlueEtl", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    bob("iam").put_role_policy(RoleName="GlueEtl", PolicyName="extra", PolicyDocument=json.dumps(hidden))
    alice("iam").tag_role(RoleName="Trainer", Tags=[{"Key": "team", "Value": "other"}])
    bob("s3").delete_public_access_block(Bucket="acme-drift-reports")
    wanted = {
        "role/Trainer/attached/AdministratorAccess": ("bob", "AttachRolePolicy"),
        "role/GlueEtl/attached/AdministratorAccess": ("alice", "AttachRolePolicy"),
        "role/GlueEtl/attached/ReadOnlyAccess": ("bob", "AttachRolePolicy"),
        "role/GlueEtl/attached/AmazonS3ReadOnlyAccess": ("alice", "DetachRolePolicy"),
        "role/GlueEtl/inline/extra": ("bob", "PutRolePolicy"),
        "role/Trainer/tag/team": ("alice", "TagRole"),
        "bucket/acme-drift-reports/public-access-block": ("bob", "DeletePublicAccessBlock"),
    }
    run = project.drift("--who", "--format", "json")
    findings = {part(f): f for f in json.loads(run.stdout)["drift"] if f["drift"]}
    checks.check("every change by hand is drift", set(findings) == set(wanted) and run.returncode == 2, run.shown)
    for address, (name, event) in wanted.items():
        by = (findings.get(address) or {}).get("changed_by") or {}
        checks.check(f"who: {address} by {name}", by.get("arn") == f"arn:aws:iam::{ACCOUNT}:user/{name}" and by["event"] == event
                     and by["source_ip"] == "127.0.0.1" and not by["by_hatrack"] and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", by["at"]), str(by))
    checks.check("who: what was asked for in an event is not shown", "HIDDENDOCUMENT" not in json.dumps([f["changed_by"] for f in findings.values()]))
    asked = [entry["op"] for entry in standin.control("stats")["log"]].count("cloudtrail:LookupEvents")
    checks.check("who: a lookup for each resource, not for each finding", asked == 3, f"{asked} lookups")
    text = project.drift("--who")
    checks.check("who: at a terminal", f"by arn:aws:iam::{ACCOUNT}:user/alice at" in " ".join(text.stdout.split()), text.shown)
    brief = project.drift("--who", "--format", "brief")
    lines = brief.stdout.splitlines()
    checks.check("who: in brief", brief.returncode == 2 and len(lines) <= 40 and any("attached/AdministratorAccess" in l and "user/alice" in l for l in lines), brief.shown)
    without = json.loads(project.drift("--format", "json").stdout)
    checks.check("nobody is asked without --who", all(f["changed_by"] is None for f in without["drift"]))


def silence(checks, project, standin):
    """A trail that says nothing leaves the findings and the exit code as they are."""
    standin.control("rules", [{"op": "cloudtrail:LookupEvents", "do": {"denied": True}, "times": 0}])
    run = project.drift("--who")
    said = " ".join(run.stdout.split())
    checks.check("trail: denied is said once, and is no error", run.returncode == 2 and said.count("access denied") == 1 and "cloudtrail:LookupEvents" in said
                 and "could not be asked" in said, run.shown)
    standin.control("reset", {})
    standin.control("rules", [{"op": "cloudtrail:LookupEvents", "do": {"throttle": True}, "times": 1}])
    run = project.drift("--who", "--format", "json")
    checks.check("trail: a throttled lookup is made again", all(f["changed_by"] for f in json.loads(run.stdout)["drift"] if f["drift"]), run.shown)
    standin.control("reset", {})
    run = project.drift("--who", "--who-limit", "1")
    checks.check("trail: a limit is said", run.returncode == 2 and "not asked to the end" in " ".join(run.stdout.split()), run.shown)
    standin.control("config", {"trail_lag_s": 3600})
    run = project.drift("--who")
    checks.check("trail: late events are said to be late", run.returncode == 2 and "does not tell who is behind 7 findings" in " ".join(run.stdout.split()), run.shown)
    standin.control("config", {"trail_lag_s": 0})


def files(checks, project):
    names = ["out.json", "out.md", "out.brief.md", "out.txt"]
    run = project.drift(*(word for name in names for word in ("--report", name)))
    texts = {name: (project.folder / name).read_text() for name in names}
    checks.check("reports: one of each form", run.returncode == 2 and json.loads(texts["out.json"])["summary"]["drift"] == 7 and texts["out.md"].startswith("## Drift")
                 and texts["out.brief.md"].startswith("**Drift") and "Drift: 7 findings" in texts["out.txt"], run.shown)
    checks.check("reports: only for their owner", all(stat.S_IMODE((project.folder / n).stat().st_mode) == 0o600 for n in names))
    run = project.drift("--report", "not-there/out.json", "--report", "later.json")
    checks.check("reports: one that cannot be written is an error after the result", run.returncode == 1 and "cannot write not-there/out.json" in run.stderr
                 and "Drift: 7 findings" in run.stdout and (project.folder / "later.json").exists(), run.shown)
    run = project.drift("--report", "out.pdf")
    checks.check("reports: an unknown ending is said before anything is read", run.returncode == 1 and not run.stdout and ".brief.md" in run.stderr, run.shown)


def webhook(checks, project):
    """In an account with drift."""
    receiver = Receiver()
    run = project.drift("--webhook", receiver.url, HATRACK_WEBHOOK_SECRET=SECRET)
    headers, body, path = receiver.got[0] if receiver.got else ({}, b"{}", "")
    checks.check("webhook: the report arrives, signed", run.returncode == 2 and len(receiver.got) == 1 and signed_by(SECRET, headers, body)
                 and json.loads(body).get("summary", {}).get("drift") == 7 and headers.get("Content-Type") == "application/json" and path == "/hook?token=QUERYSECRET", run.shown)
    checks.check("webhook: another secret is another signature", not signed_by("another", headers, body) and not signed_by(SECRET, headers, body + b" "))
    run = project.drift(HATRACK_WEBHOOK_URL=receiver.url, HATRACK_WEBHOOK_SECRET=SECRET)
    checks.check("webhook: the address may be a variable", run.returncode == 2 and len(receiver.got) == 2, run.shown)
    run = project.drift("--webhook", receiver.url)
    checks.check("webhook: without a secret nothing is read or sent", run.returncode == 1 and not run.stdout and "HATRACK_WEBHOOK_SECRET" in run.stderr
                 and len(receiver.got) == 2, run.shown)
    run = project.drift("--webhook", receiver.url, "--webhook-unsigned")
    checks.check("webhook: unsigned if asked for", run.returncode == 2 and "X-Hatrack-Signature" not in receiver.got[-1][0] and len(receiver.got) == 3, run.shown)
    run = project.drift("--webhook", "http://hooks.example/QUERYSECRET", HATRACK_WEBHOOK_SECRET=SECRET)
    checks.check("webhook: plain HTTP to elsewhere is refused", run.returncode == 1 and "https" in run.stderr and "QUERYSECRET" not in run.stderr, run.shown)
    flaky = Receiver(503, 500, 200)
    run = project.drift("--webhook", flaky.url, HATRACK_WEBHOOK_SECRET=SECRET)
    checks.check("webhook: three tries", run.returncode == 2 and len(flaky.got) == 3 and "warning" not in run.stderr, run.shown)
    for statuses, tries in (([404], 1), ([302], 1), ([503], 3)):
        refusing = Receiver(*statuses)
        run = project.drift("-vv", "--webhook", refusing.url, HATRACK_WEBHOOK_SECRET=SECRET)
        checks.check(f"webhook: {statuses[0]} is said, after {tries}", run.returncode == 2 and len(refusing.got) == tries and f"answered {statuses[0]}" in run.stderr
                     and "Drift: 7 findings" in run.stdout, run.shown)
        checks.check(f"webhook: {statuses[0]}: neither secret nor query is shown", SECRET not in run.stderr + run.stdout and "QUERYSECRET" not in run.stderr + run.stdout)
    run = project.drift("--webhook", "http://127.0.0.1:9/x?token=QUERYSECRET", HATRACK_WEBHOOK_SECRET=SECRET)
    checks.check("webhook: down: the drift stands", run.returncode == 2 and "Drift: 7 findings" in run.stdout and "the webhook was not told" in run.stderr
                 and "connection refused" in run.stderr and "QUERYSECRET" not in run.stderr, run.shown)
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        began = time.monotonic()
        run = project.drift("--webhook", f"http://127.0.0.1:{hanging.getsockname()[1]}/", HATRACK_WEBHOOK_SECRET=SECRET)
        took = time.monotonic() - began
    checks.check("webhook: one that hangs is given up", run.returncode == 2 and "no answer in 10 s" in run.stderr and 30 < took < 60, f"{took:.0f} s\n{run.shown}")


def topic(checks, project, standin):
    arn = standin.client("sns").create_topic(Name="drift")["TopicArn"]
    far = standin.client("sns", region="eu-central-1").create_topic(Name="drift")["TopicArn"]
    for target in (arn, far):
        run = project.drift("--sns-topic", target)
        sent = standin.control("published")["published"]
        last = sent[-1] if sent else {}
        checks.check(f"topic: told in {target.split(':')[3]}", run.returncode == 2 and last.get("topic") == target and last["subject"].startswith("hatrack: Drift: 7 findings")
                     and len(last["subject"]) <= 100 and last["message"].startswith("**Drift"), run.shown + str(last))
    attributes = {name: (value["DataType"], value["StringValue"]) for name, value in last.get("attributes", {}).items()}
    checks.check("topic: attributes to filter by", attributes == {"outcome": ("String", "drift"), "findings": ("Number", "7"), "environments": ("String.Array", '["analytics"]')}, str(attributes))
    run = project.drift("--sns-topic", arn + "-gone")
    checks.check("topic: one that is not there is said", run.returncode == 2 and "the topic was not told: sns:Publish failed" in run.stderr, run.shown)
    run = project.drift("--sns-topic", "arn:aws:sqs:eu-west-1:111122223333:x")
    checks.check("topic: what is none is said before anything is read", run.returncode == 1 and not run.stdout, run.shown)


def in_sync(checks, project, standin):
    """Without drift nobody is told, unless always."""
    receiver = Receiver()
    run = project.drift("--webhook", receiver.url, HATRACK_WEBHOOK_SECRET=SECRET)
    checks.check("no drift: nobody is told", run.returncode == 0 and not receiver.got, run.shown)
    run = project.drift("--webhook", receiver.url, "--webhook-on", "always", HATRACK_WEBHOOK_SECRET=SECRET)
    checks.check("no drift: told if always", run.returncode == 0 and len(receiver.got) == 1 and json.loads(receiver.got[0][1])["summary"]["drift"] == 0, run.shown)
    run = project.drift("--webhook", "http://127.0.0.1:9/", "--webhook-on", "always", HATRACK_WEBHOOK_SECRET=SECRET)
    checks.check("no drift: a message that is lost is an error", run.returncode == 1 and "was not told" in run.stderr and "Drift: none" in run.stdout, run.shown)
    run = project.drift("--who", "--format", "brief")
    checks.check("no drift: in brief", run.returncode == 0 and run.stdout == "**Drift: none in analytics**\n", run.shown)
    standin.control("rules", [{"op": "s3:GetBucketPolicy", "do": {"denied": True}, "times": 0}])
    run = project.drift("--webhook", receiver.url, HATRACK_WEBHOOK_SECRET=SECRET)
    checks.check("not checked: told, and no drift is claimed", run.returncode == 1 and len(receiver.got) == 2 and json.loads(receiver.got[1][1])["not_checked"], run.shown)
    standin.control("reset", {})


def own(checks, project):
    """What hatrack did itself, and the file no longer says."""
    as_role = ENVIRONMENT.replace("region:", "assume_role: { role: hatrack }\nregion:")
    project.file.write_text(as_role.replace("team: ds", "team: other"))
    done = project.run("apply", "--yes")
    project.file.write_text(ENVIRONMENT)
    run = project.drift("--who", "--format", "json")
    by = [f["changed_by"] for f in json.loads(run.stdout)["drift"]]
    checks.check("who: hatrack knows its own doing", done.returncode == 0 and len(by) == 1 and by[0]["by_hatrack"] and by[0]["event"] == "TagRole", run.shown)


def main():
    if not STANDIN.exists():
        print(f"drift_reports: not run, since there is no {STANDIN.name} in tests/standin: nothing of it is tested")
        return 0
    checks = Checks()
    with StandIn() as standin, tempfile.TemporaryDirectory() as scratch:
        project = Project(os.path.abspath(sys.argv[1]), standin, pathlib.Path(scratch))
        applied = project.run("apply", "--yes")
        checks.check("the environment can be applied", applied.returncode == 0, applied.shown)
        in_sync(checks, project, standin)
        own(checks, project)
        again = project.run("apply", "--yes")
        checks.check("it can be applied again", again.returncode == 0, again.shown)
        standin.control("reset", {})
        who(checks, project, standin)
        silence(checks, project, standin)
        files(checks, project)
        topic(checks, project, standin)
        webhook(checks, project)
    return checks.end("drift_reports")


if __name__ == "__main__":
    sys.exit(main())
