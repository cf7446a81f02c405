"""The conversation with a relay, message by message, without a relay."""

import base64
import unittest
from typing import Any

from spotter_py.change import Author, Change, Op
from spotter_py.history import Register
from spotter_py.replica import Message, Position, Replica

NAME: Register = (None, "name")
GENESIS = Change((), "00" * 8, 1, 1, 0, (Op(None, "name", "New"),), author=Author("Desk", 10))


def begun() -> Replica:
    """A replica that has begun a meet and had its genesis acknowledged."""
    replica = Replica(location="Desk", password="three red lights")
    replica.create({"Desk": 10}, [GENESIS])
    created = {"meetId": "123456789", "sessionToken": "token", "logId": "ab" * 8, "roster": []}
    who = {"locationName": "Desk", "priority": 10, "initiator": True, "ticket": "t", "epoch": 1}
    replica.receive({"msgType": "MEET_CREATED"} | created | who)
    chain = Position("ab" * 8).after(1, [GENESIS.hash]).chain
    replica.receive(ack(1, 1, 0) | {"chain": chain})
    return replica


def ack(local: int, position: int, after: int) -> Message:
    places = {"serverSeqNum": position, "afterServerSeqNum": after}
    return {"msgType": "UPDATE_ACK", "updateAcks": [{"localSeqNum": local} | places]}


def relayed(change: Change, position: int) -> Message:
    update = {"change": base64.b64encode(change.data).decode(), "serverSeqNum": position}
    return {
        "msgType": "UPDATE_RELAY",
        "updatesRelayed": [update],
        "afterServerSeqNum": position - 1,
    }


def foreign(replica: Replica, number: int) -> Change:
    """A change of somebody else who knows what the replica knows."""
    heads = replica.known.heads()
    op = Op(None, "name", f"Foreign {number}", preds=tuple(replica.known.standing(NAME, heads)))
    start = replica.known.next_counter(heads)
    author = Author("Table", 20)
    return Change(tuple(heads), f"{number:016x}", 1, start, 0, (op,), author=author)


class Conversation(unittest.TestCase):
    def test_answer_and_relayed_change_of_one_batch_come_in_either_order(self) -> None:
        replica = begun()
        theirs = foreign(replica, 1)
        mine = replica.set({NAME: "Mine"})
        assert mine and replica.position
        [offer] = replica.offers()
        local = offer["updates"][0]["localSeqNum"]
        chain = replica.position.after(2, [theirs.hash]).after(3, [mine.hash]).chain
        replica.receive(ack(local, 3, 2) | {"chain": chain})
        self.assertTrue(replica.gap())
        self.assertEqual(replica.position.seq, 1)
        chain = replica.position.after(2, [theirs.hash]).chain
        replica.receive(relayed(theirs, 2) | {"chain": chain})
        self.assertFalse(replica.gap())
        self.assertEqual(replica.position.seq, 3)

    def test_a_gap_is_pulled_from_the_position_held(self) -> None:
        replica = begun()
        replica.receive(relayed(foreign(replica, 1), 3))
        self.assertTrue(replica.gap())
        pull = replica.pull()
        self.assertEqual((pull["msgType"], pull["lastServerSeq"]), ("CLIENT_PULL", 1))

    def test_a_wrong_chain_voids_the_position(self) -> None:
        replica = begun()
        [pull] = replica.receive(relayed(foreign(replica, 1), 2) | {"chain": "00000001"})
        self.assertEqual(pull["heads"], replica.known.heads())
        self.assertIsNone(replica.position)
        self.caught_up(replica, 2, replica.known.heads())
        self.assertEqual(replica.position, Position("ab" * 8, 2, "12345678"))

    def caught_up(self, replica: Replica, position: int, heads: list[str]) -> list[Message]:
        where = {"serverSeqNum": position, "chain": "12345678", "heads": heads}
        return replica.receive({"msgType": "CAUGHT_UP"} | where)

    def test_heads_that_are_not_known_are_pulled_once(self) -> None:
        replica = begun()
        [pull] = self.caught_up(replica, 9, ["ff" * 32])
        self.assertEqual(pull["msgType"], "CLIENT_PULL")
        with self.assertRaisesRegex(Exception, "missing-heads"):
            self.caught_up(replica, 9, ["ff" * 32])

    def test_not_now_means_the_same_again_later(self) -> None:
        replica = begun()
        replica.set({NAME: "Mine"})
        [offer] = replica.offers()
        said: dict[str, Any] = {"code": "too-fast", "forGood": False, "retryAfterMs": 400}
        said["localSeqNum"] = offer["updates"][0]["localSeqNum"]
        answer = replica.receive({"msgType": "UPDATE_REJECTED", "updatesRejected": [said]})
        self.assertEqual((answer, replica.offers(), replica.retry_after_ms), ([], [], 400))
        replica.retry_after_ms = None
        [again] = replica.offers()
        self.assertEqual(again["updates"][0]["change"], offer["updates"][0]["change"])

    def test_server_pull_is_answered_with_what_the_relay_lacks(self) -> None:
        replica = begun()
        theirs = foreign(replica, 1)
        replica.receive(relayed(theirs, 2))
        replica.disconnected()
        pull = {"msgType": "SERVER_PULL", "lastServerSeq": 1, "heads": [GENESIS.hash]}
        self.assertEqual(replica.receive(pull), [])
        [offer] = self.caught_up(replica, 1, [GENESIS.hash])
        changes = [update["change"] for update in offer["updates"]]
        self.assertEqual(changes, [base64.b64encode(theirs.data).decode()])

    def test_a_relayed_change_leaves_the_outbox_like_an_acknowledged_one(self) -> None:
        replica = begun()
        mine = replica.set({NAME: "Mine"})
        assert mine
        replica.receive(relayed(mine, 2))
        self.assertEqual(replica.outbox, {})

    def test_another_priority_means_another_actor(self) -> None:
        replica = begun()
        self.assertTrue(replica.set({NAME: "Mine"}))
        joined = {"meetId": "123456789", "sessionToken": "token", "logId": "ab" * 8, "roster": []}
        who = {"locationName": "Desk", "priority": 11, "initiator": True, "ticket": "t", "epoch": 2}
        replica.receive({"msgType": "MEET_JOINED", "root": GENESIS.hash} | joined | who)
        change = replica.set({NAME: "Mine, too"})
        assert change
        self.assertEqual((change.seq, change.author), (1, Author("Desk", 11)))


if __name__ == "__main__":
    unittest.main()
