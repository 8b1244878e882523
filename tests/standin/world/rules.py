"""The facts of AWS that the stand-in holds, by name; each can be switched off, so that the proof can show it goes red.

A rule is named where it is enforced (`on("names-ignore-case")`), and listed here with the fact. `--without NAME` and
`POST /_proxy/config {"without": ["NAME"]}` switch rules off. Marks: [M] botocore's model, [D] AWS's documentation,
[O] observed and reported by others, [G] a guess where AWS is silent.
"""

RULES = {}  # name -> the fact
OFF = set()


def rule(name, fact):
    RULES[name] = fact


def on(name):
    """Whether AWS behaves so here: true, unless the rule was switched off."""
    if name not in RULES:
        raise KeyError(f"no such rule: {name}")
    return name not in OFF


def switch_off(names):
    unknown = set(names) - set(RULES)
    if unknown:
        raise ValueError(f"no such rule: {', '.join(sorted(unknown))}")
    OFF.clear()
    OFF.update(names)
