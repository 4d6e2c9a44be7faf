import { z } from 'zod';
import { FILTER_SUMMARIES } from '../loss/filters.ts';
import { similarities } from '../loss/registry.ts';
import { DEFAULT_REGULARISER, regularisers } from '../loss/regulariser/registry.ts';

/** What is minimised, as trainings and refinements name it. Texts are those of the command line. */
export const objectiveSchema = z.strictObject({
  loss: z
    .string()
    .default('mse')
    .describe(`similarity: ${[...similarities().keys()].join(', ')}`)
    .meta({ placeholder: 'name' }),
  lossOptions: z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      `an option of the loss, such as window=7, or a filter for both scans, filter=${[...FILTER_SUMMARIES.keys()].join('|')}; may be repeated`,
    ),
  regulariser: z
    .string()
    .default(DEFAULT_REGULARISER)
    .describe(`what keeps the deformation smooth: ${[...regularisers().keys()].join(', ')}`)
    .meta({ placeholder: 'name' }),
  regulariserOptions: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('an option of the regulariser; may be repeated'),
  smoothness: z
    .number()
    .min(0)
    .optional()
    .describe('weight of the regulariser')
    .meta({ placeholder: 'weight', otherwise: "the loss's own" }),
});
