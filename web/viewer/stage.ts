import { labelsIn } from '../../src/metric/dice.ts';
import type { Labels, Vec3, Volume } from '../../src/volume/grid.ts';
import { applyToPoint, invert } from '../../src/volume/matrix.ts';
import { make } from '../dom.ts';
import type { Session } from '../session.ts';
import { displacedBy } from './deformationGrid.ts';
import type { ShownLabels } from './labelMarks.ts';
import type { Look } from './look.ts';
import { Pane, type Shown, usualRange } from './pane.ts';

/** The pictures of a session, as its look says. */
export class Stage {
  readonly element: HTMLElement;
  readonly readout = make('output', { class: 'readout', attributes: { 'aria-live': 'off' } });
  readonly #fixed = new Pane('fixed', 'Fixed');
  readonly #moving = new Pane('moving', 'Moving');
  readonly #moved = new Pane('moved', 'Moved');
  #point: Vec3 | undefined;
  #blink: ReturnType<typeof setInterval> | undefined;
  readonly #ranges = new WeakMap<Volume, readonly [number, number]>();
  /** The labels of the pair, once they were looked through. */
  #labels: { readonly of: readonly (Labels | undefined)[]; readonly all: readonly number[] } = { of: [], all: [] };

  constructor(
    private readonly session: Session,
    private readonly look: Look,
  ) {
    this.element = make('div', { class: 'panes' }, ...this.#panes.map(({ element }) => element));
    for (const pane of this.#panes) {
      pane.onMove = (point) => this.#moveTo(point, pane);
      pane.onZoom = (factor) => look.magnify(factor);
    }
    session.watch(['scans'], () => this.#beginAnew());
    session.watch(['scans', 'preview', 'result', 'deformation'], () => this.#arrange());
    look.watch(['look'], () => this.#arrange());
  }

  get #panes(): readonly Pane[] {
    return [this.#fixed, this.#moving, this.#moved];
  }

  /** Moves the crosshair by voxels of the fixed scan. */
  step(right: number, up: number, through: number): void {
    this.#fixed.step(right, up, through);
  }

  #beginAnew(): void {
    this.#point = undefined;
    this.readout.textContent = '';
    for (const pane of this.#panes) pane.show({ volume: undefined });
  }

  /** Puts the panes as the look says. */
  #arrange(): void {
    const { session, look } = this;
    const { fixed, moving, before, preview, result } = session;
    const { view, mode, top, amount, marks } = look;
    const seen = before !== undefined || view === 'beside' ? view : 'beside';
    Object.assign(this.element.dataset, { view: seen, mode, top });
    this.element.style.setProperty('--amount', String(amount));
    this.element.classList.toggle('has-moved', preview !== undefined || result !== undefined);
    this.#setBlinking(seen === 'compare' && mode === 'blink');
    const isColoured = seen === 'compare' && mode === 'colour';
    const isDeformed = seen === 'deformation' && result !== undefined;
    if (isDeformed) void session.askDeformation();
    const deformation = isDeformed ? session.deformation : undefined;
    const areMarked = marks !== 'none' && !isColoured && !isDeformed;
    const labelled = (labels: Labels | undefined): ShownLabels | undefined =>
      areMarked && labels ? { labels, all: this.#allLabels() } : undefined;
    const { points, fixedPoints, movingPoints } = this.#points(areMarked);
    const common = { planes: look.planes, zoom: look.zoom, areFilled: marks === 'filled' };
    const fixedLabels = labelled(session.fixedLabels?.labels);
    this.#showIn(this.#fixed, fixed && `Fixed: ${fixed.name}`, fixed?.volume, fixed?.volume, {
      ...common,
      map: isColoured ? 'green' : look.colourMap,
      labels: fixedLabels,
      points: fixedPoints && { rings: fixedPoints, crosses: [] },
      change: deformation?.change,
    });
    const moves = { ...common, map: isColoured ? ('magenta' as const) : look.colourMap };
    this.#showIn(
      this.#moving,
      moving && `Moving, ${before ? 'at the start' : 'as it is'}: ${moving.name}`,
      before ?? moving?.volume,
      moving?.volume,
      {
        ...moves,
        labels: before ? labelled(result?.startLabels) : labelled(session.movingLabels?.labels),
        otherLabels: before && result?.startLabels ? fixedLabels : undefined,
        points: before
          ? points && { rings: points.fixed, crosses: points.start }
          : movingPoints && { rings: [], crosses: movingPoints },
      },
    );
    this.#showIn(
      this.#moved,
      `Moved${result ? `: ${moving?.name}` : preview ? `, ${this.#stageText()}` : ''}`,
      result?.moved ?? preview?.moved,
      moving?.volume,
      {
        ...moves,
        labels: labelled(result?.movedLabels),
        otherLabels: result?.movedLabels ? fixedLabels : undefined,
        points: points && { rings: points.fixed, crosses: points.moved },
        displaced: deformation && displacedBy(deformation.displacement),
      },
    );
    if (this.#point) this.#say(this.#point);
  }

  #stageText(): string {
    const { preview, plan } = this.session;
    if (!preview || preview.at === 'start') return 'at the start';
    return preview.at === 'aligned' ? 'aligned' : `level ${preview.at + 1} of ${plan?.steps.length}`;
  }

  /** Landmarks: of the result on the fixed scan's grid, before it each scan's own. */
  #points(areMarked: boolean): {
    readonly points?: {
      readonly fixed: readonly Vec3[];
      readonly start: readonly Vec3[];
      readonly moved: readonly Vec3[];
    };
    readonly fixedPoints?: readonly Vec3[];
    readonly movingPoints?: readonly Vec3[];
  } {
    const { landmarks, result } = this.session;
    if (!areMarked || !landmarks) return {};
    const { fixed, moving } = landmarks.pairs;
    return {
      fixedPoints: fixed,
      ...(result?.points ? { points: { fixed, ...result.points } } : { movingPoints: moving }),
    };
  }

