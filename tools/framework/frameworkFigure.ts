import { PAGE_WIDTH, printedFigure } from '../../src/report/draw/printedFigure.ts';
import { element, group, line, rectangle, text } from '../../src/report/draw/svg.ts';
import { HAIRLINE, INK, MUTED, OKABE_ITO, TEXT, textWidth, wrapText } from '../../src/report/draw/theme.ts';
import { PAIR_COLOURS } from '../../src/report/loss/projectionPlots.ts';
import type { Frame } from '../../src/report/slice/panel.ts';
import { type ArrowStyle, arrow } from './arrow.ts';
import { type DrawSlice, type FrameworkSlices, slicedVolumes, stylisedVolumes } from './frameworkVolumes.ts';
import { PICTOGRAM, SIMILARITIES, type SimilarityPictogram } from './similarityPictograms.ts';
import { UNET_WIDTH, unetDiagram } from './unetDiagram.ts';
import { frontSheet, stackBounds, volumeStack } from './volumeStack.ts';

/** What {@link frameworkFigure} shows. */
export interface FrameworkFigure {
  /** Left out, stylised volumes stand for them. */
  readonly slices?: FrameworkSlices;
  /** Printed width in millimetres; default 180, two columns of a journal. The layout scales with it. */
  readonly widthMm?: number;
}

type Point = readonly [x: number, y: number];

/** What the stacks of slices cover, which depends on the slices' shape. */
type Stacks = Readonly<Record<'moving' | 'fixed' | 'field' | 'moved', Frame>>;

const HEIGHT = 440;
const BACKWARD = { colour: OKABE_ITO.green, width: 1.1, dashed: true } as const;
/** From a forward arrow to the gradient's way back beside it. */
const BESIDE = 12;
const GROUND = '#f6f7f9';

/** Where everything stands, in user units. */
const MOVING: Frame = { x: 6, y: 28, width: 84, height: 86 };
const FIXED: Frame = { x: 6, y: 138, width: 84, height: 86 };
const UNET: Frame = { x: 120, y: 24, width: UNET_WIDTH + 22, height: 194 };
const FIELD: Frame = { x: 384, y: 72, width: 76, height: 92 };
const STN: Frame = { x: 488, y: 64, width: 84, height: 106 };
const MOVED: Frame = { x: 599, y: 72, width: 76, height: 92 };
const SMOOTHNESS: Frame = { x: 366, y: 238, width: 112, height: 42 };
const LOSS: Frame = { x: 152, y: 238, width: 158, height: 42 };
const SIMILARITY: Frame = { x: 4, y: 304, width: PAGE_WIDTH - 8, height: 132 };
/** Height of the arrows from one part of the network to the next. */
const FLOW = 112;

/**
 * The framework: moving and fixed volume → U-Net → displacement field → spatial transformer → moved volume; the
 * similarity of moved and fixed volume as a part to be chosen, the smoothness of the field, and the way that their
 * gradients take back to the network's weights. Returns an SVG with vector text.
 */
export function frameworkFigure({ slices, widthMm = 180 }: FrameworkFigure = {}): string {
  const content = slices === undefined ? stylisedVolumes() : slicedVolumes(slices);
  const front = (frame: Frame): Frame => frontSheet(frame, content.aspect);
  const stack = (frame: Frame, colour: string, draw: DrawSlice): string => volumeStack(front(frame), colour, draw);
  const [moving, fixed, field, moved] = [MOVING, FIXED, FIELD, MOVED].map((frame) => stackBounds(front(frame))) as [
    Frame,
    Frame,
    Frame,
    Frame,
  ];
  const stacks: Stacks = { moving, fixed, field, moved };
  return printedFigure(
    { width: PAGE_WIDTH, height: HEIGHT, widthMm, label: 'The registration framework and its losses' },
    forwardArrows(stacks),
    gradientArrows(stacks),
    heading(moving, ['Moving volume M']),
    stack(MOVING, PAIR_COLOURS.moved, content.moving),
    heading(fixed, ['Fixed volume F']),
    stack(FIXED, PAIR_COLOURS.fixed, content.fixed),
    unet(),
    heading(field, ['Displacement field u', 'DVF, one vector a voxel']),
    stack(FIELD, INK, content.field),
    spatialTransformer(),
    heading(moved, ['Moved volume D', 'on the grid of F']),
    stack(MOVED, PAIR_COLOURS.moved, content.moved),
    box(SMOOTHNESS, 'Smoothness R(u)', 'mean of |∇u|² over the field'),
    box(LOSS, 'Loss = S(D, F) + λ R(u)', 'λ: weight of the smoothness'),
    similarity(),
    legend(),
  );
}

