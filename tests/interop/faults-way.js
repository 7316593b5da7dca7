'use strict';
// A way between a node and Redis, at a Unix socket, on which nothing may arrive in one direction, or
// whose connections are cut.

const net = require('node:net');
const { connectPlain } = require('./streams');

class Way {
  /** Directions in which nothing arrives: 'redis', 'node'. */
  constructor(path, redis) {
    Object.assign(this, { path, redis, held: new Set(), pairs: new Set() });
    this.server = net.createServer({ allowHalfOpen: true }, (node) => this.carry(node));
    this.ready = new Promise((resolve) => {
      this.server.listen(path, resolve);
    });
  }

  carry(node) {
    const server = connectPlain({ path: this.redis, allowHalfOpen: true });
    const pair = { node, server, late: { redis: [], node: [] } };
    this.pairs.add(pair);
    const forget = () => {
      if (node.destroyed && server.destroyed) this.pairs.delete(pair);
    };
    for (const [from, to, name] of [[node, server, 'redis'], [server, node, 'node']]) {
      // Bytes that are held back arrive later, also if the sender has given the connection up.
      const bring = (act) => {
        if (this.held.has(name)) pair.late[name].push(act);
        else act();
      };
      from.on('data', (bytes) => bring(() => to.write(bytes)));
      from.on('end', () => bring(() => to.end()));
      from.on('error', () => bring(() => to.destroy()));
      from.on('close', () => {
        bring(() => to.destroySoon());
        forget();
      });
    }
  }

  /** Has nothing arrive in these directions, until `release`. */
  hold(names) {
    names.forEach((name) => this.held.add(name));
  }

  release() {
    this.held.clear();
    for (const { late } of this.pairs) {
      for (const name of ['redis', 'node']) late[name].splice(0).forEach((act) => act());
    }
  }

  /** Breaks all connections. */
  cut() {
    for (const { node, server } of this.pairs) {
      node.destroy();
      server.destroy();
    }
    this.pairs.clear();
  }

  close() {
    this.release();
    this.cut();
    this.server.close();
  }
}

module.exports = { Way };
