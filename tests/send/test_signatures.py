"""Signatures, against an independent implementation in both directions."""

import base64
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from monitor.send import asymmetric
from monitor.send.signatures import (
    Unverified,
    Verified,
    new_secret,
    read_key,
    read_secret,
    sign,
    verify,
)
from tests.send.examples import NOW, OTHER_SECRET, SECRET

BODY = '{"type":"alert.matched","title":"Озеро"}'.encode()
STAMP = int(NOW.timestamp())


def signed(*secrets: str, stamp: int = STAMP, body: bytes = BODY) -> dict[str, str]:
    keys = [read_secret(secret) for secret in secrets]
    return {
        "Webhook-Id": "dlv_1",
        "webhook-timestamp": str(stamp),
        "WEBHOOK-SIGNATURE": sign(keys, "dlv_1", stamp, body),
    }


def problem(headers: Mapping[str, str], body: bytes = BODY, now: datetime = NOW) -> str:
    found = verify(headers, body, [SECRET], now)
    assert isinstance(found, Unverified), found
    assert found.detail
    return found.problem


def test_the_library_computes_the_same_signature() -> None:
    theirs = Webhook(SECRET).sign("dlv_1", NOW, BODY.decode())

    assert sign([read_secret(SECRET)], "dlv_1", STAMP, BODY) == theirs


def test_openssl_computes_the_same_signature() -> None:
    key = read_secret(SECRET).hex()
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt"]
    made = subprocess.run(
        [*command, f"hexkey:{key}", "-binary"],
        input=f"dlv_1.{STAMP}.".encode() + BODY,
        capture_output=True,
        check=True,
    )

    ours = sign([read_secret(SECRET)], "dlv_1", STAMP, BODY)
    assert ours == "v1," + base64.b64encode(made.stdout).decode()


@given(entropy=st.binary(min_size=24, max_size=64), body=st.text(max_size=200))
def test_what_is_signed_verifies(entropy: bytes, body: str) -> None:
    secret = new_secret(entropy)
    headers = signed(secret, body=body.encode())

    assert verify(headers, body.encode(), [secret], NOW) == Verified(
        id="dlv_1", sent=NOW.replace(microsecond=0), secret=0
    )


def test_while_rotating_either_secret_verifies() -> None:
    headers = signed(SECRET, OTHER_SECRET)

    for secret in (SECRET, OTHER_SECRET):
        assert isinstance(verify(headers, BODY, [secret], NOW), Verified)


def test_it_says_which_secret_signed() -> None:
    found = verify(signed(OTHER_SECRET), BODY, [SECRET, OTHER_SECRET], NOW)

    assert isinstance(found, Verified)
    assert found.secret == 1


@pytest.mark.parametrize("byte", range(0, len(BODY), 7))
def test_one_changed_byte_is_noticed(byte: int) -> None:
    changed = BODY[:byte] + bytes([BODY[byte] ^ 1]) + BODY[byte + 1 :]

    assert problem(signed(SECRET), changed) == "wrong-signature"


@pytest.mark.parametrize(
    "name", ["Webhook-Id", "webhook-timestamp", "WEBHOOK-SIGNATURE"]
)
def test_each_header_is_needed(name: str) -> None:
    headers = signed(SECRET)
    del headers[name]

    assert problem(headers) == "missing-header"


def test_the_id_and_the_timestamp_are_signed_too() -> None:
    assert problem(signed(SECRET) | {"Webhook-Id": "dlv_2"}) == "wrong-signature"
    later = {"webhook-timestamp": str(STAMP + 1)}
    assert problem(signed(SECRET) | later) == "wrong-signature"


@pytest.mark.parametrize("stamp", ["now", "-1", "1.5", "٣", "9" * 12, "1e9"])
def test_a_timestamp_is_whole_seconds(stamp: str) -> None:
    assert problem(signed(SECRET) | {"webhook-timestamp": stamp}) == "bad-timestamp"


def test_an_old_message_may_be_a_replay() -> None:
    moment = datetime.fromtimestamp(STAMP, UTC)
    minutes = timedelta(minutes=5)
    second = timedelta(seconds=1)

    assert problem(signed(SECRET), now=moment + minutes + second) == "too-old"
    assert problem(signed(SECRET), now=moment - minutes - second) == "too-new"
    assert isinstance(
        verify(signed(SECRET), BODY, [SECRET], moment + minutes), Verified
    )


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("v1a,AAAA", "no-signature"),
        ("nonsense", "no-signature"),
        ("v1,not base64!", "no-signature"),
        ("v1,", "wrong-signature"),
        ("v1,AAAA", "wrong-signature"),
    ],
)
def test_signatures_that_say_nothing_do_not_count(
    signature: str, expected: str
) -> None:
    assert problem(signed(SECRET) | {"WEBHOOK-SIGNATURE": signature}) == expected


