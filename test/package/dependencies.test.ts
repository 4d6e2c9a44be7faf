import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const runtime = Object.keys(packageJson.dependencies);
const development = Object.keys(packageJson.devDependencies);
const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(join('src', name)))
  .join('\n');

describe('dependencies', () => {
  it('every runtime dependency is used by src, and src uses no other', () => {
    const used = [...source.matchAll(/(?:from |import\(|resolve\([`'])[`']?((?:@[\w-]+\/)?[\w-]+)[\w./${}-]*[`']/g)]
      .map(([, name]) => name as string)
      .filter((name) => name !== 'node');
    expect([...new Set(used)].filter((name) => name !== 'onnxruntime-web').sort()).toEqual([...runtime].sort());
  });

  it('types are for development', () => {
    expect(runtime.filter((name) => name.startsWith('@types/'))).toEqual([]);
  });

  it('docs/dependencies.md justifies each of them, with the licence it has', () => {
    const rows = new Map(
      [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)].map(([, name, licence]) => [
        name as string,
        (licence as string).trim(),
      ]),
    );
    expect([...rows.keys()].sort()).toEqual([...runtime, ...development].sort());
    for (const [name, licence] of rows) {
      const declared = (JSON.parse(read(`node_modules/${name}/package.json`)) as { license: string }).license;
      if (!declared.startsWith('SEE')) expect(`${name}: ${licence}`).toBe(`${name}: ${declared}`);
    }
  });
});
