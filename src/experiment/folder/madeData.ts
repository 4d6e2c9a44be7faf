import { join } from 'node:path';
import { writeAtomically } from '../../file/atomic.ts';
import { makeFolder } from '../../file/newFolder.ts';
import { writeLabels, writeVolume, writeWarp } from '../../file/volumeFile.ts';
import { writePhantomDataset } from '../../synthesis/phantom/phantomDataset.ts';
import { writeSimulation } from '../../synthesis/ultrasound/simulatedDataset.ts';
import type { ExperimentConfig } from '../protocol/configuration.ts';

/** A data set that an experiment makes for itself. */
export interface MadeData {
  /** Whether each case holds the two images of a pair. */
  readonly paired: boolean;
  count(config: ExperimentConfig): number;
  /** Writes it into a folder that is not there yet. */
  make(folder: string, config: ExperimentConfig): Promise<void>;
}

/** By the name that stands in the place of a folder of scans. */
const MADE: Readonly<Record<string, MadeData>> = {
  phantom: {
    paired: false,
    count: ({ phantomCases }) => phantomCases,
    make: (folder, { phantomCases, phantomSize, phantomSpacing, phantomSeed }) =>
      makeFolder(folder, (made) =>
        writePhantomDataset(writerInto(made), {
          seed: phantomSeed,
          count: phantomCases,
          size: phantomSize,
          spacing: [phantomSpacing, phantomSpacing, phantomSpacing],
        }),
      ),
  },
  'simulated-us': {
    paired: true,
    count: ({ simulatedCases }) => simulatedCases,
    make: (folder, { simulatedCases, simulatedSpacing, simulatedSeed }) =>
      makeFolder(folder, async (made) => {
        await writeSimulation(writerInto(made), {
          seed: simulatedSeed,
          count: simulatedCases,
          spacing: simulatedSpacing,
        });
      }),
  },
};

/** The data set of a name; undefined where the name is that of a folder. */
export function madeData(data: string): MadeData | undefined {
  return Object.hasOwn(MADE, data) ? MADE[data] : undefined;
}

function writerInto(folder: string) {
  return {
    image: (path: string, volume: Parameters<typeof writeVolume>[1]) => writeVolume(join(folder, path), volume),
    labels: (path: string, labels: Parameters<typeof writeLabels>[1]) => writeLabels(join(folder, path), labels),
    warp: (path: string, warp: Parameters<typeof writeWarp>[1]) => writeWarp(join(folder, path), warp),
    text: (path: string, content: string) => writeAtomically(join(folder, path), content),
  };
}
