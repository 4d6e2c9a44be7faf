import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { loadOnnx } from '../../src/graph/index.ts';
import { expectRefusal, printed, temporaryFolder } from './support.ts';

const at = temporaryFolder();

it.each(['portable', 'fastest'])('writes a training step that ONNX Runtime loads, %s layout', async (layout) => {
  const file = at(`${layout}.onnx`);
  const summary = await printed<{ nodes: number; parameters: number }>([
    'graph',
    '--size',
    '16',
    '--feature-layout',
    layout,
    '--out',
    file,
  ]);
  expect(summary.parameters).toBe(327331);
  const program = await loadOnnx(await readFile(file));
  for (const input of ['parameters', 'first', 'second', 'moving', 'fixed', 'rate'])
    expect(program.takes(input), input).toBe(true);
  await program.release();
});

it('lists which provider ran which operators', async () => {
  const { placement } = await printed<{ placement: { provider: string; nodes: number }[] }>([
    'graph',
    '--size',
    '16',
    '--placement',
  ]);
  expect(new Set(placement.map(({ provider }) => provider))).toEqual(new Set(['CPUExecutionProvider']));
  expect(placement.reduce((sum, { nodes }) => sum + nodes, 0)).toBeGreaterThan(500);
});

it('says what is in memory at its fullest', async () => {
  const { memory } = await printed<{ memory: { bytes: number; alive: { bytes: number; lastReader: string }[] } }>([
    'graph',
    '--size',
    '16',
    '--memory',
  ]);
  expect(memory.alive.length).toBeGreaterThan(0);
  expect(memory.alive.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(memory.bytes);
  expect(memory.alive.every(({ lastReader }) => lastReader.length > 0)).toBe(true);
});

it('asks for something to do', () => expectRefusal(['graph'], /Give --out/));
