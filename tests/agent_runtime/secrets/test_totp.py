"""One-time codes, by the vectors of RFC 6238 (appendix B)."""

from __future__ import annotations

from base64 import b32encode

import pytest

from agent_runtime.secrets.errors import SecretInvalid
from agent_runtime.secrets.totp import Totp, key_text

SEEDS = {
    "SHA1": b"1234567890" * 2,
    "SHA256": b"1234567890" * 3 + b"12",
    "SHA512": b"1234567890" * 6 + b"1234",
}
VECTORS = [
    (59, "SHA1", "94287082"),
    (59, "SHA256", "46119246"),
    (59, "SHA512", "90693936"),
    (1111111109, "SHA1", "07081804"),
    (1111111109, "SHA256", "68084774"),
    (1111111109, "SHA512", "25091201"),
    (1111111111, "SHA1", "14050471"),
    (1111111111, "SHA256", "67062674"),
    (1111111111, "SHA512", "99943326"),
    (1234567890, "SHA1", "89005924"),
    (1234567890, "SHA256", "91819424"),
    (1234567890, "SHA512", "93441116"),
    (2000000000, "SHA1", "69279037"),
    (2000000000, "SHA256", "90698825"),
    (2000000000, "SHA512", "38618901"),
    (20000000000, "SHA1", "65353130"),
    (20000000000, "SHA256", "77737706"),
    (20000000000, "SHA512", "47863826"),
]


@pytest.mark.parametrize(("now", "algorithm", "code"), VECTORS)
def test_codes_are_those_of_the_standard(now: int, algorithm: str, code: str) -> None:
    assert Totp(SEEDS[algorithm], digits=8, algorithm=algorithm).code(now) == code


def test_a_key_is_read_as_sites_show_it() -> None:
    shown = b32encode(SEEDS["SHA1"]).decode()
    grouped = " ".join(shown[at : at + 4] for at in range(0, len(shown), 4)).lower()

    assert Totp.read(shown) == Totp.read(grouped) == Totp.read(f" {shown}\n") == Totp(SEEDS["SHA1"])
    assert Totp.read(shown).code(59) == "287082"


def test_an_otpauth_address_says_it_all() -> None:
    key = b32encode(SEEDS["SHA256"]).decode().rstrip("=")
    address = f"otpauth://totp/Shop:ada?secret={key}&digits=8&period=60&algorithm=sha-256"

    totp = Totp.read(address)

    assert totp == Totp(SEEDS["SHA256"], digits=8, period=60, algorithm="SHA256")
    assert key_text(address) == key


def test_a_code_is_good_until_its_period_ends() -> None:
    totp = Totp(SEEDS["SHA1"])

    assert totp.seconds_left(60.0) == 30.0
    assert totp.seconds_left(89.5) == 0.5
    assert totp.code(60) == totp.code(89.9) != totp.code(90)


@pytest.mark.parametrize(
    "text",
    [
        "not base32!",
        "ABC",
        "ÄÖÜ",
        "otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP",
        "otpauth://totp/x",
        "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=3",
        "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=soon",
        "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=MD5",
    ],
)
def test_what_is_no_key_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(SecretInvalid) as refused:
        Totp.read(text)

    assert text not in str(refused.value)
    assert "JBSWY3DPEHPK3PXP" not in str(refused.value)


def test_a_key_does_not_stand_in_its_own_description() -> None:
    assert "1234567890" not in repr(Totp(SEEDS["SHA1"]))
