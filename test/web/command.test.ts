import { expect, it } from 'vitest';
import type { Plan } from '../../src/registration/plan.ts';
import { commandOf } from '../../web/command.ts';

const volume = { size: [1, 1, 1], affine: [], data: new Float32Array(1) } as const;
const scans = { fixed: { name: 'a.nii', volume }, moving: { name: "it's.nii", volume } };
const nothing = {
  ...scans,
  fixedLabels: undefined,
  movingLabels: undefined,
  landmarks: undefined,
  choices: {},
  model: undefined,
  refine: 0,
  plan: undefined,
  isMade: false,
};
const model = { name: 'my model.onnx', isOwn: true, bytes: async () => new Uint8Array() };
const planOf = (needed: number) => ({
  plan: { memory: { needed, allowed: 10 }, levels: [{ spacing: 2.5, steps: 40 }] } as unknown as Plan,
  sentence: '',
  steps: [40],
});

it.each([
  ['names are words of a shell', {}, "npx earthmorph register a.nii 'it'\\''s.nii'"],
  ['what was chosen', { choices: { alignment: 'none', levels: [] } }, ' --align none --levels none'],
  ['a model and its refinement', { model, refine: 20 }, " --model 'my model.onnx' --refine 20"],
  ['a plan that memory did not bound', { plan: planOf(5) }, "it'\\''s.nii'"],
  ['a plan that memory may have bounded', { plan: planOf(9) }, ' --levels 2.5:40'],
  [
    'landmarks of one file',
    { landmarks: { name: 'p.csv', files: 1, pairs: { names: [], fixed: [], moving: [] } } },
    ' --landmarks p.csv',
  ],
  ['the pair that the page made', { isMade: true }, 'npx earthmorph data phantom --out phantoms --cases 2 --seed 7'],
] as const)('%s', (_, done, part) => {
  expect(commandOf({ ...nothing, ...done })).toContain(part);
});

it('landmarks of two files are left out: the command takes one', () => {
  const landmarks = { name: 'p.csv, q.csv', files: 2, pairs: { names: [], fixed: [], moving: [] } };
  expect(commandOf({ ...nothing, landmarks })).not.toContain('landmarks');
});
