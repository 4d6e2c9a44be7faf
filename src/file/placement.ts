import { mkdtempSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Device, loadModel, type OnnxModel } from '../graph/index.ts';
import { forgetTemporary, rememberTemporary } from './temporaries.ts';

/** Which execution provider ran how many nodes of each operator. */
export interface Placement {
  readonly provider: string;
  readonly operator: string;
  readonly nodes: number;
}

interface ProfileEvent {
  readonly cat?: string;
  readonly name?: string;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

/**
 * Runs a model once on a device with ONNX Runtime's profiler on and counts which provider ran its nodes. Inputs are
 * zeros.
 */
export async function devicePlacement(model: OnnxModel, device: Device): Promise<Placement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'earthmorph-'));
  rememberTemporary(folder);
  try {
    const program = await loadModel(model, { device, profile: join(folder, 'profile') });
    const feeds = model.inputs.map(
      ({ name, shape }) => [name, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1)] as const,
    );
    await program.run(Object.fromEntries(feeds));
    program.endProfiling();
    await program.release();
    const [file] = await readdir(folder);
    const events = JSON.parse(await readFile(join(folder, file as string), 'utf8')) as ProfileEvent[];
    return count(events);
  } finally {
    await rm(folder, { recursive: true, force: true });
    forgetTemporary(folder);
  }
}

function count(events: readonly ProfileEvent[]): Placement[] {
  const found = new Map<string, { provider: string; operator: string; nodes: Set<string> }>();
  for (const { cat, name = '', args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || !args?.provider || !args.op_name) continue;
    const key = `${args.provider} ${args.op_name}`;
    const entry = found.get(key) ?? { provider: args.provider, operator: args.op_name, nodes: new Set<string>() };
    entry.nodes.add(name);
    found.set(key, entry);
  }
  return [...found.values()]
    .map(({ provider, operator, nodes }) => ({ provider, operator, nodes: nodes.size }))
    .sort((a, b) => a.provider.localeCompare(b.provider) || b.nodes - a.nodes);
}
