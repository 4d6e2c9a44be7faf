import { decathlon } from './decathlon.ts';
import { deepReg } from './deepReg.ts';
import { plainFolder } from './folder.ts';
import type { Layout } from './layout.ts';
import { learn2Reg } from './learn2reg.ts';
import { resect } from './resect.ts';

const known = new Map<string, Layout>();

/**
 * Makes a layout known to whatever takes a folder of scans. It is tried before those that are known already.
 * @example registerLayout(layout)
 */
export function registerLayout(layout: Layout): void {
  known.delete(layout.name);
  known.set(layout.name, layout);
}

registerLayout(plainFolder);
registerLayout(deepReg);
registerLayout(resect);
registerLayout(decathlon);
registerLayout(learn2Reg);

/**
 * All layouts, in the order in which they are tried.
 * @example layouts().map(({ name }) => name)
 */
export function layouts(): readonly Layout[] {
  return [...known.values()].reverse();
}
