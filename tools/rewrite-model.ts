/**
 * Writes a model file again as this version writes them, with all that such files carry today; the weights stay as they
 * are. Usage: tsx tools/rewrite-model.ts <model.onnx>
 */
import { readFile } from 'node:fs/promises';
import { writeAtomically } from '../src/file/atomic.ts';
import { decodeModel, encodeModel } from '../src/network/model.ts';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Usage: tsx tools/rewrite-model.ts <model.onnx>');
await writeAtomically(file, encodeModel(decodeModel(await readFile(file), file)));
