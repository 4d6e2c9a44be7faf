#!/usr/bin/env node
import { commands } from './commands.ts';
import { handleSignals } from './interruptible.ts';
import { buildProgram, runProgram } from './program.ts';

handleSignals();
process.exitCode = await runProgram(buildProgram(commands), process.argv.slice(2));
