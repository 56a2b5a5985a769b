/** What the screens do with files that really came, in the app as it is built and under its own policy. */
import { LANGUAGES } from '../../src/i18n/languages.ts';
import { befriend, settle } from '../support/people.ts';
import { expect, test } from './parley-test.ts';

test('a Chinese PDF without fonts, a page of HTML and a drawing come from alice to bob: the first is drawn, nothing runs', async ({
  server,
  arrive,
}) => {
  const [alice, bob] = [await arrive('alice'), await arrive('bob')];
  await Promise.all([settle(alice, server.url), settle(bob, server.url)]);
  await befriend(alice, bob);
  const script = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>document.title = "caught"</script></svg>');
  await alice.person.sendFile('bob', [
    { name: '合同.pdf', mime: 'application/pdf', bytes: chinesePdf('你好') },
    { name: 'page.html', mime: 'text/html', bytes: script },
    { name: 'drawing.svg', mime: 'image/svg+xml', bytes: script },
  ]);
  const { page } = bob.person;
  const { act, kinds, named, viewer } = LANGUAGES.en.words.files;
  const open = (name: string) => page.getByRole('button', { name: act.of(act.open, named(kinds.plain, name)), exact: true }).click();
  await bob.person.openChat('alice');
  for (const name of ['page.html', 'drawing.svg']) {
    await bob.person.expectFile(name, { complete: true });
    await open(name);
    await bob.person.expectToRead(viewer.nothing);
    await page.keyboard.press('Escape');
  }
  await open('合同.pdf');
  const sheet = page.getByRole('img', { name: viewer.page(1, 1) });
  await expect(sheet).toBeVisible();
  // Nothing else stands on the page: without the tables of characters it stays white.
  await expect.poll(() => sheet.locator('canvas').evaluate(countInk)).toBeGreaterThan(100);
  expect(await page.title()).not.toBe('caught');
});

function countInk(canvas: Element): number {
  const { width, height } = canvas as HTMLCanvasElement;
  const pixels = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
  let dark = 0;
  for (let at = 0; at < pixels.length; at += 4) if (Number(pixels[at + 3]) > 0 && Number(pixels[at]) < 128) dark++;
  return dark;
}

/** One page that says so, in a font it does not bring (ISO 32000-1, 9.7.5.2: predefined CMaps). */
function chinesePdf(text: string): Buffer {
  const codes = Array.from(text, (letter) => letter.charCodeAt(0).toString(16).padStart(4, '0')).join('');
  const drawing = `BT /F1 60 Tf 40 100 Td <${codes}> Tj ET`;
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>',
    `<</Length ${drawing.length}>>stream\n${drawing}\nendstream`,
    '<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>',
    '<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/FontDescriptor 7 0 R>>',
    '<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>',
  ];
  const body = objects.map((object, index) => `${index + 1} 0 obj${object}endobj\n`).join('');
  // Without a table of where they stand: readers find the objects themselves.
  return Buffer.from(`%PDF-1.4\n${body}trailer<</Size ${objects.length + 1}/Root 1 0 R>>\n%%EOF`, 'latin1');
}
