"""What may be a secret."""

from __future__ import annotations

import pytest

from agent_runtime.secrets.errors import SecretInvalid
from agent_runtime.secrets.secret import Secret, SecretKind

KEY = "JBSWY3DPEHPK3PXP"


def test_a_secret_is_checked_and_its_hosts_are_put_in_order() -> None:
    secret = Secret.checked("shop", "hunter2", hosts=("SHOP.example.com", "shop.example.com"))

    assert secret == Secret("shop", SecretKind.TEXT, "hunter2", ("shop.example.com",))


@pytest.mark.parametrize("name", ["", "-x", ".x", "a b", "ä", "x" * 64, "a/b", "a\n"])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    with pytest.raises(SecretInvalid, match="cannot name a secret"):
        Secret.checked(name, "hunter2")


@pytest.mark.parametrize("value", ["", "abc", "abc\n\n\n", "x" * 20_001, "hun\0ter2"])
def test_what_cannot_be_a_value_is_refused_without_quoting_it(value: str) -> None:
    with pytest.raises(SecretInvalid) as refused:
        Secret.checked("shop", value)

    assert not value or value not in str(refused.value)


def test_a_key_of_codes_has_to_be_one() -> None:
    assert Secret.checked("shop", f" {KEY}\n", is_totp=True).value == KEY
    with pytest.raises(SecretInvalid, match="not base32"):
        Secret.checked("shop", "hunter2!", is_totp=True)


def test_a_value_does_not_stand_in_its_own_description() -> None:
    assert "hunter2" not in repr(Secret.checked("shop", "hunter2"))


def test_the_lines_of_a_long_value_give_it_away_too() -> None:
    value = "-----BEGIN-----\nMIIEvQIBADANBg\nab\n"

    assert Secret.checked("pem", value).texts() == (value, "-----BEGIN-----", "MIIEvQIBADANBg")
    assert Secret.checked("word", "correct horse").texts() == ("correct horse",)


def test_a_key_gives_itself_away_as_sites_show_it() -> None:
    address = f"otpauth://totp/Shop:ada?secret={KEY}&issuer=Shop"

    texts = Secret.checked("shop", address, is_totp=True).texts()

    assert set(texts) == {
        *(KEY, KEY.lower()),
        *("JBSW Y3DP EHPK 3PXP", "jbsw y3dp ehpk 3pxp"),
    }
