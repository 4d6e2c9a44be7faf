import type { WorkerRegistration } from '../../src/browser/protocol.ts';
import type { Labels, Vec3, Volume } from '../../src/volume/grid.ts';
import { applyToPoint, invert } from '../../src/volume/matrix.ts';
import { make } from '../dom.ts';
import type { Session } from '../session.ts';
import { JACOBIAN_RANGE, OWN_MAPS } from './colourMaps.ts';
import { displacementOf, drawGrid } from './deformationGrid.ts';
import type { Look } from './look.ts';
import { type LabelOverlay, type Overlay, Pane } from './pane.ts';

/** The pictures of a session, as its look says. */
export class Stage {
  readonly element: HTMLElement;
  readonly readout = make('output', { class: 'readout', attributes: { 'aria-live': 'off' } });
  readonly #fixed = new Pane('fixed', 'Fixed');
  readonly #moving = new Pane('moving', 'Moving');
  readonly #moved = new Pane('moved', 'Moved');
  readonly #grid = make('canvas', { class: 'grid', attributes: { 'aria-hidden': 'true' } });
  #point: Vec3 | undefined;
  #blink: ReturnType<typeof setInterval> | undefined;
  #displaced: ReturnType<typeof displacementOf> | undefined;
  /** What lies over each pane, and over which grid. */
  readonly #covered = new Map<Pane, readonly unknown[]>();

