'use strict';
// Every state of the page, as axe sees it: in light, in dark, and on a phone.

const assert = require('node:assert/strict');
const { after, before } = require('node:test');
const {
  check, operate, person, say, shown, startChat, until, violations, visit,
} = require('./harness');

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 375, height: 667 };
/** A busy machine takes a while for a hundred and fifty looks. */
const LONG = { timeout: 240_000 };
const PASSWORD = 'correct horse';
const TEXT = '`code` and **bold**\n```\nfn main() {}\n```\n> quoted\n- listed https://a.example/';

let chat;
before(async () => {
  chat = await startChat('--rate', '0');
});
after(() => chat.stop());

/** Looks at states, and gathers all that axe finds. Every second one is dark on the phone. */
class Looks {
  found = [];
  count = 0;

  constructor(page) {
    this.page = page;
  }

  async #see(view, colorScheme) {
    await this.page.emulateMedia({ colorScheme });
    const found = await violations(this.page);
    this.found.push(...found.map((one) => `${view}, ${colorScheme}: ${one}`));
  }

  /** A state that `open` brings about, at each width, and `close` ends. */
  async at(view, open = () => {}, close = () => this.escape(), sizes = [WIDE, NARROW]) {
    this.count += 1;
    const schemes = this.count % 2 ? ['light', 'dark'] : ['dark', 'light'];
    for (const size of sizes) {
      await this.page.setViewportSize(size);
      await open(this.page);
      for (const scheme of size === WIDE ? schemes : schemes.slice(1)) {
        await this.#see(`${view}, ${size.width} wide`, scheme);
      }
      await close(this.page);
    }
  }

  /** Closes whatever is open, one in another. */
  async escape() {
    for (let at = 0; at < 2; at += 1) await this.page.keyboard.press('Escape');
  }
}

/** Clicks on something in the list at the side, which is behind a button on a phone. */
async function fromList(page, selector) {
  if (await page.locator('#menu').isVisible()) await page.click('#menu');
  await page.click(selector);
}

async function go(page, hash) {
  await page.evaluate((to) => { location.hash = to; }, hash);
  await page.locator('h1', { hasText: hash }).waitFor();
}

async function tool(page, text, name) {
  await page.locator('.message', { hasText: text }).hover();
  await page.locator('#tools').getByRole('button', { name, exact: true }).click();
}

const awayWithMouse = (page) => page.mouse.move(0, 0);
const dialog = (page, name) => page.getByRole('dialog', { name }).waitFor();

/** Files that are dropped on the text. */
async function drop(page) {
  await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 80, height: 60 });
    const picture = await new Promise((resolve) => canvas.toBlob(resolve));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([picture], 'boat.png', { type: 'image/png' }));
    dataTransfer.items.add(new File(['fog'], 'notes.txt', { type: 'text/plain' }));
    const options = { bubbles: true, cancelable: true, dataTransfer };
    document.querySelector('#text').dispatchEvent(new DragEvent('drop', options));
  });
  await until('the files are there', async () => await page.locator('#files li').count() === 2
    && await page.locator('#files progress:visible').count() === 0);
}

async function arriving(page, looks) {
  await looks.at('arriving', () => page.locator('#arrival').waitFor());
  await page.fill('#arrival-name', 'a b');
  await page.press('#arrival-name', 'Enter');
  await looks.at('a name that the card refuses',
    () => page.waitForFunction(() => document.querySelector('#arrival-error').textContent));
  await page.fill('#arrival-name', 'keeper');
  await page.press('#arrival-name', 'Enter');
  await page.locator('#arrival').waitFor({ state: 'hidden' });
}

/** The room of all kinds of messages, with somebody else in it. */
async function fillRoom(page) {
  const app = await person(chat.url, 'mate');
  await app.ask('join', { room: 'views' });
  await app.ask('topic', { room: 'views', text: 'See https://a.example/' });
  await app.say('hello keeper', 'views');
  await app.say(TEXT, 'views');
  const { id } = await app.say('rude words', 'views');
  await app.ask('edit', { id, text: 'kind words' });
  await go(page, '#views');
  await say(page, 'mine');
  await shown(page, 'mine');
  await app.ask('react', { id, emoji: '🏆' });
  await drop(page);
}

