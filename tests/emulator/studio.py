#!/usr/bin/env python3
"""studio.py BINARY

SageMaker and the account's own settings over HTTP, on the stand-in (tests/standin), since the emulator has no people of Studio
domains: what is declared is there when boto3 looks; each change by hand is drift under its name, and is put back; what
runs stops what would lose it; an answer that was lost makes no second domain; a setting that the service took and ignored
is told; a domain that failed is left alone.
"""

import os
import pathlib
import sys
import tempfile
import time

os.environ["HATRACK_TEST_SERVER"] = "standin"

from common import REGION, Checks, Server, run  # noqa: E402 (the server is chosen when this is imported)

ACCOUNT = "111122223333"
HEAD = f"""environment: analytics
account: "{ACCOUNT}"
region: {REGION}
users: {{ alice: {{}} }}
roles:
  Studio: {{ trust: sagemaker }}
  Alice: {{ trust: sagemaker }}
"""
STUDIO = """sagemaker:
  lifecycle_configurations:
    Lab-Setup: { app: JupyterLab, script: "pip list\\n" }
    notebook-setup: { on_start: "echo one\\n" }
  domains:
    studio:
      vpc: vpc-1
      subnets: [subnet-1, subnet-2]
      execution_role: Studio
      security_groups: [sg-1]
      lifecycle_configurations: [Lab-Setup]
      idle_minutes: 120
      user_profiles:
        alice: { execution_role: Alice, tags: { team: ds } }
        bob: {}
  notebooks:
    scratch: { execution_role: Studio, lifecycle_configuration: notebook-setup }
account_settings:
  alias: acme-studio
  password_policy: { max_age_days: 90 }
  public_access_block: {}
"""
RETIRED = """sagemaker: {}
retire: [domain/studio, user-profile/studio/alice, user-profile/studio/bob, notebook/scratch]
"""


class Studio:
    def __init__(self, checks, server, binary, folder):
        self.checks, self.server, self.binary, self.folder = checks, server, binary, folder
        (folder / "environments").mkdir()
        self.sagemaker, self.iam = (server.client(name, ACCOUNT) for name in ("sagemaker", "iam"))
        self.s3control = server.client("s3control", ACCOUNT)
        # One address stands for all accounts: boto3 would put the account's number before it.
        self.s3control.meta.events.register("before-send.s3-control", lambda request, **_: setattr(request, "url", request.url.replace(f"//{ACCOUNT}.", "//", 1)))

    def write(self, body):
        (self.folder / "environments" / "analytics.yaml").write_text(HEAD + body)

    def hatrack(self, *arguments):
        return run(self.binary, list(arguments), ACCOUNT, self.server.url, self.folder)

    def exits(self, name, code, *arguments):
        done = self.hatrack(*arguments)
        self.checks.check(f"{name}: {arguments[0]} exits {code}", done.code == code, f"    exit {done.code}\n{done.tail()}")
        return done

    def domain(self):
        return self.sagemaker.list_domains()["Domains"][0]["DomainId"]

    def until(self, look, wanted):
        for _ in range(200):
            if look() == wanted:
                return
            time.sleep(0.1)
        raise SystemExit(f"it never became {wanted}")

    def notebook(self):
        return self.sagemaker.describe_notebook_instance(NotebookInstanceName="scratch")

    def drift(self):
        return {"/".join(filter(None, (f["address"], f["setting"] or f["field"]))) for f in self.hatrack("drift", "--format", "json").json["drift"]}


