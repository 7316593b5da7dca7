'use strict';
// People of the test of faults: some post with keys until they are answered, some are at the line door.

const { managerOf, sleep, socketOf } = require('./harness');
const { connectPlain } = require('./streams');

/** How long an answer is awaited before a post is sent again. */
const ANSWER_MS = 3_000;
/** Names that several people want. */
const WANTED = ['ann', 'ben', 'cem'];

/** Somebody in namespace `/chat`, as the page is, who posts again until it is acknowledged. */
class Page {
  constructor(cluster, name, node, { version, transports }) {
    Object.assign(this, { cluster, name, node, version, transports });
    Object.assign(this, { acked: [], seen: [], since: 0, count: 0 });
  }

  /** Comes in, or back, at some node. */
  async enter(node) {
    this.node = node;
    this.manager?._close();
    const { url } = this.cluster.nodes.get(node);
    const manager = managerOf(this.version, url, { transports: this.transports });
    const auth = { nick: this.token ? undefined : this.name, token: this.token, client: 'web' };
    if (this.since) Object.assign(auth, { since: this.since, history: this.history });
    const socket = socketOf(manager, '/chat', { auth });
    Object.assign(this, { manager, socket });
    socket.on('message', ({ id, text, room }) => {
      if (room !== 'lobby' || socket !== this.socket) return;
      this.seen.push({ id, text });
      this.since = id;
    });
    const welcome = await new Promise((resolve) => {
      socket.once('welcome', resolve);
      for (const end of ['connect_error', 'disconnect']) socket.once(end, () => resolve(null));
      setTimeout(() => resolve(null), 2 * ANSWER_MS);
    });
    if (!welcome) return false;
    Object.assign(this, { token: welcome.token, history: welcome.history });
    if (!this.since) {
      const { messages } = welcome.rooms[0];
      this.since = messages.at(-1)?.id ?? 0;
    }
    return true;
  }

  /** One try to post; its number if it was acknowledged. */
  async post(text, key) {
    const { socket } = this;
    const answer = await new Promise((resolve) => {
      socket.emit('post', { room: 'lobby', text, key }, resolve);
      socket.once('disconnect', () => resolve(null));
      setTimeout(() => resolve(null), ANSWER_MS);
    });
    return answer?.ok ? answer.id : null;
  }

  async run(chance, nodes, isOver) {
    while (!isOver()) {
      const isThere = this.socket?.connected && this.token;
      const node = chance() < 0.7 ? this.node : nodes[Math.floor(chance() * nodes.length)];
      if (!isThere && !(await this.enter(node))) {
        await sleep(200);
        continue;
      }
      const text = `${this.name} ${this.count}`;
      const id = await this.post(text, text);
      if (id !== null) {
        this.acked.push({ id, text });
        this.count += 1;
        // One's own message does not come back.
        this.since = Math.max(this.since, id);
      }
      await sleep(20 + 100 * chance());
    }
  }

  close() {
    this.manager?._close();
  }
}

/** Somebody with netcat, who says each line once, and takes names that others want too. */
class Line {
  constructor(cluster, name, node) {
    Object.assign(this, { cluster, name, node, acked: [], hearings: [], count: 0, ends: [] });
  }

  /** Comes in at some node; what is heard from there on is one hearing. */
  enter(node) {
    const { lines, run } = this.cluster.nodes.get(node);
    const hearing = [];
    const socket = connectPlain(lines, '127.0.0.1');
    const told = [];
    let rest = '';
    this.hearings.push(hearing);
    Object.assign(this, { node, socket, isOpen: true });
    socket.setEncoding('utf8');
    socket.on('data', (data) => {
      const all = (rest + data).split('\n');
      rest = all.pop();
      for (const line of all) {
        const said = /^<[^>]+> (.*)$/.exec(line);
        if (said) hearing.push(said[1]);
        if (/ (cut off from .* for a while|connected with .* again)$/.test(line)) told.push(line);
      }
    });
    socket.on('close', () => {
      if (this.socket !== socket) return;
      this.isOpen = false;
      // Only the end of the server itself ends a connection.
      const now = this.cluster.nodes.get(node);
      if (!this.isLeaving && !now.isDown && now.run === run) {
        this.ends.push(`${this.name} at ${node} after ${told.length} notices`);
      }
    });
    socket.write(`/nick ${this.name}\n`);
  }

  async run(chance, nodes, isOver) {
    while (!isOver()) {
      if (!this.isOpen) {
        this.enter(nodes[Math.floor(chance() * nodes.length)]);
      } else if (chance() < 0.05) {
        const wanted = WANTED[Math.floor(chance() * WANTED.length)];
        this.socket.write(`/nick ${chance() < 0.5 ? this.name : wanted}\n`);
      } else if (chance() < 0.01) {
        this.socket.end('/quit\n');
        this.isLeaving = true;
        while (this.isOpen) await sleep(10);
        this.isLeaving = false;
      } else {
        this.socket.write(`${this.name} ${this.count}\n`);
        this.count += 1;
      }
      await sleep(50 + 200 * chance());
    }
  }

  close() {
    this.isLeaving = true;
    this.socket?.destroy();
  }
}

module.exports = { Line, Page };
