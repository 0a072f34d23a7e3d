// The Node client (@grpc/grpc-js) of the client tests: each step is a call or a few, and is printed once its answers
// were right. PRISM_SET and TESTSERVICE_SET name the descriptor sets of what is called.
'use strict';

const fs = require('node:fs');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const MAX_MESSAGE = 8 << 20;

// What a descriptor set defines, as grpc-js wants it: by full name.
function load(name) {
  const set = fs.readFileSync(process.env[`${name.toUpperCase()}_SET`]);
  return loader.loadFileDescriptorSetFromBuffer(set, { keepCase: true, enums: String, longs: String, oneofs: true });
}

// A client whose methods answer with promises; `start` begins a call of any kind and returns it.
function connect(definitions, service, endpoint) {
  const Client = grpc.makeGenericClientConstructor(definitions[service], service);
  const client = new Client(endpoint, grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': MAX_MESSAGE,
  });
  return {
    call: (method, request, metadata = new grpc.Metadata(), options = {}) =>
      new Promise((answer, fail) => {
        client[method](request, metadata, options, (error, response) => (error ? fail(error) : answer(response)));
      }),
    start: (method, ...rest) => client[method](...rest),
    close: () => client.close(),
  };
}

// The error that `promise` ends with.
async function failure(promise) {
  let answer;
  try {
    answer = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`succeeded with ${JSON.stringify(answer)}`);
}

module.exports = { load, connect, failure };

async function main(steps, endpoint) {
  const sets = { prism: './prism.js', queue: './queue.js', rows: './rows.js', testservice: './testservice.js' };
  if (!sets[steps] || !endpoint) {
    throw new Error('usage: client.js prism|queue|rows|testservice ENDPOINT');
  }
  for await (const step of require(sets[steps])(endpoint)) {
    console.log(step);
  }
}

if (require.main === module) {
  // No step may hang: what is not over after this is a failure.
  setTimeout(() => {
    console.error('not over after a minute');
    process.exit(1);
  }, 60_000).unref();
  main(...process.argv.slice(2)).then(
    () => process.exit(0),
    (error) => {
      console.error('after the last step printed:', error);
      process.exit(1);
    },
  );
}
