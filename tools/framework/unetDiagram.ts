import { arrowHead } from '../../src/report/draw/arrow.ts';
import { element, group, line, polyline, rectangle, text } from '../../src/report/draw/svg.ts';
import { INK, MUTED, OKABE_ITO, TEXT } from '../../src/report/draw/theme.ts';

/** One layer's features: how many channels, and how often the resolution was halved before. */
interface Features {
  readonly channels: number;
  readonly level: number;
  readonly part: keyof typeof COLOURS;
}

const COLOURS = {
  input: '#ffffff',
  encoder: OKABE_ITO.sky,
  decoder: OKABE_ITO.orange,
  remaining: OKABE_ITO.yellow,
  flow: '#ffffff',
} as const;

/** The paper's network, which is VoxelMorph's, from the two volumes to the displacement's three components. */
const NETWORK: readonly Features[] = [
  { channels: 2, level: 0, part: 'input' },
  ...[16, 32, 32, 32].map((channels, level) => ({ channels, level, part: 'encoder' as const })),
  ...[32, 32, 32, 32].map((channels, k) => ({ channels, level: 4 - k, part: 'decoder' as const })),
  ...[32, 16, 16].map((channels) => ({ channels, level: 0, part: 'remaining' as const })),
  { channels: 3, level: 0, part: 'flow' },
];

const RESOLUTIONS = ['1', '½', '¼', '⅛', '1/16'] as const;
const FULL_HEIGHT = 104;
/** Not one half, which would leave nothing of the coarsest features. */
const SHRINK = 0.64;
const GAP = 8.2;

/** The name, and the bars that a bracket stands below. */
const GROUPS = [
  ['encoder', 1, 4],
  ['decoder', 5, 8],
  ['full resolution', 9, 11],
] as const;

interface Bar extends Features {
  readonly x: number;
  readonly width: number;
  readonly height: number;
}

/** Width of the diagram in user units. */
export const UNET_WIDTH = NETWORK.reduce((sum, { channels }) => sum + barWidth(channels) + GAP, -GAP);

/**
 * The registration U-Net as bars: as wide as it has channels, the lower the coarser the resolution; skip connections
 * join features of one resolution.
 * @param place left edge, and the height of the bars' middles
 */
export function unetDiagram(place: { readonly x: number; readonly middle: number }): string {
  let x = place.x;
  const bars = NETWORK.map((features): Bar => {
    const width = barWidth(features.channels);
    const bar = { ...features, x, width, height: FULL_HEIGHT * SHRINK ** features.level };
    x += width + GAP;
    return bar;
  });
  const bottom = place.middle + FULL_HEIGHT / 2 + 2 * TEXT.small + 6;
  return group(
    {},
    ...bars.slice(1).map((bar, k) => step(bars[k]!, bar, place.middle)),
    ...[0, 1, 2, 3].map((level) => skip(bars[1 + level]!, bars[9 - level]!, place.middle)),
    ...bars.map((bar) => drawn(bar, place.middle)),
    ...GROUPS.map(([name, first, last]) => bracket(name, bars[first]!.x, bars[last]!.x + bars[last]!.width, bottom)),
  );
}

function barWidth(channels: number): number {
  return channels < 10 ? 4 : 3 + channels / 4;
}

/** A bar with its channels and its resolution below. */
function drawn({ x, width, height, part, channels, level }: Bar, middle: number): string {
  const centred = { 'text-anchor': 'middle', 'font-size': TEXT.small } as const;
  const bottom = middle + height / 2;
  return (
    rectangle(x, middle - height / 2, width, height, {
      fill: COLOURS[part],
      'fill-opacity': 0.75,
      stroke: INK,
      'stroke-width': 0.6,
    }) +
    text(x + width / 2, bottom + TEXT.small + 1.5, String(channels), centred) +
    text(x + width / 2, bottom + 2 * TEXT.small + 2.5, RESOLUTIONS[level]!, { ...centred, fill: MUTED })
  );
}

/** From one layer to the next. */
function step(from: Bar, to: Bar, middle: number): string {
  const end = to.x - 0.5;
  return (
    line(from.x + from.width, middle, end - 2.5, middle, { stroke: INK, 'stroke-width': 0.6 }) +
    arrowHead([end, middle], [1, 0], INK, [3.2, 1.6])
  );
}

/** Just below the upper edge of its two bars, which the coarser bars between them do not reach. */
function skip(from: Bar, to: Bar, middle: number): string {
  const y = middle - from.height / 2 + Math.min(4, (from.height * (1 - SHRINK)) / 4);
  return (
    line(from.x + from.width, y, to.x - 3, y, { stroke: MUTED, 'stroke-width': 0.8 }) +
    arrowHead([to.x - 0.5, y], [1, 0], MUTED, [3.2, 1.6])
  );
}

function bracket(name: string, left: number, right: number, y: number): string {
  const corners = [
    [left, y],
    [left, y + 3],
    [right, y + 3],
    [right, y],
  ] as const;
  return (
    element('path', { d: polyline(corners), fill: 'none', stroke: MUTED, 'stroke-width': 0.6 }) +
    text((left + right) / 2, y + 5 + TEXT.small, name, { 'text-anchor': 'middle', 'font-size': TEXT.small })
  );
}
