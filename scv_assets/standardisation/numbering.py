"""Plain phone numbers read straight from the numbering plans that come with phonenumbers.

The library takes some 20 µs a number; a plain one (digits and the usual punctuation) of a country whose numbers are
dialled with a 0 in front is decided here in 2 µs by the same patterns. What this does not read, the library does.
"""

import re
from dataclasses import dataclass
from functools import cache

import phonenumbers

_PLAIN = re.compile(r"\+?\d[\d ./-]{5,24}")
_PUNCTUATION = str.maketrans("", "", " ./-")
_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan",
    "voicemail",
)  # fmt: skip


@dataclass(frozen=True)
class NumberingPlan:
    """A country's calling code, and a pattern that matches exactly its valid national numbers."""

    calling_code: str
    valid: re.Pattern[str]


def plain_number(text: str, region: str | None) -> str | None:
    """Return a plainly written valid number of the region in E.164; None where this cannot tell."""
    plan = numbering_plan(region) if region else None
    if plan is None or not _PLAIN.fullmatch(text):
        return None
    digits = text.translate(_PUNCTUATION)
    if digits[0] == "+":
        national = digits[1 + len(plan.calling_code) :] if digits.startswith(plan.calling_code, 1) else ""
    else:
        national = digits.removeprefix("0")
    return f"+{plan.calling_code}{national}" if plan.valid.fullmatch(national) else None


@cache
def numbering_plan(region: str) -> NumberingPlan | None:
    """Return the plan of a country that dials a plain 0 in front and has its calling code alone; else None."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if (
        metadata is None
        or metadata.country_code is None
        or metadata.national_prefix != "0"
        or metadata.national_prefix_for_parsing != "0"
    ):
        return None
    if len(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[metadata.country_code]) > 1:
        return None
    patterns = [
        getattr(metadata, name).national_number_pattern for name in _TYPES if getattr(metadata, name) is not None
    ]
    kinds = "|".join(f"(?:{pattern})" for pattern in patterns if pattern)
    general = metadata.general_desc.national_number_pattern if metadata.general_desc is not None else None
    if general is None:
        return None
    return NumberingPlan(str(metadata.country_code), re.compile(f"(?=(?:{general})\\Z)(?:{kinds})"))
