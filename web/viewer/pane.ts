import type { Vec3, Volume } from '../../src/volume/grid.ts';
import { percentiles } from '../../src/volume/percentile.ts';
import { make } from '../dom.ts';
import { FOLD_PIXEL, JACOBIAN_RANGE, JACOBIAN_TABLE, type ScanMap, TABLES } from './colourMaps.ts';
import { type Displaced, drawGrid } from './deformationGrid.ts';
import { drawSoon } from './drawSoon.ts';
import { AXES, ENDS, Frame } from './frame.ts';
import { fillLabels, outlineLabels, type ShownLabels } from './labelMarks.ts';
import { drawPoints, type ShownPoints } from './pointMarks.ts';
import { clamp, drawSlice, paint, placeAt, type SliceView, viewOf } from './slice.ts';
import type { Solid } from './solid.ts';
import { type SlicePlane, type Tile, tilesOf } from './tiles.ts';

/** Which planes a pane shows; `solid` is the scan in three dimensions. */
export type Plane = SlicePlane | 'all' | 'solid';

/** What a pane shows, all on one grid. */
export interface Shown {
  readonly volume: Volume | undefined;
  /** Values that are shown black and white. */
  readonly window: readonly [number, number];
  readonly map: ScanMap | 'green' | 'magenta';
  readonly planes: Plane;
  readonly zoom: number;
  /** log2 of volume change; NaN where space folds, infinite where it is not known. */
  readonly change?: Volume | undefined;
  readonly labels?: ShownLabels | undefined;
  /** Those of the other scan, dashed. */
  readonly otherLabels?: ShownLabels | undefined;
  readonly areFilled: boolean;
  readonly points?: ShownPoints | undefined;
  readonly displaced?: Displaced | undefined;
}

/** A tap that becomes a drag, in pixels of a wheel for a slice. */
const WHEEL = 40;
const CROSSHAIR = 'rgba(86, 180, 233, 0.9)';

/** One picture: planes of a scan with what lies over it, drawn by the processor, so that the page is never held up. */
export class Pane {
  readonly element: HTMLElement;
  readonly canvas = make('canvas', { attributes: { role: 'img' } });
  readonly #title = make('span', { class: 'pane-title' });
  readonly #picture = make('div', { class: 'pane-picture' }, this.canvas);
  #shown: Shown = { volume: undefined, window: [0, 1], map: 'gray', planes: 'all', zoom: 1, areFilled: false };
  #frame: Frame | undefined;
  #tiles: readonly Tile[] = [];
  #place: Vec3 = [0, 0, 0];
  #solid: Promise<Solid> | undefined;
  #turned = 0;

  /** Called when the crosshair moves, RAS mm. */
  onMove: (point: Vec3) => void = () => undefined;
  /** Called when something is to be seen larger or smaller. */
  onZoom: (factor: number) => void = () => undefined;

