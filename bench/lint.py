#!/usr/bin/env python3
"""Checks the same policies with hatrack, parliament and cfn-lint, and prints how long each took, as ratios.

Usage: bench/lint.py [--policies N] [--peers N] [--hatrack PATH]

  --policies  how many documents hatrack checks: all AWS managed policies, then variations of them  [default: 5000]
  --peers     how many of them the peers check, evenly picked; they are slow                      [default: 500]
  --hatrack   the binary                                                 [default: target/release/hatrack]

The peers come from bench/requirements.txt:  python3 -m venv .bench && .bench/bin/pip install -r bench/requirements.txt
and this is run with that Python. Each tool is one process over many files, so that starting up counts once; the
smaller number of documents of the peers is said. The start-up cost of the embedded catalogue is measured beside it,
as the time of `--version` against the time of checking one small document.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def managed():
    """The documents of data/managed-policies.txt, the last column of each line."""
    for line in (ROOT / "data" / "managed-policies.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield json.loads(line.rsplit("\t", 1)[1])


def documents(count):
    """All managed policies, then variations: the first statement alone, the last alone, all with other Sids."""
    originals = list(managed())
    yield from originals[:count]
    left = count - len(originals)
    for n in range(max(left, 0)):
        document = json.loads(json.dumps(originals[n % len(originals)]))
        statements = document["Statement"]
        statements = statements if isinstance(statements, list) else [statements]
        kept = [statements[:1], statements[-1:], statements][n // len(originals) % 3]
        for number, statement in enumerate(kept):
            statement["Sid"] = f"Variation{n}Number{number}"
        yield {"Version": document["Version"], "Statement": kept}


def timed(command, stdin=None):
    """Wall and processor seconds of a command, whatever its exit code; its output is thrown away."""
    before, start = os.times(), time.monotonic()
    subprocess.run(command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = os.times()
    processor = after.children_user - before.children_user + after.children_system - before.children_system
    return time.monotonic() - start, processor


PARLIAMENT = """
import json, sys
import parliament
for path in sys.argv[1:]:
    parliament.analyze_policy_string(open(path, encoding="utf-8").read())
"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--policies", type=int, default=5000)
    arguments.add_argument("--peers", type=int, default=500)
    arguments.add_argument("--hatrack", default=str(ROOT / "target" / "release" / "hatrack"))
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        every = []
        for number, document in enumerate(documents(options.policies)):
            path = folder / f"{number:05}.json"
            path.write_text(json.dumps(document), encoding="utf-8")
            every.append(str(path))
        some = every[:: max(len(every) // options.peers, 1)][: options.peers]
        templates = folder / "templates"
        templates.mkdir()
        for path in some:
            body = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
            resource = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": body}}
            (templates / pathlib.Path(path).name).write_text(json.dumps({"Resources": {"Policy": resource}}))

        lint = [options.hatrack, "policy", "lint", "--kind", "identity", "--format", "json"]
        runs = [("hatrack", len(every), timed([*lint, *every]))]
        runs.append(("parliament", len(some), timed([sys.executable, "-c", PARLIAMENT, *some])))
        cfn_lint = shutil.which("cfn-lint", path=str(pathlib.Path(sys.executable).parent)) or "cfn-lint"
        runs.append(("cfn-lint", len(some), timed([cfn_lint, *sorted(map(str, templates.iterdir()))])))

        ours = runs[0][2][1] / runs[0][1]
        print(f"{'tool':12} {'documents':>9} {'wall s':>8} {'CPU s':>8} {'CPU ms each':>12} {'ratio':>8}")
        for name, count, (wall, processor) in runs:
            each = processor / count
            print(f"{name:12} {count:9} {wall:8.2f} {processor:8.2f} {each * 1000:12.3f} {each / ours:8.1f}")

        small = folder / "small.json"
        small.write_text('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject",'
                         '"Resource":"arn:aws:s3:::acme-alpha/*"}}')
        rounds = 50
        version = sum(timed([options.hatrack, "--version"])[1] for _ in range(rounds)) / rounds
        one = sum(timed([*lint, str(small)])[1] for _ in range(rounds)) / rounds
        print(f"\nstart-up: `--version` {version * 1000:.2f} ms CPU, one small document {one * 1000:.2f} ms CPU")


if __name__ == "__main__":
    main()
