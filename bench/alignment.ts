/**
 * How far an alignment reaches, and what it costs: real pairs, the moving scan displaced by random rigid motions whose
 * answer is known up to the pair's own alignment. Judged by the distance in mm, mean over points about the body's
 * middle, from where landmarks put it, or from the alignment without displacement.
 *
 *   EARTHMORPH_DATA=data npx tsx bench/alignment.ts [motions] [millimetres] [degrees] [loss …]
 */
import { join } from 'node:path';
import { readPointPairs } from '../src/file/landmarkFile.ts';
import { readVolume } from '../src/file/volumeFile.ts';
import { alignmentSimilarity } from '../src/loss/alignmentLoss.ts';
import { randomStream } from '../src/random.ts';
import { alignPair } from '../src/registration/alignment/align.ts';
import { Motion } from '../src/registration/alignment/motion.ts';
import { comparedForegrounds } from '../src/volume/foreground.ts';
import type { Mat4, Vec3, Volume } from '../src/volume/grid.ts';
import { applyToPoint, identity, multiply } from '../src/volume/matrix.ts';

const [motions = '0', millimetres = '15', degrees = '12', ...losses] = process.argv.slice(2);
const root = process.env.EARTHMORPH_DATA ?? 'data';
const resect = (...names: string[]): string => join(root, 'resect', 'Case24', ...names);
const [us, t1] = [resect('US', 'Case24-US-before.nii.gz'), resect('MRI', 'Case24-T1.nii.gz')];
const tag = resect('Landmarks', 'Case24-MRI-beforeUS.tag');
const PAIRS = [
  {
    name: 'T1 ← FLAIR displaced',
    fixed: t1,
    moving: join(root, 'pairs', 'case24_FLAIR_disp.nii.gz'),
    points: join(root, 'pairs', 'case24_FLAIR_disp_points.csv'),
    fixedSide: 'first',
  },
  { name: 'ultrasound ← T1', fixed: us, moving: t1, points: tag, fixedSide: 'second' },
  { name: 'T1 ← ultrasound', fixed: t1, moving: us, points: tag, fixedSide: 'first' },
] as const;

for (const { name, fixed: fixedFile, moving: movingFile, points, fixedSide } of PAIRS) {
  const [fixed, moving] = [await readVolume(fixedFile), await readVolume(movingFile)];
  const other = fixedSide === 'first' ? 'second' : 'first';
  const landmarks = await readPointPairs({ path: points, side: fixedSide }, { path: points, side: other });
  if (!landmarks) throw new Error(`${points} has no points.`);
  for (const loss of losses.length > 0 ? losses : ['mind']) {
    for (let n = 0; n <= Number(motions); n++) {
      const displacement = n === 0 ? identity : drawn(n, middle(landmarks.moving));
      const placed = { ...moving, affine: multiply(displacement, moving.affine) };
      const cpu = process.cpuUsage();
      const { matrix } = await aligned(fixed, placed, loss);
      const { user, system } = process.cpuUsage(cpu);
      const there = landmarks.moving.map((point) => applyToPoint(displacement, point));
      const error = (m: Mat4): string =>
        meanDistance(
          landmarks.fixed.map((point) => applyToPoint(m, point)),
          there,
        );
      console.log(
        `${name} | ${loss} | ${n} | ${error(identity)} → ${error(matrix)} mm | ${((user + system) / 1e6).toFixed(1)} s`,
      );
    }
  }
}

function aligned(fixed: Volume, moving: Volume, loss: string): ReturnType<typeof alignPair> {
  const [fixedMask, movingMask] = comparedForegrounds([fixed, moving]);
  const masks = { ...(fixedMask ? { fixedMask } : {}), ...(movingMask ? { movingMask } : {}) };
  return alignPair({ fixed, moving, ...masks }, { kind: 'rigid', loss: alignmentSimilarity(loss) });
}

/** A rigid motion of half to all of the stated shift and angle, both in random directions. */
function drawn(n: number, about: Vec3): Mat4 {
  const random = randomStream(3, 'motion', n);
  const along = (length: number): number[] => {
    const v = [random.normal(), random.normal(), random.normal()];
    const by = (length * (0.5 + 0.5 * random.uniform())) / Math.hypot(...v);
    return v.map((value) => value * by);
  };
  return new Motion('rigid', about, 1).moved(identity, [
    ...along(Number(millimetres)),
    ...along((Number(degrees) * Math.PI) / 180),
  ]);
}

function middle(points: readonly Vec3[]): Vec3 {
  const sum = (axis: 0 | 1 | 2): number => points.reduce((total, point) => total + point[axis], 0) / points.length;
  return [sum(0), sum(1), sum(2)];
}

function meanDistance(a: readonly Vec3[], b: readonly Vec3[]): string {
  const sum = a.reduce((total, p, n) => total + Math.hypot(p[0] - b[n]![0], p[1] - b[n]![1], p[2] - b[n]![2]), 0);
  return (sum / a.length).toFixed(2);
}