  constructor(
    readonly name: string,
    what: string,
  ) {
    this.element = make('figure', { class: `pane pane-${name}` }, this.#picture, make('figcaption', {}, this.#title));
    this.setTitle(what);
    new ResizeObserver(() => drawSoon(this.#paint)).observe(this.#picture);
    this.#listen();
  }

  get volume(): Volume | undefined {
    return this.#shown.volume;
  }

  setTitle(text: string): void {
    this.#title.textContent = text;
    this.canvas.setAttribute('aria-label', text);
  }

  /** Shows something else; what stays the same is kept. */
  show(change: Partial<Shown>): void {
    const before = this.#shown.volume;
    this.#shown = { ...this.#shown, ...change };
    const { volume } = this.#shown;
    if (volume !== before) {
      const point = this.#frame?.point(this.#place);
      this.#frame = volume && new Frame(volume);
      if (this.#frame) this.#place = this.#within(point ? this.#frame.place(point) : this.#middle(this.#frame));
    }
    drawSoon(this.#paint);
  }

  /** Puts the crosshair into the middle. */
  centre(): void {
    if (this.#frame) this.#place = this.#middle(this.#frame);
    drawSoon(this.#paint);
  }

  /** Moves the crosshair to a point, RAS mm. */
  moveTo(point: Vec3): void {
    if (!this.#frame) return;
    this.#place = this.#within(this.#frame.place(point));
    drawSoon(this.#paint);
  }

  /** Moves the crosshair by voxels: to the right, upwards, to superior. */
  step(right: number, up: number, through: number): void {
    if (!this.#frame) return;
    const plane = this.#shown.planes === 'all' || this.#shown.planes === 'solid' ? 'axial' : this.#shown.planes;
    const [a, b, c] = AXES[plane];
    const at: [number, number, number] = [...this.#place];
    at[a] += right;
    at[b] -= up;
    at[c] -= through;
    this.#moveHere(at);
  }

  #middle({ size }: Frame): Vec3 {
    return [(size[0] - 1) >> 1, (size[1] - 1) >> 1, (size[2] - 1) >> 1];
  }

  #within(place: Vec3): Vec3 {
    const { size } = this.#frame as Frame;
    return [clamp(place[0], size[0]), clamp(place[1], size[1]), clamp(place[2], size[2])];
  }

  #moveHere(place: Vec3): void {
    this.#place = this.#within(place);
    drawSoon(this.#paint);
    this.onMove((this.#frame as Frame).point(this.#place));
  }

  readonly #paint = (): Generator<void, void, void> => this.#paintSteps();

  *#paintSteps(): Generator<void, void, void> {
    const { canvas } = this;
    const { planes, volume, zoom } = this.#shown;
    const isSolid = planes === 'solid';
    canvas.hidden = isSolid;
    void this.#showSolid(isSolid);
    if (isSolid) return;
    const [width, height] = [this.#picture.clientWidth, this.#picture.clientHeight].map((length) =>
      Math.round(length * devicePixelRatio),
    ) as [number, number];
    if (width === 0 || height === 0) return;
    // This empties the picture, and forgets what a drawing left that was begun anew.
    Object.assign(canvas, { width, height });
    const target = canvas.getContext('2d') as CanvasRenderingContext2D;
    this.#tiles = this.#frame ? tilesOf(planes, this.#frame, { width, height }) : [];
    if (!volume) return;
    const views = this.#tiles.map((tile) => viewOf(this.#frame as Frame, tile, this.#place, zoom));
    for (const view of views) {
      drawSlice(target, view, volume, TABLES[this.#shown.map], this.#shown.window);
      yield;
    }
    for (const view of views) yield* this.#paintPlane(target, view);
  }

  /** What lies over a plane. */
  *#paintPlane(target: CanvasRenderingContext2D, view: SliceView): Generator<void, void, void> {
    const { change, labels, otherLabels, areFilled, points, displaced } = this.#shown;
    const { left, top, width, height } = view.tile;
    target.save();
    target.beginPath();
    target.rect(left, top, width, height);
    target.clip();
    if (change) paintChange(target, view, change);
    if (labels && areFilled) fillLabels(target, view, labels);
    if (labels && !areFilled) yield* outlineLabels(target, view, labels, []);
    if (otherLabels && !areFilled) yield* outlineLabels(target, view, otherLabels, [4, 3]);
    if (displaced) drawGrid(target, view, displaced);
    if (points) drawPoints(target, view, points);
    paintCrosshair(target, view);
    paintEnds(target, view);
    target.restore();
  }

  async #showSolid(isSolid: boolean): Promise<void> {
    if (!isSolid && !this.#solid) return;
    this.#solid ??= import('./solid.ts').then(({ Solid }) => new Solid(this.#picture));
    const solid = await this.#solid;
    const { volume, window, map, labels } = this.#shown;
    await solid.show(isSolid ? volume : undefined, window, map, labels);
  }

  #listen(): void {
    const { canvas } = this;
    const follow = (event: PointerEvent, tile: Tile | undefined): void => {
      if (!tile || !this.#frame) return;
      const [x, y] = pixelOf(canvas, event);
      this.#moveHere(placeAt(viewOf(this.#frame, tile, this.#place, this.#shown.zoom), x, y));
    };
    let held: Tile | undefined;
    canvas.addEventListener('pointerdown', (event) => {
      held = this.#tileAt(event);
      canvas.setPointerCapture(event.pointerId);
      follow(event, held);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.buttons & 1) follow(event, held);
    });
    canvas.addEventListener('dblclick', () => this.onZoom(this.#shown.zoom > 1 ? 1 / this.#shown.zoom : 3));
    canvas.addEventListener(
      'wheel',
      (event) => {
        const tile = this.#tileAt(event);
        if (!tile || event.deltaY === 0) return;
        event.preventDefault();
        if (event.ctrlKey) {
          this.onZoom(Math.exp(-event.deltaY / 300));
          return;
        }
        // A wheel counts in pixels, lines or pages; a slice is a notch of it, or a finger's width.
        this.#turned += event.deltaMode === 0 ? event.deltaY / WHEEL : event.deltaY;
        const steps = Math.trunc(this.#turned);
        if (steps === 0) return;
        this.#turned = 0;
        const at: [number, number, number] = [...this.#place];
        at[AXES[tile.plane][2]] += Math.sign(steps);
        this.#moveHere(at);
      },
      { passive: false },
    );
  }

  #tileAt(event: MouseEvent): Tile | undefined {
    const [x, y] = pixelOf(this.canvas, event);
    return this.#tiles.find(
      ({ left, top, width, height }) => x >= left && x < left + width && y >= top && y < top + height,
    );
  }
}

/** The canvas's pixel under the pointer. */
function pixelOf(canvas: HTMLCanvasElement, event: MouseEvent): readonly [number, number] {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  return [((event.clientX - left) / width) * canvas.width, ((event.clientY - top) / height) * canvas.height];
}

function paintChange(target: CanvasRenderingContext2D, view: SliceView, { data }: Volume): void {
  paint(target, view, false, (pixels, index, at) => {
    const value = data[index]!;
    if (Number.isNaN(value)) pixels[at] = FOLD_PIXEL;
    else if (value !== Number.POSITIVE_INFINITY)
      pixels[at] = JACOBIAN_TABLE[Math.min(255, Math.max(0, Math.round((value / JACOBIAN_RANGE + 1) * 127.5)))]!;
  });
}

/** Where the other two planes cut this one, with a gap around the point itself. */
function paintCrosshair(target: CanvasRenderingContext2D, { tile, place, left, top, across, down }: SliceView): void {
  const [a, b] = AXES[tile.plane];
  const [x, y] = [left + (place[a] + 0.5) * across, top + (place[b] + 0.5) * down];
  const gap = 8 * devicePixelRatio;
  target.strokeStyle = CROSSHAIR;
  target.lineWidth = devicePixelRatio;
  target.beginPath();
  for (const [x1, y1, x2, y2] of [
    [x, tile.top, x, y - gap],
    [x, y + gap, x, tile.top + tile.height],
    [tile.left, y, x - gap, y],
    [x + gap, y, tile.left + tile.width, y],
  ] as const) {
    target.moveTo(x1, y1);
    target.lineTo(x2, y2);
  }
  target.stroke();
}

/** Letters that say where left and right are. */
function paintEnds(target: CanvasRenderingContext2D, { tile }: SliceView): void {
  const { left, top, width, height, plane } = tile;
  const unit = devicePixelRatio;
  const [a, b] = AXES[plane];
  target.font = `600 ${11 * unit}px system-ui, sans-serif`;
  target.textAlign = 'center';
  target.textBaseline = 'middle';
  const inset = 9 * unit;
  for (const [text, x, y] of [
    [ENDS[a][0], left + inset, top + height / 2],
    [ENDS[a][1], left + width - inset, top + height / 2],
    [ENDS[b][0], left + width / 2, top + inset],
    [ENDS[b][1], left + width / 2, top + height - inset],
  ] as const) {
    target.lineWidth = 3 * unit;
    target.strokeStyle = 'rgba(0, 0, 0, 0.75)';
    target.strokeText(text, x, y);
    target.fillStyle = '#e8ecf2';
    target.fillText(text, x, y);
  }
}

/** Voxels from which the usual range of a scan is told. */
const SAMPLE = 40_000;

/** The values that are shown black and white where nothing else is chosen: all but a few at either end. */
export function usualRange({ data }: Volume): readonly [number, number] {
  const stride = Math.max(1, Math.floor(data.length / SAMPLE));
  const some = Float32Array.from({ length: Math.ceil(data.length / stride) }, (_, n) => data[n * stride]!);
  const [low, high] = percentiles(some, [0.5, 99.5]) as [number, number];
  return high > low ? [low, high] : [low, low + 1];
}
