import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { fault, type Outcome } from '../../tools/fuzz/judge.ts';
import { fields, GZIP_BYTES, insideGzip } from '../../tools/fuzz/mutateBytes.ts';
import { JSON_TEXT, TEXT } from '../../tools/fuzz/mutateText.ts';
import { unsound } from '../../tools/fuzz/sound.ts';

const REFUSED: Outcome = {
  door: 'program',
  code: 2,
  stdout: '',
  stderr: 'earthmorph: a.nii is empty; copy the file again.\n',
  bytes: 0,
  touched: [],
  left: [],
};
const DONE: Outcome = { ...REFUSED, code: 0, stdout: 'mse = 0.5\n', stderr: '', touched: ['out/moved.nii.gz'] };
const LIBRARY: Outcome = { ...DONE, door: 'library', stdout: '', digest: 'a', touched: [] };

describe('what the fuzzer takes for a fault', () => {
  it('is neither a sentence with code 2 nor a sound result', () => {
    expect(fault(REFUSED, 'refusal')).toBeUndefined();
    expect(fault(DONE, 'success')).toBeUndefined();
    expect(fault(LIBRARY, 'same', 'a')).toBeUndefined();
    expect(fault({ ...REFUSED, stderr: '', stdout: 'Errors: 1. Warnings: 0.\n' }, 'refusal')).toBeUndefined();
  });

  it.each<[string, Outcome, RegExp]>([
    ['a defect', { ...REFUSED, code: 1, stderr: 'TypeError: x\n    at y' }, /code 1/],
    ['a crash', { ...REFUSED, code: null, stderr: 'Aborted' }, /code null: "Aborted"/],
    ['what was ended', { ...REFUSED, code: null, ended: 'it took more than 20 s of the processor' }, /20 s/],
    ['much memory', { ...DONE, bytes: 1.2e9 }, /1\.2 GB/],
    ['a trace', { ...REFUSED, stderr: `${REFUSED.stderr}    at file.js:1:2\n` }, /more than one line/],
    ['noise before the sentence', { ...REFUSED, stderr: `Build module\n${REFUSED.stderr}` }, /no sentence/],
    ['nothing said', { ...REFUSED, stderr: '' }, /no sentence/],
    ['raw words', { ...REFUSED, stderr: 'earthmorph: Cannot read properties of null.\n' }, /not in words/],
    ['a value that is none', { ...REFUSED, stderr: 'earthmorph: the key undefined is wrong.\n' }, /not in words/],
    ['a sentence without an end', { ...REFUSED, stderr: 'earthmorph: a.nii is\n' }, /without an end/],
    ['commands to a terminal', { ...REFUSED, stderr: 'earthmorph: "\u001b[2J" is wrong.\n' }, /control characters/],
    ['something half-written', { ...REFUSED, touched: ['out/moved.nii.gz'] }, /refused, and wrote out\/moved/],
    ['something temporary', { ...DONE, left: ['.moved.tmp'] }, /left \.moved\.tmp/],
    ['a number that is none', { ...DONE, stdout: 'mse = NaN\n' }, /no number/],
    ['an unsound file', { ...DONE, unsound: 'moved.nii.gz[3] is no number' }, /is no number/],
    ['a library that prints', { ...LIBRARY, stderr: 'Exception while running pipeline' }, /the library printed/],
  ])('is %s', (_, outcome, sentence) => {
    expect(fault(outcome, 'sound')).toMatch(sentence);
  });

  it('is damage that was not seen, and a refusal of what is right', () => {
    expect(fault(DONE, 'refusal')).toMatch(/took what is damaged for whole/);
    expect(fault(LIBRARY, 'same', 'b')).toMatch(/read something else/);
    expect(fault(REFUSED, 'success')).toMatch(/refused what is right: .*a\.nii is empty/);
  });

  it('is a volume with other values than it says, or with one that is no number', () => {
    const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    expect(unsound({ size: [1, 1, 2], affine, data: Float32Array.of(1, 2) })).toBeUndefined();
    expect(unsound({ size: [1, 1, 2], affine, data: Float32Array.of(1) })).toMatch(/1 values for 1×1×2 voxels/);
    expect(unsound({ size: [1, 1, 1], affine, data: Float32Array.of(Number.NaN) })).toMatch(/data\[0\] is no number/);
  });
});

describe('harm', () => {
  const json = new TextEncoder().encode(JSON.stringify({ name: 'x', size: [16, 16, 16], spacing: 1.5, parts: [{}] }));

  it('is the same for the same seed and number', () => {
    for (const [n, mutation] of [...JSON_TEXT, ...TEXT].entries()) {
      const [one, other] = [1, 2].map(() => mutation.apply(json, randomStream(1, 'fuzz', n)));
      expect(one && other ? Buffer.compare(one, other) : one === other, mutation.name).toBe(one ? 0 : true);
    }
  });

  it('leaves the file that it was given as it is', () => {
    const packed = new Uint8Array(gzipSync(json));
    const before = [json, packed].map((bytes) => Buffer.from(bytes));
    for (const [n, mutation] of [...JSON_TEXT, ...TEXT].entries()) mutation.apply(json, randomStream(1, 'fuzz', n));
    for (const [n, mutation] of GZIP_BYTES.entries()) mutation.apply(packed, randomStream(1, 'fuzz', n));
    expect([json, packed].map((bytes) => Buffer.from(bytes))).toEqual(before);
  });

  it('of a field reaches that field alone, also inside gzip', () => {
    const bytes = new Uint8Array(64);
    const field = insideGzip(fields([['dim', 16, 'i16']]));
    const harmed = Array.from({ length: 20 }, (_, n) => field.apply(gzipSync(bytes), randomStream(1, 'field', n)));
    const changed = harmed.map((each) => [...gunzipSync(each!)].flatMap((value, at) => (value === 0 ? [] : [at])));
    expect(changed.flat().length).toBeGreaterThan(0);
    for (const places of changed) for (const at of places) expect([16, 17]).toContain(at);
  });
});
