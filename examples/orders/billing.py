"""Bills orders: each event once, however often it comes.

usage: python billing.py [--follow]
"""

import json
import sys
import uuid

import grpc

import prism_session

queue, queue_services = grpc.protos_and_services('prism/queue/v1/queue.proto')
transact, transact_services = grpc.protos_and_services('prism/transact/v1/transact.proto')
values = grpc.protos('prism/type/v1/value.proto')
messages = grpc.protos('prism/type/v1/message.proto')


def bill(store, session, delivery):
    """Writes the bill and the event's id in one transaction; whether the event was new."""
    headers = {header.name: header.value.decode() for header in delivery.message.headers}
    order = json.loads(delivery.message.payload)
    row = {
        'number': values.Value(string_value=str(uuid.uuid4())),
        'order_id': values.Value(string_value=order['order']),
        'cents': values.Value(int64_value=order['cents']),
    }
    request = transact.WriteRequest(
        writes=[transact.DataWrite(table='bills', insert=transact.Insert(values=row))],
        inbox=transact.Inbox(name='billing', message_id=headers['message-id']),
    )
    return not store.Write(request, metadata=session, timeout=10).already_processed


def main(follow):
    with (
        prism_session.connect() as channel,
        prism_session.session(channel, 'shop-events') as events,
        prism_session.session(channel, 'shop') as shop,
    ):
        topics = queue_services.QueueServiceStub(channel)
        store = transact_services.TransactServiceStub(channel)
        subscription = queue.Subscription(
            topic='orders', group='billing', position=queue.START_POSITION_EARLIEST
        )
        stream = topics.Subscribe(
            queue.SubscribeRequest(subscription=subscription), metadata=events
        )
        for response in stream:
            acks = []
            for delivery in response.deliveries:
                new = bill(store, shop, delivery)
                print('billed' if new else 'knew', json.loads(delivery.message.payload)['order'])
                acks.append(messages.Ack(receipt=delivery.receipt, ack={}))
            if acks:
                topics.Acknowledge(
                    queue.AcknowledgeRequest(topic='orders', acks=acks), metadata=events, timeout=10
                )
            if response.caught_up and not follow:
                break
        stream.cancel()


if __name__ == '__main__':
    if sys.argv[1:] not in ([], ['--follow']):
        sys.exit(__doc__)
    main(bool(sys.argv[1:]))
