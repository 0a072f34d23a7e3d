"""Keeps notes of two people, on whatever the config that it names says.

usage: python notes.py CONFIG
"""

import os
import pathlib
import sys

import grpc

sys.path.append(str(pathlib.Path(__file__).parents[2] / 'proto/src/main/proto'))

session_messages, session_services = grpc.protos_and_services('prism/session/v1/session.proto')
messages, services = grpc.protos_and_services('prism/keyvalue/v1/keyvalue.proto')


def main(config):
    with grpc.insecure_channel(os.environ.get('PRISM_ENDPOINT', '127.0.0.1:8980')) as channel:
        sessions = session_services.SessionServiceStub(channel)
        opened = sessions.CreateSession(session_messages.CreateSessionRequest(config_name=config))
        session = [('prism-session', opened.session_token)]
        store = services.KeyValueServiceStub(channel)

        def put(person, key, text, **conditions):
            return store.Put(
                messages.PutRequest(
                    collection='notes',
                    partition_key=person,
                    key=key,
                    value=text.encode(),
                    **conditions,
                ),
                metadata=session,
            )

        first = put('ada', 'monday', 'write a program')
        put('ada', 'tuesday', 'run it')
        put('bob', 'monday', 'read a program')
        changed = put('ada', 'monday', 'write a proof', if_etag=first.etag)
        try:
            put('ada', 'monday', 'write a letter', if_etag=first.etag)
        except grpc.RpcError as refused:
            print('another has changed it:', refused.code().name)
        print('it was changed once:', changed.etag != first.etag)

        pages = store.Scan(
            messages.ScanRequest(collection='notes', partition_key='ada'), metadata=session
        )
        for page in pages:
            for entry in page.entries:
                print(entry.key, '-', entry.item.value.decode())

        for person, key in (('ada', 'monday'), ('ada', 'tuesday'), ('bob', 'monday')):
            store.Delete(
                messages.DeleteRequest(collection='notes', partition_key=person, key=key),
                metadata=session,
            )
        sessions.CloseSession(session_messages.CloseSessionRequest(), metadata=session)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
