#!/usr/bin/env python3
"""studio_rights.py BINARY [--quick]

What `hatrack permissions` prints for SageMaker and for the account's own settings is enough, and none of it is too much.
The stand-in (tests/standin) runs in this process and is made to do only what the printed policies allow: `--plan` for
plan, drift and snapshot, `--apply` for apply. The runs make, change by hand and in the file, put right, retire and delete
something of every kind. Then each of those actions is taken out of the policies once, the run that used it is made again
on the account as it was, and hatrack must say which action it lacks, exit 1, and finish with all of them. At the end no
printed action may be left that no run asked for.

Which rights a call takes is written down here once more, so that the two tables check each other.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html,
https://docs.aws.amazon.com/sagemaker/latest/dg/api-permissions-reference.html
"""

import argparse
import copy
import importlib.util
import json
import pathlib
import re
import sys
import tempfile
import threading
import time

import edits
import permissions
from common import REGION, ROOT, Checks, Server

ENVIRONMENT, ACCOUNT = edits.ANALYTICS, edits.ACCOUNTS[edits.ANALYTICS]
HEAD = f"""environment: {ENVIRONMENT}
account: "{ACCOUNT}"
region: {REGION}
roles:
  Studio: {{ trust: sagemaker }}
  Alice: {{ trust: sagemaker }}
"""
# AWS writes names in small letters into ARNs, so some have others.
STUDIO = """sagemaker:
  lifecycle_configurations:
    lab-setup: { app: JupyterLab, script: "pip list\\n" }
    editor-setup: { app: CodeEditor, script: "pip list\\n" }
    Notebook-Setup: { on_start: "echo one\\n" }
    Notebook-Spare: { on_create: "echo one\\n" }
  domains:
    Studio:
      vpc: vpc-1
      subnets: [subnet-1]
      execution_role: Studio
      kms_key: key-1
      security_groups: [sg-1]
      lifecycle_configurations: [lab-setup]
      user_profiles:
        Alice: { execution_role: Alice, tags: { team: ds } }
        bob: {}
  notebooks:
    Scratch: { execution_role: Studio, lifecycle_configuration: Notebook-Setup, subnet: subnet-1, security_groups: [sg-1], kms_key: key-1 }
    Resting: { execution_role: Studio, running: false }
account_settings:
  alias: acme-rights
  password_policy: { max_age_days: 90 }
  public_access_block: {}
"""
CHANGES = (("security_groups: [sg-1]\n", "security_groups: [sg-2]\n      home_files: delete\n      idle_minutes: 120\n"),
           ("bob: {}", "bob: { execution_role: Studio, security_groups: [sg-3], lifecycle_configurations: [lab-setup] }"),
           ("Scratch: { ", "Scratch: { instance_type: ml.t3.large, "), ("echo one", "echo two"), ("lab-setup: { app: JupyterLab, script: \"pip",
           "lab-setup: { app: JupyterLab, script: \"pipx"), ("max_age_days: 90", "max_age_days: 60"), ("acme-rights", "acme-rights-2"))
# Without a notebook, a person, and a script of each sort.
FEWER = (("    editor-setup: { app: CodeEditor, script: \"pip list\\n\" }\n", ""), ("    Notebook-Spare: { on_create: \"echo two\\n\" }\n", ""),
         ("    Resting: { execution_role: Studio, running: false }\n", ""),
         ("        bob: { execution_role: Studio, security_groups: [sg-3], lifecycle_configurations: [lab-setup] }\n", ""))
RETIRED = "retire: [user-profile/Studio/bob, notebook/Resting]\n"
GONE = "sagemaker: {}\nretire: [domain/Studio, user-profile/Studio/Alice, notebook/Scratch]\n"
NOTEBOOK = "sagemaker: { notebooks: { Alone: { execution_role: Studio } } }\n"
PERSONLESS = "sagemaker: { domains: { Empty: { vpc: vpc-1, subnets: [subnet-1], execution_role: Studio } } }\n"
EMPTY = "sagemaker: {}\n"

OF_ACCOUNT = {"s3:GetAccountPublicAccessBlock", "s3:PutAccountPublicAccessBlock", "iam:CreateAccountAlias", "iam:DeleteAccountAlias",
              "iam:ListAccountAliases", "iam:GetAccountPasswordPolicy", "iam:UpdateAccountPasswordPolicy", "iam:DeleteAccountPasswordPolicy"}
PASS = "iam:PassRole"
# How SageMaker's ARNs begin, by the end of an operation's name.
TYPES = {"NotebookInstanceLifecycleConfig": ("notebook-instance-lifecycle-config", "NotebookInstanceLifecycleConfigName"),
         "StudioLifecycleConfig": ("studio-lifecycle-config", "StudioLifecycleConfigName"),
         "NotebookInstance": ("notebook-instance", "NotebookInstanceName"), "UserProfile": ("user-profile", "UserProfileName"),
         "Domain": ("domain", "DomainId")}
