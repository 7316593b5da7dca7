'use strict';
// The connections of the tests. They are opened only here, because an error of a stream that nobody
// listens to ends the whole process, even after its test: a server may reset what a test has ended.

const net = require('node:net');
const tls = require('node:tls');

/** Time from the end of a connection to its close. */
const CLOSE_MS = 15_000;

/** Listens to the errors of a stream or WebSocket, and keeps the first of them as `fault`. */
function heeded(stream) {
  stream.on('error', (error) => { stream.fault ??= error; });
  stream.gone = new Promise((resolve) => { stream.once('close', resolve); });
  return stream;
}

/** A connection of TCP or a Unix socket; takes what `net.connect` takes. */
function connectPlain(...where) {
  return heeded(net.connect(...where));
}

/** A connection of TLS; takes what `tls.connect` takes. */
function connectTls(...where) {
  return heeded(tls.connect(...where));
}

/** A WebSocket; takes what its constructor in `ws` takes. */
function connectWebSocket(...where) {
  const WebSocket = require('ws');
  return heeded(new WebSocket(...where));
}

/** Ends a connection, and waits until it is closed. Fails if the other side never closes it. */
async function closed(stream) {
  let late;
  const never = new Promise((_, reject) => {
    late = setTimeout(() => reject(new Error('a connection was never closed')), CLOSE_MS);
  });
  if (stream.end) stream.end();
  else stream.close();
  await Promise.race([stream.gone, never]).finally(() => clearTimeout(late));
}

module.exports = { closed, connectPlain, connectTls, connectWebSocket, heeded };
