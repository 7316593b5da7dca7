'use strict';
// A reference server of a cluster, doing in `/cluster` what `examples/conformance/cluster.rs` does.
// `--port` and `--recovery` are as there, and `--cluster` is the socket of a Redis.

const { createServer } = require('node:http');
const { parseArgs } = require('node:util');
const { createAdapter } = require('@socket.io/redis-streams-adapter');
const Redis = require('ioredis');
const { Server } = require('socket.io');

const PATIENCE_MS = 10_000;
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    cluster: { type: 'string' },
    recovery: { type: 'string' },
  },
});

const redis = new Redis(values.cluster);
const http = createServer();
const io = new Server(http, {
  adapter: createAdapter(redis),
  pingInterval: 60_000,
  connectionStateRecovery: { maxDisconnectionDuration: Number(values.recovery) },
});
const nsp = io.of('/cluster');

/** The operator of an audience, as clients name it. */
function of({ rooms = [], except = [], volatile, local, timeout }, from = nsp) {
  let to = from;
  rooms.forEach((room) => { to = to.to(room); });
  except.forEach((room) => { to = to.except(room); });
  if (volatile) to = to.volatile;
  if (local) to = to.local;
  return timeout ? to.timeout(timeout) : to;
}

nsp.on('note', (...args) => nsp.local.emit('noted', ...args));
nsp.on('load?', (...args) => args.at(-1)({ from: 'node', asked: args.length > 1 ? args[0] : null }));
nsp.on('connection', (socket) => {
  if (socket.recovered) {
    const rooms = [...socket.rooms].filter((room) => room !== socket.id);
    socket.emit('back', socket.data, rooms.sort());
  }
  socket.on('keep', (data, then) => {
    socket.data = data;
    then();
  });
  socket.on('join', (room, then) => {
    socket.join(room);
    then();
  });
  socket.on('emit', (audience, name, ...args) => of(audience).emit(name, ...args));
  socket.on('broadcast', (audience, name, ...args) => {
    of(audience, socket.broadcast).emit(name, ...args);
  });
  socket.on('ask', (audience, name, ...args) => {
    const then = args.pop();
    of({ timeout: PATIENCE_MS, ...audience }).emit(name, ...args, (error, answers) => {
      // Bytes are told by their number.
      answers = answers.map((answer) => (Buffer.isBuffer(answer) ? answer.length : answer));
      answers.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
      then(answers, !error);
    });
  });
  socket.on('fetch', async (audience, then) => {
    const sockets = await of(audience).fetchSockets();
    const told = sockets.map(({ id, rooms, handshake }) => {
      return [id, [...rooms].filter((room) => room !== id).sort(), handshake];
    });
    then(told.sort(([one], [other]) => (one < other ? -1 : 1)), true);
  });
  socket.on('move', async (audience, join, leave, then) => {
    of(audience).socketsJoin(join);
    of(audience).socketsLeave(leave);
    then();
  });
  socket.on('kick', (audience, close) => of(audience).disconnectSockets(close));
  socket.on('servers', (...args) => nsp.serverSideEmit('note', ...args));
  socket.on('ask-servers', (...args) => {
    const then = args.pop();
    nsp.serverSideEmit('load?', ...args, (error, answers) => then(answers, !error));
  });
});
process.on('SIGTERM', () => {
  io.close();
  // Sessions that were saved last are still on their way.
  redis.quit().finally(() => process.exit());
});
http.listen(Number(values.port), '127.0.0.1', () => {
  console.error(`http://127.0.0.1:${http.address().port}`);
});
