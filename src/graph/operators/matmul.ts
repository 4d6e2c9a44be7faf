import type { Tensor } from '../tensor.ts';

/** Which of the two matrices is used transposed. */
export interface GemmOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** [m, n], added to the product. */
  readonly plus?: Tensor | undefined;
}

/** Product of two matrices, either of them transposed at will: [m, k] · [k, n] → [m, n]. */
export function gemm(a: Tensor, b: Tensor, { transposeA = false, transposeB = false, plus }: GemmOptions = {}): Tensor {
  const [m, k] = (transposeA ? [...a.shape].reverse() : a.shape) as [number, number];
  const [l, n] = (transposeB ? [...b.shape].reverse() : b.shape) as [number, number];
  if (a.shape.length !== 2 || b.shape.length !== 2 || k !== l)
    throw new Error(`Matrices of shapes [${a.shape}] and [${b.shape}] cannot be multiplied.`);
  return a.graph.apply(
    'Gemm',
    plus ? [a, b, plus] : [a, b],
    { shape: [m, n] },
    {
      attributes: { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 },
      gradient: ([gradient], needed) => {
        const g = gradient as Tensor;
        const toA = () =>
          transposeA
            ? gemm(b, g, { transposeA: transposeB, transposeB: true })
            : gemm(g, b, { transposeB: !transposeB });
        const toB = () =>
          transposeB
            ? gemm(g, a, { transposeA: true, transposeB: transposeA })
            : gemm(a, g, { transposeA: !transposeA });
        return [needed[0] ? toA() : undefined, needed[1] ? toB() : undefined, needed[2] ? g : undefined];
      },
    },
  );
}
