import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { syncFolder } from './atomic.ts';
import { reasonOf } from './reason.ts';
import { forgetTemporary, rememberTemporary } from './temporaries.ts';

/**
 * Makes a folder so that it is either complete or not there: `fill` writes into a temporary one beside it, which is
 * then renamed. A folder that is already there must be empty.
 * @throws UserError when it is not empty or cannot be made; and whatever `fill` throws.
 */
export async function makeFolder(path: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const target = resolve(path);
  await refuseFilled(target, path);
  const temporary = await besides(target, path);
  try {
    // What mkdtemp makes is closed to other users; the folder in it has the usual permissions.
    const made = join(temporary, basename(target));
    await mkdir(made);
    await fill(made);
    await syncFolder(made);
    await rmdir(target).catch(() => undefined);
    await rename(made, target).catch((error: unknown) => refuse(path, reasonOf(error)));
    await syncFolder(dirname(target));
  } finally {
    await rm(temporary, { recursive: true, force: true });
    forgetTemporary(temporary);
  }
}

async function refuseFilled(target: string, path: string): Promise<void> {
  const names = await readdir(target).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    return refuse(path, reasonOf(error));
  });
  if (names.length > 0) throw new UserError(`${path} already holds files; give a new or empty folder.`);
}

async function besides(target: string, path: string): Promise<string> {
  try {
    await mkdir(dirname(target), { recursive: true });
    const made = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
    rememberTemporary(made);
    return made;
  } catch (error) {
    return refuse(path, reasonOf(error));
  }
}

function refuse(path: string, reason: string): never {
  throw new UserError(`${path} cannot be made (${reason}); give another folder.`);
}
