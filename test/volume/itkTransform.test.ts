import { describe, expect, it } from 'vitest';
import type { Mat4, Vec3 } from '../../src/volume/grid.ts';
import { decodeItkTransform, encodeItkTransform } from '../../src/volume/itkTransform.ts';
import { applyToPoint, translation } from '../../src/volume/matrix.ts';

const affine: Mat4 = [1.1, 0.2, -0.1, 5, -0.15, 0.9, 0.05, -7, 0.02, -0.03, 1.2, 11, 0, 0, 0, 1];
const file = (kind: string, parameters: string, fixed = '0 0 0'): string =>
  `#Insight Transform File V1.0\n#Transform 0\nTransform: ${kind}\nParameters: ${parameters}\nFixedParameters: ${fixed}\n`;

function expectPoint(found: Vec3, expected: Vec3): void {
  found.forEach((value, a) => {
    expect(value).toBeCloseTo(expected[a]!, 9);
  });
}

describe("ITK's transform file", () => {
  it.each<[Vec3]>([[[0, 0, 0]], [[12, -30, 45]]])('comes back the same, about the centre %s', (centre) => {
    const back = decodeItkTransform(encodeItkTransform(affine, centre), 'a.tfm');
    back.forEach((value, n) => {
      expect(value).toBeCloseTo(affine[n]!, 10);
    });
  });

  it('is what ITK computes: y = M (x − c) + c + t in LPS', () => {
    const text = encodeItkTransform(affine, [12, -30, 45]);
    const numbers = (key: string): number[] => new RegExp(`^${key}: (.*)$`, 'm').exec(text)![1]!.split(' ').map(Number);
    const p = numbers('Parameters');
    const c = numbers('FixedParameters');
    expect(c).toEqual([-12, 30, 45]);
    const x = [-3, -4, 6]; // RAS (3, 4, 6)
    const y = [0, 1, 2].map(
      (r) => c[r]! + p[9 + r]! + [0, 1, 2].reduce((s, k) => s + p[3 * r + k]! * (x[k]! - c[k]!), 0),
    );
    expectPoint([-y[0]!, -y[1]!, y[2]!], applyToPoint(affine, [3, 4, 6]));
  });

  it('is read with rotations as angles: Z · X · Y, about a centre', () => {
    // A quarter turn about z in LPS takes x to y; then the shift.
    const m = decodeItkTransform(
      file('Euler3DTransform_double_3_3', '0 0 1.5707963267948966 1 2 3', '10 0 0 0'),
      'e.tfm',
    );
    // LPS (11, 0, 0) − c = (1, 0, 0) → (0, 1, 0) + c + t = (11, 3, 3).
    expectPoint(applyToPoint(m, [-11, 0, 0]), [-11, -3, 3]);
    // A quarter about x, then (as the left factor) one about z: y → z stays; with ITK's order Z·X, y → z.
    const both = decodeItkTransform(
      file('Euler3DTransform_double_3_3', '1.5707963267948966 0 1.5707963267948966 0 0 0'),
      'e',
    );
    expectPoint(applyToPoint(both, [0, -1, 0]), [0, 0, 1]);
    expectPoint(applyToPoint(both, [-1, 0, 0]), [0, -1, 0]);
  });

  it('is read with a rotation as a versor', () => {
    const h = Math.SQRT1_2;
    const m = decodeItkTransform(file('VersorRigid3DTransform_double_3_3', `0 0 ${h} 1 2 3`, '10 0 0'), 'v.tfm');
    expectPoint(applyToPoint(m, [-11, 0, 0]), [-11, -3, 3]);
  });

  it('is read as a translation', () => {
    const m = decodeItkTransform(file('TranslationTransform_double_3_3', '1 2 3', ''), 't.tfm');
    expectPoint(applyToPoint(m, [0, 0, 0]), [-1, -2, 3]);
    expect(m.map((value) => value || 0)).toEqual(translation([-1, -2, 3]));
  });

  it.each([
    ['no such file', 'hello', /not an ITK transform file/],
    ['a spline', file('BSplineTransform_double_3_3', '1'), /holds a BSplineTransform; give one of/],
    ['half a field', file('DisplacementFieldTransform_double_3_3', '1'), /whose numbers do not fit together/],
    ['two transforms', `${file('AffineTransform_double_3_3', '1')}Transform: Other_double_3_3\n`, /one 3-D transform/],
    ['missing numbers', file('AffineTransform_double_3_3', '1 0 0'), /a transform that has no inverse/],
    ['another dimension', file('AffineTransform_double_2_2', '1 0 0 1 0 0'), /one 3-D transform/],
  ])('refuses %s', (_, text, sentence) => {
    expect(() => decodeItkTransform(text, 'x.tfm')).toThrow(sentence);
  });
});
