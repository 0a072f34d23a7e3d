// A transaction in steps, and the pages of what it wrote.
'use strict';

const assert = require('node:assert/strict');
const grpc = require('@grpc/grpc-js');
const { load, connect } = require('./client.js');

const table = 'clients';
const owner = 'node';
const ROWS = 50;
const PAGE = 20;
const ownRows = { comparison: { column: 'owner', op: 'OPERATOR_EQUAL', value: { string_value: owner } } };

module.exports = async function* run(endpoint) {
  await transaction(connect(load('prism'), 'prism.transact.v1.TransactService', endpoint), session('TRANSACT_SESSION'));
  yield 'transaction';
  await read(connect(load('prism'), 'prism.reader.v1.ReaderService', endpoint), session('READER_SESSION'));
  yield 'read';
};

function session(variable) {
  const metadata = new grpc.Metadata();
  metadata.set('prism-session', process.env[variable]);
  return metadata;
}

// Each step is answered before the next is sent; what it wrote is seen by it alone until it commits.
async function transaction(service, metadata) {
  const call = service.start('Transaction', metadata);
  const answers = call[Symbol.asyncIterator]();
  const ask = async (request) => {
    call.write(request);
    const { value, done } = await answers.next();
    assert.ok(!done, 'the transaction ended early');
    return value;
  };
  assert.ok((await ask({ begin: {} })).begun);
  for (let n = 0; n < ROWS; n++) {
    // A map, as a descriptor set has it.
    const values = [{ key: 'owner', value: { string_value: owner } }, { key: 'n', value: { int64_value: n } }];
    assert.equal(Number((await ask({ write: { table, insert: { values } } })).write.rows), 1);
  }
  const selected = await ask({ select: { table, filter: ownRows, columns: ['n'], limit: ROWS } });
  assert.equal(selected.rows.rows.length, ROWS);
  assert.ok((await ask({ commit: {} })).committed);
  assert.ok((await answers.next()).done);
  call.end();
}

// Page by page in the order of the key.
async function read(service, metadata) {
  const pages = [];
  for await (const { page } of service.start('Query', { collection: table, filter: ownRows, page_size: PAGE }, metadata)) {
    pages.push(page);
  }
  assert.equal(pages.length, Math.ceil(ROWS / PAGE));
  const numbers = pages.flatMap((page) => page.rows.map((row) => Number(row.values[1].int64_value)));
  assert.deepEqual(numbers, [...Array(ROWS).keys()]);
}
