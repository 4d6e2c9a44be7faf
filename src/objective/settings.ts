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
      `an option of the loss, for instance window=7, or what both scans go through first, filter=${[...FILTER_SUMMARIES.keys()].join('|')}; may be repeated`,
    ),
  regulariser: z
    .string()
    .default(DEFAULT_REGULARISER)
    .describe(`what keeps the deformation plausible: ${[...regularisers().keys()].join(', ')}`)
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
