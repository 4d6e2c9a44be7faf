#!/usr/bin/env node
import { metricsCommand } from './metrics.ts';
import { buildProgram, runProgram } from './program.ts';

process.exitCode = await runProgram(buildProgram([metricsCommand]), process.argv.slice(2));
