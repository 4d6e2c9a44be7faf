import { Niivue, NVImage, SHOW_RENDER, SLICE_TYPE } from '@niivue/niivue';
import type { Volume } from '../../src/volume/grid.ts';
import { multiply, scaling } from '../../src/volume/matrix.ts';
import { encodeNifti } from '../../src/volume/niftiEncode.ts';
import { make } from '../dom.ts';
import { rgbOf, type ScanMap, TABLES } from './colourMaps.ts';
import { colourOf, type ShownLabels } from './labelMarks.ts';

/** Voxels along an axis at most: what is seen from afar needs no more, and a picture then takes little time. */
const MOST = 128;

/** Of the picture, so that a turned scan stays within it. */
const SCALE = 0.75;

/** Of labels, so that the scan is seen through them. */
const LABEL_OPACITY = 0.6;

/** A scan in three dimensions, by NiiVue, which is loaded for this alone. */
export class Solid {
  readonly #canvas = make('canvas', { attributes: { 'aria-label': 'The scan in three dimensions' } });
  /** NiiVue sets styles of its canvas and of what holds it; this is ours to hide. */
  readonly #box = make('div', { class: 'solid', hidden: true }, make('div', {}, this.#canvas));
  readonly #viewer = new Niivue({
    dragAndDropEnabled: false,
    isResizeCanvas: true,
    loadingText: '',
    logLevel: 'silent',
    backColor: [0, 0, 0, 1],
    show3Dcrosshair: false,
    isOrientCube: false,
    sliceType: SLICE_TYPE.RENDER,
    multiplanarShowRender: SHOW_RENDER.NEVER,
  });
  #attached: Promise<unknown> | undefined;
  #shows: readonly unknown[] = [];

  constructor(parent: HTMLElement) {
    parent.append(this.#box);
  }

  /** Shows a scan; nothing where there is none. */
  async show(
    volume: Volume | undefined,
    range: readonly [number, number],
    map: ScanMap | 'green' | 'magenta',
    labels: ShownLabels | undefined,
  ): Promise<void> {
    this.#box.hidden = volume === undefined;
    const shows = [volume, ...range, map, labels?.labels];
    if (!volume || shows.every((each, n) => each === this.#shows[n])) return;
    this.#shows = shows;
    this.#attached ??= this.#viewer.attachToCanvas(this.#canvas).then(() => this.#addMaps());
    await this.#attached;
    const [low, high] = range;
    const image = await NVImage.loadFromUrl({
      url: await encodeNifti(thinned(volume)),
      name: 'scan.nii',
      colormap: `em-${map}`,
      cal_min: low,
      cal_max: high,
    });
    this.#viewer.volumes = [];
    this.#viewer.setScale(SCALE);
    this.#viewer.addVolume(image);
    if (labels) this.#viewer.addVolume(await coloured(labels));
    this.#viewer.resizeListener();
  }

  #addMaps(): void {
    for (const [name, table] of Object.entries(TABLES)) {
      const every = [...table];
      this.#viewer.addColormap(`em-${name}`, {
        R: every.map((pixel) => pixel & 255),
        G: every.map((pixel) => (pixel >> 8) & 255),
        B: every.map((pixel) => (pixel >> 16) & 255),
        A: every.map((_, value) => value),
        I: every.map((_, value) => value),
      });
    }
  }
}

/** Labels as a layer over the scan, in the colours that they have in its planes. */
async function coloured({ labels, all }: ShownLabels): Promise<NVImage> {
  const places = new Map(all.map((label, n) => [label, n + 1]));
  const data = Float32Array.from(labels.data, (label) => places.get(label) ?? 0);
  const image = await NVImage.loadFromUrl({
    url: await encodeNifti(thinned({ ...labels, data })),
    name: 'labels.nii',
    opacity: LABEL_OPACITY,
  });
  const colours = all.map((label) => rgbOf(colourOf(all, label)));
  image.setColormapLabel({
    R: [0, ...colours.map(([red]) => red)],
    G: [0, ...colours.map(([, green]) => green)],
    B: [0, ...colours.map(([, , blue]) => blue)],
    A: [0, ...colours.map(() => 255)],
    I: [0, ...colours.map((_, n) => n + 1)],
  });
  return image;
}

/** One voxel in so many of a volume. */
function thinned({ size, affine, data }: Volume): Volume {
  const every = Math.ceil(Math.max(...size) / MOST);
  if (every === 1) return { size, affine, data };
  const [nx, ny, nz] = [Math.ceil(size[0] / every), Math.ceil(size[1] / every), Math.ceil(size[2] / every)];
  const thin = new Float32Array(nx * ny * nz);
  for (let k = 0, to = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) thin[to++] = data[every * (i + size[0] * (j + size[1] * k))]!;
  return { size: [nx, ny, nz], affine: multiply(affine, scaling([every, every, every])), data: thin };
}
