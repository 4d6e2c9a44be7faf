import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { isTrouble, saysNoMemory } from '../../../src/experiment/runner/trouble.ts';
import { writeAtomically } from '../../../src/file/atomic.ts';
import { readBytes } from '../../../src/file/nodeFiles.ts';

const caught = (work: Promise<unknown>): Promise<unknown> =>
  work.then(() => undefined).catch((error: unknown) => error);
const withCode = (code: string): Error => Object.assign(new Error('no'), { code });

describe('isTrouble', () => {
  it.each([
    'ENOSPC',
    'EDQUOT',
    'EROFS',
    'EACCES',
    'EIO',
    'ENOMEM',
    'EMFILE',
    'ERR_MODULE_NOT_FOUND',
    'ERR_DLOPEN_FAILED',
  ])('knows %s as the machine’s own, also behind a sentence', (code) => {
    expect(isTrouble(withCode(code))).toBe(true);
    expect(isTrouble(new UserError('It cannot be written.', { cause: withCode(code) }))).toBe(true);
  });

  it('knows it of files as they are written and read', async () => {
    expect(isTrouble(await caught(writeAtomically('/dev/null/x', '')))).toBe(true);
    expect(isTrouble(await caught(readBytes('/nowhere/x')))).toBe(true);
    expect(isTrouble(await caught(readFile('/nowhere/x')))).toBe(true);
  });

  it('knows memory that cannot be had', () => {
    expect(isTrouble(new Error('std::bad_alloc'))).toBe(true);
    expect(isTrouble(new RangeError('Array buffer allocation failed'))).toBe(true);
    expect(saysNoMemory('FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory')).toBe(
      true,
    );
  });

  it('leaves mistakes to the trial', () => {
    expect(isTrouble(new UserError('The loss is not a number in epoch 1.'))).toBe(false);
    expect(isTrouble(new TypeError('x is not a function'))).toBe(false);
    expect(saysNoMemory('TypeError: x is not a function')).toBe(false);
  });
});
