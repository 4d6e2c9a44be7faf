/**
 * Starts the viewer of a page with three canvases. A click or drag on one moves the other two. The wheel moves its own
 * slice.
 */
import type { Mode, Other, ViewerData } from '../viewerData.ts';
import { drawCrosshair, drawLandmarks, drawOutlines } from './marks.ts';
import { childOf, elementOf, pencil } from './page.ts';
import { comparison, type Plane } from './picture.ts';

/** What the controls have chosen. */
interface State {
  mode: Mode;
  against: Other;
  /** The share of the other image in a blend. */
  mix: number;
  outlines: boolean;
  landmarks: boolean;
  /** Which image the flicker shows. */
  flicked: boolean;
}

/** Display axes of each plane: to the right, downwards, across. */
const AXES: Readonly<Record<string, Plane>> = { axial: [0, 1, 2], coronal: [0, 2, 1], sagittal: [1, 2, 0] };
/** Pixels of the longest side of the volume. */
const LENGTH = 720;
const FLICKER_MS = 600;

const root = elementOf('viewer', HTMLElement);
const data = JSON.parse(elementOf('viewer-data', HTMLScriptElement).text) as ViewerData;
const images = { fixed: bytes(data.images.fixed), moving: bytes(data.images.moving), moved: bytes(data.images.moved) };
const labels = { fixed: codes(data.labels.fixed), moving: codes(data.labels.moving), moved: codes(data.labels.moved) };
const position: [number, number, number] = [...data.start];
const state: State = {
  mode: data.mode,
  against: 'moved',
  mix: 0.5,
  outlines: true,
  landmarks: true,
  flicked: false,
};
const scale = LENGTH / Math.max(...data.size.map((length, axis) => length * data.spacing[axis]!));
const views = [...root.querySelectorAll<HTMLElement>('.plane')].map(viewOf);
let isWaiting = false;

root.addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return;
  if (target.name === 'viewer-mode') state.mode = target.value as Mode;
  if (target.name === 'viewer-against') state.against = target.value as Other;
  if (target.id === 'viewer-outlines') state.outlines = target.checked;
  if (target.id === 'viewer-landmarks') state.landmarks = target.checked;
  childOf(root, '.mix', HTMLElement).hidden = state.mode !== 'blend' && state.mode !== 'overlay';
  drawAll();
});
const mix = elementOf('viewer-mix', HTMLInputElement);
mix.addEventListener('input', () => {
  state.mix = mix.valueAsNumber / 100;
  drawAll();
});
setInterval(() => {
  if (state.mode !== 'flicker') return;
  state.flicked = !state.flicked;
  drawAll();
}, FLICKER_MS);
drawAll();

function bytes(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function codes(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : bytes(text);
}

/** Draws all planes before the page is shown next, however often it is called. */
function drawAll(): void {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(() => {
    isWaiting = false;
    for (const draw of views) draw();
  });
}

/** Moves to a voxel along an axis, or to the volume's end. */
function moveTo(axis: 0 | 1 | 2, voxel: number): void {
  position[axis] = Math.min(data.size[axis] - 1, Math.max(0, voxel));
}

/** Makes a plane's controls work. Returns what draws it. */
function viewOf(box: HTMLElement): () => void {
  const axes = AXES[box.dataset.plane ?? ''] as Plane;
  const [across, down, through] = axes;
  const canvas = childOf(box, 'canvas', HTMLCanvasElement);
  const slider = childOf(box, 'input', HTMLInputElement);
  const output = childOf(box, 'output', HTMLOutputElement);
  canvas.width = Math.round(data.size[across] * data.spacing[across] * scale);
  canvas.height = Math.round(data.size[down] * data.spacing[down] * scale);
  slider.max = String(data.size[through] - 1);
  slider.addEventListener('input', () => {
    moveTo(through, slider.valueAsNumber);
    drawAll();
  });
  const follow = (event: PointerEvent): void => {
    const area = canvas.getBoundingClientRect();
    moveTo(across, Math.floor(((event.clientX - area.left) / area.width) * data.size[across]));
    moveTo(down, Math.floor(((event.clientY - area.top) / area.height) * data.size[down]));
    drawAll();
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.buttons & 1) follow(event);
  });
  // A wheel counts in pixels, lines or pages; a slice is a notch of it, or a finger's width.
  let turned = 0;
  canvas.addEventListener(
    'wheel',
    (event) => {
      if (event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      turned += event.deltaMode === 0 ? event.deltaY / 40 : event.deltaY;
      const steps = Math.trunc(turned);
      if (steps === 0) return;
      turned = 0;
      moveTo(through, position[through] + Math.sign(steps));
      drawAll();
    },
    { passive: false },
  );
  const source = document.createElement('canvas');
  source.width = data.size[across];
  source.height = data.size[down];
  return () => {
    const pixels = comparison(data, images, { ...state, axes, slice: position[through] });
    pencil(source).putImageData(new ImageData(pixels, source.width, source.height), 0, 0);
    const target = pencil(canvas);
    target.drawImage(source, 0, 0, canvas.width, canvas.height);
    const view = {
      data,
      axes,
      position,
      perVoxel: [canvas.width / source.width, canvas.height / source.height],
    } as const;
    if (state.outlines) {
      drawOutlines(target, view, labels.fixed);
      drawOutlines(target, view, labels[state.against], [6, 4]);
    }
    if (state.landmarks) drawLandmarks(target, view, state.against);
    drawCrosshair(target, view);
    slider.value = String(position[through]);
    output.textContent = `${position[through] + 1} / ${data.size[through]}`;
  };
}