# What AWS asks of the caller beside the rights on the thing itself: Studio's service-linked role, and the network and the
# key that were named. Whether it asks depends on the account and on the key's own policy; runs are not refused without.
IN_VPC = ("ec2:CreateNetworkInterface", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs")
BESIDE = {"CreateDomain": ("iam:CreateServiceLinkedRole",), "CreateNotebookInstance": IN_VPC,
          "StartNotebookInstance": (*IN_VPC, "ec2:DescribeNetworkInterfaces"), "DeleteNotebookInstance": ("ec2:DeleteNetworkInterface",)}
KEY = ("kms:CreateGrant", "kms:DescribeKey")
WITH_KEY = {"CreateDomain": (*KEY, "kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "elasticfilesystem:CreateFileSystem"),
            "CreateNotebookInstance": KEY, "StartNotebookInstance": KEY, "DeleteNotebookInstance": ("kms:DescribeKey",)}


def standin():
    """(server.py of the stand-in, what it serves), in this process."""
    sys.path.append(str(ROOT / "tests" / "standin"))
    spec = importlib.util.spec_from_file_location("standin_server", ROOT / "tests" / "standin" / "server.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    world = module.World()
    world.configure({"trusting": True, "sagemaker_looks": 0})
    server = module.Server(0, world)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return module, server


class Guard(permissions.Recorder):
    """Lets the stand-in do what some policies allow, and nothing else; without policies everything."""

    def __init__(self, module, world):
        self.module, self.world, self.asked, self.documents, self.refused, self.beside = module, world, [], None, [], set()
        self.one_at_a_time, self.pass_on = threading.Lock(), module.front.respond
        module.front.respond = self.respond

    def respond(self, world, request, wrong):
        if wrong or self.module.OBSERVER in request.agent or self.documents is None:
            return self.pass_on(world, request, wrong)
        with self.one_at_a_time:
            questions = list(self.rights(request))
            self.asked += questions
            for op, _, action, arn, context in questions:
                if op in permissions.FREE or permissions.statement_for(self.documents, action, arn, context):
                    continue
                self.refused.append(f"{op} needs {action} on {arn} with {context}")
                words = f"User: arn:aws:iam::{ACCOUNT}:user/operator is not authorized to perform: {action} on resource: {arn}"
                failure = self.module.callers.failure("denied", request.service, words)
                return self.module.write.error(request.service, failure, request.id)
        return self.pass_on(world, request, wrong)

    def rights(self, request):
        """(operation, account, action, ARN, context) of each right that a request takes."""
        op, service = request.op, request.service.name
        if service == "sagemaker":
            yield from self.of_sagemaker(op, self.module.front.parameters(request), self.world.account(ACCOUNT).sagemaker(request.region))
        elif service == "s3control":
            yield op, ACCOUNT, "s3:GetAccountPublicAccessBlock" if ":Get" in op else "s3:PutAccountPublicAccessBlock", "*", {}
        elif op in OF_ACCOUNT:
            yield op, ACCOUNT, op, "*", {}
        else:
            yield from self.questions({"PATH_INFO": request.path}, ACCOUNT, op, request.body)

    def of_sagemaker(self, op, given, store):
        name = op.partition(":")[2]
        kind, key = next(((k, key) for end, (k, key) in TYPES.items() if name.endswith(end)), (None, None))
        arn = given.get("ResourceArn", "*")
        if kind:
            own = given.get(key, "d-0123456789ab").lower()
            arn = store.arn(f"{kind}/{given['DomainId']}/{own}" if kind == "user-profile" else f"{kind}/{own}")
        context = {f"aws:ResourceTag/{k}": v for k, v in store.tags.get(arn, {}).items()}
        yield op, ACCOUNT, op, arn, context
        if given.get("Tags") and name.startswith("Create"):
            yield op, ACCOUNT, "sagemaker:AddTags", arn, {}
        settings = given.get("DefaultUserSettings") or given.get("UserSettings") or {}
        notebook = store.notebooks.get(given.get("NotebookInstanceName", "").lower())
        there = {**(notebook.data if notebook else {}), **given}
        role = settings.get("ExecutionRole") or given.get("RoleArn") or name == "StartNotebookInstance" and there["RoleArn"]
        if role:
            yield op, ACCOUNT, PASS, role, {"iam:PassedToService": "sagemaker.amazonaws.com"}
        if name == "CreateDomain" or "SubnetId" in there:
            self.beside |= {(op, action) for action in BESIDE.get(name, ())}
        if there.get("KmsKeyId"):
            self.beside |= {(op, action) for action in WITH_KEY.get(name, ())}

    def backend(self, account):
        return self.world.account(account).iam

    @staticmethod
    def find(iam, kind, name):
        return {"role": iam.roles, "user": iam.users, "group": iam.groups, "instance-profile": iam.profiles, "policy": {}}[kind].get(name)

    @staticmethod
    def tags(iam, kind, found):
        return [{"Key": k, "Value": v} for k, v in found.tags.items()]


def ours(action):
    return action.startswith("sagemaker:") or action == PASS or action in OF_ACCOUNT


def without(documents, action):
    """The policies without an action."""
    left = copy.deepcopy(documents)
    for document in left:
        for statement in document["Statement"]:
            statement["Action"] = [a for a in permissions.listed(statement["Action"]) if a != action]
    return left


class Rights(permissions.Project):
    """A project in an account that allows only what is printed."""

    def __init__(self, checks, binary, server, guard, folder, tries):
        super().__init__(checks, binary, f"http://127.0.0.1:{server.server_port}", guard, folder)
        self.guard, self.tries, self.tried, self.printed, self.seen, self.lacking = guard, tries, set(), {}, set(), set()

    def account(self):
        return self.guard.world.account(ACCOUNT)

    def taken(self):
        return copy.deepcopy((self.account().parts, self.account().public_access_block))

    def restore(self, state):
        self.account().parts, self.account().public_access_block = copy.deepcopy(state)

    def file(self, body):
        self.write(ENVIRONMENT, HEAD + body)

    def allow(self, documents, environment):
        pass  # what is left over is counted for both purposes, see `surplus`

    def used(self, purpose, action, statement):
        self.seen |= {(purpose, action, kind_of(resource)) for resource in permissions.listed(statement["Resource"])}

    def agreed(self, verb, *arguments):
        """A run, with whatever it wants to be told."""
        done, _ = self.hatrack(ACCOUNT, verb, ENVIRONMENT, *arguments)
        accepted = re.findall(r"--accept [^\s`]+", done.err) if done.code == 3 else []
        return self.hatrack(ACCOUNT, verb, ENVIRONMENT, *arguments, *" ".join(dict.fromkeys(accepted)).split())[0] if accepted else done

    def step(self, name, code, verb, *arguments, documents=None):
        """A run with exactly the printed policies; then without each action that no run was made without yet."""
        purpose = "--apply" if verb == "apply" else "--plan"
        documents = documents or self.permissions(purpose, ENVIRONMENT)
        for statement in (s for d in documents for s in d["Statement"]):
            for action in filter(ours, permissions.listed(statement["Action"])):
                for resource in permissions.listed(statement["Resource"]):
                    self.printed.setdefault((purpose, action, kind_of(resource)), name)
        before, self.guard.documents, self.guard.refused, self.guard.beside, asked = self.taken(), documents, [], set(), []
        take = self.guard.take
        self.guard.take = lambda: [asked.append(q) or q for q in take()]
        self.run(name, code, verb, ENVIRONMENT, *arguments, documents=documents)
        del self.guard.take
        granted = {a for d in documents for s in d["Statement"] for a in permissions.listed(s["Action"])}
        self.lacking |= {f"{op} takes {action}" for op, action in self.guard.beside if action not in granted}
        after = self.taken()
        actions = [a for a in sorted({q[2] for q in asked if ours(q[2])}) if (purpose, a) not in self.tried]
        for action in actions:
            self.tried.add((purpose, action))
            if self.tries and len(self.tried) % self.tries:
                continue
            self.restore(before)
            self.lacks(name, action, verb, documents, arguments)
        self.restore(after)
        self.guard.documents = None

    def lacks(self, name, action, verb, documents, arguments):
        self.guard.documents, self.guard.refused = without(documents, action), []
        done = self.agreed(verb, *arguments)
        refused = [r for r in self.guard.refused if action not in r]
        said = done.code == 1 and action in re.sub(r"\s+", " ", done.out + done.err)
        self.checks.check(f"{name}: {verb} without {action} exits 1 and names it", said and self.guard.refused and not refused,
                          f"    exit {done.code}, refused {self.guard.refused}\n{done.tail()}")
        if verb == "apply":
            self.guard.documents = documents
            again, left = self.agreed(verb, *arguments), self.agreed("plan")
            self.checks.check(f"{name}: {verb} with {action} again finishes", (again.code, left.code) == (0, 0),
                              f"    exit {again.code}, plan {left.code}\n{again.tail()}\n{left.tail()}")


def kind_of(arn):
    """What an ARN is of."""
    return arn if arn == "*" else arn.split(":", 5)[5].split("/")[0]


def by_hand(sagemaker, iam, s3control):
    """Something of each kind is changed by hand."""
    domain = sagemaker.list_domains()["Domains"][0]["DomainId"]
    described = sagemaker.describe_domain(DomainId=domain)
    arns = [described["DomainArn"]]
    arns.append(sagemaker.describe_user_profile(DomainId=domain, UserProfileName="Alice")["UserProfileArn"])
    arns.append(sagemaker.describe_notebook_instance(NotebookInstanceName="Scratch")["NotebookInstanceArn"])
    arns.append(sagemaker.describe_studio_lifecycle_config(StudioLifecycleConfigName="lab-setup")["StudioLifecycleConfigArn"])
    name = {"NotebookInstanceLifecycleConfigName": "Notebook-Setup"}
    arns.append(sagemaker.describe_notebook_instance_lifecycle_config(**name)["NotebookInstanceLifecycleConfigArn"])
    for arn in arns:
        sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "note", "Value": "by hand"}])
    settings = described["DefaultUserSettings"]
    settings["JupyterLabAppSettings"]["LifecycleConfigArns"] = []
    sagemaker.update_domain(DomainId=domain, DefaultUserSettings={**settings, "SecurityGroups": ["sg-9"]})
    sagemaker.update_notebook_instance_lifecycle_config(**name, OnStart=[{"Content": "ZWNobyBldmlsCg=="}])
    sagemaker.stop_notebook_instance(NotebookInstanceName="Scratch")
    sagemaker.delete_user_profile(DomainId=domain, UserProfileName="bob")
    iam.create_account_alias(AccountAlias="acme-old")
    iam.update_account_password_policy(MinimumPasswordLength=6)
    s3control.delete_public_access_block(AccountId=ACCOUNT)


