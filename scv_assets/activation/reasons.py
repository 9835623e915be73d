"""Why a message is not sent: the words of `suppression.reason` and `outbox.reason`, in the order of precedence.

Where several hold, the first is the reason that is told.
"""

from resources.store import erasures

ERASED = erasures.ERASED
CAMPAIGN_ENDED = "campaign_ended"
EXPIRED = "expired"
OUT_OF_AUDIENCE = "out_of_audience"
ALREADY_SENT = "already_sent"
OPEN_COMPLAINT = "open_complaint"
RETURNED = "returned"
BOUGHT = "bought"
NO_CONTACT_POINT = "no_contact_point"
UNUSABLE_ADDRESS = "unusable_address"
NO_CONSENT = "no_consent"
HELD_OUT = "held_out"
CAPPED = "capped"
COMPANY_CAPPED = "company_capped"

#: reason -> what it means, in the order of precedence
REASONS: dict[str, str] = {
    ERASED: "the customer is no longer there, or asked to be forgotten",
    CAMPAIGN_ENDED: "campaigns.yaml has no such campaign any more",
    EXPIRED: "it is too late to send it",
    OUT_OF_AUDIENCE: "the customer is not, or no longer, of the segment or the audience",
    ALREADY_SENT: "the customer has had it, under this or an earlier id",
    OPEN_COMPLAINT: "a complaint of the customer is open",
    RETURNED: "the customer sent the same product back",
    BOUGHT: "the customer has bought it since, in some channel",
    NO_CONTACT_POINT: "no address for any of its channels",
    UNUSABLE_ADDRESS: "the address bounces, or reaches nobody",
    NO_CONSENT: "no consent for any of its channels that reaches the customer",
    HELD_OUT: "drawn into the group that is left alone, to measure by",
    CAPPED: "the campaign has written often enough of late",
    COMPANY_CAPPED: "the company has written often enough of late for this purpose",
}
#: reasons that may pass: a message that was cancelled for one of them can be decided anew while it is due
PASSING: tuple[str, ...] = (
    OUT_OF_AUDIENCE,
    OPEN_COMPLAINT,
    BOUGHT,
    NO_CONTACT_POINT,
    UNUSABLE_ADDRESS,
    NO_CONSENT,
    CAPPED,
    COMPANY_CAPPED,
)


def rank(column: str) -> str:
    """Return the SQL of a reason's place in the order of precedence, from 0."""
    cases = " ".join(f"WHEN '{reason}' THEN {place}" for place, reason in enumerate(REASONS))
    return f"CASE {column} {cases} END"
