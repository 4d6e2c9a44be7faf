import { expect, test } from 'vitest';
import { pngDataUri, toBase64 } from '../../../src/report/draw/png.ts';

test.each([1, 3, 4] as const)('an independent decoder reads back the pixels, %i channels', async (channels) => {
  const { Resvg } = await import('@resvg/resvg-js');
  const [width, height] = [5, 3];
  const data = Uint8Array.from({ length: width * height * channels }, (_, index) =>
    channels === 4 && index % 4 === 3 ? 255 : (index * 37) % 256,
  );
  const size = `width="${width}" height="${height}"`;
  const image = `<image ${size} image-rendering="optimizeSpeed" href="${pngDataUri({ width, height, channels, data })}"/>`;
  const { pixels } = new Resvg(`<svg xmlns="http://www.w3.org/2000/svg" ${size}>${image}</svg>`).render();
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      expect(pixels[pixel * 4 + channel]).toBe(data[pixel * channels + (channels === 1 ? 0 : channel)]);
    }
  }
});

test('base64 agrees with Node, also beyond one block', () => {
  const bytes = Uint8Array.from({ length: 70001 }, (_, index) => (index * 31) % 256);
  expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
});
