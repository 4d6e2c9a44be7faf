import { UserError } from '../errors.ts';
import { listedNames } from '../volume/landmarks.ts';

/**
 * Says which landmarks a warp does not reach.
 * @throws UserError when it reaches none, and so says nothing about them
 */
export function checkOutside(
  landmarks: readonly { readonly name: string; readonly outside?: boolean }[],
  file: string,
  warp: string,
): void {
  const names = landmarks.flatMap(({ name, outside }) => (outside ? [name] : []));
  if (names.length === 0) return;
  if (names.length === landmarks.length)
    throw new UserError(
      `No landmark of ${file} lies in the grid of ${warp}; give the warp of the same images, and landmarks in RAS mm.`,
    );
  console.error(
    `Note: ${names.length} of the ${landmarks.length} landmarks of ${file} lie outside the grid of ${warp}; there the warp's border values are used: ${listedNames(names)}.`,
  );
}