/** Lines above a frame, centred. */
function heading(frame: Frame, lines: readonly string[]): string {
  return group(
    { 'text-anchor': 'middle', 'font-size': TEXT.body },
    ...lines.map((words, index) =>
      text(frame.x + frame.width / 2, frame.y - 5 - (lines.length - 1 - index) * 10, words, {
        'font-weight': index === 0 ? 'bold' : undefined,
      }),
    ),
  );
}

function ground(frame: Frame, attributes: Readonly<Record<string, string | number>> = {}): string {
  return rectangle(frame.x, frame.y, frame.width, frame.height, {
    rx: 4,
    fill: GROUND,
    stroke: MUTED,
    'stroke-width': 0.7,
    ...attributes,
  });
}

/** A part of the loss: its name and a line about it. */
function box(frame: Frame, name: string, idea: string): string {
  const x = frame.x + frame.width / 2;
  return group(
    { 'text-anchor': 'middle' },
    ground(frame),
    text(x, frame.y + 17, name, { 'font-size': TEXT.heading, 'font-weight': 'bold' }),
    text(x, frame.y + 31, idea, { 'font-size': TEXT.small }),
  );
}

function unet(): string {
  return group(
    {},
    ground(UNET),
    text(UNET.x + 11, UNET.y + 15, 'U-Net with weights w', { 'font-size': TEXT.heading, 'font-weight': 'bold' }),
    unetDiagram({ x: UNET.x + 11, middle: UNET.y + 85 }),
    text(UNET.x + 11, UNET.y + UNET.height - 8, 'Below each bar: channels, share of the resolution', {
      'font-size': TEXT.small,
      fill: MUTED,
    }),
  );
}

/** The moving volume's grid, and a point between its voxels that a displacement leads to. */
function spatialTransformer(): string {
  const x = STN.x + STN.width / 2;
  const centred = { 'text-anchor': 'middle', 'font-size': TEXT.small } as const;
  const [left, top, cell] = [x - 20, STN.y + 39, 13.5];
  const lines = [0, 1, 2, 3].flatMap((k) => [
    line(left + k * cell, top, left + k * cell, top + 3 * cell, { stroke: MUTED, 'stroke-width': 0.6 }),
    line(left, top + k * cell, left + 3 * cell, top + k * cell, { stroke: MUTED, 'stroke-width': 0.6 }),
  ]);
  const target: Point = [left + 2.4 * cell, top + 0.65 * cell];
  const corners = [2, 3].flatMap((i) => [0, 1].map((j): Point => [left + i * cell, top + j * cell]));
  const circle = ([cx, cy]: Point, r: number, fill: string): string => element('circle', { cx, cy, r, fill });
  const start: Point = [left + cell, top + 2 * cell];
  return group(
    {},
    ground(STN),
    text(x, STN.y + 15, 'STN', { ...centred, 'font-size': TEXT.heading, 'font-weight': 'bold' }),
    text(x, STN.y + 27, 'spatial transformer', centred),
    ...lines,
    ...corners.map((corner) => line(...corner, ...target, { stroke: PAIR_COLOURS.moved, 'stroke-width': 0.7 })),
    ...corners.map((corner) => circle(corner, 1.9, PAIR_COLOURS.moved)),
    circle(start, 1.6, INK),
    arrow([start, target], { width: 0.9, head: [4, 2] }),
    text(x, STN.y + STN.height - 9, 'D(x) = M(x + u(x))', centred),
  );
}

/** The similarity as a socket with four parts that fit into it. */
function similarity(): string {
  const name = 'Similarity S(D, F)';
  const gap = 7;
  const width = (SIMILARITY.width - (SIMILARITIES.length + 1) * gap) / SIMILARITIES.length;
  const cards = SIMILARITIES.map((part, index) =>
    card(part, {
      x: SIMILARITY.x + gap + index * (width + gap),
      y: SIMILARITY.y + 22,
      width,
      height: SIMILARITY.height - 22 - gap,
    }),
  );
  return group(
    {},
    ground(SIMILARITY, { 'stroke-dasharray': '5 3', stroke: INK }),
    text(SIMILARITY.x + gap, SIMILARITY.y + 15, name, { 'font-size': TEXT.heading, 'font-weight': 'bold' }),
    text(
      SIMILARITY.x + gap + textWidth(name, TEXT.heading, true) + 8,
      SIMILARITY.y + 15,
      'one part of the framework, replaceable by any of:',
      {
        'font-size': TEXT.body,
      },
    ),
    ...cards,
  );
}

