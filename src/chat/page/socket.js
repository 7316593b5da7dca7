// A client of Socket.IO 5 over Engine.IO 4: one namespace, text packets, acks, and a connection
// that reconnects by itself. WebSocket first; polling if that fails.

// A WebSocket that is not open by then counts as blocked.
const OPEN_MS = 5_000;
// Time from the first request to the namespace's answer.
const JOIN_MS = 15_000;
const ACK_MS = 10_000;
const FIRST_DELAY_MS = 1_000;
const LAST_DELAY_MS = 30_000;
// Packets in one POST, so that it stays below the server's maxPayload.
const POST_PACKETS = 16;
// Engine.IO's code for a page that may not connect.
const FORBIDDEN = 4;
const SEPARATOR = '\x1e';

/** The wait after this many failures: 1 s, doubling to 30 s, half more or less. */
export function delayAfter(failures, random = Math.random) {
  return Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures) * (0.5 + random());
}

/** A packet of Socket.IO: type, namespace, number of its ack, JSON. */
export function parse(text) {
  const [, type, namespace, id, json] = /^(\d)(?:(\/[^,]*)(?:,|$))?(\d*)([^]*)$/.exec(text);
  return { type, namespace: namespace ?? '/', id, data: json && JSON.parse(json) };
}

/** Whether an answer says that this page is not let in. */
function isForbidden(answer) {
  try {
    return JSON.parse(answer).code === FORBIDDEN;
  } catch {
    return false;
  }
}

function byWebSocket(url, on) {
  const socket = new WebSocket(url.replace(/^http/, 'ws'));
  socket.onmessage = ({ data }) => typeof data === 'string' && on.packet(data);
  socket.onclose = () => on.end();
  socket.onerror = () => on.end();
  return { send: (packet) => socket.send(packet), close: () => socket.close() };
}

function byPolling(base, on) {
  const stop = new AbortController();
  // Each packet is a task of its own, as with WebSocket: before the next one comes, everything that
  // waited for an answer has seen it.
  const tasks = new MessageChannel();
  tasks.port2.onmessage = ({ data }) => stop.signal.aborted || on.packet(data);
  const queue = [];
  let url = base;
  let requests = 0;
  let isPosting = false;

  async function request(body) {
    const method = body === undefined ? 'GET' : 'POST';
    const options = { method, body, signal: stop.signal, cache: 'no-store' };
    const response = await fetch(`${url}&t=${requests++}`, options);
    const text = await response.text();
    if (!response.ok) throw text;
    return text;
  }

  async function poll() {
    while (!stop.signal.aborted) {
      for (const packet of (await request()).split(SEPARATOR)) {
        if (packet[0] === '0') url += `&sid=${JSON.parse(packet.slice(1)).sid}`;
        tasks.port1.postMessage(packet);
      }
    }
  }

  async function post() {
    if (isPosting) return;
    isPosting = true;
    while (queue.length) await request(queue.splice(0, POST_PACKETS).join(SEPARATOR));
    isPosting = false;
  }

  const failed = (error) => stop.signal.aborted || on.end(typeof error === 'string' ? error : '');
  poll().catch(failed);
  return {
    send(packet) {
      queue.push(packet);
      post().catch(failed);
    },
    close() {
      stop.abort();
      tasks.port1.close();
    },
  };
}

/**
 * `state` is `{name}`: `idle`, `connecting`, `online`, `waiting` with `until`, `refused` with
 * `error` and `code`, `forbidden` where the page's origin is, or what `stop` was told; `failures`
 * counts those in a row.
 */
export class Socket {
  state = { name: 'idle' };
  #transport;
  #acks = new Map();
  #lastAck = 0;
  #failures = 0;
  #heardAt = 0;
  #pingMs = 0;
  #patience;
  #watch;

  constructor({ url, namespace, auth, onState, onEvent }) {
    Object.assign(this, { url, namespace, auth, onState, onEvent });
  }

  connect() {
    this.#drop();
    this.#set({ name: 'connecting' });
    this.#patience = setTimeout(() => this.#lost(), JOIN_MS);
    this.#open('websocket');
  }

