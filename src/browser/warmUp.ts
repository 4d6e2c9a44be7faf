import { given } from '../given.ts';
import { alignmentSimilarity } from '../loss/alignmentLoss.ts';
import { AlignmentObjective } from '../registration/alignment/objective.ts';
import { pyramidLevel } from '../registration/alignment/pyramid.ts';
import { makePhantomCase } from '../synthesis/phantom/phantom.ts';
import type { Volume } from '../volume/grid.ts';
import { identity } from '../volume/matrix.ts';

/** Evaluations after which the browser has compiled what an alignment runs most. */
const EVALUATIONS = 60;

/**
 * Loads WebAssembly and lets the browser compile it for speed while nobody waits: at the first pair its compilers would
 * take the cores that draw the page.
 * @param isWanted whether there is work to do, which comes first
 */
export async function warmUp(threads: number | undefined, isWanted: () => boolean): Promise<void> {
  await heard();
  if (isWanted()) return;
  const [fixed, moving] = [0, 1].map((index) => makePhantomCase({ seed: 1, index, size: [16, 20, 16] }).image);
  const level = (image: Volume | undefined) => pyramidLevel(image!, undefined, 1);
  const loss = alignmentSimilarity('ncc');
  const objective = await AlignmentObjective.create(level(fixed), level(moving), loss, 1, given({ threads }));
  for (let n = 0; n < EVALUATIONS && !isWanted(); n++) {
    await objective.evaluate([...identity]);
    await heard();
  }
  await objective.release();
}

/** Done when the messages that are there are heard. */
function heard(): Promise<void> {
  return new Promise((done) => setTimeout(done));
}
