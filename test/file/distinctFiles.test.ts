import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { assertDistinctFiles } from '../../src/file/distinctFiles.ts';

let folder = '';
const at = (...names: string[]): string => join(folder, ...names);
const file = (name: string, path: string) => ({ name, path });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earthmorph-distinct-'));
  await mkdir(at('data'));
  await writeFile(at('data/a.nii'), '');
  await symlink(at('data'), at('link'));
  await symlink(at('data/a.nii'), at('other.nii'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('assertDistinctFiles', () => {
  it('lets different files be', async () => {
    const outputs = [file('--moved', at('m.nii')), file('--warp', at('w.nii')), file('--report', at('link/m.nii'))];
    await expect(assertDistinctFiles(outputs, [file('--fixed', at('data/a.nii'))])).resolves.toBeUndefined();
  });

  it.each([
    ['the same path', 'm.nii', 'm.nii'],
    ['steps', 'm.nii', './x/..//m.nii'],
    ['a folder that is a link', 'data/m.nii', 'link/m.nii'],
    ['a folder that is not there yet, below a link', 'data/new/m.nii', 'link/new/m.nii'],
    ['a file that is a link', 'data/a.nii', 'other.nii'],
  ])('refuses two outputs of one place: %s', async (_, first, second) => {
    const paths = [`${folder}/${first}`, `${folder}/${second}`] as const;
    await expect(assertDistinctFiles([file('--moved', paths[0]), file('--warp', paths[1])])).rejects.toThrow(
      new UserError(`--moved and --warp are the same file, ${paths[1]}; give each its own path.`),
    );
    await expect(assertDistinctFiles([file('--moved', paths[0])], [file('--fixed', paths[1])])).rejects.toThrow(
      new UserError(`--moved would overwrite --fixed, ${paths[1]}; give another path.`),
    );
  });

  it('takes a relative and an absolute path for the same', async () => {
    const path = relative(process.cwd(), at('m.nii'));
    await expect(assertDistinctFiles([file('a', path), file('b', at('m.nii'))])).rejects.toThrow(UserError);
  });
});
