// Sessions and KeyValue, on a Prism whose backend `stopped` never answers.
'use strict';

const assert = require('node:assert/strict');
const grpc = require('@grpc/grpc-js');
const { load, connect, failure } = require('./client.js');

const collection = 'node';
const definitions = load('prism');

module.exports = async function* run(endpoint) {
  const sessions = connect(definitions, 'prism.session.v1.SessionService', endpoint);
  const store = connect(definitions, 'prism.keyvalue.v1.KeyValueService', endpoint);
  const kept = await open(sessions);
  yield 'session';
  // Opened before the backend was stopped: no session can be opened on one that gives no sign of life.
  const stopped = inSession(process.env.STOPPED_SESSION);
  const impatient = inSession(process.env.IMPATIENT_SESSION);
  await putAndGet(store, kept, 'key', Buffer.from('value'));
  yield 'put and get';
  await scan(store, kept);
  yield 'scan';
  await errorDetails(store, kept);
  yield 'error details';
  await deadline(store, stopped);
  yield 'deadline';
  await deadlineOfTheServer(store, impatient);
  yield 'deadline of the server';
  await cancel(store, stopped, kept);
  yield 'cancel';
  await putAndGet(store, kept, 'large', patterned(4 << 20));
  yield '4 MiB';
};

// The metadata of a new session's calls.
async function open(sessions) {
  const { session_token } = await sessions.call('CreateSession', { config_name: 'default' });
  return inSession(session_token);
}

function inSession(token) {
  const metadata = new grpc.Metadata();
  metadata.set('prism-session', token);
  return metadata;
}

async function putAndGet(store, session, key, value) {
  const { etag } = await store.call('Put', { collection, key, value }, session);
  const { item } = await store.call('Get', { collection, key }, session);
  assert.ok(value.equals(item.value), `${item.value.length} bytes that are not the ${value.length} that were put`);
  assert.equal(item.etag, etag);
}

// Ten items of 100 kB: more than one message, and more than the window of a stream.
async function scan(store, session) {
  const value = patterned(100_000);
  const keys = Array.from({ length: 10 }, (_, i) => `scan-${i}`);
  const entries = keys.map((key) => ({ key, partition_key: 'scanned', value }));
  const { results } = await store.call('BatchPut', { collection, entries }, session);
  assert.deepEqual(results.map((result) => result.result), keys.map(() => 'success'));
  let messages = 0;
  const found = [];
  for await (const message of store.start('Scan', { collection, partition_key: 'scanned' }, session)) {
    messages += 1;
    found.push(...message.entries);
  }
  assert.ok(messages > 1, `${messages} message, so that this was no stream`);
  assert.deepEqual(found.map((entry) => entry.key), keys);
  found.forEach((entry) => assert.ok(value.equals(entry.item.value)));
}

async function errorDetails(store, session) {
  const error = await failure(store.call('Put', { collection, key: 'key', if_absent: true }, session));
  assert.equal(error.code, grpc.status.ALREADY_EXISTS, error.message);
  assert.equal(reason(error), 'KEY_EXISTS');
}

// The client's own deadline, on a call that the stopped backend never answers.
async function deadline(store, session) {
  const error = await failure(
    store.call('Get', { collection, key: 'key' }, session, { deadline: Date.now() + 300 }));
  assert.equal(error.code, grpc.status.DEADLINE_EXCEEDED, error.message);
}

// The deadline of the session's config: the server ends the call.
async function deadlineOfTheServer(store, session) {
  const error = await failure(store.call('Get', { collection, key: 'key' }, session));
  assert.equal(error.code, grpc.status.DEADLINE_EXCEEDED, error.message);
  assert.equal(reason(error), 'DEADLINE_EXCEEDED');
}

// Once a later call on the same connection was answered, the first one has been sent, too.
async function cancel(store, stopped, kept) {
  let call;
  const ended = failure(new Promise((resolve, reject) => {
    call = store.start('Get', { collection, key: 'key' }, stopped,
      (error, response) => (error ? reject(error) : resolve(response)));
  }));
  await store.call('Get', { collection, key: 'key' }, kept);
  call.cancel();
  const error = await ended;
  assert.equal(error.code, grpc.status.CANCELLED, error.message);
  await store.call('Get', { collection, key: 'key' }, kept);
}

// The reason in the ErrorInfo of a failed call's details.
function reason(error) {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const { details } = definitions['google.rpc.Status'].deserialize(bytes);
  const any = details.find((detail) => detail.type_url.endsWith('/google.rpc.ErrorInfo'));
  const info = definitions['google.rpc.ErrorInfo'].deserialize(any.value);
  assert.equal(info.domain, 'prism.dev');
  return info.reason;
}

// Bytes of which no two neighbouring kilobytes are the same.
function patterned(size) {
  return Buffer.from({ length: size }).map((_, i) => (i * 31) % 251);
}
