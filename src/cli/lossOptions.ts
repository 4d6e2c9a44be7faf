import type { Command } from 'commander';
import { similarities } from '../loss/registry.ts';
import { TRANSFORM_SUMMARIES } from '../loss/transforms.ts';
import { assignments, choice, number } from './options.ts';

/** Options of every command that takes a similarity loss. */
export interface LossOptions {
  readonly loss?: string;
  readonly lossOption?: Readonly<Record<string, unknown>>;
  readonly smoothness?: number;
}

/** Adds `--loss`, `--loss-option` and `--smoothness`. */
export function addLossOptions(command: Command, fallback: string): Command {
  const names = [...similarities().keys()];
  return command
    .option('--loss <name>', `similarity: ${names.join(', ')} (default: ${fallback})`, choice(names))
    .option(
      '--loss-option <name=value>',
      `an option of the loss, for instance window=7, or what both scans go through first, transform=${[...TRANSFORM_SUMMARIES.keys()].join('|')}; may be repeated`,
      assignments,
    )
    .option('--smoothness <weight>', "weight of the smoothness penalty (default: the loss's own)", number(0));
}
