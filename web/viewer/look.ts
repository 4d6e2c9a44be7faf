import { Topics } from '../topics.ts';
import type { ScanMap } from './colourMaps.ts';
import type { Plane } from './pane.ts';

/** How scans are compared. */
export const VIEWS = { beside: 'Side by side', compare: 'Compare', deformation: 'Deformation' } as const;
export type View = keyof typeof VIEWS;

/** How one scan lies over the other. */
export const MODES = {
  blend: 'Blend',
  colour: 'Colours',
  swipe: 'Swipe',
  checkerboard: 'Checkerboard',
  blink: 'Blink',
} as const;
export type Mode = keyof typeof MODES;

/** How labels and landmarks are shown over the scans. */
export const MARKS = { outlines: 'Outlines', filled: 'Filled', none: 'No labels' } as const;
export type Marks = keyof typeof MARKS;

/** How much larger than the whole a scan is seen at most. */
const MOST_ZOOM = 12;

/** What is seen of a session. */
export class Look extends Topics<'look'> {
  view: View = 'beside';
  mode: Mode = 'blend';
  /** Which scan lies over the fixed one. */
  top: 'moving' | 'moved' = 'moved';
  /** Opacity of the scan above, or how far it is pulled over, 0 to 1. */
  amount = 0.5;
  planes: Plane = 'all';
  marks: Marks = 'outlines';
  colourMap: ScanMap = 'gray';
  /** Shares of a scan's usual range that are shown black and white. */
  window: readonly [number, number] = [0, 1];
  /** How much larger than the whole, around the crosshair. */
  zoom = 1;

  set(change: Partial<Omit<Look, 'set' | 'tell' | 'watch' | 'magnify'>>): void {
    Object.assign(this, change);
    this.tell('look');
  }

  magnify(factor: number): void {
    this.set({ zoom: Math.min(MOST_ZOOM, Math.max(1, this.zoom * factor)) });
  }
}
