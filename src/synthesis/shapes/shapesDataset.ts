import { z } from 'zod';
import { defineGenerator, type MadePair, manifestOf, sizeSchema } from '../generator.ts';
import { makeShapes } from './shapes.ts';

const SETTINGS = {
  cases: z.int().min(1).default(24).describe('number of pairs'),
  seed: z.int().min(0).default(1).describe('which data set'),
  size: sizeSchema(8, 256, '64,64,64').default([64, 64, 64]).describe('voxels').meta({ placeholder: 'x,y,z' }),
  spacing: z.number().min(0.01).max(100).default(1).describe('edge of a voxel').meta({ placeholder: 'mm' }),
  labels: z.int().min(2).max(64).default(16).describe('labels at most').meta({ placeholder: 'n' }),
  deformation: z
    .number()
    .min(0)
    .max(0.2)
    .default(0.035)
    .describe('largest standard deviation of the deformation of an image, as a share of its longest edge')
    .meta({ placeholder: 'share' }),
  affine: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.06)
    .describe('largest rotation (radians), scaling, shear and shift (shares) of an image')
    .meta({ placeholder: 'share' }),
  alike: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe('share of the pairs whose two images have the same contrast')
    .meta({ placeholder: 'share' }),
};

/**
 * Pairs of random shapes in random contrasts, in the Decathlon's layout with two images a case: `imagesTr/`,
 * `labelsTr/`, `movingTr/`, `movingLabelsTr/` and `dataset.json`, last.
 */
export const shapes = defineGenerator({
  name: 'shapes',
  summary: 'make pairs of random shapes in random contrasts',
  description:
    'Makes pairs of synthetic images with labels: imagesTr, labelsTr, movingTr, movingLabelsTr and dataset.json. The images of a pair show the same random shapes, deformed and coloured at random. They show no anatomy and imitate no scanner, so a network that is trained on them knows neither. synthetic.json says that the data is synthetic, and how it was made. The same seed gives the same files. "earthmorph train --fresh" makes new pairs at each step.',
  schema: z.strictObject(SETTINGS),
  paired: true,
  synthetic: () => ({
    kind: 'synthetic',
    description:
      'The images show random shapes in random contrasts, made by EarthMorph. No patient was scanned for them.',
  }),
  pair: (settings, index): MadePair => makeShapes({ ...settings, index }),
  async make(settings, { writer, onProgress }) {
    const training: Record<string, unknown>[] = [];
    for (let index = 0; index < settings.cases; index++) {
      const { image, labels, moving } = makeShapes({ ...settings, index });
      const file = `shapes_${String(index + 1).padStart(3, '0')}.nii.gz`;
      await writer.image(`imagesTr/${file}`, image);
      await writer.labels(`labelsTr/${file}`, labels);
      await writer.image(`movingTr/${file}`, moving.image);
      await writer.labels(`movingLabelsTr/${file}`, moving.labels);
      training.push({
        image: `./imagesTr/${file}`,
        label: `./labelsTr/${file}`,
        moving: { image: `./movingTr/${file}`, label: `./movingLabelsTr/${file}` },
      });
      onProgress?.(index + 1, settings.cases);
    }
    const description = `Random shapes in random contrasts (EarthMorph, seed ${settings.seed})`;
    const words = { name: 'Shapes', description, labels: { 0: 'background' } };
    await writer.text('dataset.json', manifestOf(words, training));
    return {};
  },
});
