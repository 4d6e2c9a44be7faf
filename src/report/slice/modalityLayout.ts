import { PAGE_WIDTH } from '../draw/printedFigure.ts';
import type { Frame } from './panel.ts';
import type { SliceView } from './slices.ts';

/** Left and right of everything, user units. */
export const MARGIN = 1;
/** Where the column on the left ends, which is for the names of rows. */
export const NAMES_END = 73;
const GAP = 4;
/** Between the images side by side and the two in one. */
const GROUP_GAP = 10;
const LEFT = NAMES_END + GAP;

/** Where panels go, in user units: one scale for all, the three planes in each of two groups. */
export interface Layout {
  readonly scale: number;
  readonly rowHeight: number;
  /** The panel of a plane in a row that begins at `y`; group 0 holds single images, group 1 the two in one. */
  frame(group: 0 | 1, plane: number, y: number): Frame;
}

/** As wide as the page allows, and no higher than `maxRowHeight` in any plane. */
export function layoutOf(views: readonly SliceView[], maxRowHeight: number): Layout {
  const planesWidth = views.reduce((sum, { width }) => sum + width, 0);
  const highest = Math.max(...views.map(({ height }) => height));
  const space = PAGE_WIDTH - LEFT - MARGIN - 4 * GAP - GROUP_GAP;
  const scale = Math.min(space / (2 * planesWidth), maxRowHeight / highest);
  // What the page is wider than the panels goes between them.
  const gap = GAP + (space - 2 * planesWidth * scale) / 5;
  const rowHeight = highest * scale;
  return {
    scale,
    rowHeight,
    frame(group, plane, y) {
      const before = group * planesWidth + views.slice(0, plane).reduce((sum, { width }) => sum + width, 0);
      const gaps = (3 * group + plane) * gap + group * (GROUP_GAP - GAP);
      const [width, height] = [views[plane]!.width * scale, views[plane]!.height * scale];
      return { x: LEFT + before * scale + gaps, y: y + (rowHeight - height) / 2, width, height };
    },
  };
}
