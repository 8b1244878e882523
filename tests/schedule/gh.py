"""A `gh` that keeps its issues in the file $GH_ISSUES. It knows what templates/schedule/drift-issue asks, and refuses all
else, so that a misspelt option is seen."""

import json
import os
import sys
from pathlib import Path

BODY_CHARACTERS_MAX = 65536  # GitHub's


def options(words: list[str], known: set[str], flags: frozenset[str] = frozenset()) -> dict[str, str]:
    found = {}
    while words:
        name = words.pop(0)
        if name in flags:
            found[name] = ""
        elif name in known and words:
            found[name] = words.pop(0)
        else:
            sys.exit(f"gh: unknown option {name}")
    return found


def body_of(asked: dict[str, str]) -> str:
    body = Path(asked["--body-file"]).read_text()
    if len(body) > BODY_CHARACTERS_MAX:
        sys.exit("gh: body is too long")
    return body


def main() -> None:
    if not os.environ.get("GH_TOKEN") or not os.environ.get("GH_REPO"):
        sys.exit("gh: not signed in")
    store = Path(os.environ["GH_ISSUES"])
    issues = json.loads(store.read_text()) if store.exists() else []
    what, how, *rest = sys.argv[1:]
    if what == "label" and how == "create":
        options(rest[1:], {"--color", "--description"}, frozenset({"--force"}))
    elif what == "issue" and how == "list":
        asked = options(rest, {"--label", "--state", "--limit", "--json", "--jq"})
        assert asked["--json"] == "number" and asked["--jq"] == ".[0].number // empty"
        found = [i for i in issues if i["state"] == asked["--state"] and asked["--label"] in i["labels"]]
        if found:
            print(found[-1]["number"])
    elif what == "issue" and how == "create":
        asked = options(rest, {"--title", "--label", "--body-file"})
        issues.append({"number": len(issues) + 1, "state": "open", "labels": [asked["--label"]],
                       "title": asked["--title"], "body": body_of(asked), "comments": []})
    elif what == "issue":
        issue = issues[int(rest[0]) - 1]
        if how == "view":
            asked = options(rest[1:], {"--json", "--jq"})
            assert asked == {"--json": "body", "--jq": ".body"}
            print(issue["body"])
        elif how == "edit":
            asked = options(rest[1:], {"--title", "--body-file"})
            issue |= {"title": asked["--title"], "body": body_of(asked)}
        elif how == "comment":
            issue["comments"].append(options(rest[1:], {"--body"})["--body"])
        elif how == "reopen":
            issue["comments"].append(options(rest[1:], {"--comment"})["--comment"])
            issue["state"] = "open"
        elif how == "close":
            asked = options(rest[1:], {"--comment", "--reason"})
            issue["comments"].append(asked["--comment"])
            issue["state"] = "closed"
        else:
            sys.exit(f"gh: unknown command issue {how}")
    else:
        sys.exit(f"gh: unknown command {what} {how}")
    store.write_text(json.dumps(issues))


main()