async function signing(page, looks) {
  const open = async () => {
    await fromList(page, '#settings');
    await page.click('#signing');
    await page.locator('#account-password').waitFor();
  };
  await looks.at('signing in', open);
  await looks.at('registering', async () => {
    await open();
    await page.click('#account-other');
  });
  await looks.at('a password that is refused', async () => {
    await open();
    await page.click('#account-other');
    await page.fill('#account-password', 'short');
    await page.press('#account-password', 'Enter');
    await page.locator('#account-error', { hasText: '128 bytes' }).waitFor();
  });
  await page.setViewportSize(WIDE);
  await open();
  await page.click('#account-other');
  await page.fill('#account-password', PASSWORD);
  await page.press('#account-password', 'Enter');
  await page.locator('#account').waitFor({ state: 'hidden' });
  const other = await person(chat.url, 'phone');
  await other.ask('login', { nick: 'keeper', password: PASSWORD });
  await looks.at('devices', async () => {
    await fromList(page, '#settings');
    await page.click('#signing');
    await page.locator('#device-list li').waitFor();
  });
}

async function messages(page, looks) {
  await looks.at('a room', awayWithMouse, () => {});
  await looks.at('the bar of a message', async () => {
    await page.locator('.message', { hasText: 'kind words' }).hover();
    await page.getByRole('toolbar').waitFor();
  }, awayWithMouse);
  await looks.at('reactions', async () => {
    await tool(page, 'kind words', 'React');
    await dialog(page, 'Emoji');
  });
  await looks.at('emoji', async () => {
    await page.click('#emoji');
    await dialog(page, 'Emoji');
  }, undefined, [WIDE]);
  await looks.at('a correction', () => tool(page, 'mine', 'Edit'),
    () => page.click('#editing button'));
  await looks.at('earlier texts', async () => {
    await tool(page, 'kind words', 'Earlier texts');
    await dialog(page, /^Earlier texts/);
  });
  const menu = async () => {
    await page.locator('.message .nick', { hasText: 'mate' }).first().click();
    await page.locator('#person').getByRole('button', { name: 'Ban…' }).waitFor();
  };
  await looks.at('the menu of a person', menu);
  for (const [row, title] of [['Mute…', 'Mute'], ['Remove', 'Remove'], ['Ban…', 'Ban']]) {
    await looks.at(`the dialog ${title}`, async () => {
      await menu();
      await page.locator('#person').getByRole('button', { name: row }).click();
      await dialog(page, new RegExp(`^${title} mate`));
    });
  }
}

async function writing(page, looks) {
  const text = async (typed) => {
    await page.fill('#text', '');
    await page.locator('#text').pressSequentially(typed);
  };
  await looks.at('suggestions', async () => {
    await text('/to');
    await page.getByRole('listbox', { name: 'Suggestions' }).waitFor();
  }, () => page.fill('#text', ''));
  await looks.at('an error', async () => {
    await say(page, '/nonsense');
    await page.locator('#error', { hasText: 'nonsense' }).waitFor();
  }, () => page.fill('#text', ''));
}

async function around(page, looks) {
  await looks.at('the menu of a room', () => page.click('#about'));
  await looks.at('a topic', async () => {
    await page.click('#about');
    await page.getByRole('button', { name: 'Change the topic' }).click();
  });
  await looks.at('the bell', () => page.click('#bell'));
  await looks.at('the rooms', () => page.click('#menu'), undefined, [NARROW]);
  await looks.at('the members', () => page.click('#people'), undefined, [NARROW]);
  await looks.at('joining', () => fromList(page, '#joining'));
  await looks.at('the way to anywhere', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('v');
    await page.locator('#places [role=option]').first().waitFor();
  });
  await looks.at('settings', () => fromList(page, '#settings'));
  for (const [row, title] of [['notify', 'Notifications'], ['invite', 'Invite others']]) {
    await looks.at(title, async () => {
      await fromList(page, '#settings');
      await page.click(`#${row}`);
      await dialog(page, title);
    });
  }
  await looks.at('the name', () => fromList(page, '#me'));
  await looks.at('a name that is refused', async () => {
    await fromList(page, '#me');
    await page.fill('#name', 'a b');
    await page.press('#name', 'Enter');
    await page.waitForFunction(() => document.querySelector('#name-error').textContent);
  });
}

