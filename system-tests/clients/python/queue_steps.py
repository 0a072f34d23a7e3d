"""Streams of messages in both directions, on a Prism that keeps them."""

import os
import queue
from collections.abc import Iterator

import grpc
from google.protobuf.empty_pb2 import Empty
from prism.queue.v1.queue_pb2 import (
    START_POSITION_EARLIEST,
    ConsumeAcks,
    ConsumeCredit,
    ConsumeRequest,
    ConsumeStart,
    Message,
    PublishStreamRequest,
    Subscription,
)
from prism.queue.v1.queue_pb2_grpc import QueueServiceStub
from prism.type.v1.message_pb2 import Ack

TOPIC = "python"
MESSAGES = 1000
CREDIT = 100


def steps(channel: grpc.Channel) -> Iterator[str]:
    service = QueueServiceStub(channel)
    session = [("prism-session", os.environ["QUEUE_SESSION"])]
    publish_stream(service, session)
    yield "publish stream"
    consume(service, session)
    yield "consume"


def publish_stream(service: QueueServiceStub, session: list[tuple[str, str]]) -> None:
    """All are sent without waiting; the answers come in their order."""
    requests = (
        PublishStreamRequest(topic=TOPIC if i == 0 else "", message=Message(key=b"k", payload=b"%d" % i))
        for i in range(MESSAGES)
    )
    answers = service.PublishStream(requests, metadata=session)
    results = [result for answer in answers for result in answer.results]
    assert len(results) == MESSAGES, f"{len(results)} results"
    offsets = [result.success.offset for result in results if result.HasField("success")]
    assert len(offsets) == MESSAGES and offsets == sorted(set(offsets)), "offsets that do not grow"


def consume(service: QueueServiceStub, session: list[tuple[str, str]]) -> None:
    """Grants as much as it has acknowledged, and ends once it has had all."""
    subscription = Subscription(topic=TOPIC, group="g", position=START_POSITION_EARLIEST)
    requests: queue.SimpleQueue = queue.SimpleQueue()
    requests.put(ConsumeRequest(start=ConsumeStart(subscription=subscription, credit=CREDIT)))
    answers = service.Consume(iter(requests.get, None), metadata=session)
    received = 0
    acknowledged = 0
    for answer in answers:
        deliveries = answer.deliveries.deliveries
        for delivery in deliveries:
            assert delivery.message.payload == b"%d" % received, delivery
            received += 1
        if deliveries:
            acks = [Ack(receipt=delivery.receipt, ack=Empty()) for delivery in deliveries]
            requests.put(ConsumeRequest(acks=ConsumeAcks(acks=acks)))
            requests.put(ConsumeRequest(credit=ConsumeCredit(messages=len(deliveries))))
        for result in answer.ack_results.results:
            assert result.HasField("success"), result
            acknowledged += 1
        if acknowledged == MESSAGES:
            requests.put(None)
    assert (received, acknowledged) == (MESSAGES, MESSAGES), (received, acknowledged)
    assert answers.code() is grpc.StatusCode.OK, answers.code()
