'use strict';
// nginx, HAProxy and Caddy with the configurations of contrib/, whose addresses are replaced by others
// on this machine.

const assert = require('node:assert/strict');
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { until, within } = require('./harness');
const { connectPlain, connectTls } = require('./streams');

const CONTRIB = path.join(__dirname, '../../contrib');
/** The names in the configurations. They are resolved to this machine. */
const HOST = 'chat.example';
const SITE = 'www.example';
const ADDRESSES = Object.values(os.networkInterfaces()).flat();
const HAS_IPV6 = ADDRESSES.some(({ address }) => address === '::1');
/** A folder for all data of all proxies. */
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'proxies-'));
const children = new Set();
process.on('exit', () => {
  children.forEach((child) => child.kill('SIGKILL'));
  fs.rmSync(folder, { recursive: true, force: true });
});

/** A certificate with its key for the names of the configurations, in one file. */
const certificate = (() => {
  const [file, key, cert] = ['chat.pem', 'key.pem', 'cert.pem'].map((one) => path.join(folder, one));
  execFileSync('openssl', [
    'req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '2',
    '-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST},DNS:${SITE}`,
    '-keyout', key, '-out', cert,
  ], { stdio: 'pipe' });
  fs.writeFileSync(file, fs.readFileSync(cert, 'utf8') + fs.readFileSync(key, 'utf8'));
  // The workers of a proxy that gives up its rights do not read it, but it has to be found.
  fs.chmodSync(folder, 0o755);
  return file;
})();

/** Ports that nobody listens at. All are taken at the same time, so that they differ. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer());
  const ports = await Promise.all(servers.map((server) => new Promise((resolve) => {
    server.listen(0, () => resolve(server.address().port));
  })));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * A configuration of contrib/ with other addresses, in a file. Each of the replaced texts has to be
 * there, so that no test runs a configuration that it has not changed.
 */
function configured(name, replaced) {
  let text = fs.readFileSync(path.join(CONTRIB, name), 'utf8');
  for (const [from, to] of replaced) {
    assert.ok(text.search(from) >= 0, `${name} has ${from}`);
    text = text.replaceAll(from, to);
  }
  if (!HAS_IPV6) text = text.replace(/^ *listen \[::\].*\n/gm, '').replace(/,\[::\]:\d+ v6only/g, '');
  const file = path.join(folder, name.replaceAll('/', '-'));
  fs.writeFileSync(file, text);
  return file;
}

/** Connects once a port is open. */
async function opened(port, said) {
  let isOpen = false;
  const end = Date.now() + 15_000;
  while (!isOpen) {
    if (Date.now() > end) throw new Error(`port ${port} never opened: ${said.text}`);
    isOpen = await new Promise((resolve) => {
      const stream = connectPlain(port, '127.0.0.1');
      stream.on('connect', () => stream.end() && resolve(true));
      stream.on('error', () => setTimeout(() => resolve(false), 20));
    });
  }
}

async function start(program, args, ports, env = {}) {
  const child = spawn(program, args, {
    env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => (said.text += data));
  }
  const ended = new Promise((resolve) => child.on('exit', (...how) => {
    children.delete(child);
    resolve(how);
  }));
  await Promise.race([
    Promise.all(ports.map((port) => opened(port, said))),
    ended.then((how) => { throw new Error(`${program} ended with ${how}: ${said.text}`); }),
  ]);
  const stop = async () => {
    child.kill('SIGTERM');
    await within(ended, `${program} has ended`).catch(() => child.kill('SIGKILL'));
  };
  return { child, said, stop };
}

/** The processes that `child` has started. */
function processesOf(child) {
  return fs.readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
}

