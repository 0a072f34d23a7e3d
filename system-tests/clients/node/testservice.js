// The four kinds of calls, on gRPC's own test service.
'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { load, connect } = require('./client.js');

const REQUEST_SIZES = [27182, 8, 1828, 45904];
const RESPONSE_SIZES = [31415, 9, 2653, 58979];

const payload = (size) => ({ body: Buffer.alloc(size) });
const sizeOf = (message) => message.payload.body.length;

module.exports = async function* run(endpoint) {
  const service = connect(load('testservice'), 'grpc.testing.TestService', endpoint);
  await unary(service);
  yield 'unary';
  await clientStreaming(service);
  yield 'client streaming';
  await serverStreaming(service);
  yield 'server streaming';
  await bidirectional(service);
  yield 'bidirectional';
};

async function unary(service) {
  const answer = await service.call('UnaryCall', { response_size: 314159, payload: payload(271828) });
  assert.equal(sizeOf(answer), 314159);
}

async function clientStreaming(service) {
  const answer = await new Promise((resolve, reject) => {
    const call = service.start('StreamingInputCall', (error, response) => (error ? reject(error) : resolve(response)));
    REQUEST_SIZES.forEach((size) => call.write({ payload: payload(size) }));
    call.end();
  });
  assert.equal(answer.aggregated_payload_size, 74922);
}

async function serverStreaming(service) {
  const response_parameters = RESPONSE_SIZES.map((size) => ({ size }));
  const sizes = [];
  for await (const answer of service.start('StreamingOutputCall', { response_parameters })) {
    sizes.push(sizeOf(answer));
  }
  assert.deepEqual(sizes, RESPONSE_SIZES);
}

// Each request is sent after the answer to the one before.
async function bidirectional(service) {
  const call = service.start('FullDuplexCall');
  const answers = call[Symbol.asyncIterator]();
  const ended = once(call, 'status');
  for (const [i, size] of REQUEST_SIZES.entries()) {
    call.write({ response_parameters: [{ size: RESPONSE_SIZES[i] }], payload: payload(size) });
    assert.equal(sizeOf((await answers.next()).value), RESPONSE_SIZES[i]);
  }
  call.end();
  assert.equal((await answers.next()).done, true);
  assert.equal((await ended)[0].code, 0);
}
