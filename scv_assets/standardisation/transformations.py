"""What standardisation does to each person field, in words: for the catalogue and the column lineage in the UI."""

PERSON_TRANSFORMATIONS: dict[str, str] = {
    "source_key": "as delivered",
    "first_name": "titles off, shouted or whispered case mended, diacritics kept; parted where a name came whole",
    "last_name": "as first_name; particle and generation (Jr, Sr) kept, maiden name behind a hyphen",
    "birth_on": "read as a day; before 1900-01-02 or after the extract's day is null",
    "email": "lower case, display name and mailto: off; no address is null",
    "phone": "E.164 by the numbering plan of the record's country, else of the company's; no valid number is null",
    "street": "house number taken out, type written out (Bd: Boulevard, Hoogstr.: Hoogstraat, St: Street)",
    "house_number": "number with suffix (12B, 12 bis) and box (12 bte 3); out of the street line where it stands there",
    "postcode": "country prefix off, eaten zeros put back, written as its country does",
    "city": "CEDEX and district number off, case mended, St written out",
    "country": "ISO 3166-1 alpha-2, from a code or a name in six languages",
    "language": "ISO 639-1, from a code, a locale or a name in six languages",
    "updated_at": "as delivered (UTC)",
    "is_deleted": "as delivered",
    "merged_into": "as delivered",
    "identifiers.email": "as email",
    "identifiers.phone": "as phone",
    "identifiers.loyalty_card": "digits and capitals; blanks, punctuation and N° off",
    "identifiers.social_handle": "lower case, @ and profile address off",
}
_KEY = "outer blanks and a spreadsheet's .0 off"


def transformation(field: str) -> str:
    """Return what happens to a canonical person field (`email`, `identifiers.crm_id`, `raw_email`)."""
    if field.startswith("raw_"):
        return "as delivered, trimmed"
    return PERSON_TRANSFORMATIONS.get(field, _KEY if field.startswith("identifiers.") else "as delivered")