def test_an_unknown_version_beside_a_good_signature_does_no_harm() -> None:
    headers = signed(SECRET)
    headers["WEBHOOK-SIGNATURE"] = "v9,zzz " + headers["WEBHOOK-SIGNATURE"]

    assert isinstance(verify(headers, BODY, [SECRET], NOW), Verified)


@given(
    headers=st.fixed_dictionaries(
        {
            "webhook-id": st.text(),
            "webhook-timestamp": st.text(),
            "webhook-signature": st.text(),
        }
    ),
    body=st.binary(),
)
def test_no_header_makes_a_stranger_genuine(
    headers: dict[str, str], body: bytes
) -> None:
    assert isinstance(verify(headers, body, [SECRET], NOW), Unverified)


def test_padding_of_a_secret_may_be_missing() -> None:
    assert read_secret(SECRET.rstrip("=")) == read_secret(SECRET)


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("hunter2", "starts with whsec_"),
        ("whsec_***", "not base64"),
        ("whsec_c2hvcnQ=", "24 to 64 bytes, this one 5"),
        ("whsec_" + base64.b64encode(b"x" * 65).decode(), "this one 65"),
        ("whsk_" + base64.b64encode(b"x" * 32).decode(), "starts with whsec_"),
    ],
)
def test_a_bad_secret_is_refused_without_being_repeated(secret: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        read_secret(secret)

    assert secret not in str(refused.value)


@pytest.mark.parametrize("length", [0, 23, 65])
def test_a_new_secret_needs_24_to_64_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        new_secret(b"x" * length)


# ── ed25519 ──────────────────────────────────────────────────────────────────

KEY = asymmetric.PrivateKey(bytes(range(32)))


def signed_by(key: asymmetric.PrivateKey) -> dict[str, str]:
    return {
        "webhook-id": "dlv_1",
        "webhook-timestamp": str(STAMP),
        "webhook-signature": sign([key], "dlv_1", STAMP, BODY),
    }


def test_openssl_accepts_the_signature(tmp_path: Path) -> None:
    pem = ed25519.Ed25519PublicKey.from_public_bytes(KEY.public.raw).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    version, _, encoded = signed_by(KEY)["webhook-signature"].partition(",")
    assert version == "v1a"
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "signature").write_bytes(base64.b64decode(encoded))
    (tmp_path / "signed").write_bytes(f"dlv_1.{STAMP}.".encode() + BODY)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem"]
    command += ["-rawin", "-in", "signed", "-sigfile", "signature"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_public_key_verifies_and_another_does_not() -> None:
    headers = signed_by(KEY)
    other = asymmetric.PrivateKey(b"x" * 32)
    for known in (KEY.public.written, KEY.written):
        assert isinstance(verify(headers, BODY, [known], NOW), Verified)
    for wrong in (other.public.written, SECRET):
        found = verify(headers, BODY, [wrong], NOW)
        assert isinstance(found, Unverified)
        assert found.problem in {"wrong-signature", "no-signature"}
    assert isinstance(
        verify(headers, BODY + b" ", [KEY.public.written], NOW), Unverified
    )


def test_a_key_of_64_bytes_is_read_where_its_halves_fit() -> None:
    whole = KEY.seed + KEY.public.raw
    written = "whsk_" + base64.b64encode(whole).decode()
    assert read_key(written) == KEY
    broken = "whsk_" + base64.b64encode(KEY.seed + bytes(32)).decode()
    with pytest.raises(ValueError, match="do not fit"):
        read_key(broken)


@pytest.mark.parametrize("text", ["whsk_", "whsk_AAAA", "whsk_@", "whpk_AAAA"])
def test_a_wrong_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"key|base64") as found:
        read_key(text)
    assert text not in str(found.value)


def test_a_public_key_cannot_sign() -> None:
    with pytest.raises(ValueError, match="cannot sign"):
        read_key(KEY.public.written)


@given(st.binary(max_size=80))
def test_no_signature_whatever_breaks_the_check(raw: bytes) -> None:
    headers = signed_by(KEY)
    headers["webhook-signature"] = "v1a," + base64.b64encode(raw).decode()
    found = verify(headers, BODY, [KEY.public.written], NOW)
    assert isinstance(found, Unverified)
