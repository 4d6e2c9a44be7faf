import { dirname } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { ENTRIES, options, publicFunctions, root } from './publicFunctions.ts';

const EXAMPLES = `${root}test/docs/examples.generated.ts`;

/** What examples speak of without making it. `docs/library.md` tells readers. */
const CONTEXT = `
import { z } from 'zod';
import * as graph from '../../src/graph/index.ts';
import type * as it from '../../src/index.ts';
declare const [fixed, moving]: [it.Volume, it.Volume];
declare const [fixedLabels, movingLabels, movedLabels]: [it.Labels, it.Labels, it.Labels];
declare const [fixedPoints, movingPoints]: [it.Vec3[], it.Vec3[]];
declare const field: it.Warp;
declare const matrix: it.Mat4;
declare const model: it.RegistrationModel;
declare const bytes: Uint8Array;
declare const text: string;
declare const error: unknown;
declare const ids: string[];
declare const dataset: it.Dataset;
declare const cases: it.TrainingCase[];
declare const pairsOfScans: it.RegistrationPair[];
declare const [one, two]: [it.PhantomCase, it.PhantomCase];
declare const [a, b, flow]: [graph.Tensor, graph.Tensor, graph.Tensor];
declare const layout: it.Layout;
declare const similarity: it.Similarity;
declare const regulariser: it.Regulariser;
declare const measure: it.Measure;
declare const family: it.NetworkFamily;
declare const optimiser: it.Optimiser;
declare const generator: it.Generator;
declare const writer: it.DataWriter;
declare const modalities: it.ModalityFigure;
`;

const found = publicFunctions();

/** A file in which every example is a function of its own; names that it makes do not meet. */
function written(): string {
  const names = new Map(found.map(({ name, entry }) => [name, entry] as const));
  const more = ['HIPPOCAMPUS', 'REFINE_DEFAULTS'].map(
    (name) => [name, name === 'HIPPOCAMPUS' ? ENTRIES[1] : ENTRIES[0]] as const,
  );
  const imports = [...names, ...more].map(
    ([name, entry]) => `import { ${name} } from '../../src/${entry === ENTRIES[1] ? 'node' : 'index'}.ts';`,
  );
  const bodies = found.map(({ name, example }) => `export async function example_${name}() {\n${example ?? ''}\n}`);
  return [...imports, CONTEXT, ...bodies].join('\n');
}

describe('the reference', () => {
  it.each(found)('has an example of $name', ({ example, name }) => {
    expect(example).toContain(name);
  });

  it('has examples that type-check', () => {
    const source = written();
    const host = ts.createCompilerHost(options);
    const { readFile, fileExists } = host;
    host.readFile = (name) => (name === EXAMPLES ? source : readFile(name));
    host.fileExists = (name) => name === EXAMPLES || fileExists(name);
    host.getCurrentDirectory = () => dirname(EXAMPLES);
    const program = ts.createProgram([EXAMPLES], options, host);
    const wrong = ts
      .getPreEmitDiagnostics(program, program.getSourceFile(EXAMPLES))
      .map(({ messageText, start = 0 }) => {
        const line = source.slice(source.lastIndexOf('\n', start) + 1, source.indexOf('\n', start));
        return `${line.trim()}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      });
    expect(wrong).toEqual([]);
  });
});
