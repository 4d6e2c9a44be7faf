import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { comparedForegrounds, foregroundOf } from '../../src/volume/foreground.ts';
import type { Size, Volume } from '../../src/volume/grid.ts';
import { gaussianSmoothed } from '../../src/volume/smooth.ts';

const size: Size = [8, 7, 6];

function volumeOf(value: (i: number, j: number, k: number) => number): Volume {
  const [nx, ny, nz] = size;
  const data = new Float32Array(nx * ny * nz);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, n++) data[n] = value(i, j, k);
  return { size, affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], data };
}

const isBox = (i: number, j: number, k: number): boolean => i >= 2 && i < 6 && j >= 1 && j < 5 && k >= 1 && k < 5;

describe('the foreground', () => {
  it('is what an even surrounding leaves, dark voxels inside included', () => {
    const inside = (i: number, j: number, k: number): number => (i === 3 && j === 3 && k === 3 ? 0 : 5 + i);
    const image = volumeOf((i, j, k) => (isBox(i, j, k) ? inside(i, j, k) : 0));
    expect(foregroundOf(image)).toEqual(new Uint8Array(volumeOf((i, j, k) => (isBox(i, j, k) ? 1 : 0)).data));
  });

  it('may be surrounded by any value, as long as it is the smallest', () => {
    const image = volumeOf((i, j, k) => (isBox(i, j, k) ? i : -1024));
    expect(foregroundOf(image)).toEqual(new Uint8Array(volumeOf((i, j, k) => (isBox(i, j, k) ? 1 : 0)).data));
    expect(foregroundOf(volumeOf((i, j, k) => (isBox(i, j, k) ? -i : 7)))).toBeUndefined();
  });

  it('reaches into bays, not into closed cavities', () => {
    const isBay = (i: number, j: number, k: number): boolean => j === 2 && k === 2 && i >= 4;
    const image = volumeOf((i, j, k) => (isBox(i, j, k) && !isBay(i, j, k) ? 1 : 0));
    expect(foregroundOf(image)).toEqual(new Uint8Array(image.data));
  });

  it('is not told apart where there is little or no surrounding', () => {
    expect(foregroundOf(volumeOf((i, j, k) => i + 10 * j + 100 * k))).toBeUndefined();
    expect(foregroundOf(volumeOf(() => 3))).toBeUndefined();
  });
});

/** A ball of radius 8 in a cube of 24 voxels, 0 around it. */
function ballOf(value: (x: number, y: number, z: number) => number, isObject = (_r: number): boolean => true): Volume {
  const edge = 24;
  const data = new Float32Array(edge ** 3);
  for (let n = 0; n < data.length; n++) {
    const [x, y, z] = [n % edge, Math.floor(n / edge) % edge, Math.floor(n / edge ** 2)].map((at) => at - 11.5) as [
      number,
      number,
      number,
    ];
    const r = Math.hypot(x, y, z);
    if (r < 8 && isObject(r)) data[n] = value(x, y, z);
  }
  return { size: [edge, edge, edge], affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], data };
}

describe('the foregrounds of images that are compared', () => {
  const random = randomStream(1, 'noise');
  const noise = (sd: number): number => 100 * (1 + sd * random.normal());
  const textured = ballOf((x, y, z) => 100 + 30 * Math.sin(x / 2) * Math.cos(y / 2) + 5 * z);
  const speckled = ((): Volume => {
    const raw = ballOf(() => 100).data.map(() => random.normal());
    const smooth = gaussianSmoothed(raw, [24, 24, 24], [1, 1, 1]);
    const at = (x: number, y: number, z: number): number => x + 11.5 + 24 * (y + 11.5 + 24 * (z + 11.5));
    return ballOf((x, y, z) => Math.max(1, 60 + 200 * smooth[at(x, y, z)]!));
  })();

  it('are those of each where objects have structure', () => {
    for (const image of [textured, speckled])
      expect(comparedForegrounds([image, textured])).toEqual([foregroundOf(image), foregroundOf(textured)]);
    const whole = volumeOf((i, j, k) => i + 10 * j + 100 * k);
    expect(comparedForegrounds([textured, whole])).toEqual([foregroundOf(textured), undefined]);
  });

  it.each<[string, Volume]>([
    ['one value', ballOf(() => 1)],
    ['noise of 5 %', ballOf(() => noise(0.05))],
    ['noise of 18 %', ballOf(() => noise(0.18))],
    ['a soft edge', ballOf((x, y, z) => Math.min(1, (8.5 - Math.hypot(x, y, z)) / 2))],
    ['a slow change of brightness', ballOf((x) => 100 + x)],
    [
      'a cavity',
      ballOf(
        () => 7,
        (r) => r > 4,
      ),
    ],
    [
      'a thin shell',
      ballOf(
        () => 7,
        (r) => r > 6.5,
      ),
    ],
    [
      'two parts of different values',
      ballOf(
        (x) => (x < -2 ? 1 : 200),
        (r) => r > 0.5,
      ),
    ],
  ])('are none where one of them is even: %s', (name, image) => {
    if (name.startsWith('two parts'))
      for (let n = 0; n < image.data.length; n++) if (Math.abs((n % 24) - 11.5) < 2) image.data[n] = 0;
    expect(foregroundOf(image)).toBeDefined();
    expect(comparedForegrounds([image, textured])).toEqual([undefined, undefined]);
    expect(comparedForegrounds([textured, image])).toEqual([undefined, undefined]);
  });
});
