'use strict';
// The page while very much is said.

const assert = require('node:assert/strict');
const { after, before } = require('node:test');
const { TRANSPORT, check, person, startChat, until, visitAs } = require('./harness');

const MESSAGES = 1_000;
const TIME_MS = 10_000;

let chat;
before(async () => {
  chat = await startChat('--rate', '0');
});
after(() => chat.stop());

// A busy machine can make a quick page slow, but never a slow page quick.
const ROUNDS = 3;

check(`W27 1,000 messages in 10 s: one types on as if nothing were; ${TRANSPORT}`, async () => {
  const page = await visitAs('fast', chat.url);
  const app = await person(chat.url, 'gun');
  const kinds = await page.evaluate(() => PerformanceObserver.supportedEntryTypes);
  assert.ok(kinds.includes('longtask'));
  await page.evaluate(() => {
    new PerformanceObserver((list) => {
      tasks.push(...list.getEntries().map(({ duration }) => duration));
    }).observe({ type: 'longtask' });
    // From the key to the frame that shows it.
    document.querySelector('#text').addEventListener('input', ({ timeStamp }) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => waits.push(performance.now() - timeStamp);
        port2.postMessage('');
      });
    });
  });
  await page.focus('#text');
  let seen;
  for (let round = 0; round < ROUNDS && !(seen?.p95 < 50 && seen.worst <= 200); round += 1) {
    seen = await flood(page, app, round);
  }
  assert.ok(seen.p95 < 50, `${seen.p95} ms`);
  assert.ok(seen.worst <= 200, `${seen.worst} ms`);
});

/** How long keys and tasks take while very much is said. */
async function flood(page, app, round) {
  await page.evaluate(() => Object.assign(globalThis, { tasks: [], waits: [] }));
  let isOver = false;
  const typing = (async () => {
    while (!isOver) await page.keyboard.type('a', { delay: 50 });
  })();
  const start = Date.now();
  const acks = [];
  for (let at = 0; at < MESSAGES; at += 1) {
    await until('the moment', () => Date.now() - start >= at * TIME_MS / MESSAGES);
    acks.push(app.say(`message ${at} of round ${round}, with a few words that make up a line`));
  }
  await Promise.all(acks);
  await until('the last', async () => (await page.locator('#log .text').last().textContent())
    .startsWith(`message ${MESSAGES - 1} of round ${round}`));
  isOver = true;
  await typing;
  const { tasks, waits } = await page.evaluate(() => ({ tasks, waits }));
  assert.ok(waits.length > 50, `${waits.length} keys`);
  waits.sort((a, b) => a - b);
  const p95 = waits[Math.floor(waits.length * 0.95)];
  const worst = Math.max(0, ...tasks);
  console.log(`# keys ${waits.length}, p95 ${p95.toFixed(1)} ms, longest task ${worst} ms`);
  return { p95, worst };
}
