#!/usr/bin/env python3
"""audit.py BINARY

`hatrack audit` over HTTP, on the stand-in (tests/standin), which has a clock and a root user: every check is made to find
something with boto3, and is quiet when that is put right; what may not be read is not checked; the ignore file; SARIF.
"""

import datetime
import json
import os
import pathlib
import sys
import tempfile

os.environ["HATRACK_TEST_SERVER"] = "standin"

import boto3

from common import REGION, Checks, Server, run  # noqa: E402 (the server is chosen when this is imported)

ACCOUNT = "111122223333"
HEAD = f"""environment: analytics
account: "{ACCOUNT}"
region: {REGION}
users: {{ alice: {{}} }}
"""
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
READ = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]})
SAML = '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com/{}">' + "x" * 1000 + "</EntityDescriptor>"
CLOSED = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}


def policy(bucket, *statements):
    places = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return json.dumps({"Version": "2012-10-17", "Statement": [{**s, "Principal": "*", "Resource": places} for s in statements]})


TLS = {"Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
ANYONE = {"Effect": "Allow", "Action": "s3:*"}


class Account:
    def __init__(self, checks, server, binary, folder):
        self.checks, self.server, self.binary, self.folder = checks, server, binary, folder
        self.asked = set()
        (folder / "environments").mkdir()
        (folder / "environments" / "analytics.yaml").write_text(HEAD)
        services = ("iam", "s3", "cloudtrail", "accessanalyzer", "s3control")
        self.iam, self.s3, self.trail, self.analyzer, self.s3control = (server.client(name, ACCOUNT) for name in services)
        # One address stands for all accounts: boto3 would put the account's number before it.
        self.s3control.meta.events.register("before-send.s3-control", lambda request, **_: setattr(request, "url", request.url.replace(f"//{ACCOUNT}.", "//", 1)))

    def ago(self, days):
        self.server.control("config", {"clock_days": -days})

    def root(self, **said):
        self.server.control("config", {"root": said})

    def audit(self, name, code, *arguments):
        done = run(self.binary, ["audit", *arguments, "--format", "json"], ACCOUNT, self.server.url, self.folder)
        self.checks.check(f"{name}: exits {code}", done.code == code, f"    exit {done.code}\n{done.tail()}")
        return done.json

    def finds(self, name, code, wanted, *arguments):
        """The names of what counts, without the account."""
        said = self.audit(name, code, *arguments)
        found = sorted(f["id"].split("/", 1)[1] for f in said["findings"] if f["ignored"] is None)
        self.checks.check(f"{name}: finds what is wrong, and nothing else", found == sorted(wanted),
                          f"    not found: {sorted(set(wanted) - set(found))}\n    not wanted: {sorted(set(found) - set(wanted))}")
        return said

    def bad(self):
        """An account in which everything is wrong."""
        self.ago(200)
        self.root(AccountMFAEnabled=0, AccountAccessKeysPresent=1, AccountSigningCertificatesPresent=1,
                  password_last_used=f"{self.today()}T01:02:03+00:00")
        for name in ("alice", "gone", "busy", "fresh"):
            self.iam.create_user(UserName=name)
        self.iam.create_login_profile(UserName="alice", Password="Aa1!aaaaaaaaaaaaaa")
        gone = self.iam.create_access_key(UserName="gone")["AccessKey"]["AccessKeyId"]
        self.iam.create_login_profile(UserName="busy", Password="Aa1!aaaaaaaaaaaaaa")
        device = self.iam.create_virtual_mfa_device(VirtualMFADeviceName="busy")["VirtualMFADevice"]["SerialNumber"]
        self.iam.enable_mfa_device(UserName="busy", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321")
        self.used, self.idle = (self.iam.create_access_key(UserName="busy")["AccessKey"]["AccessKeyId"] for _ in range(2))
        self.all = [name.format(gone=gone, used=self.used, idle=self.idle) for name in self.ALL]
        self.iam.attach_user_policy(UserName="gone", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        self.iam.put_user_policy(UserName="gone", PolicyName="own", PolicyDocument=READ)
        self.iam.create_role(RoleName="Old", AssumeRolePolicyDocument=TRUST)
        self.iam.create_service_linked_role(AWSServiceName="sagemaker.amazonaws.com")
        self.saml = self.iam.create_saml_provider(Name="Corp", SAMLMetadataDocument=SAML.format(1))["SAMLProviderArn"]
        self.iam.create_open_id_connect_provider(Url="https://token.actions.githubusercontent.com", ThumbprintList=["a" * 40], ClientIDList=["sts.amazonaws.com"])
        where = {"LocationConstraint": REGION}
        for name in ("acme-open", "acme-bare"):
            self.s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
            self.s3.delete_public_access_block(Bucket=name)
        self.s3.put_bucket_policy(Bucket="acme-open", Policy=policy("acme-open", ANYONE, TLS))
        self.ago(0)
        # One key is used today; a key and a user that were made today are not unused.
        self.server.client("sts", self.used, observer=False).get_caller_identity()
        self.iam.create_access_key(UserName="fresh")
        self.iam.create_role(RoleName="New", AssumeRolePolicyDocument=TRUST)

    @staticmethod
    def today():
        return datetime.datetime.now(datetime.timezone.utc).date()

    ALL = [
        "root-without-mfa/root", "root-access-key/root", "root-certificate/root", "root-used/root-password",
        "user-without-mfa/user/alice",
        "user-unused/user/alice", "user-unused/user/gone", "key-old/user/gone/{gone}", "key-old/user/busy/{used}", "key-old/user/busy/{idle}",
        "password-unused/user/busy", "key-unused/user/busy/{idle}", "second-key/user/busy", "user-holds-policy/user/gone",
        "weak-password-policy/account", "account-public-access/account", "no-trail/account", f"no-analyzer/region/{REGION}",
        "bucket-open/bucket/acme-open", "bucket-unblocked/bucket/acme-open", "bucket-unblocked/bucket/acme-bare",
        "bucket-plain-http/bucket/acme-bare",
        "bucket-unversioned/bucket/acme-open", "bucket-unversioned/bucket/acme-bare",
        "bucket-unlogged/bucket/acme-open", "bucket-unlogged/bucket/acme-bare",
        "role-unused/role/Old",
        "provider-untrusted/saml-provider/Corp", "provider-untrusted/oidc-provider/token.actions.githubusercontent.com",
    ]

    def mend(self):
        """Everything put right, a step at a time: each step makes its findings go, and no other."""
        left = list(self.all)
        iam, s3, trail = self.iam, self.s3, self.trail

        def step(name, does, *gone, come=()):
            for one in gone:
                left.remove(one)
            left.extend(come)
            does()
            self.finds(name, 2 if left else 0, left)

        step("root", lambda: self.root(AccountMFAEnabled=1), *[f for f in self.all if "/root" in f])

        def device():
            serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]["SerialNumber"]
            iam.enable_mfa_device(UserName="alice", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321")

        # The report is kept for four hours, and does not know of the device.
        self.server.control("config", {"report_max_age_s": 14400})
        step("a device newer than the report", device, "user-without-mfa/user/alice")
        old, = iam.list_access_keys(UserName="gone")["AccessKeyMetadata"]
        step("a key newer than the report", lambda: iam.update_access_key(UserName="gone", AccessKeyId=old["AccessKeyId"], Status="Inactive"),
             "user-unused/user/gone", f"key-old/user/gone/{old['AccessKeyId']}")
        step("a user younger than the report", lambda: (iam.create_user(UserName="young"), iam.create_login_profile(UserName="young", Password="Aa1!aaaaaaaaaaaaaa")),
             come=["user-without-mfa/user/young"])
        step("a password newer than the report taken away", lambda: iam.delete_login_profile(UserName="busy"), "password-unused/user/busy")
        step("the young one gone", lambda: (iam.delete_login_profile(UserName="young"), iam.delete_user(UserName="young")), "user-without-mfa/user/young")
        self.server.control("config", {"report_max_age_s": 0})
        step("an unused password", lambda: iam.delete_login_profile(UserName="alice"), "user-unused/user/alice")
        step("an unused key", lambda: iam.delete_access_key(UserName="busy", AccessKeyId=self.idle),
             f"key-unused/user/busy/{self.idle}", "second-key/user/busy", f"key-old/user/busy/{self.idle}")
        step("an old key", lambda: iam.delete_access_key(UserName="busy", AccessKeyId=self.used), f"key-old/user/busy/{self.used}")
        step("a policy of a user", lambda: iam.detach_user_policy(UserName="gone", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"))
        step("an inline policy of a user", lambda: iam.delete_user_policy(UserName="gone", PolicyName="own"), "user-holds-policy/user/gone")
        step("half a password policy", lambda: iam.update_account_password_policy(MinimumPasswordLength=14))
        step("a password policy", lambda: iam.update_account_password_policy(MinimumPasswordLength=14, PasswordReusePrevention=24), "weak-password-policy/account")
        trusting = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": self.saml}, "Action": "sts:AssumeRoleWithSAML",
                                                                       "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}]})
        step("a trusted provider", lambda: iam.create_role(RoleName="Federated", AssumeRolePolicyDocument=trusting), "provider-untrusted/saml-provider/Corp")
        arn = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"][0]["Arn"]
        step("no provider", lambda: iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn), "provider-untrusted/oidc-provider/token.actions.githubusercontent.com")
        step("an unused role", lambda: iam.delete_role(RoleName="Old"), "role-unused/role/Old")
        s3.create_bucket(Bucket="acme-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
        writes = {"Effect": "Allow", "Principal": {"Service": ["cloudtrail.amazonaws.com", "logging.s3.amazonaws.com"]},
                  "Action": ["s3:GetBucketAcl", "s3:PutObject"], "Resource": ["arn:aws:s3:::acme-logs", "arn:aws:s3:::acme-logs/*"]}
        both = json.loads(policy("acme-logs", TLS))
        both["Statement"].append(writes)
        s3.put_bucket_policy(Bucket="acme-logs", Policy=json.dumps(both))
        step("a trail of one region", lambda: (trail.create_trail(Name="main", S3BucketName="acme-logs"), trail.start_logging(Name="main")),
             come=["trail-unvalidated/trail/main", "bucket-unversioned/bucket/acme-logs", "bucket-unlogged/bucket/acme-logs"])
        def again(**said):
            trail.delete_trail(Name="main")
            trail.create_trail(Name="main", S3BucketName="acme-logs", IsMultiRegionTrail=True, **said)
            trail.start_logging(Name="main")

        step("a trail of writes", lambda: (again(), trail.put_event_selectors(TrailName="main", EventSelectors=[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}])))
        step("a trail without KMS", lambda: trail.put_event_selectors(TrailName="main", EventSelectors=[
            {"ReadWriteType": "All", "IncludeManagementEvents": True, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]))
        step("a trail of all", lambda: trail.put_event_selectors(TrailName="main", AdvancedEventSelectors=[
            {"Name": "all", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]), "no-trail/account")
        step("a trail that stands still", lambda: trail.stop_logging(Name="main"), come=["no-trail/account"])
        step("a validated trail", lambda: again(EnableLogFileValidation=True),
             "no-trail/account", "trail-unvalidated/trail/main")
        step("an analyzer of unused access", lambda: self.analyzer.create_analyzer(analyzerName="unused", type="ACCOUNT_UNUSED_ACCESS"))
        # It is being made when it is looked at for the first time.
        step("an analyzer that is being made", lambda: self.analyzer.create_analyzer(analyzerName="outside", type="ACCOUNT"))
        step("an analyzer", lambda: None, f"no-analyzer/region/{REGION}")
        step("a bucket that overrules its policy", lambda: s3.put_public_access_block(Bucket="acme-open", PublicAccessBlockConfiguration=CLOSED),
             "bucket-open/bucket/acme-open", "bucket-unblocked/bucket/acme-open")
        step("the account's own", lambda: self.s3control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=CLOSED),
             "account-public-access/account", "bucket-unblocked/bucket/acme-bare")
        step("a policy for TLS", lambda: s3.put_bucket_policy(Bucket="acme-bare", Policy=policy("acme-bare", TLS)), "bucket-plain-http/bucket/acme-bare")
        for bucket in ("acme-open", "acme-bare", "acme-logs"):
            step(f"versions of {bucket}", lambda: s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}), f"bucket-unversioned/bucket/{bucket}")
            logs = {"LoggingEnabled": {"TargetBucket": "acme-logs", "TargetPrefix": f"{bucket}/"}}
            step(f"a log of {bucket}", lambda: s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=logs), f"bucket-unlogged/bucket/{bucket}")
        self.checks.check("everything is right", left == [], f"    {left}")

    # What becomes of a check whose reading is denied: the operation, and what is not checked then.
    READS = {
        "iam:GetAccountSummary": {"root-without-mfa", "root-access-key", "root-certificate"},
        "iam:GenerateCredentialReport": {"root-used", "user-without-mfa", "user-unused", "key-old", "key-unused", "password-unused", "second-key"},
        "iam:GetCredentialReport": {"root-used", "user-without-mfa", "user-unused", "key-old", "key-unused", "password-unused", "second-key"},
        "iam:GetAccountAuthorizationDetails": {"user-holds-policy", "role-unused", "user-unused", "provider-untrusted", "key-old"},
        "iam:GetAccountPasswordPolicy": {"weak-password-policy"},
        "iam:ListSAMLProviders": {"provider-untrusted", "provider-ends"},
        "s3control:GetPublicAccessBlock": {"account-public-access", "bucket-unblocked"},
        "s3:ListBuckets": {"bucket-open", "bucket-unblocked", "bucket-plain-http", "bucket-unversioned", "bucket-unlogged", "no-analyzer"},
        "s3:GetBucketPolicy": {"bucket-open", "bucket-plain-http"},
        "s3:GetBucketVersioning": {"bucket-unversioned"},
        "s3:GetBucketLogging": {"bucket-unlogged"},
        "cloudtrail:DescribeTrails": {"no-trail", "trail-unvalidated", "trail-undelivered"},
        "cloudtrail:GetTrailStatus": {"no-trail", "trail-undelivered"},
        "cloudtrail:GetEventSelectors": {"no-trail"},
        "accessanalyzer:ListAnalyzers": {"no-analyzer"},
    }

    def denied(self):
        for op, wanted in self.READS.items():
            self.server.control("reset", {})
            self.server.control("rules", [{"op": f"{op}$", "times": 0, "do": {"denied": True}}])
            said = self.audit(f"{op} denied", 1)
            missed = {check for gap in said["not_checked"] for check in gap["checks"]}
            kept = {line["check"] for line in said["kept"]}
            self.checks.check(f"{op} denied: what it tells is not checked, and not kept", wanted <= missed and not wanted & kept,
                              f"    {sorted(wanted - missed)} {sorted(wanted & kept)}")
            self.checks.check(f"{op} denied: nothing is found that is not there", said["findings"] == [], f"    {said['findings']}")
            action = self.ACTIONS.get(op, op)
            self.checks.check(f"{op} denied: the action is named", all(gap["text"].startswith(f"access denied to {action}: ") or gap["text"].startswith("access denied: ")
                              and action.split(":")[1] in gap["text"] for gap in said["not_checked"]), f"    {said['not_checked']}")
        self.server.control("reset", {})

    def ignoring(self):
        name = "user-without-mfa/user/alice"
        entry = "version: 1\nignore:\n  - {{ environment: analytics, finding: {}, reason: break-glass, until: {} }}\n"
        file = self.folder / "audit-ignore.yaml"
        file.write_text(entry.format(name, "2026-12-31"))
        said = self.finds("ignored", 2, [f for f in self.all if f != name], "--at", "2026-12-01")
        alice = next(f for f in said["findings"] if f["id"] == f"{ACCOUNT}/{name}")
        self.checks.check("ignored: with its reason", alice["ignored"]["reason"] == "break-glass")
        said = self.finds("expired", 2, self.all, "--at", "2027-01-01")
        self.checks.check("expired: it is told", any(note["code"] == "ignore-expired" for note in said["notes"]))
        file.write_text(entry.format("user-without-fma/user/alice", "2026-12-31"))
        done = run(self.binary, ["audit", "--at", "2026-12-01"], ACCOUNT, self.server.url, self.folder)
        self.checks.check("a check that is none: exits 1, with what was meant", done.code == 1 and "did you mean `user-without-mfa`?" in done.err, f"    exit {done.code} {done.err}")
        self.checks.check("a check that is none: the audit stands", "root-without-mfa" in done.out)
        file.unlink()

    def forms(self):
        done = run(self.binary, ["audit", "--format", "sarif"], ACCOUNT, self.server.url, self.folder)
        log = json.loads(done.out)
        results = log["runs"][0]["results"]
        names = [r["partialFingerprints"]["hatrackFinding/v1"].split("/", 1)[1] for r in results]
        self.checks.check("SARIF: exits 2", done.code == 2, f"    exit {done.code}")
        self.checks.check("SARIF: has everything", sorted(names) == sorted(self.all), f"    {names}")
        rules = [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
        self.checks.check("SARIF: results and rules agree", all(rules[r["ruleIndex"]] == r["ruleId"] for r in results))
        place = next(r for r in results if r["ruleId"] == "user-without-mfa")["locations"][0]["physicalLocation"]
        self.checks.check("SARIF: stands where the user is declared", (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("environments/analytics.yaml", 4), f"    {place}")
        done = run(self.binary, ["audit", "--format", "markdown"], ACCOUNT, self.server.url, self.folder)
        self.checks.check("markdown: has every check", done.code == 2 and all(f"**{f.split('/')[0]}**" in done.out for f in self.all), done.out)
        done = run(self.binary, ["audit"], ACCOUNT, self.server.url, self.folder)
        self.checks.check("terminal: tells which key", done.code == 2 and self.used in done.out, done.out)
        self.checks.check("terminal: gives a line for the ignore file", "finding: root-without-mfa/root" in done.out, done.out)
        quiet = self.audit("days of one's own", 2, "--key-days", "400", "--unused-days", "400", "--role-days", "400", "--fail-on", "security-warning")
        aged = {f["check"] for f in quiet["findings"]} & {"key-old", "user-unused", "key-unused", "password-unused", "role-unused"}
        self.checks.check("days of one's own: nothing is that old", aged == set(), f"    {aged}")

    # The actions of operations that are not called like them.
    ACTIONS = {"s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock", "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
               "s3:ListBuckets": "s3:ListAllMyBuckets", "accessanalyzer:ListAnalyzers": "access-analyzer:ListAnalyzers"}
    # Asked only where a bucket's region is not in the list.
    RARE = {"s3:GetBucketLocation"}

    def asks(self, code):
        self.server.control("reset", {})
        self.audit("rights", code)
        log = self.server.control("log")
        log = log["log"] if isinstance(log, dict) else log
        self.asked |= {self.ACTIONS.get(entry["op"], entry["op"]) for entry in log} - {"sts:GetCallerIdentity"}

    def rights(self):
        """What was asked is what the rights allow, beyond those that a plan takes anyway."""
        asked = self.asked

        def printed(*more):
            done = run(self.binary, ["permissions", "--plan", *more, "--format", "json"], ACCOUNT, self.server.url, self.folder)
            return {action for documents in done.json.values() for document in documents for statement in document["Statement"]
                    for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])}

        plan, both = printed(), printed("--audit")
        self.checks.check("rights: they allow what is asked", asked <= both, f"    {sorted(asked - both)}")
        self.checks.check("rights: what they add is asked", both - plan <= asked | self.RARE, f"    {sorted(both - plan - asked)}")
        self.checks.check("rights: they add something", len(both - plan) > 8, f"    {sorted(both - plan)}")

    def together(self):
        """Two environments of one account, in two regions: one account to look at, whoever is named."""
        lake = self.folder / "environments" / "lake.yaml"
        lake.write_text(f'environment: lake\naccount: "{ACCOUNT}"\nregion: us-east-1\n')
        there = boto3.client("cloudtrail", endpoint_url=self.server.url, region_name="us-east-1", aws_access_key_id=ACCOUNT, aws_secret_access_key="x")
        there.create_trail(Name="local", S3BucketName="acme-logs")
        self.finds("two environments of an account", 2, ["trail-unvalidated/trail/local", "no-analyzer/region/us-east-1"])
        (self.folder / "audit-ignore.yaml").write_text(
            "version: 1\nignore:\n  - { environment: analytics, finding: no-analyzer/*, reason: r, until: 2026-12-31 }\n")
        for names in ([], ["analytics"], ["lake"]):
            said = self.audit(f"ignored whoever is named: {names}", 2, *names, "--at", "2026-12-01")
            left = [f["check"] for f in said["findings"] if f["ignored"] is None]
            self.checks.check(f"ignored whoever is named: {names}", "no-analyzer" not in left, f"    {left}")
        done = run(self.binary, ["audit", "--format", "markdown"], ACCOUNT, self.server.url, self.folder)
        self.checks.check("markdown: one heading for the account", done.out.count("### ") == 1 and "### analytics, lake · account 111122223333 · eu-west-1, us-east-1" in done.out, done.out)
        (self.folder / "audit-ignore.yaml").unlink()
        there.delete_trail(Name="local")
        lake.unlink()

    def away(self):
        (self.folder / "environments" / "lake.yaml").write_text('environment: lake\naccount: "444455556666"\nregion: eu-west-1\nassume_role: { role: Nobody, external_id: x }\n')
        said = self.audit("an account that cannot be reached", 1)
        self.checks.check("an account that cannot be reached: it is said", [e["environment"] for e in said["environments_not_checked"]] == ["lake"], f"    {said['environments_not_checked']}")
        self.checks.check("an account that cannot be reached: the other stands", said["findings"] == [] and {k["account"] for k in said["kept"]} == {ACCOUNT})
        (self.folder / "environments" / "lake.yaml").unlink()


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    checks = Checks()
    os.environ["HATRACK_STANDIN_CONFIG"] = "{}"
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        account = Account(checks, server, binary, pathlib.Path(folder))
        account.bad()
        account.finds("a bad account", 2, account.all)
        account.ignoring()
        account.forms()
        account.asks(2)
        account.mend()
        account.asks(0)
        account.rights()
        account.denied()
        account.together()
        account.away()
        checks.emulator(server)
    return checks.end("audit")


if __name__ == "__main__":
    sys.exit(main())
