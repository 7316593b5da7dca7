'use strict';
// The reference server as a relay, in a process of its own, which tells its port to its parent: what
// examples/conformance.rs does in the namespaces `/` and `/custom`.

const http = require('node:http');
const { Server } = require('socket.io');

const server = http.createServer();
const heartbeat = { pingInterval: 60_000, pingTimeout: 60_000 };
const io = new Server(server, { allowEIO3: true, serveClient: false, ...heartbeat });
for (const name of ['/', '/custom']) {
  io.of(name).on('connection', (socket) => {
    socket.emit('auth', socket.handshake.auth);
    socket.on('message', (...args) => {
      socket.emit('message-back', ...args.filter((it) => typeof it !== 'function'));
    });
    socket.on('message-with-ack', (...args) => {
      const ack = args.pop();
      if (typeof ack === 'function') ack(...args);
    });
  });
}
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
