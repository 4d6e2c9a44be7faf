#!/usr/bin/env node
import { compareLossesCommand } from './compareLosses.ts';
import { dataCommand } from './data.ts';
import { demoCommand } from './demo.ts';
import { distanceCommand } from './distance.ts';
import { evaluateCommand } from './evaluate.ts';
import { experimentCommand } from './experiment.ts';
import { graphCommand } from './graph.ts';
import { handleSignals } from './interruptible.ts';
import { jacobianCommand } from './jacobian.ts';
import { metricsCommand } from './metrics.ts';
import { buildProgram, runProgram } from './program.ts';
import { registerCommand } from './register.ts';
import { sweepCommand } from './sweep.ts';
import { trainCommand } from './train.ts';
import { treCommand } from './tre.ts';
import { trialCommand } from './trial.ts';
import { warpCommand } from './warp.ts';
import { workerCommand } from './worker.ts';

const commands = [
  demoCommand,
  trainCommand,
  registerCommand,
  evaluateCommand,
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

handleSignals();
process.exitCode = await runProgram(buildProgram(commands), process.argv.slice(2));
