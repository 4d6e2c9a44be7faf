import { expect, it } from 'vitest';
import { runExample } from './run.ts';

it('a similarity of one’s own trains a network that aligns a pair it has not seen', async () => {
  const printed = await runExample('own-loss.ts', '12');
  const losses = [...printed.matchAll(/validation loss (\S+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(12);
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  const [, diceBefore, diceAfter] = /^Dice (\S+) → (\S+)$/m.exec(printed)!.map(Number);
  expect(diceAfter).toBeGreaterThan(diceBefore!);
  const [, treBefore, treAfter] = /^TRE (\S+) → (\S+) mm$/m.exec(printed)!.map(Number);
  expect(treAfter).toBeLessThan(treBefore!);
});
