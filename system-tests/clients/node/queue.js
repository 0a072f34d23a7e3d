// Streams of messages in both directions, on a Prism that keeps them.
'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const grpc = require('@grpc/grpc-js');
const { load, connect } = require('./client.js');

const topic = 'node';
const MESSAGES = 1000;
const CREDIT = 100;

module.exports = async function* run(endpoint) {
  const service = connect(load('prism'), 'prism.queue.v1.QueueService', endpoint);
  const session = new grpc.Metadata();
  session.set('prism-session', process.env.QUEUE_SESSION);
  await publishStream(service, session);
  yield 'publish stream';
  await consume(service, session);
  yield 'consume';
};

// All are sent without waiting; the answers come in their order.
async function publishStream(service, session) {
  const call = service.start('PublishStream', session);
  for (let i = 0; i < MESSAGES; i++) {
    call.write({ topic: i === 0 ? topic : '', message: { key: Buffer.from('k'), payload: Buffer.from(`${i}`) } });
  }
  call.end();
  const results = [];
  for await (const answer of call) {
    results.push(...answer.results);
  }
  assert.equal(results.length, MESSAGES);
  results.reduce((before, result) => {
    assert.equal(result.result, 'success');
    const offset = Number(result.success.offset ?? 0);
    assert.ok(offset > before, `offset ${offset} after ${before}`);
    return offset;
  }, -1);
}

// Grants as much as it has acknowledged, and ends once it has had all.
async function consume(service, session) {
  const call = service.start('Consume', session);
  const ended = once(call, 'status');
  const subscription = { topic, group: 'g', position: 'START_POSITION_EARLIEST' };
  call.write({ start: { subscription, credit: CREDIT } });
  let received = 0;
  let acknowledged = 0;
  for await (const answer of call) {
    const deliveries = answer.deliveries?.deliveries ?? [];
    for (const delivery of deliveries) {
      assert.equal(delivery.message.payload.toString(), `${received}`);
      received += 1;
    }
    if (deliveries.length > 0) {
      call.write({ acks: { acks: deliveries.map(({ receipt }) => ({ receipt, ack: {} })) } });
      call.write({ credit: { messages: deliveries.length } });
    }
    for (const result of answer.ack_results?.results ?? []) {
      assert.equal(result.result, 'success');
      acknowledged += 1;
    }
    if (acknowledged === MESSAGES) {
      call.end();
    }
  }
  assert.deepEqual([received, acknowledged], [MESSAGES, MESSAGES]);
  assert.equal((await ended)[0].code, grpc.status.OK);
}