  #allLabels(): readonly number[] {
    const of = [this.session.fixedLabels?.labels, this.session.movingLabels?.labels];
    if (of.some((labels, n) => labels !== this.#labels.of[n]))
      this.#labels = { of, all: labelsIn(...of.flatMap((labels) => (labels ? [labels.data] : []))) };
    return this.#labels.all;
  }

  /** @param ranged the volume by whose values it is shown */
  #showIn(
    pane: Pane,
    title: string | undefined,
    volume: Volume | undefined,
    ranged: Volume | undefined,
    shown: Partial<Shown>,
  ): void {
    if (title !== undefined) pane.setTitle(title);
    const [low, high] = ranged ? this.#rangeOf(ranged) : [0, 1];
    const [from, to] = this.look.window;
    pane.show({
      change: undefined,
      displaced: undefined,
      ...shown,
      volume,
      window: [low + from * (high - low), high + (to - 1) * (high - low)],
    });
    if (volume && this.#point) pane.moveTo(this.#point);
  }

  #rangeOf(volume: Volume): readonly [number, number] {
    const range = this.#ranges.get(volume) ?? usualRange(volume);
    this.#ranges.set(volume, range);
    return range;
  }

  #setBlinking(isOn: boolean): void {
    clearInterval(this.#blink);
    this.element.classList.remove('is-off');
    if (!isOn) return;
    const period = matchMedia('(prefers-reduced-motion: reduce)').matches ? 2000 : 700;
    this.#blink = setInterval(() => this.element.classList.toggle('is-off'), period);
  }

  #moveTo(point: Vec3, from: Pane): void {
    this.#point = point;
    for (const pane of this.#panes) if (pane !== from) pane.moveTo(point);
    this.#say(point);
  }

  /** Says where the crosshair is, and what is there. */
  #say(point: Vec3): void {
    const letters = [
      ['R', 'L'],
      ['A', 'P'],
      ['S', 'I'],
    ] as const;
    const where = point.map((value, axis) => `${letters[axis]![value < 0 ? 1 : 0]} ${Math.abs(value).toFixed(1)}`);
    const values = this.#panes.flatMap((pane) => {
      const value = pane.volume && valueAt(pane.volume, point);
      return value === undefined ? [] : [`${pane.name} ${Number(value.toPrecision(4))}`];
    });
    const change = this.look.view === 'deformation' ? this.session.deformation?.change : undefined;
    const log = change && valueAt(change, point);
    const growth =
      log === undefined || log === Number.POSITIVE_INFINITY
        ? []
        : [Number.isNaN(log) ? 'folded' : `volume × ${(2 ** log).toFixed(2)}`];
    this.readout.textContent = [`${where.join('  ')} mm`, ...values, ...growth].join('   ·   ');
  }
}

/** The voxel's value at a point; undefined outside. */
function valueAt({ size, affine, data }: Volume, point: Vec3): number | undefined {
  const [i, j, k] = applyToPoint(invert(affine), point).map(Math.round) as [number, number, number];
  if (i < 0 || j < 0 || k < 0 || i >= size[0] || j >= size[1] || k >= size[2]) return undefined;
  return data[i + size[0] * (j + size[1] * k)];
}
