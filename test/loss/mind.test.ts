import { describe, expect, it } from 'vitest';
import { lossProgram } from '../support/lossProgram.ts';
import { smallTexture } from '../support/texture.ts';

const { extent, waves: structured, noise: normal } = smallTexture();
const count = structured.length;

describe('mind', () => {
  it('is 0 for equal and for inverted volumes, and not for others', async () => {
    const program = await lossProgram('mind', {}, extent);
    expect((await program.run(structured, structured)).value).toBe(0);
    const inverted = structured.map((v) => 1 - 2 * v);
    const different = (await program.run(structured, normal())).value;
    expect((await program.run(structured, inverted)).value).toBeLessThan(1e-4 * different);
    expect(different).toBeGreaterThan(0.01);
    await program.release();
  });

  it('hardly sees a smooth change of contrast that even changes its sign', async () => {
    const program = await lossProgram('mind', {}, extent);
    const gain = (n: number): number => Math.cos(((n % 11) / 10) * Math.PI) * 2;
    const remapped = structured.map((v, n) => gain(n) * v);
    const moved = structured.map((_, n) => structured[n % 11 < 9 ? n + 2 : n]!);
    const contrast = (await program.run(remapped, structured)).value;
    expect(contrast).toBeLessThan(0.6 * (await program.run(moved, structured)).value);
    await program.release();
  });

  it('does not see what lies outside the field of view', async () => {
    const program = await lossProgram('mind', { radius: 1, dilation: 1 }, extent, { weighted: true });
    const weight = structured.map((_, n) => (n < 6 * 110 ? 1 : 0));
    const fixed = normal();
    const at = { weight };
    const { value, toMoved } = await program.run(structured, fixed, {}, at);
    const changed = structured.map((v, n) => (weight[n] === 1 ? v : v + 5));
    expect((await program.run(changed, fixed, {}, at)).value).toBeCloseTo(value, 6);
    expect(Math.max(...toMoved.map((g, n) => (weight[n] === 1 ? 0 : Math.abs(g))))).toBe(0);
    expect((await program.run(structured, fixed, {}, { weight: new Float32Array(count) })).value).toBe(0);
    const everywhere = (await program.run(structured, fixed, {}, { weight: new Float32Array(count).fill(1) })).value;
    const plain = await lossProgram('mind', { radius: 1, dilation: 1 }, extent);
    expect(everywhere).toBeCloseTo((await plain.run(structured, fixed)).value, 5);
    await program.release();
    await plain.release();
  });
});
