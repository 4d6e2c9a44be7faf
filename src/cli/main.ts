#!/usr/bin/env node
import { commands } from './commands.ts';
import { loadExtensions } from './extensions.ts';
import { handleSignals } from './interruptible.ts';
import { letMemoryBeFreed } from './letMemoryBeFreed.ts';
import { buildProgram, runProgram, surviveClosedPipes } from './program.ts';

surviveClosedPipes();
handleSignals();
letMemoryBeFreed();
const argv = process.argv.slice(2);
process.exitCode = await runProgram(async () => {
  await loadExtensions(argv);
  return buildProgram(commands);
}, argv);
