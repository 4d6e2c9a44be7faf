import { Topics } from '../topics.ts';
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

/** What is seen of a session. */
export class Look extends Topics<'look'> {
  view: View = 'beside';
  mode: Mode = 'blend';
  /** Which scan lies over the fixed one. */
  top: 'moving' | 'moved' = 'moved';
  /** Opacity of the scan above, or how far it is pulled over, 0 to 1. */
  amount = 0.5;
  planes: Plane = 'all';
  /** Whether labels are shown over their scans. */
  labels = true;
  colourMap = 'gray';
  /** Shares of a scan's usual range that are shown black and white. */
  window: readonly [number, number] = [0, 1];

  set(change: Partial<Omit<Look, 'set' | 'tell' | 'watch'>>): void {
    Object.assign(this, change);
    this.tell('look');
  }
}
