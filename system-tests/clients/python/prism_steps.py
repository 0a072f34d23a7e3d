"""Sessions and KeyValue, on a Prism whose backend `stopped` never answers."""

import os
from collections.abc import Callable, Iterator

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status
from prism.keyvalue.v1.keyvalue_pb2 import (
    BatchPutEntry,
    BatchPutRequest,
    GetRequest,
    PutRequest,
    ScanRequest,
)
from prism.keyvalue.v1.keyvalue_pb2_grpc import KeyValueServiceStub
from prism.session.v1.session_pb2 import CreateSessionRequest
from prism.session.v1.session_pb2_grpc import SessionServiceStub

COLLECTION = "python"
KEY = GetRequest(collection=COLLECTION, key="key")

Session = list[tuple[str, str]]


def steps(channel: grpc.Channel) -> Iterator[str]:
    store = KeyValueServiceStub(channel)
    answer = SessionServiceStub(channel).CreateSession(CreateSessionRequest(config_name="default"))
    kept = in_session(answer.session_token)
    yield "session"
    # Opened before the backend was stopped: no session can be opened on one that gives no sign of life.
    stopped = in_session(os.environ["STOPPED_SESSION"])
    impatient = in_session(os.environ["IMPATIENT_SESSION"])
    put_and_get(store, kept, "key", b"value")
    yield "put and get"
    scan(store, kept)
    yield "scan"
    error_details(store, kept)
    yield "error details"
    deadline(store, stopped)
    yield "deadline"
    deadline_of_the_server(store, impatient)
    yield "deadline of the server"
    cancel(store, stopped, kept)
    yield "cancel"
    put_and_get(store, kept, "large", patterned(4 << 20))
    yield "4 MiB"


def in_session(token: str) -> Session:
    return [("prism-session", token)]


def put_and_get(store: KeyValueServiceStub, session: Session, key: str, value: bytes) -> None:
    put = store.Put(PutRequest(collection=COLLECTION, key=key, value=value), metadata=session)
    item = store.Get(GetRequest(collection=COLLECTION, key=key), metadata=session).item
    assert item.value == value, f"{len(item.value)} bytes that are not the {len(value)} that were put"
    assert item.etag == put.etag, f"etag {item.etag}, but put answered {put.etag}"


def scan(store: KeyValueServiceStub, session: Session) -> None:
    """Ten items of 100 kB: more than one message, and more than the window of a stream."""
    value = patterned(100_000)
    keys = [f"scan-{i}" for i in range(10)]
    entries = [BatchPutEntry(key=key, partition_key="scanned", value=value) for key in keys]
    written = store.BatchPut(BatchPutRequest(collection=COLLECTION, entries=entries), metadata=session)
    assert [result.WhichOneof("result") for result in written.results] == ["success"] * 10, written
    messages = list(store.Scan(ScanRequest(collection=COLLECTION, partition_key="scanned"), metadata=session))
    assert len(messages) > 1, f"{len(messages)} message, so that this was no stream"
    found = [entry for message in messages for entry in message.entries]
    assert [entry.key for entry in found] == keys
    assert all(entry.item.value == value for entry in found)


def error_details(store: KeyValueServiceStub, session: Session) -> None:
    request = PutRequest(collection=COLLECTION, key="key", if_absent=True)
    error = failure(lambda: store.Put(request, metadata=session))
    assert error.code() is grpc.StatusCode.ALREADY_EXISTS, error
    assert reason(error) == "KEY_EXISTS"


def deadline(store: KeyValueServiceStub, session: Session) -> None:
    """The client's own deadline, on a call that the stopped backend never answers."""
    error = failure(lambda: store.Get(KEY, metadata=session, timeout=0.3))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED, error


def deadline_of_the_server(store: KeyValueServiceStub, session: Session) -> None:
    """The deadline of the session's config: the server ends the call."""
    error = failure(lambda: store.Get(KEY, metadata=session))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED, error
    assert reason(error) == "DEADLINE_EXCEEDED"


def cancel(store: KeyValueServiceStub, stopped: Session, kept: Session) -> None:
    """Once a later call on the same connection was answered, the first one has been sent, too."""
    call = store.Get.future(KEY, metadata=stopped)
    store.Get(KEY, metadata=kept)
    call.cancel()
    assert call.code() is grpc.StatusCode.CANCELLED, call.code()
    store.Get(KEY, metadata=kept)


def failure(call: Callable[[], object]) -> grpc.Call:
    """The error that a call ends with."""
    try:
        answer = call()
    except grpc.RpcError as error:
        return error
    raise AssertionError(f"succeeded with {answer}")


def reason(error: grpc.Call) -> str:
    """The reason in the ErrorInfo of a failed call's details."""
    for detail in rpc_status.from_call(error).details:
        info = ErrorInfo()
        if detail.Unpack(info):
            assert info.domain == "prism.dev", info
            return info.reason
    raise AssertionError(f"no ErrorInfo in {error}")


def patterned(size: int) -> bytes:
    """Bytes of which no two neighbouring kilobytes are the same."""
    return bytes(i * 31 % 251 for i in range(size))
