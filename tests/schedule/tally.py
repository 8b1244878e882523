"""Counts what is good and what is bad, and says so."""

import textwrap


class Tally:
    def __init__(self) -> None:
        self.good = 0
        self.bad = 0

    def note(self, name: str, good: bool, said: str = "") -> None:
        """One check; `said` is shown if it is bad."""
        print(f"{'ok  ' if good else 'BAD '} {name}", flush=True)
        if good:
            self.good += 1
        else:
            self.bad += 1
            print(textwrap.indent(said.strip(), "       "), flush=True)

    def skip(self, name: str, why: str) -> None:
        print(f"skip {name}: {why}", flush=True)

    def close(self, name: str) -> int:
        """The line that scripts/test counts, and the exit code."""
        print(f"{name}: {self.good} good, {self.bad} bad")
        return 1 if self.bad or not self.good else 0
