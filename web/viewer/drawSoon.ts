/** What is drawn at one frame, ms; what is left is drawn at the next ones. */
const MOST = 12;

const waiting = new Set<() => void>();

/** Draws before the page is shown next, once, however often it is asked for. */
export function drawSoon(draw: () => void): void {
  if (waiting.size === 0) requestAnimationFrame(drawNow);
  waiting.add(draw);
}

function drawNow(): void {
  const begun = performance.now();
  for (const draw of waiting) {
    waiting.delete(draw);
    draw();
    if (performance.now() - begun > MOST) break;
  }
  if (waiting.size > 0) requestAnimationFrame(drawNow);
}
