import { DRAG_MODE, Niivue, NVImage, SHOW_RENDER, SLICE_TYPE } from '@niivue/niivue';
import { sameGrid } from '../../src/volume/checks.ts';
import type { Vec3, Volume } from '../../src/volume/grid.ts';
import { encodeNifti } from '../../src/volume/niftiEncode.ts';
import { make } from '../dom.ts';
import { addOwnMaps } from './colourMaps.ts';

/** Which planes a pane shows. */
export const PLANES = {
  all: SLICE_TYPE.MULTIPLANAR,
  axial: SLICE_TYPE.AXIAL,
  coronal: SLICE_TYPE.CORONAL,
  sagittal: SLICE_TYPE.SAGITTAL,
  solid: SLICE_TYPE.RENDER,
} as const;
export type Plane = keyof typeof PLANES;

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
    const draw = this.viewer.drawScene.bind(this.viewer);
    this.viewer.drawScene = () => {
      if (this.canvas.clientWidth === 0) return;
      const drawn = draw();
      this.onDraw();
      return drawn;
    };
  }

  get volume(): Volume | undefined {
    return this.#volume;
  }

  setTitle(text: string): void {
    this.#title.textContent = text;
    this.canvas.setAttribute('aria-label', text);
  }

  /** Shows a scan. On the same grid as before, the view stays as it is. */
  show(volume: Volume | undefined, range?: readonly [number, number]): Promise<void> {
    return this.#then(async () => {
      const before = this.#volume;
      this.#volume = volume;
      if (!volume) {
        while (this.viewer.volumes.length > 0) this.viewer.removeVolume(this.viewer.volumes[0]!);
        return;
      }
      const shown = this.viewer.volumes[0];
      if (shown && before && sameGrid(before, volume)) {
        (shown.img as Float32Array).set(volume.data);
        if (range) [shown.cal_min, shown.cal_max] = range;
        this.viewer.updateGLVolume();
      } else {
        while (this.viewer.volumes.length > 0) this.viewer.removeVolume(this.viewer.volumes[0]!);
        this.viewer.addVolume(await imageOf(volume, this.name, 'gray', range));
      }
      const { cal_min: low = 0, cal_max: high = 1 } = this.viewer.volumes[0]!;
      this.#range = [low, high];
    });
  }

  /** Shows images over the scan, in place of those that were there. */
  cover(overlays: readonly Overlay[]): Promise<void> {
    return this.#then(async () => {
      while (this.viewer.volumes.length > 1) this.viewer.removeVolume(this.viewer.volumes[1]!);
      if (!this.viewer.volumes[0]) return;
      for (const { volume, colourMap, range, opacity } of overlays) {
        this.viewer.addVolume(await imageOf(volume, `${this.name}-${colourMap}`, colourMap, range));
        this.viewer.setOpacity(this.viewer.volumes.length - 1, opacity);
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

  resized(): void {
    if (this.#attached) this.viewer.resizeListener();
  }

  #then(work: () => Promise<void>): Promise<void> {
    this.#attached ??= this.viewer.attachToCanvas(this.canvas).then(() => addOwnMaps(this.viewer));
    const attached = this.#attached;
    this.#queue = this.#queue.then(() => attached).then(work);
    return this.#queue;
  }
}

/** A volume as the viewer takes it: through the bytes of a NIfTI file. */
async function imageOf(
  volume: Volume,
  name: string,
  colourMap: string,
  range?: readonly [number, number],
): Promise<NVImage> {
  const bytes = await encodeNifti(volume);
  const limits = range ? { cal_min: range[0], cal_max: range[1] } : {};
  return NVImage.loadFromUrl({ url: bytes, name: `${name}.nii`, colormap: colourMap, ...limits });
}
