"""The four kinds of calls, on gRPC's own test service."""

import queue
from collections.abc import Iterator

import grpc
from testservice_pb2 import (
    Payload,
    ResponseParameters,
    SimpleRequest,
    StreamingInputCallRequest,
    StreamingOutputCallRequest,
)
from testservice_pb2_grpc import TestServiceStub

REQUEST_SIZES = [27182, 8, 1828, 45904]
RESPONSE_SIZES = [31415, 9, 2653, 58979]


def steps(channel: grpc.Channel) -> Iterator[str]:
    service = TestServiceStub(channel)
    unary(service)
    yield "unary"
    client_streaming(service)
    yield "client streaming"
    server_streaming(service)
    yield "server streaming"
    bidirectional(service)
    yield "bidirectional"


def unary(service: TestServiceStub) -> None:
    answer = service.UnaryCall(SimpleRequest(response_size=314159, payload=payload(271828)))
    assert len(answer.payload.body) == 314159, len(answer.payload.body)


def client_streaming(service: TestServiceStub) -> None:
    answer = service.StreamingInputCall(StreamingInputCallRequest(payload=payload(size)) for size in REQUEST_SIZES)
    assert answer.aggregated_payload_size == 74922, answer


def server_streaming(service: TestServiceStub) -> None:
    request = StreamingOutputCallRequest(response_parameters=[ResponseParameters(size=size) for size in RESPONSE_SIZES])
    sizes = [len(answer.payload.body) for answer in service.StreamingOutputCall(request)]
    assert sizes == RESPONSE_SIZES, sizes


def bidirectional(service: TestServiceStub) -> None:
    """Each request is sent after the answer to the one before."""
    requests: queue.SimpleQueue = queue.SimpleQueue()
    answers = service.FullDuplexCall(iter(requests.get, None))
    for asked, size in zip(REQUEST_SIZES, RESPONSE_SIZES, strict=True):
        requests.put(
            StreamingOutputCallRequest(response_parameters=[ResponseParameters(size=size)], payload=payload(asked))
        )
        answer = next(answers)
        assert len(answer.payload.body) == size, len(answer.payload.body)
    requests.put(None)
    assert list(answers) == []
    assert answers.code() is grpc.StatusCode.OK, answers.code()


def payload(size: int) -> Payload:
    return Payload(body=bytes(size))
