import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built program. */
export const PROGRAM = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Trainings of a second each, with a network small enough to be copied for every case. */
export const EXPERIMENT = {
  name: 'Fuzz',
  data: 'phantom',
  phantomCases: 8,
  phantomSize: [16, 16, 16],
  phantomSpacing: 1.75,
  split: [50, 25, 25],
  losses: { MSE: 'mse smoothness=0.3', NCC: 'ncc' },
  spacing: 1.75,
  pad: 16,
  size: 16,
  halfResolution: true,
  pairsPerEpoch: 2,
  epochs: 2,
  encoder: [4, 4],
  decoder: [4, 4],
  remaining: [4],
};

/**
 * Good files that the project makes itself: synthetic scans, and what its commands write of them. Each is made when it
 * is first asked for.
 */
export class Material {
  constructor(readonly folder: string) {}

  /** A data set of six phantoms in the Decathlon's layout. */
  get phantom(): string {
    const args = ['data', 'phantom', '--cases', '6', '--size', '16,16,16'];
    return this.#made('phantom', (out) => [...args, '--out', out]);
  }

  image(n: number): string {
    return join(this.phantom, 'imagesTr', `phantom_00${n}.nii.gz`);
  }

  labels(n: number): string {
    return join(this.phantom, 'labelsTr', `phantom_00${n}.nii.gz`);
  }

  landmarks(n: number): string {
    return join(this.phantom, 'landmarksTr', `phantom_00${n}.csv`);
  }

  /** Three cases of simulated ultrasound in RESECT's layout. */
  get simulated(): string {
    const args = ['data', 'simulate-us', '--cases', '3', '--spacing', '5'];
    return this.#made('simulated', (out) => [...args, '--out', out]);
  }

  /** `warp.nii.gz` and `affine.tfm`, of phantom 2 onto phantom 1. */
  get registered(): string {
    return this.#made('registered', (out) => [
      ...['register', '--fixed', this.image(1), '--moving', this.image(2), '--model', 'none'],
      ...['--align', 'rigid', '--refine', '5', '--loss', 'mse', '--threads', '1'],
      ...['--warp', join(out, 'warp.nii.gz'), '--affine-transform', join(out, 'affine.tfm')],
    ]);
  }

  /** A finished experiment of {@link EXPERIMENT}, beside the file that it was run from. */
  get experiment(): string {
    return this.#made('experiment', (out) => {
      const file = this.#write('experiment.json', JSON.stringify(EXPERIMENT, null, 2));
      return ['experiment', 'run', file, '--out', out, '--processes', '1', '--threads', '1'];
    });
  }

  /** A finished training run. */
  get run(): string {
    return join(this.experiment, 'trials', 'mse_seed1');
  }

  /** A finished comparison of losses. */
  get compared(): string {
    return this.#made('compared', (out) => this.comparing(out));
  }

  /** The command line that makes {@link compared}, and goes on with it. */
  comparing(out: string): readonly string[] {
    const pairs = this.#write('pairs.csv', 'fixed,moving\nphantom_001,phantom_002\n');
    const tune = this.#write('tune.csv', 'fixed,moving\nphantom_003,phantom_004\n');
    return [
      ...['compare-losses', '--data', this.phantom, '--pairs', pairs, '--tune', tune, '--out', out],
      ...['--loss', 'mse', '--size', '16', '--steps', '2', '--weights', '1,2', '--threads', '1'],
    ];
  }

  #write(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  #made(name: string, args: (out: string) => readonly string[]): string {
    const out = join(this.folder, name);
    if (!existsSync(out))
      execFileSync(process.execPath, [PROGRAM, ...args(out)], { stdio: ['ignore', 'ignore', 'pipe'] });
    return out;
  }
}
