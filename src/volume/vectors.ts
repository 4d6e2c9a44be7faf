/** Vectors (x, y, z, x, y, z, …) as components: all x, then all y, then all z. */
export function planar(vectors: ArrayLike<number>): Float32Array {
  const count = vectors.length / 3;
  const out = new Float32Array(vectors.length);
  for (let i = 0, n = 0; n < count; n++) for (let c = 0; c < 3; c++, i++) out[c * count + n] = vectors[i]!;
  return out;
}

/** The way back from {@link planar}. */
export function interleaved(components: Float32Array): Float32Array {
  const count = components.length / 3;
  const out = new Float32Array(components.length);
  for (let i = 0, n = 0; n < count; n++) for (let c = 0; c < 3; c++, i++) out[i] = components[c * count + n]!;
  return out;
}
