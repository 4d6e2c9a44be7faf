import type { Command } from 'commander';
import { similarities } from '../loss/registry.ts';
import { DEFAULT_REGULARISER, regularisers } from '../loss/regulariser/registry.ts';
import { TRANSFORM_SUMMARIES } from '../loss/transforms.ts';
import { assignments, choice, number } from './options.ts';

/** Options of every command that takes a similarity loss. */
export interface LossOptions {
  readonly loss?: string;
  readonly lossOption?: Readonly<Record<string, unknown>>;
  readonly regulariser?: string;
  readonly regulariserOption?: Readonly<Record<string, unknown>>;
  readonly smoothness?: number;
}

/** Adds `--loss`, `--regulariser`, the options of both, and `--smoothness`. */
export function addLossOptions(command: Command, fallback: string): Command {
  const names = [...similarities().keys()];
  const regulariserNames = [...regularisers().keys()];
  return command
    .option('--loss <name>', `similarity: ${names.join(', ')} (default: ${fallback})`, choice(names))
    .option(
      '--loss-option <name=value>',
      `an option of the loss, for instance window=7, or what both scans go through first, transform=${[...TRANSFORM_SUMMARIES.keys()].join('|')}; may be repeated`,
      assignments,
    )
    .option(
      '--regulariser <name>',
      `what keeps the deformation plausible: ${regulariserNames.join(', ')} (default: ${DEFAULT_REGULARISER})`,
      choice(regulariserNames),
    )
    .option('--regulariser-option <name=value>', 'an option of the regulariser; may be repeated', assignments)
    .option('--smoothness <weight>', "weight of the regulariser (default: the loss's own)", number(0));
}
