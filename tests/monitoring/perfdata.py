# SPDX-License-Identifier: MIT
"""Reads performance data by the grammar of the Monitoring Plugins development guidelines."""
import re

NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
RANGE = rf"@?(?:(?:~|{NUMBER})?:)?(?:{NUMBER})?"
ITEM = re.compile(
    rf"(?P<label>[^\s'=]+)=(?P<value>U|{NUMBER})"
    rf"(?:;(?P<warn>{RANGE}))?(?:;(?P<crit>{RANGE}))?"
    rf"(?:;(?P<min>{NUMBER})?)?(?:;(?P<max>{NUMBER})?)?"
)


def parse(text):
    """{label: {value, warn, crit, min, max}}; ValueError where the grammar does not hold."""
    found = {}
    for word in text.split():
        match = ITEM.fullmatch(word)
        if match is None:
            raise ValueError(f"not performance data: {word!r}")
        values = match.groupdict()
        label = values.pop("label")
        if label in found:
            raise ValueError(f"twice: {word!r}")
        found[label] = values
    return found
