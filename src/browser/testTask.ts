import { isPaired, openDataset } from '../dataset/dataset.ts';
import { fixedPairs, ownPairs } from '../dataset/pairs.ts';
import { given } from '../given.ts';
import type { Values } from '../metric/measures.ts';
import { decodeModel } from '../network/model.ts';
import { judged } from '../registration/judged.ts';
import { Registrar } from '../registration/register.ts';
import { meanMetrics } from '../training/pairMetrics.ts';
import { casesOf, readCaseWith } from '../training/readCases.ts';
import { startOf } from '../training/trainModel.ts';
import { correspondingPoints } from '../volume/landmarks.ts';
import { caseReader } from './caseReader.ts';
import { KeptRun, RUN_FILES } from './keptRun.ts';
import type { TestResult } from './trainingProtocol.ts';
import type { TrainingSurroundings } from './trainingTask.ts';

/**
 * Registers the test pairs of a kept training, one a test case, with its best model, and keeps what was measured in the
 * fixed scans' own grids.
 * @throws UserError where there is no model yet, or too few test cases
 */
export async function testKept(run: string, { tell, runtime }: TrainingSurroundings): Promise<TestResult> {
  const kept = await KeptRun.open(run);
  const stored = await kept.readConfig();
  const { config, split } = stored;
  const dataset = await openDataset(kept.dataAt(stored.data), kept.files);
  const paired = isPaired(dataset);
  const pairs = paired ? ownPairs(split.test) : fixedPairs(split.test, config.splitSeed ?? config.seed, 'test');
  const reader = caseReader(kept.files);
  const registrar = new Registrar(decodeModel(await kept.files.read(RUN_FILES.model), RUN_FILES.model), {
    runtime,
  });
  const [before, after]: [Values[], Values[]] = [[], []];
  try {
    for (const [done, pair] of pairs.entries()) {
      tell({ kind: 'data', what: 'tested', done, total: pairs.length });
      const [fixed, other] = await Promise.all(
        casesOf(dataset, [pair.fixed, pair.moving]).map((each) => readCaseWith(reader, each)),
      );
      const moving = paired ? fixed!.moving! : other!;
      const known = {
        fixed: fixed!.image,
        moving: moving.image,
        ...given({ fixedLabels: fixed!.labels, movingLabels: moving.labels }),
        ...(fixed!.landmarks && moving.landmarks
          ? { landmarks: correspondingPoints(fixed!.landmarks, moving.landmarks) }
          : {}),
      };
      const registration = await registrar.register(known, paired ? startOf(config) : 'center');
      const { assessment } = judged(registration, known);
      before.push(assessment.before);
      after.push({ ...assessment.after, ...assessment.deformation });
    }
  } finally {
    await registrar.release();
  }
  const result: TestResult = { pairs: pairs.length, before: meanMetrics(before), after: meanMetrics(after) };
  await kept.writeTest(result);
  return result;
}
