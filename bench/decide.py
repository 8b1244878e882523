#!/usr/bin/env python3
"""Decides the same cases with hatrack and @cloud-copilot/iam-simulate: where they agree, and how fast each is.

Usage: bench/decide.py [--number N] [--seed N] [--cases FILE] [--write FILE] [--hatrack PATH] [--peer FOLDER] [--seconds N]

  --number   how many cases are made                                                         [default: 3000]
  --seed     of the random choices: the same seed makes the same cases                       [default: 1]
  --cases    cases of a file instead, such as tests/decisions/documented.jsonl
  --write    keeps the cases in this file
  --hatrack  the binary                                                                      [default: target/release/hatrack]
  --peer     a folder where the peer is installed already; otherwise npm installs it in a scratch folder
  --seconds  how long each is timed                                                          [default: 5]

Needs node and npm. A disagreement is no proof of a mistake of either: AWS's page decides, and where it does, the case
belongs into tests/decisions/documented.jsonl. hatrack is timed from outside: the wall clock of a process over the
cases repeated, less that over an empty file; once held to one thread, once on all processors. The peer is timed in a
warm loop, without starting up. Each reads its cases as its interface takes them: hatrack from JSON in lines, the peer
from objects that have been parsed.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import decide_cases  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEER = "@cloud-copilot/iam-simulate@0.1.173"
FIELDS = ("id", "request", "identity_policies", "permissions_boundary", "session_policy", "resource_policy", "scps", "rcps")


def lines(text):
    return {answer["id"]: answer for answer in map(json.loads, text.splitlines())}


def hatrack_answers(binary, path):
    """The answers by id, or None where the binary has no `decide`."""
    done = subprocess.run([binary, "decide", "--batch", path], capture_output=True, text=True, check=False)
    if not done.stdout and done.returncode:
        print(f"hatrack does not decide: {done.stderr.strip().splitlines()[:1]}", file=sys.stderr)
        return None
    return lines(done.stdout)


def peer_answers(folder, path):
    return lines(subprocess.run(["node", ROOT / "bench" / "iam_simulate.mjs", folder, "answer", path], check=True,
                                capture_output=True, text=True).stdout)


def wall(command):
    """Seconds of a process."""
    begin = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - begin


def hatrack_speed(binary, cases, folder, seconds, threads):
    """Decisions a second: the cases repeated until they take about that long."""
    empty = folder / "empty.jsonl"
    empty.write_text("")
    command = [binary, "decide", "--threads", str(threads), "--batch"]
    start = min(wall([*command, empty]) for _ in range(5))
    repeated, path = 1, folder / "repeated.jsonl"
    text = "".join(json.dumps(case) + "\n" for case in cases)
    while True:
        with path.open("w") as file:
            for _ in range(repeated):
                file.write(text)
        took = wall([*command, path]) - start
        if took > seconds / 2 or repeated >= 4096:
            return repeated * len(cases) / took
        repeated = min(4096, max(repeated + 1, int(repeated * seconds / max(took, seconds / 50))))


def topic_of(case):
    return case["id"].rsplit("-", 1)[0] if case["id"].rsplit("-", 1)[-1].isdigit() else case["id"].split("-")[0]


def compare(cases, ours, theirs, expected):
    """Prints agreement by topic, then every disagreement. Without hatrack's answers the documented ones stand for them."""
    counts, differences = collections.defaultdict(collections.Counter), []
    for case in cases:
        count = counts[topic_of(case)]
        mine, other = (ours or {}).get(case["id"], {}), theirs[case["id"]]
        mine, other = mine.get("decision") or mine.get("error"), other.get("decision") or other["error"]
        if other not in ("allowed", "explicitDeny", "implicitDeny"):
            count["refused"] += 1
            continue
        count[other] += 1
        if ours is None:
            mine = expected.get(case["id"])
            if mine is None:
                continue
        count["agree" if mine == other else "differ"] += 1
        if mine != other:
            differences.append((case["id"], mine, other, expected.get(case["id"], "") if ours is not None else ""))
    columns = ("agree", "differ", "refused", "allowed", "explicitDeny", "implicitDeny")
    print(f"{'topic':20} {'cases':>6} " + " ".join(f"{column:>13}" for column in columns))
    total = collections.Counter()
    for topic, count in sorted(counts.items()):
        total.update(count)
        print(f"{topic:20} {sum(topic_of(case) == topic for case in cases):6} " + " ".join(f"{count[column]:13}" for column in columns))
    print(f"{'all':20} {len(cases):6} " + " ".join(f"{total[column]:13}" for column in columns))
    print("refused: by the peer's validation; the last three columns are the peer's decisions\n")
    if differences:
        print(f"{'disagreement':44} {'hatrack' if ours is not None else 'documented':14} {'peer':14} {'documented' if ours is not None and expected else ''}")
        for id, mine, other, known in differences:
            print(f"{id:44} {mine!s:14} {other:14} {known}")
        print()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--number", type=int, default=3000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--cases", type=pathlib.Path)
    arguments.add_argument("--write", type=pathlib.Path)
    arguments.add_argument("--hatrack", default=str(ROOT / "target" / "release" / "hatrack"))
    arguments.add_argument("--peer", type=pathlib.Path)
    arguments.add_argument("--seconds", type=float, default=5)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if options.cases:
            rows = [json.loads(line) for line in options.cases.read_text(encoding="utf-8").splitlines()]
        else:
            rows = decide_cases.cases(options.number, options.seed)
        expected = {row["id"]: row["expected"] for row in rows if "expected" in row}
        cases = [{field: row[field] for field in FIELDS} for row in rows]
        path = options.write or folder / "cases.jsonl"
        path.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")
        peer = options.peer
        if not peer:
            peer = folder / "peer"
            peer.mkdir()
            (peer / "package.json").write_text("{}")
            subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", PEER], cwd=peer, check=True)

        ours = hatrack_answers(options.hatrack, path) if pathlib.Path(options.hatrack).exists() else None
        compare(cases, ours, peer_answers(peer, path), expected)

        timed = subprocess.run(["node", ROOT / "bench" / "iam_simulate.mjs", peer, "time", path, str(options.seconds)],
                               check=True, capture_output=True, text=True)
        timed = json.loads(timed.stdout)
        slow = timed["decisions"] / timed["seconds"]
        print(f"{'tool':26} {'decisions/s':>12} {'ratio':>8}")
        print(f"{'iam-simulate, one thread':26} {slow:12.0f} {1:8.1f}")
        if ours is not None:
            every = len(os.sched_getaffinity(0))
            for name, threads in [("hatrack, one thread", 1), (f"hatrack, {every} threads", every)]:
                fast = hatrack_speed(options.hatrack, cases, folder, options.seconds, threads)
                print(f"{name:26} {fast:12.0f} {fast / slow:8.1f}")


if __name__ == "__main__":
    main()
