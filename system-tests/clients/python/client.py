"""The Python client (grpcio) of the client tests: each step is a call or a few, and is printed once its answers were right."""

import signal
import sys

import grpc

MAX_MESSAGE = 8 << 20


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[1] not in ("prism", "queue", "rows", "testservice"):
        sys.exit("usage: client.py prism|queue|rows|testservice ENDPOINT")
    signal.alarm(60)  # No step may hang: a process that is not over after this is ended.
    if sys.argv[1] == "prism":
        from prism_steps import steps
    elif sys.argv[1] == "queue":
        from queue_steps import steps
    elif sys.argv[1] == "rows":
        from rows_steps import steps
    else:
        from testservice_steps import steps
    options = [("grpc.max_receive_message_length", MAX_MESSAGE), ("grpc.max_send_message_length", MAX_MESSAGE)]
    with grpc.insecure_channel(sys.argv[2], options) as channel:
        for step in steps(channel):
            print(step, flush=True)


if __name__ == "__main__":
    main()
