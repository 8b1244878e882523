"""The table of operations: what `services/` does of AWS."""

import re

from world.rules import on, rule

OPERATIONS = {}  # "iam:CreateUser" -> function(call, parameters) -> the answer's members
READ = re.compile(r"[a-z0-9-]+:(Get|List|Head|Describe|LookupEvents|Simulate|GenerateCredentialReport|AssumeRole)")
rule("pages", "lists come in pages: MaxItems/MaxResults, IsTruncated, Marker or NextToken; a page may be shorter than asked for [M]")
rule("strange-marker", "a marker that no page gave is refused [O]")


def op(*names):
    def register(function):
        for name in names:
            OPERATIONS[name] = function
        return function

    return register


def page(call, items, token, most, default, refusal):
    """(items of this page, the next token or None). Tokens name the account of nobody: they are positions."""
    start = 0
    if token:
        match = re.fullmatch(r"AAE-(\d+)", token)
        if match is None and on("strange-marker"):
            raise refusal
        start = int(match[1]) if match else 0
    if not on("pages"):
        return items, None
    size = min(int(most or default), call.config["page"] or 1000, 1000)
    return items[start : start + size], f"AAE-{start + size}" if start + size < len(items) else None
