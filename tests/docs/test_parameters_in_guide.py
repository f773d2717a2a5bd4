"""The governance guide names every number that can be voted on, once."""

import re

from runtime.frame.parameters import Param
from tests.tidy.tree import ROOT

GUIDE = (ROOT / "docs/guides/governance.md").read_text("utf-8")


def test_every_parameter_is_in_the_table() -> None:
    section = GUIDE.split("## What can be set")[1]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    named = [name for row in rows for name in re.findall(r"`([a-z-]+)`", row)]
    assert sorted(named) == sorted(param.name.lower().replace("_", "-") for param in Param)
