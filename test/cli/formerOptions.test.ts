import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { inPresentWords } from '../../src/cli/formerOptions.ts';
import { buildProgram } from '../../src/cli/program.ts';

const present = (...argv: string[]): string[] => inPresentWords(buildProgram(commands), argv);

describe('former names of options', () => {
  it('become the present ones', () => {
    expect(present('register', 'a', 'b', '--affine', 'rigid', '--affine-loss=mind')).toEqual([
      'register',
      'a',
      'b',
      '--align',
      'rigid',
      '--align-loss=mind',
    ]);
    expect(present('train', '--affine', 'rigid')).toEqual(['train', '--align', 'rigid']);
    expect(present('evaluate', '--mri', 'FLAIR')).toEqual(['evaluate', '--mri-sequence', 'FLAIR']);
    expect(present('graph', '--step', 'training')).toEqual(['graph', '--phase', 'training']);
  });

  it('do so where the word "run" is left out', () => {
    for (const run of [['run'], []])
      expect(present('sweep', ...run, 'grid.json', '--workers', '2').slice(-2)).toEqual(['--processes', '2']);
  });

  it('stay where a command has an option of that name, or none that took its place', () => {
    expect(present('data', 'simulate-us', '--mri', 'scans')).toEqual(['data', 'simulate-us', '--mri', 'scans']);
    expect(present('warp', '--affine', 'x')).toEqual(['warp', '--affine', 'x']);
  });
});