/** nginx, or HAProxy, in front of a server's doors for TLS, which only passes on bytes. */
async function startPassing(which, { https: web, linesTls }) {
  const [tls, tlsLines] = await freePorts(2);
  const servers = [[/127\.0\.0\.1:5443\b/g, `127.0.0.1:${web}`],
    [/127\.0\.0\.1:55556\b/g, `127.0.0.1:${linesTls}`]];
  if (which === 'nginx') {
    const config = configured('nginx/passthrough.conf', [
      [/listen (\[::\]:)?443;/g, `listen $1${tls};`],
      [/listen (\[::\]:)?5556;/g, `listen $1${tlsLines};`],
      [/\/run\/nginx.pid/g, path.join(folder, `nginx-${tls}.pid`)],
      [/\/var\/log\/nginx\/error.log/g, 'stderr'],
      ...servers,
    ]);
    return { ...await start('nginx', ['-c', config, '-g', 'daemon off;'], [tls]), tls, tlsLines };
  }
  const config = configured('haproxy/passthrough.cfg', [
    [/bind :443,\[::\]:443 /g, `bind :${tls},[::]:${tls} `],
    [/bind :5556,\[::\]:5556 /g, `bind :${tlsLines},[::]:${tlsLines} `],
    [/log \/dev\/log local0 notice/g, 'log stderr format raw local0 notice'],
    ...servers,
  ]);
  return { ...await start('haproxy', ['-W', '-db', '-f', config], [tls]), tls, tlsLines };
}

/** nginx in front of one server, or of several. `servers` are ports of the HTTP and the line door. */
async function startNginx(servers) {
  const [plain, tls, lines, tlsLines] = await freePorts(4);
  const name = servers.length > 1 ? 'nginx/cluster.conf' : 'nginx/one-server.conf';
  const config = configured(name, [
    [/listen (\[::\]:)?80 /g, `listen $1${plain} `],
    [/listen (\[::\]:)?443 /g, `listen $1${tls} `],
    [/listen (\[::\]:)?5555;/g, `listen $1${lines};`],
    [/listen (\[::\]:)?5556 /g, `listen $1${tlsLines} `],
    [/\/etc\/ssl\/private\/chat.example.pem/g, certificate],
    [/\/run\/nginx.pid/g, path.join(folder, `nginx-${plain}.pid`)],
    [/\/var\/log\/nginx\/error.log/g, 'stderr'],
    [/worker_processes auto;/g, 'worker_processes 1;'],
    ...addresses(servers),
  ]);
  const proxy = await start('nginx', ['-c', config, '-g', 'daemon off;'], [tls, lines]);
  const reload = async () => {
    const before = new Set(processesOf(proxy.child));
    proxy.child.kill('SIGHUP');
    await until('a new worker of nginx', () =>
      processesOf(proxy.child).some((one) => !before.has(one)));
  };
  return { name: 'nginx', ...proxy, reload, plain, tls, lines, tlsLines };
}

/** HAProxy in front of one server, or of several. */
async function startHaproxy(servers) {
  const [plain, tls, lines, tlsLines] = await freePorts(4);
  const name = servers.length > 1 ? 'haproxy/cluster.cfg' : 'haproxy/one-server.cfg';
  const config = configured(name, [
    [/bind :80,\[::\]:80 /g, `bind :${plain},[::]:${plain} `],
    [/bind :443,\[::\]:443 /g, `bind :${tls},[::]:${tls} `],
    [/bind :5555,\[::\]:5555 /g, `bind :${lines},[::]:${lines} `],
    [/bind :5556,\[::\]:5556 /g, `bind :${tlsLines},[::]:${tlsLines} `],
    [/\/etc\/ssl\/private\/chat.example.pem/g, certificate],
    [/log \/dev\/log local0 notice/g, 'log stderr format raw local0 notice'],
    ...addresses(servers),
  ]);
  const proxy = await start('haproxy', ['-W', '-db', '-f', config], [tls, lines]);
  const reload = async () => {
    const before = new Set(processesOf(proxy.child));
    proxy.child.kill('SIGUSR2');
    await until('a new worker of HAProxy', () =>
      processesOf(proxy.child).some((one) => !before.has(one)));
  };
  return { name: 'HAProxy', ...proxy, reload, plain, tls, lines, tlsLines };
}

/** The servers in a configuration, of which there may be more than are wanted. */
function addresses(servers) {
  if (servers.length === 1) {
    const [{ http: web, lines }] = servers;
    return [[/127\.0\.0\.1:5000\b/g, `127.0.0.1:${web}`], [/127\.0\.0\.1:55555\b/g, `127.0.0.1:${lines}`]];
  }
  const unused = new RegExp(`^ *server .*10\\.0\\.0\\.[${servers.length + 1}-8]:.*\\n`, 'gm');
  return [
    ...servers.flatMap(({ http: web, lines }, at) => [
      [new RegExp(`10\\.0\\.0\\.${at + 1}:5000\\b`, 'g'), `127.0.0.1:${web}`],
      [new RegExp(`10\\.0\\.0\\.${at + 1}:55555\\b`, 'g'), `127.0.0.1:${lines}`],
    ]),
    [unused, ''],
  ];
}

