"""The address book: names, its file, and what is no address book."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.wallet.address_book import (
    AddressBook,
    BadAddressBook,
    BadName,
    dump_address_book,
    load_address_book,
)
from runtime.crypto.ss58 import encode_ss58
from runtime.primitives import AccountId

ALICE, BOB = (AccountId(bytes([n]) * 32) for n in (1, 2))
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,31}", fullmatch=True)


def test_no_file_is_an_empty_book(tmp_path: Path) -> None:
    assert load_address_book(tmp_path / "none.json").entries == {}


@given(entries=st.dictionaries(NAMES, st.binary(min_size=32, max_size=32), max_size=5))
def test_what_is_written_is_read(
    entries: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("book") / "addresses.json"
    book = AddressBook({})
    for name, account in entries.items():
        book = book.with_entry(name, AccountId(account))
    dump_address_book(book, path)
    assert load_address_book(path) == book
    assert [each.name for each in path.parent.iterdir()] == ["addresses.json"]


def test_names_come_and_go() -> None:
    book = AddressBook({}).with_entry("bob", BOB).with_entry("al", ALICE).with_entry("a", ALICE)
    assert book.get_name(ALICE) == "a"
    assert book.get_name(AccountId(bytes(32))) is None
    assert book.without_entry("a").get_name(ALICE) == "al"
    with pytest.raises(BadName, match="'eve'"):
        book.without_entry("eve")


@pytest.mark.parametrize("name", ["", "//Alice", "a b", "1st", "x" * 33, "a/b", encode_ss58(ALICE)])
def test_a_name_is_no_address(name: str) -> None:
    with pytest.raises(BadName):
        AddressBook({}).with_entry(name, BOB)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"a": 5}', '{"a": "5Grw"}', '{"//a": "' + encode_ss58(BOB) + '"}', "\xff"]
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "addresses.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadAddressBook, match="expected an address book"):
        load_address_book(path)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadAddressBook, match="written"):
        dump_address_book(AddressBook({}), tmp_path / "file" / "addresses.json")
