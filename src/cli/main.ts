#!/usr/bin/env node
import { surviveClosedPipes } from './closedPipes.ts';
import { commands } from './commands.ts';
import { handleSignals } from './interruptible.ts';
import { buildProgram, runProgram } from './program.ts';

surviveClosedPipes();
handleSignals();
process.exitCode = await runProgram(buildProgram(commands), process.argv.slice(2));
