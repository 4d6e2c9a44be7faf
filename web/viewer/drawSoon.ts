/** What is drawn at one frame, ms; what is left is drawn at the next ones. */
const MOST = 12;

/** Draws something in steps; between two of them the page may be shown. */
export type Drawing = () => Generator<void, void, void>;

const waiting = new Map<Drawing, Generator<void, void, void> | undefined>();

/** Draws before the page is shown next, once, however often it is asked for; what is half drawn is begun anew. */
export function drawSoon(draw: Drawing): void {
  if (waiting.size === 0) requestAnimationFrame(drawNow);
  waiting.set(draw, undefined);
}

function drawNow(): void {
  const begun = performance.now();
  while (waiting.size > 0 && performance.now() - begun < MOST) {
    const [draw, under = draw()] = [...waiting][0] as [Drawing, Generator<void, void, void> | undefined];
    waiting.set(draw, under);
    if (under.next().done) waiting.delete(draw);
  }
  if (waiting.size > 0) requestAnimationFrame(drawNow);
}