  /** Ends the connection, and stays in that state until `connect`. */
  stop(state) {
    this.#drop();
    this.#set(state);
  }

  /** Tries again now: the network is back, or the page is shown. */
  nudge() {
    if (this.state.name === 'waiting') this.connect();
    else if (this.state.name === 'online' && Date.now() - this.#heardAt > this.#pingMs) {
      this.#lost();
      this.connect();
    }
  }

  /** The network has gone, and with it any connection. */
  offline() {
    if (this.state.name === 'online') this.#lost();
  }

  /** The answer to a request; fails with `lost` or `timeout`. */
  emit(name, data, ms = ACK_MS) {
    return new Promise((resolve, reject) => {
      if (this.state.name !== 'online') return reject(new Error('lost'));
      const id = String(this.#lastAck++);
      const sentAt = Date.now();
      const timer = setTimeout(() => {
        this.#acks.delete(id);
        reject(new Error('timeout'));
        if (this.#heardAt < sentAt) this.#lost();
      }, ms);
      this.#acks.set(id, { resolve, reject, timer });
      this.#transport.send(`42${this.namespace},${id}${JSON.stringify([name, data])}`);
    });
  }

  #open(kind) {
    const url = new URL(this.url);
    url.search = `EIO=4&transport=${kind}`;
    let isOpen = false;
    let isOver = false;
    let blocked;
    const end = (error) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(blocked);
      if (isOpen || kind === 'polling') return this.#lost(error);
      this.#transport?.close();
      this.#open('polling');
    };
    const packet = (text) => {
      if (isOver) return;
      if (text[0] === '0') {
        isOpen = true;
        clearTimeout(blocked);
      }
      this.#packet(text, end);
    };
    const close = () => {
      isOver = true;
      clearTimeout(blocked);
    };
    if (kind === 'websocket') blocked = setTimeout(end, OPEN_MS);
    const transport = (kind === 'websocket' ? byWebSocket : byPolling)(url.href, { packet, end });
    this.#transport = { send: transport.send, close: () => (close(), transport.close()) };
  }

  #packet(text, end) {
    this.#heardAt = Date.now();
    const rest = text.slice(1);
    switch (text[0]) {
      case '0': {
        const { pingInterval, pingTimeout } = JSON.parse(rest);
        this.#pingMs = pingInterval + pingTimeout;
        this.#expectPing();
        this.#transport.send(`40${this.namespace},${JSON.stringify(this.auth())}`);
        break;
      }
      case '1':
        end();
        break;
      case '2':
        this.#expectPing();
        this.#transport.send(`3${rest}`);
        break;
      case '4':
        this.#message(parse(rest));
        break;
    }
  }

  #expectPing() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#lost(), this.#pingMs);
  }

  #message({ type, namespace, id, data }) {
    if (namespace !== this.namespace) return;
    if (type === '0') {
      clearTimeout(this.#patience);
      this.#failures = 0;
      this.#set({ name: 'online' });
    } else if (type === '1') {
      this.#lost();
    } else if (type === '2') {
      this.onEvent(...data);
    } else if (type === '3' && this.#acks.has(id)) {
      const ack = this.#acks.get(id);
      this.#acks.delete(id);
      clearTimeout(ack.timer);
      ack.resolve(data[0]);
    } else if (type === '4') {
      this.stop({ name: 'refused', error: data.message, code: data.data?.code });
    }
  }

  #lost(error) {
    // Retrying would go on for ever, and the operator would never know.
    if (isForbidden(error)) return this.stop({ name: 'forbidden' });
    this.#drop();
    const delay = delayAfter(this.#failures++);
    this.#watch = setTimeout(() => this.connect(), delay);
    this.#set({ name: 'waiting', until: Date.now() + delay, error });
  }

  #drop() {
    clearTimeout(this.#patience);
    clearTimeout(this.#watch);
    this.#transport?.close();
    this.#transport = undefined;
    const acks = [...this.#acks.values()];
    this.#acks.clear();
    for (const { reject, timer } of acks) {
      clearTimeout(timer);
      reject(new Error('lost'));
    }
  }

  #set(state) {
    this.state = { ...state, failures: this.#failures };
    this.onState(this.state);
  }
}
