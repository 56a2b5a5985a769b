/**
 * `same_direction`, `ping_pong`: messages a second sealed and opened, in Node and in Chromium, against 2key-ratchet (a double
 * ratchet on WebCrypto without a post-quantum part). `bare` in the detail is the seal alone, over the same bytes.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BrowserProcess } from '../support/browser-process.ts';
import { bundlePage } from './bench-people.ts';
import { median, report, round, spread } from './figure.ts';
import { ratcheting, type Measured } from './ratchet-page.ts';

const TARGET = 3;

export async function benchRatchet(): Promise<void> {
  for (const [where, measured] of [
    ['node', await ratcheting.measureRatchet()],
    ['chromium', await measureInChromium()],
  ] as const) {
    tell('same_direction', where, measured.same_direction);
    tell('ping_pong', where, measured.ping_pong);
  }
}

function tell(figure: 'same_direction' | 'ping_pong', where: string, { ours, peer, bare }: Measured): void {
  report({
    bench: 'ratchet',
    figure,
    ours: median(ours),
    peer: median(peer),
    against: '2key-ratchet, the same content in the same run',
    unit: 'messages/s',
    better: 'more',
    target: TARGET,
    runs: ours.length,
    detail: {
      where,
      ours: spread(ours),
      peer: spread(peer),
      bare: spread(bare),
      ofBare: round(median(ours) / median(bare)),
      against: 'bare: XChaCha20-Poly1305 of the same content',
    },
  });
}

/** WebCrypto, which the peer needs, is there on pages of this machine only. */
async function measureInChromium() {
  const site = createServer((_, response) => response.end('<!doctype html><title>ratchet</title>'));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const browser = await BrowserProcess.start({ owner: 'bench' });
  try {
    await browser.page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    await browser.page.addScriptTag({ content: await bundlePage('ratchet-page.ts') });
    return await browser.page.evaluate(() => ratcheting.measureRatchet());
  } finally {
    await browser.close();
    site.close();
  }
}
