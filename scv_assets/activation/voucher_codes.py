"""Voucher codes: nobody can guess one, and the same message has the same code whenever it is decided again.

A code is the beginning of HMAC-SHA256 (RFC 2104) of the message's idempotency key under the company's secret, 48 bits
in sixteen consonants that cannot be taken for one another: a guess hits one of a million codes once in 280 million.
"""

import hashlib

_BLOCK = 64
_LENGTH = 12
_HEX, _LETTERS = "0123456789abcdef", "BCDFGHJKMNPQRTVW"


def code(key: str, secret: str, prefix: str) -> str:
    """Return the SQL of the voucher code of a message; `key`: the SQL of its idempotency key."""
    padded = secret.encode()
    if len(padded) > _BLOCK:
        padded = hashlib.sha256(padded).digest()
    padded = padded.ljust(_BLOCK, b"\0")
    inner, outer = (_blob(bytes(byte ^ mask for byte in padded)) for mask in (0x36, 0x5C))
    digest = f"sha256({outer} || unhex(sha256({inner} || encode({key}))))"
    return f"'{prefix}' || translate(left({digest}, {_LENGTH}), '{_HEX}', '{_LETTERS}')"


def _blob(content: bytes) -> str:
    return "'" + "".join(f"\\x{byte:02X}" for byte in content) + "'::BLOB"
