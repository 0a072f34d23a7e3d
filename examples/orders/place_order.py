"""Places an order: its row and its event are written together, or neither is.

usage: python place_order.py CUSTOMER CENTS [ORDER_ID]
"""

import json
import sys
import uuid

import grpc

import prism_session

transact, services = grpc.protos_and_services('prism/transact/v1/transact.proto')
values = grpc.protos('prism/type/v1/value.proto')


def text(value):
    return values.Value(string_value=value)


def number(value):
    return values.Value(int64_value=value)


def main(customer, cents, order_id):
    row = {'id': text(order_id), 'customer': text(customer), 'cents': number(cents)}
    event = json.dumps({'order': order_id, 'customer': customer, 'cents': cents})
    request = transact.WriteRequest(
        writes=[transact.DataWrite(table='orders', insert=transact.Insert(values=row))],
        messages=[
            transact.MailboxMessage(
                mailbox='orders-outbox',
                message_id=order_id,
                key=customer.encode(),  # a customer's orders arrive in their order
                payload=event.encode(),
            )
        ],
        idempotency_key='place-' + order_id,  # a retry answers as the first did
    )
    with prism_session.connect() as channel, prism_session.session(channel, 'shop') as session:
        services.TransactServiceStub(channel).Write(request, metadata=session, timeout=10)
    print('placed', order_id)


if __name__ == '__main__':
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) == 4 else str(uuid.uuid4()))