async function finding(page, looks) {
  const search = async (words) => {
    await say(page, `/search ${words}`);
    await page.locator('#found [role=status]', { hasText: /\w/ }).waitFor();
  };
  await looks.at('found', async () => {
    await search('kind');
    await page.locator('#found li mark').first().waitFor();
    const field = (await page.locator('#words').boundingBox()).width;
    assert.ok(field > 180, `${field} px for the words`);
  });
  await looks.at('nothing found', () => search('unheard'));
  await looks.at('mentions', async () => {
    await fromList(page, '#mentions');
    await page.locator('#found li').first().waitFor();
  });
}

async function rooms(page, looks) {
  await page.setViewportSize(WIDE);
  await go(page, '#den');
  await looks.at('an empty room', () => page.locator('.start button').first().waitFor(), () => {});
  const rules = async () => {
    await page.click('#about');
    await page.getByRole('button', { name: 'Room settings…' }).click();
    await dialog(page, 'Settings of #den');
  };
  await looks.at('the settings of a room', rules);
  await looks.at('the settings of a private room', async () => {
    await rules();
    await page.getByRole('checkbox', { name: 'Private' }).check();
    await page.getByLabel('Name of an invited person').fill('mate');
    await page.keyboard.press('Enter');
    await page.locator('#rules-done', { hasText: 'mate can come in now' }).waitFor();
  });
  await looks.at('a private room', undefined, () => {});
  await page.setViewportSize(WIDE);
  await say(page, '/msg nobody-here boo');
  await looks.at('a message that failed', () => page.locator('.failed').waitFor(), () => {});
}

async function apart(page, looks) {
  await page.setViewportSize(WIDE);
  await go(page, '#views');
  await looks.at('reconnecting', async () => {
    await page.evaluate(() => dispatchEvent(new Event('offline')));
    await page.locator('#state.shown').waitFor();
  }, () => {});
  await until('the worker looks after the page', () => page.evaluate(() =>
    navigator.serviceWorker.controller?.state === 'activated'));
  await chat.stop();
  await looks.at('without a connection', async () => {
    await page.reload();
    await page.locator('#state.shown', { hasText: 'has kept' }).waitFor();
  }, () => {});
}

async function closed(page, looks) {
  await page.setViewportSize(WIDE);
  const other = await startChat('--access', 'invite');
  try {
    await page.goto(other.url);
    await looks.at('a chat that is closed', () => page.locator('#account-code').waitFor(), () => {});
    await page.fill('#account-code', 'nothing');
    await page.press('#account-code', 'Enter');
    await looks.at('a code that is refused',
      () => page.locator('#account-error', { hasText: /\w/ }).waitFor(), () => {});
  } finally {
    await other.stop();
  }
}

check('W6 W9 axe finds nothing in any state, in light, in dark and on a phone', async () => {
  const page = await visit(chat.url, {
    bypassCSP: true, reducedMotion: 'reduce', serviceWorkers: 'allow', viewport: WIDE,
  });
  const looks = new Looks(page);
  await arriving(page, looks);
  await fillRoom(page);
  await looks.at('files to send', undefined, () => {});
  await say(page, 'see these');
  await page.locator('.message img').waitFor();
  await signing(page, looks);
  operate(chat, 'admin', 'grant', 'keeper', 'owner');
  await page.locator('.note', { hasText: 'You are an owner of this chat' }).waitFor();
  await messages(page, looks);
  await writing(page, looks);
  await around(page, looks);
  await finding(page, looks);
  await rooms(page, looks);
  await apart(page, looks);
  await closed(page, looks);
  assert.deepEqual(looks.found, []);
}, LONG);
