/** Pictures, sound, pages and texts out of nothing, for canned files. */

/** A small picture of soft hills, as a bitmap: made at once, as a thumbnail has to be. */
export function fakeThumbnail(width: number, height: number, hue: number): Uint8Array<ArrayBuffer> {
  const row = Math.ceil((width * 3) / 4) * 4;
  const bytes = new Uint8Array(54 + row * height);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      bytes.set(colourAt(x / width, 1 - y / height, hue), 54 + y * row + x * 3);
    }
  }
  return bytes;
}

/** Blue, green, red of the landscape, 0 to 1 across and down. */
function colourAt(x: number, y: number, hue: number): readonly [number, number, number] {
  const ridges = [0, 1, 2].map((at) => 0.35 + at * 0.2 + Math.sin(x * (5 + at * 2) + hue + at) * 0.07);
  const depth = ridges.filter((ridge) => y > ridge).length;
  const light = depth === 0 ? 225 - y * 90 : 190 - depth * 48;
  const [red, green, blue] = [0, 2, 4].map((turn) => Math.round(light * (0.72 + 0.28 * Math.sin(hue + turn))));
  return [blue ?? 0, green ?? 0, red ?? 0];
}

export async function fakePicture(width: number, height: number, hue: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const bitmap = await createImageBitmap(new Blob([fakeThumbnail(Math.ceil(width / 4), Math.ceil(height / 4), hue)]));
  const context = canvas.getContext('2d');
  context?.drawImage(bitmap, 0, 0, width, height);
  return canvas.convertToBlob({ type: 'image/jpeg' });
}

/** A tone that swells and fades. */
export function fakeSound(milliseconds: number): Blob {
  const rate = 8_000;
  const count = Math.floor((milliseconds / 1_000) * rate);
  const bytes = new Uint8Array(44 + count);
  const view = new DataView(bytes.buffer);
  const write = (at: number, text: string): void => bytes.set(new TextEncoder().encode(text), at);
  write(0, 'RIFF');
  view.setUint32(4, 36 + count, true);
  write(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  write(36, 'data');
  view.setUint32(40, count, true);
  for (let at = 0; at < count; at++) bytes[44 + at] = 128 + Math.sin(at / 6) * 24 * Math.sin((at / rate) * 3) ** 2;
  return new Blob([bytes], { type: 'audio/wav' });
}

export function fakeWaveform(seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 64 }, (_, at) => Math.abs(Math.sin(at * 0.37 + seed) * Math.sin(at * 0.11 + seed)) * 240 + 8);
}

/** Two pages with a line each. */
export function fakePdf(): Blob {
  const page = (text: string): string => `BT /F1 36 Tf 72 700 Td (${text}) Tj ET 0.1 0.4 0.35 rg 72 560 300 90 re f`;
  const streams = [page('Walks on the ridge'), page('Second page')];
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [4 0 R 6 0 R] /Count 2 >>',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...streams.flatMap((stream, at) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + at * 2} 0 R >>`,
      `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    ]),
  ];
  let text = '%PDF-1.4\n';
  const places = objects.map((object, at) => {
    const place = text.length;
    text += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const start = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  text += places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  text += `trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF`;
  return new Blob([text], { type: 'application/pdf' });
}

/** Two seconds of a wandering square. */
export async function fakeVideo(width: number, height: number, hue: number): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  const still = await createImageBitmap(await fakePicture(width, height, hue));
  const recorder = new MediaRecorder(canvas.captureStream(25));
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise((resolve) => recorder.addEventListener('stop', resolve, { once: true }));
  recorder.start();
  const begun = performance.now();
  while (performance.now() - begun < 2_000) {
    context?.drawImage(still, 0, 0);
    context?.fillRect(((performance.now() - begun) / 2_000) * width, height / 2, 40, 40);
    await new Promise(requestAnimationFrame);
  }
  recorder.stop();
  await ended;
  return new Blob(parts, { type: recorder.mimeType });
}