def there(studio):
    """What is declared, as boto3 sees it."""
    check, sagemaker = studio.checks.check, studio.sagemaker
    domain = sagemaker.describe_domain(DomainId=studio.domain())
    settings = domain["DefaultUserSettings"]
    lab = settings["JupyterLabAppSettings"]
    check("domain: its network", (domain["VpcId"], sorted(domain["SubnetIds"]), domain["AppNetworkAccessType"]) ==
          ("vpc-1", ["subnet-1", "subnet-2"], "VpcOnly"), str(domain))
    check("domain: role, groups and script", settings["ExecutionRole"].endswith(":role/Studio") and settings["SecurityGroups"] == ["sg-1"]
          and [a.rsplit("/", 1)[1] for a in lab["LifecycleConfigArns"]] == ["lab-setup"], str(settings))
    idle = lab["AppLifecycleManagement"]["IdleSettings"]
    check("domain: idle apps stop", (idle["LifecycleManagement"], idle["IdleTimeoutInMinutes"]) == ("ENABLED", 120), str(idle))
    alice = sagemaker.describe_user_profile(DomainId=studio.domain(), UserProfileName="alice")
    tags = {t["Key"]: t["Value"] for t in sagemaker.list_tags(ResourceArn=alice["UserProfileArn"])["Tags"]}
    check("profile: role and tags", alice["UserSettings"]["ExecutionRole"].endswith(":role/Alice")
          and tags == {"team": "ds", "hatrack:environment": "analytics"}, f"{alice} {tags}")
    notebook = studio.notebook()
    check("notebook: as declared, and running", (notebook["NotebookInstanceStatus"], notebook["InstanceType"], notebook["RootAccess"],
          notebook["NotebookInstanceLifecycleConfigName"], notebook["InstanceMetadataServiceConfiguration"]["MinimumInstanceMetadataServiceVersion"]) ==
          ("InService", "ml.t3.medium", "Disabled", "notebook-setup", "2"), str(notebook))
    policy = studio.iam.get_account_password_policy()["PasswordPolicy"]
    check("account: passwords", (policy["MinimumPasswordLength"], policy["MaxPasswordAge"], policy["RequireSymbols"]) == (14, 90, True), str(policy))
    check("account: alias", studio.iam.list_account_aliases()["AccountAliases"] == ["acme-studio"])
    block = studio.s3control.get_public_access_block(AccountId=ACCOUNT)["PublicAccessBlockConfiguration"]
    check("account: no public access", all(block.values()) and len(block) == 4, str(block))


def by_hand(studio):
    """What people do by hand, and how it shows."""
    sagemaker, iam, name = studio.sagemaker, studio.iam, "scratch"

    def stopped():
        sagemaker.stop_notebook_instance(NotebookInstanceName=name)
        studio.until(lambda: studio.notebook()["NotebookInstanceStatus"], "Stopped")

    def resized():
        stopped()
        sagemaker.update_notebook_instance(NotebookInstanceName=name, InstanceType="ml.p3.2xlarge", RootAccess="Enabled")
        studio.until(lambda: studio.notebook()["NotebookInstanceStatus"], "Stopped")

    def domain_changed(change):
        def edit():
            settings = sagemaker.describe_domain(DomainId=studio.domain())["DefaultUserSettings"]
            change(settings)
            sagemaker.update_domain(DomainId=studio.domain(), DefaultUserSettings=settings)
            studio.until(lambda: sagemaker.describe_domain(DomainId=studio.domain())["Status"], "InService")
        return edit

    def profile_gone():
        sagemaker.delete_user_profile(DomainId=studio.domain(), UserProfileName="bob")
        studio.until(lambda: [p["UserProfileName"] for p in sagemaker.list_user_profiles()["UserProfiles"]], ["alice"])

    def profile_changed():
        role = f"arn:aws:iam::{ACCOUNT}:role/Studio"
        sagemaker.update_user_profile(DomainId=studio.domain(), UserProfileName="alice", UserSettings={"ExecutionRole": role})
        look = lambda: sagemaker.describe_user_profile(DomainId=studio.domain(), UserProfileName="alice")["Status"]  # noqa: E731
        studio.until(look, "InService")

    def tagged():
        arn = sagemaker.describe_domain(DomainId=studio.domain())["DomainArn"]
        sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "note", "Value": "by hand"}])

    def scripts():
        sagemaker.update_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName="notebook-setup", OnStart=[{"Content": "ZWNobyBldmlsCg=="}])

    edits = {
        "notebook stopped": (stopped, {"notebook/scratch/running"}),
        "notebook changed": (resized, {"notebook/scratch/running", "notebook/scratch/instance_type", "notebook/scratch/root_access"}),
        "domain opened": (domain_changed(lambda s: s.update(SecurityGroups=["sg-9"])), {"domain/studio/security_groups"}),
        "script taken off": (domain_changed(lambda s: s["JupyterLabAppSettings"].update(LifecycleConfigArns=[])), {"domain/studio/lifecycle/Lab-Setup"}),
        "idle apps stay": (domain_changed(lambda s: s["JupyterLabAppSettings"]["AppLifecycleManagement"]["IdleSettings"].update(IdleTimeoutInMinutes=600)),
                           {"domain/studio/idle_minutes"}),
        "profile deleted": (profile_gone, {"user-profile/studio/bob"}),
        "profile's role changed": (profile_changed, {"user-profile/studio/alice/execution_role"}),
        "domain tagged": (tagged, {"domain/studio/tag/note"}),
        "script changed": (scripts, {"notebook-lifecycle/notebook-setup/on_start"}),
        "alias changed": (lambda: iam.create_account_alias(AccountAlias="acme-old"), {"account/settings/alias"}),
        "passwords weakened": (lambda: iam.update_account_password_policy(MinimumPasswordLength=6), {"account/settings/password-policy"}),
        "public access allowed": (lambda: studio.s3control.delete_public_access_block(AccountId=ACCOUNT), {"account/settings/public-access-block"}),
    }
    for what, (edit, wanted) in edits.items():
        edit()
        found = studio.drift()
        studio.checks.check(f"{what}: drift says so, and no more", found == wanted, f"    {sorted(found)}")
        studio.exits(what, 0, "apply", "--yes")
        studio.checks.check(f"{what}: it is put back", studio.drift() == set())


