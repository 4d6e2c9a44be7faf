/**
 * Writes a model whose networks are the last ones of several models, one behind the other. All must see scans alike; the
 * first one's preprocessing and record are kept. Settings that say how a network uses its weights may be changed.
 * Usage: tsx tools/join-models.ts <out.onnx> <model.onnx>['{"iterations":[3,3,3]}'] <model.onnx> …
 */
import { readFile } from 'node:fs/promises';
import { writeAtomically } from '../src/file/atomic.ts';
import { decodeModel, encodeModel } from '../src/network/model.ts';
import { chooseNetwork, describeNetwork } from '../src/network/registry.ts';

const [out, ...given] = process.argv.slice(2);
if (out === undefined || given.length < 2)
  throw new Error('Usage: tsx tools/join-models.ts <out.onnx> <model.onnx>[\'{"setting":value}\'] <model.onnx> …');
const parts = await Promise.all(
  given.map(async (text) => {
    const at = text.includes('{') ? text.indexOf('{') : text.length;
    const file = text.slice(0, at);
    const model = decodeModel(await readFile(file), file);
    const stage = model.stages.at(-1) as (typeof model.stages)[number];
    const { network: family, ...settings } = describeNetwork(stage.network);
    const changed = text.length > at ? (JSON.parse(text.slice(at)) as Record<string, unknown>) : {};
    return { model, stage: { ...stage, network: chooseNetwork(family as string, { ...settings, ...changed }) } };
  }),
);
const [first] = parts as [(typeof parts)[number]];
const seen = JSON.stringify(first.model.preprocessing);
for (const { model } of parts)
  if (JSON.stringify(model.preprocessing) !== seen) throw new Error('The models do not see scans alike.');
const bytes = encodeModel({ ...first.model, stages: parts.map(({ stage }) => stage) });
decodeModel(bytes, out); // settings that the weights do not fit end here
await writeAtomically(out, bytes);
