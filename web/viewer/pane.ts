import { DRAG_MODE, Niivue, NVImage, SHOW_RENDER, SLICE_TYPE } from '@niivue/niivue';
import { labelsIn } from '../../src/metric/dice.ts';
import { colourAt, LABEL_COLOURS } from '../../src/report/draw/theme.ts';
import { sameGrid } from '../../src/volume/checks.ts';
import type { Labels, Vec3, Volume } from '../../src/volume/grid.ts';
import { encodeNifti } from '../../src/volume/niftiEncode.ts';
import { percentiles } from '../../src/volume/percentile.ts';
import { make } from '../dom.ts';
import { addOwnMaps, rgbOf } from './colourMaps.ts';

/** Which planes a pane shows. */
export const PLANES = {
  all: SLICE_TYPE.MULTIPLANAR,
  axial: SLICE_TYPE.AXIAL,
  coronal: SLICE_TYPE.CORONAL,
  sagittal: SLICE_TYPE.SAGITTAL,
  solid: SLICE_TYPE.RENDER,
} as const;
export type Plane = keyof typeof PLANES;

/** Labels that are shown over their scan. */
export interface LabelOverlay {
  readonly labels: Labels;
}

/** How an image over a scan is shown. */
export interface Overlay {
  readonly volume: Volume;
  readonly colourMap: string;
  /** Values of the map's first and last colour. */
  readonly range: readonly [number, number];
  readonly opacity: number;
}

/** One picture with its own viewer. */
export class Pane {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly viewer: Niivue;
  readonly #title = make('span', { class: 'pane-title' });
  #volume: Volume | undefined;
  #attached: Promise<unknown> | undefined;
  /** What is to be shown, one thing after the other. */
  #queue: Promise<void> = Promise.resolve();
  #range: readonly [number, number] = [0, 1];

  /** Called when the crosshair moves, RAS mm. */
  onMove: (point: Vec3) => void = () => undefined;
  /** Called after each time that the picture is drawn. */
  onDraw: () => void = () => undefined;

