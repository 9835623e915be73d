"""Splink with the settings of somebody who knows it well.

First name and surname apart, one comparison for the whole address, e-mail with its local part, phone, birth date; term
frequencies on names, phone, postcode and city; u from ten million sampled pairs, EM on up to four blockings. The table
has `unique_id`, `FIELDS` (in lower case, null where empty; absent ones all null) and `address` (number and street).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from splink import Linker, SettingsCreator

SAMPLED_PAIRS = 10_000_000
SEED = 1
#: Records up to which Splink also looks at all pairs that agree on one of these fields, as its own examples do.
SMALL = 20_000
SMALL_ON = ("first_name", "last_name", "birth_on", "postcode", "street", "account_id")
#: Agreement on these is nearly always one person: what the prior is estimated from.
SURE = (("email",), ("phone",), ("first_name", "last_name", "birth_on"))
SURE_WITHOUT_CONTACTS = (("first_name", "birth_on"), ("last_name", "birth_on"))
#: A set that has nothing in a field is not compared on it.
FIELDS = (
    "first_name",
    "last_name",
    "birth_on",
    "email",
    "phone",
    "street",
    "house_number",
    "postcode",
    "city",
    "account_id",
)


def train(linker: "Linker", fields: frozenset[str]) -> None:
    """Train a linker without labels."""
    from splink.blocking_rule_library import block_on

    has_contacts = bool({"email", "phone", "account_id"} & fields)
    sure = [rule for rule in (SURE if has_contacts else SURE_WITHOUT_CONTACTS) if is_there(rule, fields)]
    linker.training.estimate_probability_two_random_records_match([block_on(*rule) for rule in sure], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED)
    for rule in (("first_name", "last_name"), ("birth_on",), ("postcode", "last_name"), ("email",)):
        if is_there(rule, fields):
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))


def is_there(rule: tuple[str, ...], fields: frozenset[str]) -> bool:
    """Tell whether a set has every field of a rule."""
    return fields.issuperset(rule)


def expert(fields: frozenset[str], *, is_small: bool, is_wide: bool = False) -> "SettingsCreator":
    """Return the settings that somebody who knows Splink well gives it; `is_wide`: with the wide yardstick's rules."""
    import splink.comparison_library as cl
    from splink import SettingsCreator
    from splink.blocking_rule_library import CustomRule

    first, last, born = (f"l.{name} = r.{name}" for name in ("first_name", "last_name", "birth_on"))
    starts = {"first_name": 3, "last_name": 4, "birth_on": 4, "postcode": 3}
    begin = {name: f"substr(l.{name}, 1, {most}) = substr(r.{name}, 1, {most})" for name, most in starts.items()}
    alike: dict[tuple[str, ...], list[str]] = {
        ("email",): ["l.email = r.email"],
        ("phone",): ["l.phone = r.phone"],
        ("last_name", "birth_on"): [last, born],
        ("first_name", "birth_on"): [first, born],
        ("last_name", "postcode"): [last, "l.postcode = r.postcode"],
        ("first_name", "postcode"): [first, "l.postcode = r.postcode"],
        ("first_name", "last_name", "city"): [first, last, "l.city = r.city"],
        ("first_name", "last_name", "postcode"): [first, last, begin["postcode"]],
        ("street", "postcode"): ["l.address = r.address", "l.postcode = r.postcode"],
        ("first_name", "last_name"): [begin["first_name"], begin["last_name"], begin["birth_on"]],
    }
    wide: dict[tuple[str, ...], list[str]] = {
        ("first_name", "last_name"): [first, last],
        ("birth_on",): [born],
        ("email",): ["split_part(l.email, '@', 1) = split_part(r.email, '@', 1)"],
        ("street",): ["l.street = r.street"],
        ("last_name", "first_name"): [begin["first_name"], begin["last_name"]],
        ("last_name", "city"): [last, "l.city = r.city"],
        ("first_name", "city"): [first, "l.city = r.city"],
        ("email", "last_name"): ["substr(l.email, 1, 5) = substr(r.email, 1, 5)", last],
    }
    comparisons: list[tuple[str, Any]] = [
        ("first_name", cl.NameComparison("first_name").configure(term_frequency_adjustments=True)),
        ("last_name", cl.NameComparison("last_name").configure(term_frequency_adjustments=True)),
        ("birth_on", cl.DateOfBirthComparison("birth_on", input_is_string=True)),
        ("email", cl.EmailComparison("email")),
        ("account_id", cl.LevenshteinAtThresholds("account_id", [1, 2])),
        ("phone", cl.LevenshteinAtThresholds("phone", 1).configure(term_frequency_adjustments=True)),
    ]
    rules = [*alike.items(), *(wide.items() if is_wide else ())]
    if is_small:
        rules += [((name,), [f"l.{name} = r.{name}"]) for name in SMALL_ON]
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[*(told for field, told in comparisons if field in fields), *_place(fields)],
        blocking_rules_to_generate_predictions=[
            CustomRule(" AND ".join(sql)) for needed, sql in rules if is_there(needed, fields)
        ],
    )


def _place(fields: frozenset[str]) -> list[Any]:
    """Return one comparison for the whole address, or for the city where there is nothing else."""
    import splink.comparison_library as cl

    if "street" not in fields:
        city = cl.JaroWinklerAtThresholds("city", 0.9).configure(term_frequency_adjustments=True)
        return [city] if "city" in fields else []
    near = "jaro_winkler_similarity(address_l, address_r) >= 0.9"
    nothing = " AND ".join(f"({f}_l IS NULL OR {f}_r IS NULL)" for f in ("address", "postcode", "city"))
    levels = [
        {"sql_condition": nothing, "is_null_level": True},
        {"sql_condition": "address_l = address_r AND postcode_l = postcode_r"},
        {"sql_condition": f"({near}) AND (postcode_l = postcode_r OR city_l = city_r)"},
        {"sql_condition": "address_l = address_r"},
        {"sql_condition": "postcode_l = postcode_r", "tf_adjustment_column": "postcode", "tf_adjustment_weight": 1.0},
        {"sql_condition": "city_l = city_r", "tf_adjustment_column": "city", "tf_adjustment_weight": 1.0},
        {"sql_condition": "ELSE"},
    ]
    return [{"output_column_name": "place", "comparison_levels": levels}]
