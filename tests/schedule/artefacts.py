"""Takes out of the files of templates/schedule what they run."""

import shlex
from pathlib import Path

import yaml


class Stack(yaml.SafeLoader):
    """CloudFormation: `!Ref x` and its like are read as {"!Ref": x}."""


def _short(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return {f"!{suffix}": loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {f"!{suffix}": loader.construct_sequence(node, deep=True)}
    return {f"!{suffix}": loader.construct_mapping(node, deep=True)}


Stack.add_multi_constructor("!", _short)


def read(path: Path):
    return yaml.load(path.read_text(), Stack)  # a subclass of SafeLoader


def documents(path: Path) -> dict[str, dict]:
    """Of a Kubernetes file, by kind."""
    return {document["kind"]: document for document in yaml.safe_load_all(path.read_text())}


def pod_job(path: Path) -> dict:
    return documents(path)["CronJob"]["spec"]["jobTemplate"]["spec"]


def container(path: Path) -> dict:
    [only] = pod_job(path)["template"]["spec"]["containers"]
    return only


def indexed_script(folder: Path) -> str:
    found = container(folder / "kubernetes/indexed-job.yaml")
    assert found["command"] == ["sh", "-euc"]
    [script] = found["args"]
    return script


def gitlab_script(folder: Path) -> str:
    return "\n".join(read(folder / "gitlab-ci.yml")["drift"]["script"]) + "\n"


def unit(path: Path) -> list[tuple[str, str]]:
    """Settings of a unit, in order; specifiers are left as they are."""
    lines = [line for line in path.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return [tuple(line.split("=", 1)) for line in lines]


def unit_commands(path: Path) -> list[tuple[str, list[str]]]:
    return [(key, shlex.split(value)) for key, value in unit(path) if key.startswith("Exec")]


def unit_environment(path: Path) -> dict[str, str]:
    found = [shlex.split(value) for key, value in unit(path) if key == "Environment"]
    return dict(pair.split("=", 1) for pairs in found for pair in pairs)