  constructor(
    private readonly session: Session,
    private readonly look: Look,
  ) {
    this.element = make('div', { class: 'panes' }, ...this.#panes.map(({ element }) => element));
    this.#moved.canvas.after(this.#grid);
    for (const pane of this.#panes) pane.onMove = (point) => this.#moveTo(point, pane);
    this.#moved.onDraw = () => this.#drawGrid();
    session.watch(['scans'], () => void this.#showScans());
    session.watch(['preview'], () => void this.#showPreview());
    session.watch(['result'], () => void this.#showResult());
    look.watch(['look'], () => this.#arrange());
  }

  get #panes(): readonly Pane[] {
    return [this.#fixed, this.#moving, this.#moved];
  }

  /** Moves the crosshair by voxels of the fixed scan. */
  step(x: number, y: number, z: number): void {
    this.#fixed.step(x, y, z);
  }

  async #showScans(): Promise<void> {
    const { fixed, moving } = this.session;
    this.#point = undefined;
    this.#fixed.setTitle(fixed ? `Fixed: ${fixed.name}` : 'Fixed');
    this.#moving.setTitle(moving ? `Moving, as it is: ${moving.name}` : 'Moving');
    this.#moved.setTitle('Moved');
    await Promise.all([
      this.#fixed.show(fixed?.volume),
      this.#moving.show(moving?.volume),
      this.#moved.show(undefined),
    ]);
    this.#arrange();
  }

  async #showPreview(): Promise<void> {
    const { before, preview, moving, plan } = this.session;
    if (!moving) return;
    if (before) {
      this.#moving.setTitle(`Moving, at the start: ${moving.name}`);
      await this.#moving.show(before, this.#moving.range);
    }
    if (preview) {
      const at =
        preview.at === 'start'
          ? 'at the start'
          : preview.at === 'aligned'
            ? 'aligned'
            : `level ${preview.at + 1} of ${plan?.plan.levels.length}`;
      this.#moved.setTitle(`Moved, ${at}`);
      await this.#moved.show(preview.moved, this.#moving.range);
    }
    this.#arrange();
  }

  async #showResult(): Promise<void> {
    const { result, moving } = this.session;
    this.#displaced = result && displacementOf(result.warp, result.start);
    if (result) {
      this.#moved.setTitle(`Moved: ${moving?.name}`);
      await this.#moved.show(result.moved, this.#moving.range);
    }
    this.#arrange();
  }

  /** Puts the panes as the look says. */
  #arrange(): void {
    const { view, mode, top, amount, planes } = this.look;
    const canCompare = this.session.before !== undefined;
    const shown = canCompare || view === 'beside' ? view : 'beside';
    Object.assign(this.element.dataset, { view: shown, mode, top });
    this.element.style.setProperty('--amount', String(amount));
    this.element.classList.toggle('has-moved', this.session.preview !== undefined || this.session.result !== undefined);
    const isColoured = shown === 'compare' && mode === 'colour';
    void this.#fixed.setColourMap(isColoured ? OWN_MAPS.green : this.look.colourMap);
    for (const pane of [this.#moving, this.#moved])
      void pane.setColourMap(isColoured ? OWN_MAPS.magenta : this.look.colourMap);
    for (const pane of this.#panes) {
      const [low, high] = pane.range;
      const [from, to] = this.look.window;
      void pane.setPlane(planes);
      void pane.setWindow([low + from * (high - low), high + (to - 1) * (high - low)]);
    }
    this.#setBlinking(shown === 'compare' && mode === 'blink');
    const { result, fixedLabels } = this.session;
    const deformed = shown === 'deformation' ? result : undefined;
    const labelledBy = (labels: Labels | undefined): readonly LabelOverlay[] =>
      labels && this.look.labels && !isColoured && !deformed ? [{ labels }] : [];
    const fixedLabelled = labelledBy(fixedLabels?.labels);
    this.#cover(this.#fixed, [deformed, fixedLabelled[0]?.labels], () => [
      ...(deformed ? overlays(deformed) : []),
      ...fixedLabelled,
    ]);
    for (const [pane, labels] of [
      [this.#moving, result?.startLabels],
      [this.#moved, result?.movedLabels],
    ] as const) {
      const labelled = labelledBy(labels);
      this.#cover(pane, [labelled[0]?.labels], () => labelled);
    }
    this.#grid.hidden = !deformed;
    requestAnimationFrame(() => this.#drawGrid());
  }

  /** Covers a pane, where something else lies over it than before, or its scan is another. */
  #cover(pane: Pane, reasons: readonly unknown[], make: () => readonly (Overlay | LabelOverlay)[]): void {
    const all = [pane.grid, ...reasons];
    const before = this.#covered.get(pane);
    if (before?.length === all.length && all.every((reason, n) => reason === before[n])) return;
    this.#covered.set(pane, all);
    void pane.cover(make());
  }

  #setBlinking(isOn: boolean): void {
    clearInterval(this.#blink);
    this.element.classList.remove('is-off');
    if (!isOn) return;
    const period = matchMedia('(prefers-reduced-motion: reduce)').matches ? 2000 : 700;
    this.#blink = setInterval(() => this.element.classList.toggle('is-off'), period);
  }

  #drawGrid(): void {
    if (this.#grid.hidden || !this.#displaced) return;
    drawGrid(this.#moved.viewer, this.#grid, this.#displaced);
  }

  #moveTo(point: Vec3, from: Pane): void {
    if (this.#point && point.every((value, axis) => Math.abs(value - this.#point![axis]!) < 1e-3)) return;
    this.#point = point;
    for (const pane of this.#panes) if (pane !== from) pane.moveTo(point);
    this.readout.textContent = this.#positionText(point);
  }

  #positionText(point: Vec3): string {
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
    return [`${where.join('  ')} mm`, ...values].join('   ·   ');
  }
}

/** The voxel's value at a point; undefined outside. */
function valueAt({ size, affine, data }: Volume, point: Vec3): number | undefined {
  const [i, j, k] = applyToPoint(invert(affine), point).map(Math.round) as [number, number, number];
  if (i < 0 || j < 0 || k < 0 || i >= size[0] || j >= size[1] || k >= size[2]) return undefined;
  return data[i + size[0] * (j + size[1] * k)];
}

/** Volume change, and where space folds, over the fixed scan. */
function overlays({ determinants }: WorkerRegistration): readonly Overlay[] {
  if (!determinants) return [];
  const limit = JACOBIAN_RANGE * 0.999;
  const change = determinants.data.map((value) => Math.min(limit, Math.max(-limit, value > 0 ? Math.log2(value) : 0)));
  const folds = determinants.data.map((value) => (value > 0 ? 0 : 1));
  const hasFolds = folds.includes(1);
  return [
    {
      volume: { ...determinants, data: change },
      colourMap: OWN_MAPS.jacobian,
      range: [-JACOBIAN_RANGE, JACOBIAN_RANGE],
      opacity: 0.6,
    },
    ...(hasFolds
      ? [{ volume: { ...determinants, data: folds }, colourMap: OWN_MAPS.folds, range: [0.5, 1] as const, opacity: 1 }]
      : []),
  ];
}
