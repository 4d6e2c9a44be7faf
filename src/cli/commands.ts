import { compareLossesCommand } from './compareLosses.ts';
import { dataCommand } from './data.ts';
import { demoCommand } from './demo.ts';
import { distanceCommand } from './distance.ts';
import { evaluateCommand } from './evaluate.ts';
import { experimentCommand } from './experiment.ts';
import { graphCommand } from './graph.ts';
import { jacobianCommand } from './jacobian.ts';
import { metricsCommand } from './metrics.ts';
import type { CommandDefinition } from './program.ts';
import { registerCommand } from './register.ts';
import { submissionCommand } from './submission.ts';
import { sweepCommand } from './sweep.ts';
import { trainCommand } from './train.ts';
import { treCommand } from './tre.ts';
import { trialCommand } from './trial.ts';
import { viewCommand } from './view.ts';
import { warpCommand } from './warp.ts';
import { workerCommand } from './worker.ts';

/** Every command, in the order of the help. */
export const commands: readonly CommandDefinition[] = [
  demoCommand,
  trainCommand,
  registerCommand,
  viewCommand,
  evaluateCommand,
  submissionCommand,
  warpCommand,
  jacobianCommand,
  metricsCommand,
  treCommand,
  distanceCommand,
  compareLossesCommand,
  experimentCommand,
  sweepCommand,
  workerCommand,
  trialCommand,
  graphCommand,
  dataCommand,
];
