"""A session with Prism, and the contract's messages, read from proto/ when the program starts."""

import contextlib
import os
import pathlib
import sys

import grpc

sys.path.append(str(pathlib.Path(__file__).parents[2] / 'proto/src/main/proto'))

_messages, _services = grpc.protos_and_services('prism/session/v1/session.proto')


@contextlib.contextmanager
def session(channel, config):
    """A session with a named config, as the metadata that each call of it needs; closed at the end."""
    sessions = _services.SessionServiceStub(channel)
    opened = sessions.CreateSession(_messages.CreateSessionRequest(config_name=config))
    metadata = [('prism-session', opened.session_token)]
    try:
        yield metadata
    finally:
        sessions.CloseSession(_messages.CloseSessionRequest(), metadata=metadata)


def connect():
    """A channel to where PRISM_ENDPOINT says, or to this machine's Prism."""
    return grpc.insecure_channel(os.environ.get('PRISM_ENDPOINT', '127.0.0.1:8980'))
