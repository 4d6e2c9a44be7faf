#!/usr/bin/env node
import { surviveClosedPipes } from './closedPipes.ts';
import { commands } from './commands.ts';
import { loadExtensions } from './extensions.ts';
import { handleSignals } from './interruptible.ts';
import { buildProgram, runProgram } from './program.ts';

surviveClosedPipes();
handleSignals();
const argv = process.argv.slice(2);
process.exitCode = await runProgram(async () => {
  await loadExtensions(argv);
  return buildProgram(commands);
}, argv);