def in_the_way(studio):
    """What runs, and what people made, stops a retirement, by name."""
    sagemaker, domain = studio.sagemaker, studio.domain()
    sagemaker.create_app(DomainId=domain, UserProfileName="alice", AppType="JupyterServer", AppName="default")
    sagemaker.create_space(DomainId=domain, SpaceName="shared")
    studio.write(RETIRED)
    said = studio.exits("an app runs", 3, "plan")
    studio.checks.check("an app runs: it is named", "alice/JupyterServer/default" in said.out + said.err, said.tail())
    sagemaker.delete_app(DomainId=domain, UserProfileName="alice", AppType="JupyterServer", AppName="default")
    studio.until(lambda: {a["Status"] for a in sagemaker.list_apps(DomainIdEquals=domain)["Apps"]} <= {"Deleted"}, True)
    said = studio.exits("a space is there", 3, "plan")
    studio.checks.check("a space is there: it is named", "space/studio/shared" in said.out + said.err, said.tail())
    sagemaker.delete_space(DomainId=domain, SpaceName="shared")
    studio.until(lambda: sagemaker.list_spaces(DomainIdEquals=domain)["Spaces"], [])
    studio.exits("nothing is in the way", 0, "apply", "--yes", "--accept", "many-deletions")
    studio.checks.check("the domain and the notebook are gone", sagemaker.list_domains()["Domains"] == []
                        and sagemaker.list_notebook_instances()["NotebookInstances"] == [])
    studio.exits("nothing is left to do", 0, "plan")