function card({ name, idea, draw }: SimilarityPictogram, frame: Frame): string {
  const x = frame.x + 7;
  const lines = wrapText(idea, TEXT.small, frame.width - 12);
  return group(
    {},
    ground(frame, { fill: '#ffffff', stroke: HAIRLINE }),
    text(x, frame.y + 12, name, { 'font-size': TEXT.body, 'font-weight': 'bold' }),
    ...lines.map((words, index) => text(x, frame.y + 23 + index * 9, words, { 'font-size': TEXT.small })),
    draw(frame.x + (frame.width - PICTOGRAM.width) / 2, frame.y + frame.height - PICTOGRAM.height - 5),
  );
}

const right = ({ x, width }: Frame): number => x + width;
const bottom = ({ y, height }: Frame): number => y + height;
const middle = ({ x, width }: Frame): number => x + width / 2;
const middleY = ({ y, height }: Frame): number => y + height / 2;

/** From one height to another. */
function upright(x: number, from: number, to: number, style: ArrowStyle = {}): string {
  return arrow(
    [
      [x, from],
      [x, to],
    ],
    style,
  );
}

/** From one place to another beside it, to the right or to the left. */
function level(y: number, from: number, to: number, style: ArrowStyle = {}): string {
  return arrow(
    [
      [from, y],
      [to, y],
    ],
    style,
  );
}

function forwardArrows({ moving, fixed, field, moved }: Stacks): string {
  const [movingAt, fixedAt] = [middleY(moving), middleY(fixed)];
  const branch = UNET.x - 15;
  const rail = 11;
  return group(
    {},
    level(movingAt, right(moving) + 2, UNET.x - 1),
    level(fixedAt, right(fixed) + 2, UNET.x - 1),
    // The moving volume goes around the network, for the spatial transformer to deform it.
    arrow([
      [branch, movingAt],
      [branch, rail],
      [middle(STN), rail],
      [middle(STN), STN.y - 1],
    ]),
    element('circle', { cx: branch, cy: movingAt, r: 1.6, fill: INK }),
    level(FLOW, right(UNET) + 1, field.x - 2),
    level(FLOW, right(field) + 2, STN.x - 1),
    level(FLOW, right(STN) + 1, moved.x - 2),
    upright(middle(FIXED), bottom(fixed) + 3, SIMILARITY.y - 1),
    upright(middle(MOVED) - BESIDE / 2, bottom(moved) + 3, SIMILARITY.y - 1),
    upright(middle(FIELD) - BESIDE / 2, bottom(field) + 3, SMOOTHNESS.y - 1),
    level(middleY(LOSS) - BESIDE / 2, SMOOTHNESS.x - 1, right(LOSS) + 1),
    upright(middle(LOSS) - BESIDE / 2, SIMILARITY.y - 1, bottom(LOSS) + 1),
  );
}

/** Beside each forward arrow on the way from the weights to the loss. */
function gradientArrows({ field, moved }: Stacks): string {
  const back = FLOW + BESIDE;
  return group(
    {},
    upright(middle(LOSS) + BESIDE / 2, bottom(LOSS) + 1, SIMILARITY.y - 1, BACKWARD),
    upright(middle(MOVED) + BESIDE / 2, SIMILARITY.y - 1, bottom(moved) + 3, BACKWARD),
    level(back, moved.x - 2, right(STN) + 1, BACKWARD),
    level(back, STN.x - 1, right(field) + 2, BACKWARD),
    level(back, field.x - 2, right(UNET) + 1, BACKWARD),
    level(middleY(LOSS) + BESIDE / 2, right(LOSS) + 1, SMOOTHNESS.x - 1, BACKWARD),
    upright(middle(FIELD) + BESIDE / 2, SMOOTHNESS.y - 1, bottom(field) + 3, BACKWARD),
  );
}

/** What solid and dashed arrows mean, in the free place between smoothness and moved volume. */
function legend(): string {
  const x = right(SMOOTHNESS) + 18;
  const y = SMOOTHNESS.y + 14;
  return group(
    { 'font-size': TEXT.small },
    level(y, x, x + 20),
    text(x + 25, y + 2.5, 'forward'),
    level(y + 16, x + 20, x, BACKWARD),
    text(x + 25, y + 18.5, 'gradient, back to w'),
  );
}
