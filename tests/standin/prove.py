#!/usr/bin/env python3
"""Proves the stand-in with boto3, an independent client; then that each check can fail: every rule is switched off once,
and a check that names it must go red.

    prove.py [--only GROUP,...] [--quick]       --quick: without switching rules off
"""

import argparse
import importlib
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from checks import base  # noqa: E402
from world.state import DEFAULTS  # noqa: E402

PARTS = (
    "wire",
    "faults",
    "iam_people",
    "iam_credentials",
    "iam_roles",
    "iam_policies",
    "iam_account",
    "sts",
    "s3_buckets",
    "s3_settings",
    "sagemaker_studio",
    "sagemaker_notebooks",
    "around",
    "agreement",
)


def known_rules():
    listed = subprocess.run([sys.executable, HERE / "server.py", "--rules"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if line and not line.startswith(" ")]


def reds(server, checks, groups):
    """Switches each rule off, and sees a check go red."""
    for rule in known_rules():
        proving = [function for function, rules in groups if rule in rules]
        if not proving:
            checks.check(f"rule {rule}: some group proves it", False)
            continue
        server.control("config", {"without": [rule]})
        missed = None
        try:
            for function in proving:
                base.Proof(server).run(function)
        except base.Red as red:
            missed = str(red)
        finally:
            server.control("config", DEFAULTS)
        checks.check(f"without {rule}: red is «{missed}»" if missed else f"without {rule}: a check goes red", missed is not None)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", default="", help="groups to run, by the name of their function")
    arguments.add_argument("--quick", action="store_true", help="do not switch rules off")
    given = arguments.parse_args()
    for part in PARTS:
        importlib.import_module(f"checks.{part}")
    only = [n for n in given.only.split(",") if n]
    groups = [(f, rules) for f, rules in base.GROUPS if not only or f.__name__ in only]
    checks, began = base.common.Checks(), time.monotonic()
    with base.started("standin") as server:
        proof = base.Proof(server, checks)
        for function, _ in groups:
            print(f"--    {function.__module__.rpartition('.')[2]}: {function.__name__}", flush=True)
            proof.run(function)
        print(f"{checks.good} checks in {time.monotonic() - began:.0f} s", flush=True)
        said = server.complaints()
        checks.check("the stand-in itself did not fail", "Traceback" not in said, said[-3000:])
        if not given.quick and not only:
            reds(server, checks, groups)
    print(f"{time.monotonic() - began:.0f} s")
    return checks.end("prove")


if __name__ == "__main__":
    sys.exit(main())
