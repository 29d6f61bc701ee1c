"""The signatures that Postern believes are those that Slack's own library makes."""

import pytest
from shown import vectors
from slack_sdk.signature import Clock, SignatureVerifier

VECTORS = vectors()


class At(Clock):
    def __init__(self, timestamp):
        self.timestamp = int(timestamp)

    def now(self):
        return self.timestamp


def judge(vector, off=0):
    verifier = SignatureVerifier(vector["secret"], At(int(vector["timestamp"]) + off))
    return verifier.is_valid(vector["body"], vector["timestamp"], vector["signature"])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["body"][:20] or "empty")
def test_both_make_the_same_signature(vector):
    verifier = SignatureVerifier(vector["secret"])
    made = verifier.generate_signature(timestamp=vector["timestamp"], body=vector["body"])
    assert made == vector["signature"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["body"][:20] or "empty")
def test_the_window_is_the_same(vector):
    assert judge(vector) and judge(vector, 300) and judge(vector, -300)
    assert not judge(vector, 301) and not judge(vector, -301)


def test_a_signature_of_another_body_is_none():
    assert len(VECTORS) >= 5
    assert not judge(VECTORS[0] | {"body": "x"})
