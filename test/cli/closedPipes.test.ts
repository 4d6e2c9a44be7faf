import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TESTED } from '../support/tested.ts';

/** Runs a command whose output nobody reads. */
async function unread(args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const child = spawn(process.execPath, [join(TESTED, 'dist', 'cli.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, stderr };
}

describe('a pipe that is closed', () => {
  it.each([[['distance', '--help']], [['--help']]])('is no defect: %j', async (args) => {
    expect(await unread(args)).toEqual({ code: 0, stderr: '' });
  });

  it('does not keep a command from its work', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'earthmorph-pipe-'));
    try {
      const out = join(folder, 'phantom');
      const { code } = await unread(['data', 'phantom', '--out', out, '--cases', '1', '--size', '8,8,8']);
      expect(code).toBe(0);
      expect(existsSync(join(out, 'dataset.json'))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
