/** What a beam meets at its samples, from the probe's face inward. */
export interface BeamTissue {
  /** Amplitude of scatterers. */
  readonly echogenicity: Float32Array;
  /** MRayl. */
  readonly impedance: Float32Array;
  /** dB/mm, one way. */
  readonly attenuation: Float32Array;
}

/** What comes back from the samples of a beam before the point spread function blurs it. */
interface BeamEchoes {
  /** Scattered amplitude: echogenicity times what is left of the pulse on its way there and back. */
  readonly scattered: Float32Array;
  /** Amplitude reflected at interfaces per mm, likewise. */
  readonly reflected: Float32Array;
}

/**
 * One beam: attenuation and reflection take from the pulse, so that strong ones leave a shadow behind.
 *
 * The reflection coefficient of a step is Γ = (Z₂ − Z₁)/(Z₂ + Z₁). Along a beam Z changes by |∇Z|·cos θ per mm, θ the
 * angle between the beam and the interface's normal: an interface along the beam returns nothing. Each step lets
 * 1 − Γ² pass there and back, and attenuation α takes 2α dB/mm.
 *
 * @param step distance of the samples in mm.
 */
export function beamEchoes({ echogenicity, impedance, attenuation }: BeamTissue, step: number): BeamEchoes {
  const count = echogenicity.length;
  const scattered = new Float32Array(count);
  const reflected = new Float32Array(count);
  let left = 1;
  for (let i = 0; i < count; i++) {
    const before = impedance[Math.max(0, i - 1)]!;
    const here = impedance[i]!;
    const gamma = (here - before) / (here + before);
    scattered[i] = left * echogenicity[i]!;
    reflected[i] = (left * Math.abs(gamma)) / step;
    left *= (1 - gamma * gamma) * 10 ** ((-2 * attenuation[i]! * step) / 20);
  }
  return { scattered, reflected };
}