def changed(text, changes):
    for old, new in changes:
        assert old in text, f"nothing to change: {old}"
        text = text.replace(old, new)
    return text


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", type=pathlib.Path)
    arguments.add_argument("--quick", action="store_true", help="take away only every fifth action")
    given = arguments.parse_args()
    checks, binary, began = Checks(), given.binary.resolve(), time.monotonic()
    module, server = standin()
    guard = Guard(module, server.world)
    here = type("Here", (), {"url": f"http://127.0.0.1:{server.server_port}", "client": Server.client})()
    sagemaker, iam, s3control = (here.client(name, ACCOUNT) for name in ("sagemaker", "iam", "s3control"))
    # One address stands for all accounts: boto3 would put the account's number before it.
    s3control.meta.events.register("before-send.s3-control", lambda request, **_: setattr(request, "url", request.url.replace(f"//{ACCOUNT}.", "//", 1)))
    with tempfile.TemporaryDirectory() as folder:
        rights = Rights(checks, binary, server, guard, folder, 5 if given.quick else 0)
        rights.file(STUDIO)
        rights.step("empty", 2, "plan")
        rights.step("made", 0, "apply", "--yes")
        for verb in ("plan", "drift"):
            rights.step("settled", 0, verb)
        rights.step("settled", 0, "snapshot", "-o", f"{folder}/snapshot.json")
        by_hand(sagemaker, iam, s3control)
        rights.step("by hand", 2, "drift")
        rights.step("by hand", 0, "apply", "--yes")
        text = changed(STUDIO, CHANGES)
        rights.file(text)
        rights.step("changed", 2, "plan")
        rights.step("changed", 0, "apply", "--yes")
        text = changed(text, FEWER)
        rights.file(text + RETIRED)
        rights.step("fewer", 0, "apply", "--yes")
        rights.step("fewer", 0, "drift")

        # What has the mark goes with the rights of the files that declared it, what is retired with those of these.
        before = rights.permissions("--apply", ENVIRONMENT)
        rights.file(GONE)
        both = before + rights.permissions("--apply", ENVIRONMENT)
        rights.step("gone", 0, "apply", "--yes", documents=both)

        # A file that has some of it only is read as a whole too.
        for name, body in (("sagemaker: {}", EMPTY), ("a notebook alone", NOTEBOOK), ("a domain alone", PERSONLESS)):
            rights.file(body)
            rights.step(name, 0 if body == EMPTY else 2, "plan")
            rights.step(name, 0, "apply", "--yes")

        surplus = sorted(f"{' '.join(key)} ({name})" for key, name in rights.printed.items() if key not in rights.seen)
        checks.check("nothing is printed that is never asked", not surplus, "    " + "\n    ".join(surplus))
        checks.check("what AWS asks beside SageMaker's actions is printed too", not rights.lacking, "    " + "\n    ".join(sorted(rights.lacking)))
        permissions.decide(rights, binary)
    print(f"{len(rights.tried)} actions taken away, {len(rights.cases)} questions, {time.monotonic() - began:.0f} s")
    return checks.end("studio-rights")


if __name__ == "__main__":
    sys.exit(main())
