import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { rasterise } from '../../../src/file/rasterise.ts';
import { worldDirection } from '../../../src/report/loss/directionIcon.ts';
import { type LossProfile, lossProfile } from '../../../src/report/loss/lossProfile.ts';
import { expectGolden } from '../golden.ts';
import { affine, ball, size } from '../phantom.ts';

const fixed = ball([0, 0, 0], 7);
const cdf = (centre: number): Float32Array =>
  Float32Array.from({ length: 15 }, (_, bin) => 1 / (1 + Math.exp(centre - bin)));
const sorted = (slope: number): Float32Array =>
  Float32Array.from({ length: 500 }, (_, n) => slope * (n / 250 - 1) ** 3);

const ofMasses: LossProfile = {
  title: 'pswd = 0.0123 <voxels>',
  subtitle: 'patches 5³ at stride 2, as masses in 16 bins',
  fixed: { name: 'a & b.nii.gz', volume: fixed },
  moved: { name: 'moved.nii.gz', volume: ball([2, 1, 0], 6) },
  map: {
    values: fixed.data.map((_, n) => (n % size[0] === 0 ? Number.NaN : 0.1 * Math.sin(n / 500) ** 2)),
    unit: 'half edge lengths of a patch',
    patch: { first: [3, 8, 2], edge: 5 },
  },
  subject: 'Patch with the largest distance',
  distance: 0.0871,
  directions: 40,
  dimensions: 3,
  positionUnit: 'half edge lengths of a patch',
  order: 1,
  shown: [
    { name: 'largest', distance: 0.2, vector: [1, 0, 0], projected: masses(7, 8.5) },
    { name: 'median', distance: 0.1, vector: [0.6, 0, 0.8], projected: masses(7, 7.7) },
    { name: 'smallest', distance: 0.0004, vector: [0, 1, 0], projected: masses(7, 7) },
  ],
};

function masses(a: number, b: number): LossProfile['shown'][number]['projected'] {
  return { kind: 'masses', fixed: cdf(a), moved: cdf(b), width: 0.23 };
}

const { map: _, ...whole } = ofMasses;
const ofPoints: LossProfile = {
  ...whole,
  title: 'swd = 0.1 squared intensity',
  subject: 'Whole volume',
  dimensions: 37,
  positionUnit: 'intensity',
  order: 2,
  shown: [
    { name: 'largest', distance: 0.2, projected: { kind: 'points', fixed: sorted(1), moved: sorted(2) } },
    { name: 'smallest', distance: 0.1, projected: { kind: 'points', fixed: sorted(1), moved: sorted(1.2) } },
  ],
};

/** How many areas are filled in yellow. */
const yellowPaths = (svg: string): number => svg.split('fill="#F0E442"').length - 1;

describe('lossProfile', () => {
  test('golden: masses of a patch', () => {
    expectGolden('loss-profile-masses', lossProfile(ofMasses));
  });

  test('golden: points of a volume', () => {
    expectGolden('loss-profile-points', lossProfile(ofPoints));
  });

  test('text is escaped', () => {
    const svg = lossProfile(ofMasses);
    expect(svg).toContain('a &amp; b.nii.gz');
    expect(svg).toContain('pswd = 0.0123 &lt;voxels&gt;');
  });

  test('shades two areas a direction and names axes and units', () => {
    const svg = lossProfile(ofMasses);
    expect(yellowPaths(svg)).toBe(6);
    for (const words of [
      'mass in a bin',
      'mass up to here',
      'B − A',
      'position along the direction (half edge lengths',
    ])
      expect(svg).toContain(words);
    expect(yellowPaths(lossProfile(ofPoints))).toBe(4);
    expect(lossProfile(ofPoints)).toContain('projection (intensity)');
  });

  test('without patches the difference of the intensities takes the place of their distances', () => {
    expect(lossProfile(ofMasses)).toContain('mean of the patches at a voxel');
    expect(lossProfile(ofPoints)).toContain('difference of the intensities');
  });

  test('equal or constant volumes and a single slice give a figure without NaN', () => {
    const flat = { size: [6, 6, 1] as const, affine, data: new Float32Array(36) };
    const profile = {
      ...ofMasses,
      fixed: { name: 'flat', volume: flat },
      moved: { name: 'flat', volume: flat },
      map: { values: new Float32Array(36), unit: 'intensity', patch: { first: [0, 0, 0] as const, edge: 1 } },
      shown: [{ name: '', distance: 0, vector: [0, 0, 1] as const, projected: masses(7, 7) }],
      distance: 0,
    };
    expect(lossProfile(profile)).not.toMatch(/NaN|undefined|Infinity/);
    const { map: _unused, ...without } = profile;
    expect(lossProfile(without)).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('volumes on different grids are refused by name', () => {
    const other = { name: 'other', volume: { size: [4, 4, 4] as const, affine, data: new Float32Array(64) } };
    expect(() => lossProfile({ ...ofMasses, moved: other })).toThrow(UserError);
    expect(() => lossProfile({ ...ofMasses, moved: other })).toThrow(/other/);
  });

  test('is 180 mm wide: 2126 pixels at 300 dpi', async () => {
    const png = await rasterise(lossProfile(ofMasses));
    expect(new DataView(png.buffer, png.byteOffset).getUint32(16)).toBe(2126);
  });
});

test('a direction in voxels has its direction in the world', () => {
  // Voxels of the phantom: i to the left, j to anterior, k to superior, 1.5 × 1 × 2 mm.
  expect(worldDirection(affine, [1, 0, 0])).toEqual([-1, 0, 0]);
  const [right, anterior, superior] = worldDirection(affine, [0, 2, 1]);
  expect(right).toBeCloseTo(0, 12);
  expect(anterior).toBeCloseTo(Math.SQRT1_2, 12);
  expect(superior).toBeCloseTo(Math.SQRT1_2, 12);
});
