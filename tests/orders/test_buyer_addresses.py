"""Addresses are divided, compared, sealed and found again."""

import pytest
from pydantic import SecretStr

from app.core.columns import new_id
from app.core.vault import Vault
from app.orders.buyers.addresses import divide, emails_of, same_email
from app.orders.buyers.sealing import (
    Addresses,
    email_digest,
    email_digests,
    open_addresses,
    seal_addresses,
)
from app.orders.models import SalesOrder
from tests.orders.buyers import ADDRESS, EMAIL

OLD, NEW = SecretStr("old-" * 10), SecretStr("new-" * 10)


def test_an_address_is_divided_into_what_lists_show_and_all_the_rest():
    shown, sealed = divide({**ADDRESS, "never_seen_before": "x"})

    assert sorted(shown) == ["city", "company", "country", "first_name", "last_name"]
    assert shown | sealed == {**ADDRESS, "never_seen_before": "x"}


@pytest.mark.parametrize(
    ("given", "same"),
    [
        (" Ada@B.example ", "ada@b.example"),
        ("ÉLO@b.example", "élo@b.example"),
        ("e\u0301lo@b.example", "élo@b.example"),
    ],
)
def test_addresses_are_compared_without_case_and_spaces(given: str, same: str):
    assert same_email(given) == same


def test_an_email_of_both_addresses_is_one():
    assert emails_of([{"email": "A@b.c"}, {"email": "a@B.c "}, {}]) == ["a@b.c"]


def stored(vault: Vault, number: int = 7) -> SalesOrder:
    account_id = new_id()
    whole = Addresses(ADDRESS, {"street": "elsewhere"})
    columns = seal_addresses(vault, account_id, number, whole)
    return SalesOrder(
        account_id=account_id,
        marketplace_id=number,
        state=9,
        digest="",
        shipping_address=columns.shipping_address,
        billing_address=columns.billing_address,
        sealed_addresses=columns.sealed_addresses,
        sealed_key=columns.sealed_key,
        email_digests=columns.email_digests,
    )


def test_sealed_addresses_are_those_of_one_order_and_of_a_key_that_is_there():
    order = stored(Vault([OLD]))

    rotated = open_addresses(Vault([NEW, OLD]), order)
    without_key = open_addresses(Vault([NEW]), order)
    order.marketplace_id += 1
    of_another = open_addresses(Vault([OLD]), order)

    assert rotated == Addresses(ADDRESS, {"street": "elsewhere"})
    assert without_key == of_another
    assert set(without_key.shipping) <= set(ADDRESS) - {"street", "email", "phone"}


def test_an_email_is_found_under_the_key_with_which_its_order_was_stored():
    digest = email_digest(Vault([OLD]), EMAIL)

    assert digest in email_digests(Vault([NEW, OLD]), f" {EMAIL.upper()}")
    assert digest not in email_digests(Vault([NEW]), EMAIL)
