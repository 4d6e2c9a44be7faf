import type { EpochRecord } from '../../training/trainer.ts';

/** What a process that runs a trial tells the one that started it. */
export type TrialMessage =
  | { readonly kind: 'started'; readonly epochsDone: number; readonly secondsDone: number }
  /** The epoch's checkpoint is on disk; the trial goes on when this is acknowledged. */
  | { readonly kind: 'epoch'; readonly record: EpochRecord }
  | { readonly kind: 'finished' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'mistake'; readonly message: string }
  /** Something is wrong with this machine, not with the trial. */
  | { readonly kind: 'trouble'; readonly message: string };

/** What it is told. */
export type TrialCommand = { readonly kind: 'acknowledged' } | { readonly kind: 'stop' };
