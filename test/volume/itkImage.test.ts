import { expect, test } from 'vitest';
import { fromItkImage } from '../../src/volume/itkImage.ts';
import { toVolume } from '../../src/volume/storedImage.ts';

const image = {
  imageType: { dimension: 3, components: 1, pixelType: 'Scalar' },
  size: [2, 1, 1],
  origin: [10, 20, 30],
  spacing: [2, 3, 4],
  direction: Float64Array.of(0, -1, 0, 1, 0, 0, 0, 0, 1),
  data: Int16Array.of(5, 6),
};

test('the LPS geometry of ITK becomes an RAS affine', () => {
  const { affine } = fromItkImage(image, 'a.nrrd');
  // Axis i runs along +P, so it is −A; axis j along −L, so it is +R; the origin changes the signs of x and y.
  expect(affine.map((value) => value + 0)).toEqual([0, 3, 0, -10, -2, 0, 0, -20, 0, 0, 4, 30, 0, 0, 0, 1]);
});

test('64-bit integers and fourth axes of one voxel are taken', () => {
  const four = {
    ...image,
    imageType: { ...image.imageType, dimension: 4 },
    size: [2, 1, 1, 1],
    origin: [0, 0, 0, 0],
    spacing: [1, 2, 3, 4],
    direction: Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1),
    data: BigInt64Array.of(7n, -8n),
  };
  const volume = toVolume(fromItkImage(four, 'a.mha'));
  expect(volume.data).toEqual(Float32Array.of(7, -8));
  expect(volume.affine.map((value) => value + 0)).toEqual([-1, 0, 0, 0, 0, -2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1]);
});

test('what is not one 3-D volume of single numbers is refused', () => {
  const type = image.imageType;
  const refusal = (change: object) => () => fromItkImage({ ...image, ...change }, 'a.mha');
  expect(refusal({ imageType: { ...type, components: 3, pixelType: 'RGB' } })).toThrow(
    'a.mha has 3 values a voxel (RGB)',
  );
  expect(refusal({ imageType: { ...type, dimension: 2 }, size: [2, 1] })).toThrow('a.mha has 2 dimensions (2×1)');
  expect(refusal({ imageType: { ...type, dimension: 4 }, size: [2, 1, 1, 3] })).toThrow('has 4 dimensions (2×1×1×3)');
  expect(refusal({ data: null })).toThrow('does not hold the 2×1×1 voxels');
  expect(refusal({ spacing: [0, 1, 1] })).toThrow('no usable geometry');
});
