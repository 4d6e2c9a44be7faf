import { svg } from '../dom.ts';
import type { Progress } from '../session.ts';

const [WIDTH, HEIGHT, MARGIN] = [320, 84, 4];

/** The loss of every step, a stroke for each level, which has its own scale. */
export function lossCurve(losses: Progress['losses'], steps: readonly number[]): SVGElement {
  const picture = svg('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    class: 'curve',
    role: 'img',
    'aria-label': lossText(losses),
    preserveAspectRatio: 'none',
  });
  const total = Math.max(
    1,
    steps.reduce((sum, each) => sum + each, 0),
  );
  let from = 0;
  for (const [level, most] of steps.entries()) {
    const own = losses.filter((each) => each.level === level).map(({ loss }) => loss);
    const [left, width] = [(from / total) * WIDTH, (most / total) * WIDTH];
    if (level > 0) picture.append(svg('line', { x1: left, x2: left, y1: 0, y2: HEIGHT, class: 'curve-mark' }));
    from += most;
    if (own.length < 2) continue;
    const [low, high] = [Math.min(...own), Math.max(...own)];
    const points = own.map((loss, n) => {
      const x = left + (n / (most - 1 || 1)) * width;
      const y = MARGIN + (1 - (loss - low) / (high - low || 1)) * (HEIGHT - 2 * MARGIN);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    });
    picture.append(svg('polyline', { points: points.join(' '), class: 'curve-line' }));
  }
  return picture;
}

/** The curve in words. */
function lossText(losses: Progress['losses']): string {
  const [first, last] = [losses[0], losses.at(-1)];
  return first && last
    ? `Loss after ${losses.length} steps: from ${first.loss.toPrecision(3)} to ${last.loss.toPrecision(3)}`
    : 'Loss';
}
