import type { WassersteinOptions } from './options.ts';

/** Unit of positions on the lines that are projected on. */
export function positionUnit({ embedding, patch, coordinates, standardise }: WassersteinOptions): string {
  const whole = patch.every((edge) => edge === 0);
  if (embedding === 'mass') return `half edge lengths of ${whole ? 'the volume' : 'a patch'}`;
  const intensity = standardise === 'patch' ? `SD of ${whole ? 'the volume' : 'a patch'}` : 'intensity';
  return embedding === 'points' || (embedding === 'lines' && coordinates > 0)
    ? `${intensity} and coordinates`
    : intensity;
}

/** Unit of the distance: that of positions, squared for W2². */
export function distanceUnit(options: WassersteinOptions): string {
  const unit = positionUnit(options);
  if (options.order === 1) return unit;
  return unit.startsWith('half edge lengths') ? unit.replace('half', 'squared half') : `squared ${unit}`;
}