  constructor(
    readonly name: string,
    what: string,
  ) {
    this.canvas = make('canvas', { attributes: { 'aria-label': what, role: 'img' } });
    this.element = make(
      'figure',
      { class: `pane pane-${name}` },
      make('div', { class: 'pane-picture' }, this.canvas),
      make('figcaption', {}, this.#title),
    );
    this.setTitle(what);
    this.viewer = new Niivue({
      dragAndDropEnabled: false,
      isResizeCanvas: true,
      loadingText: '',
      logLevel: 'silent',
      backColor: [0, 0, 0, 1],
      crosshairColor: [0.34, 0.71, 0.91, 0.9],
      crosshairWidth: 0.35,
      crosshairGap: 10,
      multiplanarPadPixels: 6,
      multiplanarShowRender: SHOW_RENDER.NEVER,
      sliceType: SLICE_TYPE.MULTIPLANAR,
      dragMode: DRAG_MODE.pan,
      isOrientCube: false,
    });
    this.viewer.onLocationChange = (location) => {
      const { mm } = location as { readonly mm: ArrayLike<number> };
      this.onMove([mm[0]!, mm[1]!, mm[2]!]);
    };
    new ResizeObserver(() => this.#attached && this.viewer.resizeListener()).observe(
      this.canvas.parentElement as Element,
    );
    const draw = this.viewer.drawScene.bind(this.viewer);
    this.viewer.drawScene = () => {
      if (this.canvas.clientWidth === 0) return;
      const drawn = draw();
      this.onDraw();
      return drawn;
    };
  }

  /** Changes with each scan that lies on another grid than the one before. */
  grid = 0;

  get volume(): Volume | undefined {
    return this.#volume;
  }

  setTitle(text: string): void {
    this.#title.textContent = text;
    this.canvas.setAttribute('aria-label', text);
  }

  /** Shows a scan. On the same grid as before, the view stays as it is. */
  show(volume: Volume | undefined, given?: readonly [number, number]): Promise<void> {
    return this.#then(async () => {
      const before = this.#volume;
      this.#volume = volume;
      if (!volume) {
        while (this.viewer.volumes.length > 0) this.viewer.removeVolume(this.viewer.volumes[0]!);
        return;
      }
      const range = given ?? usualRange(volume);
      this.#range = range;
      const shown = this.viewer.volumes[0];
      if (shown && before && sameGrid(before, volume)) {
        (shown.img as Float32Array).set(volume.data);
        [shown.cal_min, shown.cal_max] = range;
        this.viewer.updateGLVolume();
      } else {
        const image = await imageOf(volume, this.name, 'gray', range);
        this.viewer.volumes = [];
        this.grid++;
        this.viewer.addVolume(image);
      }
    });
  }

  /** Shows images over the scan, in place of those that were there. */
  cover(overlays: readonly (Overlay | LabelOverlay)[]): Promise<void> {
    return this.#then(async () => {
      while (this.viewer.volumes.length > 1) this.viewer.removeVolume(this.viewer.volumes[1]!);
      if (!this.viewer.volumes[0]) return;
      for (const overlay of overlays) {
        if ('labels' in overlay) {
          this.viewer.addVolume(await labelImageOf(overlay.labels, this.name));
          this.viewer.setOpacity(this.viewer.volumes.length - 1, LABEL_OPACITY);
        } else {
          const { volume, colourMap, range, opacity } = overlay;
          this.viewer.addVolume(await imageOf(volume, `${this.name}-${colourMap}`, colourMap, range));
          this.viewer.setOpacity(this.viewer.volumes.length - 1, opacity);
        }
      }
    });
  }

  /** The values that are shown black and white where nothing else was chosen. */
  get range(): readonly [number, number] {
    return this.#range;
  }

  /** Values that are shown black and white. */
  setWindow([low, high]: readonly [number, number]): Promise<void> {
    return this.#then(async () => {
      const shown = this.viewer.volumes[0];
      if (!shown || (shown.cal_min === low && shown.cal_max === high)) return;
      [shown.cal_min, shown.cal_max] = [low, high];
      this.viewer.updateGLVolume();
    });
  }

  setColourMap(name: string): Promise<void> {
    return this.#then(async () => {
      const shown = this.viewer.volumes[0];
      if (shown && shown.colormap !== name) this.viewer.setColormap(shown.id, name);
    });
  }

  setPlane(plane: Plane): Promise<void> {
    return this.#then(async () => {
      if (this.viewer.opts.sliceType !== PLANES[plane]) this.viewer.setSliceType(PLANES[plane]);
    });
  }

  /** Puts the crosshair at a point, RAS mm, without a word to others. */
  moveTo([x, y, z]: Vec3): void {
    if (!this.viewer.volumes[0]) return;
    const at = this.viewer.mm2frac([x, y, z]);
    this.viewer.scene.crosshairPos = at;
    this.viewer.drawScene();
  }

  /** Moves the crosshair by voxels. */
  step(x: number, y: number, z: number): void {
    if (this.viewer.volumes[0]) this.viewer.moveCrosshairInVox(x, y, z);
  }

  #then(work: () => Promise<void>): Promise<void> {
    this.#attached ??= this.viewer.attachToCanvas(this.canvas).then(() => addOwnMaps(this.viewer));
    const attached = this.#attached;
    // What fails does not keep others from being shown.
    this.#queue = this.#queue
      .catch(() => undefined)
      .then(() => attached)
      .then(work);
    return this.#queue;
  }
}

/** Opacity of labels over their scan. */
const LABEL_OPACITY = 0.4;

/** Labels as the viewer takes them, each in a colour of its own. */
async function labelImageOf(labels: Labels, name: string): Promise<NVImage> {
  const image = await NVImage.loadFromUrl({ url: await encodeNifti(labels), name: `${name}-labels.nii` });
  const present = [0, ...labelsIn(labels.data)];
  const colours = present.map((_, n) => rgbOf(colourAt(LABEL_COLOURS, Math.max(0, n - 1))));
  image.setColormapLabel({
    R: colours.map(([r]) => r),
    G: colours.map(([, g]) => g),
    B: colours.map(([, , b]) => b),
    A: present.map((label) => (label === 0 ? 0 : 255)),
    I: present,
    labels: present.map(String),
  });
  return image;
}

/** Voxels from which the usual range of a scan is told. */
const SAMPLE = 100_000;

/** The values that are shown black and white where nothing else is chosen: all but a few at either end. */
function usualRange({ data }: Volume): readonly [number, number] {
  const stride = Math.max(1, Math.floor(data.length / SAMPLE));
  const some = Float32Array.from({ length: Math.ceil(data.length / stride) }, (_, n) => data[n * stride]!);
  const [low, high] = percentiles(some, [0.5, 99.5]) as [number, number];
  return high > low ? [low, high] : [low, low + 1];
}

/** A volume as the viewer takes it: through the bytes of a NIfTI file. */
async function imageOf(
  volume: Volume,
  name: string,
  colourMap: string,
  range: readonly [number, number],
): Promise<NVImage> {
  const bytes = await encodeNifti(volume);
  const [low, high] = range;
  return NVImage.loadFromUrl({
    url: bytes,
    name: `${name}.nii`,
    colormap: colourMap,
    cal_min: low,
    cal_max: high,
  });
}
