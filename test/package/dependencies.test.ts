import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { sourceFiles, sourceImports, sourceText } from '../support/sourceImports.ts';

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const runtime = Object.keys(packageJson.dependencies);
const development = Object.keys(packageJson.devDependencies);

/** The packages that an import stands for: one for each place where the program may run. */
function meant(name: string): readonly string[] {
  return name === '#onnxruntime' ? Object.values(packageJson.imports[name]) : [name];
}

describe('dependencies', () => {
  it('src imports what package.json declares', () => {
    const declared = [...runtime, ...Object.keys(packageJson.peerDependencies)];
    const packages = sourceImports
      .filter(({ to }) => !to.startsWith('node:') && !/\.(ts|json)$/.test(to))
      .flatMap(({ from, to }) => meant(to).map((name) => ({ from, to: name })));
    const undeclared = packages.filter(({ to }) => !declared.some((name) => to === name || to.startsWith(`${name}/`)));
    expect(undeclared).toEqual([]);
  });

  it('src uses every runtime dependency', () => {
    const source = [...sourceFiles.map(sourceText), ...meant('#onnxruntime').map((name) => `'${name}'`)].join('\n');
    // Most are imported; of the fonts the files are looked up.
    expect(runtime.filter((name) => !new RegExp(`['\`]${name}['/]`).test(source))).toEqual([]);
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