def trouble(studio):
    """Lost answers, ignored settings, failed domains."""
    check, sagemaker = studio.checks.check, studio.sagemaker
    studio.write(STUDIO)
    studio.server.control("rules", [{"op": "sagemaker:Create(Domain|UserProfile|NotebookInstance)$", "times": 3, "phase": "after", "do": {"reset": True}}])
    studio.exits("every answer is lost once", 0, "apply", "--yes")
    lost = [e["op"] for e in studio.server.control("stats")["log"] if e.get("fault")]
    check("answers were lost on the way", len(lost) == 3 and "sagemaker:CreateDomain" in lost, str(lost))
    check("a lost answer makes no second domain", len(sagemaker.list_domains()["Domains"]) == 1)
    studio.server.control("reset", {})
    studio.exits("after lost answers", 0, "plan")
    for what in ("Domain", "UserProfile", "NotebookInstance", "NotebookInstanceLifecycleConfig", "StudioLifecycleConfig"):
        studio.server.control("reset", {})
        studio.server.control("rules", [{"op": f"sagemaker:Describe{what}$", "times": 0, "do": {"denied": True}}])
        said = studio.exits(f"a {what} that may not be read", 1, "plan", "--format", "json")
        made = [s["text"] for s in said.json["steps"] if s["text"].startswith("create")]
        check(f"a {what} that may not be read: nothing is made, and it is said", made == [] and said.json["not_checked"] != [], f"    {made}")
    studio.server.control("reset", {})
    studio.server.control("config", {"sagemaker_ignores": ["DefaultUserSettings.SecurityGroups"]})
    studio.write(STUDIO.replace("[sg-1]", "[sg-1, sg-2]"))
    said = studio.exits("a setting that is taken and ignored", 1, "apply", "--yes")
    check("a setting that is taken and ignored: it is told", "security groups of domain/studio" in said.out + said.err, said.tail())
    studio.server.control("config", {"sagemaker_ignores": [], "sagemaker_fail": {"UpdateDomain": "the network is gone"}})
    said = studio.exits("a change that fails", 1, "apply", "--yes")
    check("a change that fails: with AWS's reason", "the network is gone" in said.out + said.err, said.tail())
    studio.server.control("config", {"sagemaker_fail": {}})
    said = studio.exits("a failed domain", 3, "plan")
    check("a failed domain: it is left alone, and said", "failed state" in said.out + said.err, said.tail())
    patience(studio)
    studio.server.control("rules", [{"op": "sagemaker:ListDomains$", "times": 0, "do": {"denied": True}}])
    said = studio.exits("domains that may not be listed", 1, "plan")
    check("domains that may not be listed: not checked", "ListDomains" in said.out + said.err, said.tail())
    check("domains that may not be listed: nothing is made", "create domain" not in said.out, said.tail())
    studio.server.control("reset", {})


def patience(studio):
    """A notebook that takes its time: the wait ends, is said, and the next run goes on from there."""
    check = studio.checks.check
    studio.server.control("config", {"sagemaker_seconds": 8, "sagemaker_looks": 1})
    studio.write(STUDIO.replace("scratch: {", "slow: { execution_role: Studio }\n    scratch: {"))
    said = studio.exits("a wait that is over", 1, "apply", "--yes", "--wait", "2", "--target", "notebook/slow")
    check("a wait that is over: it is said, and what to do", "notebook/slow is still Pending after 2 seconds" in " ".join((said.out + said.err).split()), said.tail())
    check("a wait that is over: AWS goes on", studio.sagemaker.describe_notebook_instance(NotebookInstanceName="slow")["NotebookInstanceStatus"] in ("Pending", "InService"))
    studio.server.control("config", {"sagemaker_seconds": 0, "sagemaker_looks": 0})
    studio.exits("after the wait", 0, "apply", "--yes", "--target", "notebook/slow")
    studio.exits("after the wait", 0, "plan", "--target", "notebook/slow")
    names = [n["NotebookInstanceName"] for n in studio.sagemaker.list_notebook_instances()["NotebookInstances"]]
    check("after the wait: there is one", names.count("slow") == 1, str(names))


def main():
    binary, checks = pathlib.Path(sys.argv[1]).resolve(), Checks()
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        studio = Studio(checks, server, binary, pathlib.Path(folder))
        studio.write(STUDIO)
        studio.exits("an empty account", 0, "apply", "--yes")
        studio.exits("a second plan", 0, "plan")
        there(studio)
        by_hand(studio)
        in_the_way(studio)
        trouble(studio)
        checks.emulator(server)
    return checks.end("studio")


if __name__ == "__main__":
    sys.exit(main())
