import { type Rgb, warmMap } from '../draw/colourMap.ts';
import { colourImage, type Rendering } from './panel.ts';
import type { SliceView } from './slices.ts';

/** How much the upper image hides of the lower one where it is black and where it is white. */
const LEAST_COVER = 0.15;
const MOST_COVER = 0.9;

/**
 * A slice in grey under another in {@link warmMap}, which hides the more the brighter it is. SVG in display
 * millimetres.
 * @param under fractions between 0 (black) and 1 (white)
 * @param over likewise; undefined where there is nothing over the lower image
 */
export function overlayImage(
  view: SliceView,
  under: Float32Array,
  over: readonly (number | undefined)[],
  rendering: Rendering,
): string {
  const colour = (index: number): Rgb => {
    const grey = under[index]! * 255;
    const value = over[index];
    const cover = value === undefined ? 0 : LEAST_COVER + (MOST_COVER - LEAST_COVER) * value;
    const [red, green, blue] = warmMap(2 * (value ?? 0) - 1);
    const mix = (channel: number): number => Math.round(grey + (channel - grey) * cover);
    return [mix(red), mix(green), mix(blue)];
  };
  return colourImage(view, colour, rendering);
}
