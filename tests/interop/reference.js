'use strict';
// The reference server, doing what the server that says everything back does where one of them is
// ended; `--port`, `--ping-interval` and `--ping-timeout` as there.

const { createServer } = require('node:http');
const { parseArgs } = require('node:util');
const { Server } = require('socket.io');

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'ping-interval': { type: 'string', default: '60000' },
    'ping-timeout': { type: 'string', default: '60000' },
  },
});

const http = createServer();
const io = new Server(http, {
  allowEIO3: true,
  pingInterval: Number(values['ping-interval']),
  pingTimeout: Number(values['ping-timeout']),
});
for (const name of ['/', '/extra']) {
  io.of(name).on('connection', (socket) => {
    const burst = (count, bytes) => {
      for (let number = 0; number < count; number += 1) {
        socket.emit('burst', number, 'x'.repeat(bytes));
      }
    };
    socket.on('burst', burst);
    socket.on('burst-and-close', (count, bytes) => {
      burst(count, bytes);
      socket.disconnect(true);
    });
    socket.on('send-away', () => socket.disconnect());
  });
}
process.on('SIGTERM', function end() {
  // A client without a waiting poll would get none of the events, and others some.
  const clients = Object.values(io.engine.clients);
  if (!clients.every(({ transport }) => transport.writable)) return setTimeout(end, 1);
  for (let number = 0; number < 40; number += 1) io.of('/extra').emit('burst', number, '');
  io.of('/extra').emit('bye');
  io.close();
  // Connections that are kept alive would hold it for long.
  setTimeout(() => process.exit(0), 300);
});
http.listen(Number(values.port), '127.0.0.1', () => {
  console.error(`http://127.0.0.1:${http.address().port}`);
});
