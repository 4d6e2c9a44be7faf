import { group } from '../../src/report/draw/svg.ts';
import { PAIR_COLOURS } from '../../src/report/loss/projectionPlots.ts';
import { constantTranslation, deformationGrid } from '../../src/report/slice/deformationGrid.ts';
import { labelColours } from '../../src/report/slice/outlineLegend.ts';
import {
  type Frame,
  framed,
  greyImage,
  intensityWindow,
  outlines,
  type Window,
  windowed,
} from '../../src/report/slice/panel.ts';
import {
  assertOnFixedGrid,
  defaultPosition,
  extractSlice,
  type Plane,
  type SliceView,
  sliceView,
} from '../../src/report/slice/slices.ts';
import type { Labels, Volume, Warp } from '../../src/volume/grid.ts';
import { arrow } from './arrow.ts';
import { BEANS, stylisedSlice } from './volumeStack.ts';

/** A registered pair for the framework's volumes to show. Everything lies on the fixed image's grid. */
export interface FrameworkSlices {
  readonly fixed: Volume;
  /** The moving image resampled at the start alignment. */
  readonly moving: Volume;
  readonly moved: Volume;
  readonly fixedLabels?: Labels;
  readonly movingLabels?: Labels;
  readonly movedLabels?: Labels;
  /** Drawn as a grid in place of arrows. */
  readonly warp?: Warp;
  /** Default: axial, through the centroid of the fixed labels. */
  readonly plane?: Plane;
}

/** Draws the slice that is so many sheets behind the front one. */
export type DrawSlice = (frame: Frame, behind: number) => string;

/** How the four volumes of the framework draw their slices, and how wide these are to their height. */
export interface FrameworkVolumes {
  readonly aspect: number;
  readonly moving: DrawSlice;
  readonly fixed: DrawSlice;
  readonly moved: DrawSlice;
  readonly field: DrawSlice;
}

/** Stylised volumes: an organ that the displacement turns and thickens. */
export function stylisedVolumes(): FrameworkVolumes {
  // Registration seldom ends at exactly the fixed organ.
  const almost = { ...BEANS.fixed, length: 0.35, bend: -0.4, turn: -0.18 };
  return {
    aspect: 1,
    moving: stylisedSlice(BEANS.moving, PAIR_COLOURS.moved),
    fixed: stylisedSlice(BEANS.fixed, PAIR_COLOURS.fixed),
    moved: stylisedSlice(almost, PAIR_COLOURS.moved),
    field: (frame, behind) => (behind === 0 ? arrowField(frame) : ''),
  };
}

/** Displacements that turn and stretch, the largest in the middle. */
function arrowField(frame: Frame): string {
  const count = 7;
  const arrows = Array.from({ length: count * count }, (_, index) => {
    const [u, v] = [(index % count) - 3, Math.floor(index / count) - 3];
    const size = 0.5 + 1.0 * Math.exp(-(u * u + v * v) / 7);
    const [dx, dy] = [size * (2.2 + 1.6 * v), size * (-1.8 * u + 0.8)];
    const length = Math.hypot(dx, dy);
    const share = Math.min(1, 6.6 / length);
    const x = frame.x + ((index % count) + 0.5) * (frame.width / count);
    const y = frame.y + (Math.floor(index / count) + 0.5) * (frame.height / count);
    const [halfX, halfY] = [(dx * share) / 2, (dy * share) / 2];
    return arrow(
      [
        [x - halfX, y - halfY],
        [x + halfX, y + halfY],
      ],
      { width: 0.7, head: [2.2, 1.2] },
    );
  });
  return group({}, ...arrows);
}

/** Slices of a pair: the one through the labels' centroid in front of its neighbours. */
export function slicedVolumes(slices: FrameworkSlices): FrameworkVolumes {
  const { fixed, fixedLabels, warp } = slices;
  assertOnFixedGrid(fixed, {
    'moving image': slices.moving,
    'moved image': slices.moved,
    warp,
    'fixed labels': fixedLabels,
    'moving labels': slices.movingLabels,
    'moved labels': slices.movedLabels,
  });
  const front = sliceView(fixed, slices.plane ?? 'axial', defaultPosition(fixed, fixedLabels));
  const colours = labelColours([fixedLabels, slices.movingLabels, slices.movedLabels]);
  const movingWindow = intensityWindow(slices.moving);
  const drawn =
    (volume: Volume, window: Window, labels?: Labels): DrawSlice =>
    (frame, behind) => {
      const view = atDepth(front, fixed.size[front.axis], behind);
      const outline =
        labels === undefined || behind > 0
          ? ''
          : outlines(view, extractSlice(view, labels.size, labels.data), colours, {
              scale: frame.width / view.width,
              width: 1.2,
            });
      const shades = windowed(extractSlice(view, volume.size, volume.data), window);
      return framed(view, frame, greyImage(view, shades, 'smooth') + outline);
    };
  return {
    aspect: front.width / front.height,
    moving: drawn(slices.moving, movingWindow, slices.movingLabels),
    fixed: drawn(fixed, intensityWindow(fixed), fixedLabels),
    moved: drawn(slices.moved, movingWindow, slices.movedLabels),
    field: (frame, behind) => (behind > 0 ? '' : warp === undefined ? arrowField(frame) : gridOf(warp, front, frame)),
  };
}

/** The slice so many sheets behind a view, as far as the volume goes. */
function atDepth(view: SliceView, count: number, behind: number): SliceView {
  return { ...view, index: Math.min(count - 1, view.index + 2 * behind) };
}

function gridOf(warp: Warp, view: SliceView, frame: Frame): string {
  const lines = deformationGrid(view, warp, {
    translation: constantTranslation(warp),
    spacing: Math.max(view.width, view.height) / 16,
    lineWidth: (0.5 * view.width) / frame.width,
  });
  return framed(view, frame, lines);
}