/** Waits until there is a certificate for this name. Caddy makes them after it has opened its port. */
async function certified(servername, port) {
  let isSecure = false;
  for (const end = Date.now() + 15_000; !isSecure;) {
    if (Date.now() > end) throw new Error(`${servername} has no certificate`);
    isSecure = await new Promise((resolve) => {
      const stream = connectTls({ ...comingFrom('127.0.0.1'), host: servername, port, servername });
      stream.on('secureConnect', () => stream.end() && resolve(true));
      stream.on('error', () => setTimeout(() => resolve(false), 20));
    });
  }
}

/** Caddy, which has no lines, and certificates of its own. */
async function startCaddy([server]) {
  const [plain, secure, admin] = await freePorts(3);
  const config = configured('caddy/Caddyfile', [
    [/^(chat|www)\.example \{$/gm, `https://$1.example:${secure} {`],
    [/127\.0\.0\.1:5000\b/g, `127.0.0.1:${server.http}`],
    // Certificates of its own authority, in place of a public one's.
    [/^/g, `{\n\tadmin localhost:${admin}\n\thttp_port ${plain}\n\thttps_port ${secure}\n` +
      '\tlocal_certs\n\tskip_install_trust\n}\n'],
  ]);
  const data = path.join(folder, 'caddy');
  const env = { HOME: data, XDG_DATA_HOME: data, XDG_CONFIG_HOME: data };
  const flags = ['--config', config, '--adapter', 'caddyfile'];
  const proxy = await start('caddy', ['run', ...flags], [plain, secure], env);
  for (const name of [HOST, SITE]) await certified(name, secure);
  const reload = async () => {
    const more = ['--force', '--address', `localhost:${admin}`];
    await new Promise((resolve, reject) => {
      const asked = spawn('caddy', ['reload', ...flags, ...more], { env: { ...process.env, ...env } });
      asked.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`caddy reload: ${code}`))));
    });
  };
  return { name: 'Caddy', ...proxy, reload, plain, tls: secure };
}

/** How to connect as a client at some address of this machine. All names are this machine's. */
function comingFrom(address) {
  const lookup = (_, options, callback) => (options.all
    ? callback(null, [{ address: '127.0.0.1', family: 4 }])
    : callback(null, '127.0.0.1', 4));
  return {
    lookup, localAddress: address, rejectUnauthorized: false, autoSelectFamily: false,
  };
}

/** Somebody at the line door of a proxy. */
function atLines({ lines, tlsLines }, { from = '127.0.0.1', isTls = false } = {}) {
  const options = { ...comingFrom(from), host: HOST, port: isTls ? tlsLines : lines };
  const stream = (isTls ? connectTls : connectPlain)(options).setEncoding('utf8');
  const it = { said: '', isOver: false, stream, say: (line) => stream.write(`${line}\n`) };
  stream.on('data', (text) => (it.said += text));
  stream.gone.then(() => (it.isOver = true));
  it.heard = (text) => until(`a line with ${text}`, () => it.said.includes(text));
  return it;
}

/** An agent for clients at this address. */
function agentFrom(address, options = {}) {
  return new https.Agent({ ...comingFrom(address), ...options });
}

/** The answer to a request. `from` is the client's address. */
function request(url, { from = '127.0.0.1', method = 'GET', headers = {}, body, agent } = {}) {
  const isTls = url.startsWith('https:');
  const servername = new URL(url).hostname;
  const options = { method, headers, servername, ...(agent ? { agent } : comingFrom(from)) };
  const answer = new Promise((resolve, reject) => {
    const asked = (isTls ? https : http).request(url, options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({
        status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString(),
      }));
    });
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode, headers: response.headers, text: '' });
    });
    asked.on('error', reject);
    asked.end(body);
  });
  return within(answer, `an answer to ${method} ${url}`);
}

module.exports = {
  HOST, SITE, agentFrom, atLines, certificate, comingFrom, folder, request, startCaddy, startHaproxy,
  startNginx, startPassing,
};
