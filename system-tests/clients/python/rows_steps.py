"""A transaction in steps, and the pages of what it wrote."""

import os
import queue
from collections.abc import Iterator

import grpc
from prism.reader.v1.reader_pb2 import QueryRequest
from prism.reader.v1.reader_pb2_grpc import ReaderServiceStub
from prism.transact.v1.transact_pb2 import Begin, Commit, DataWrite, Insert, Select, TransactionRequest
from prism.transact.v1.transact_pb2_grpc import TransactServiceStub
from prism.type.v1.value_pb2 import OPERATOR_EQUAL, Comparison, Filter, Value

TABLE = "clients"
OWNER = "python"
ROWS = 50
PAGE = 20

OWN_ROWS = Filter(comparison=Comparison(column="owner", op=OPERATOR_EQUAL, value=Value(string_value=OWNER)))


def steps(channel: grpc.Channel) -> Iterator[str]:
    transaction(TransactServiceStub(channel), [("prism-session", os.environ["TRANSACT_SESSION"])])
    yield "transaction"
    read(ReaderServiceStub(channel), [("prism-session", os.environ["READER_SESSION"])])
    yield "read"


def transaction(service: TransactServiceStub, session: list[tuple[str, str]]) -> None:
    """Each step is answered before the next is sent; what it wrote is seen by it alone until it commits."""
    requests: queue.SimpleQueue = queue.SimpleQueue()
    answers = service.Transaction(iter(requests.get, None), metadata=session)

    def ask(**step):
        requests.put(TransactionRequest(**step))
        return next(answers)

    assert ask(begin=Begin()).HasField("begun")
    for i in range(ROWS):
        insert = Insert(values={"owner": Value(string_value=OWNER), "n": Value(int64_value=i)})
        assert ask(write=DataWrite(table=TABLE, insert=insert)).write.rows == 1
    selected = ask(select=Select(table=TABLE, filter=OWN_ROWS, columns=["n"], limit=ROWS))
    assert len(selected.rows.rows) == ROWS, f"{len(selected.rows.rows)} rows before the commit"
    assert ask(commit=Commit()).HasField("committed")
    assert list(answers) == []
    requests.put(None)


def read(service: ReaderServiceStub, session: list[tuple[str, str]]) -> None:
    """Page by page in the order of the key."""
    request = QueryRequest(collection=TABLE, filter=OWN_ROWS, page_size=PAGE)
    pages = [answer.page for answer in service.Query(request, metadata=session)]
    assert len(pages) == -(-ROWS // PAGE), f"{len(pages)} pages"
    numbers = [row.values[1].int64_value for page in pages for row in page.rows]
    assert numbers == list(range(ROWS)), numbers
