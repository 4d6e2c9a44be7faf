import { given } from '../given.ts';
import { isWatched, measures, valueIn } from '../metric/measures.ts';
import { fewDigits } from '../metric/measureText.ts';
import type { RegisteredPair } from '../registration/judged.ts';
import { areTwoModalities } from '../registration/modality.ts';
import { planSentence } from '../registration/plan.ts';
import type { PlanDone } from '../registration/register.ts';
import { capitalised } from '../report/draw/theme.ts';
import type { Provenance } from '../report/page/htmlPage.ts';
import { pairReport } from '../report/page/htmlReport.ts';
import type { FigureMetric } from '../report/slice/figureFooter.ts';
import { modalityFigure } from '../report/slice/modalityFigure.ts';
import { type RegistrationFigure, registrationFigure } from '../report/slice/registrationFigure.ts';
import { unwarpPoints } from '../volume/invertWarp.ts';
import { applyToPoints, invert } from '../volume/matrix.ts';
import { pairResult, summaryTable } from './pairResults.ts';

type LabelNames = Readonly<Record<number, string>>;

/** What a figure says beside the pair itself. */
interface PairFigureText {
  readonly labelNames?: LabelNames;
  readonly note?: string | undefined;
  /** How the images are called where both are shown in one. */
  readonly names?: { readonly fixed: string; readonly moving: string };
  /** Whether the two are of one modality; judged by their intensities when left out. */
  readonly isTwoModalities?: boolean;
}

/**
 * The figure of a registered pair, as SVG: of one modality with differences, of two with one image over the other and
 * landmarks.
 */
export function pairFigure(pair: RegisteredPair, title: string, text: PairFigureText = {}): string {
  const { labelNames = {}, note } = text;
  if (text.isTwoModalities ?? areTwoModalities(pair)) return overlayFigure(pair, title, text);
  return registrationFigure({
    ...shown(pair, title, note),
    labelNames,
    metrics: figureMetrics(pair),
    ...given({ fixedLabels: pair.fixedLabels, movingLabels: pair.startLabels, movedLabels: pair.movedLabels }),
  });
}

/** What every figure of a pair shows. */
function shown({ fixed, before, moved, warp }: RegisteredPair, title: string, note?: string): RegistrationFigure {
  return { fixed, moving: before, moved, warp, title, ...given({ note }) };
}

/**
 * Both images of a registered pair in squares, before and after: edges that go on across squares show how well they
 * fit.
 */
export function checkerboardFigure(pair: RegisteredPair, title: string, note?: string): string {
  return registrationFigure({
    ...shown(pair, title, note),
    comparison: 'checkerboard',
    metrics: figureMetrics(pair),
  });
}

function overlayFigure(pair: RegisteredPair, title: string, { note, names }: PairFigureText): string {
  const { landmarks, landmarkError: error } = pair;
  const moving = landmarks?.moving ?? [];
  return modalityFigure({
    title,
    ...given({ note }),
    fixed: pair.fixed,
    fixedName: names?.fixed ?? 'fixed image',
    movingName: names?.moving ?? 'moving image',
    fixedLandmarks: landmarks?.fixed ?? [],
    methods: [
      {
        name: 'unregistered',
        moved: pair.before,
        landmarks: applyToPoints(invert(pair.start), moving),
        ...(error ? { error: error.before } : {}),
      },
      {
        name: 'registered',
        moved: pair.moved,
        landmarks: unwarpPoints(pair.warp, moving),
        ...(error ? { error: error.after } : {}),
      },
    ],
  });
}

/** What the line below a figure says. */
function figureMetrics({ assessment: { before, after, deformation } }: RegisteredPair): FigureMetric[] {
  return [...measures().values()].filter(isWatched).flatMap((measure): FigureMetric[] => {
    const { key, title = measure.name, unit } = measure;
    const [start, end] = [valueIn(before, key), valueIn({ ...after, ...deformation }, key)];
    if (!Number.isFinite(end)) return [];
    const shown = { name: capitalised(title), after: end, digits: fewDigits(measure), ...given({ unit }) };
    return [Number.isFinite(start) ? { ...shown, before: start } : shown];
  });
}

/** The HTML report of one pair. @param remarks sentences below the figure */
export function onePairReport(
  pair: RegisteredPair,
  names: { fixed: string; moving: string },
  provenance: Provenance,
  {
    labelNames = {},
    note,
    remarks = [],
  }: Pick<PairFigureText, 'labelNames' | 'note'> & { readonly remarks?: readonly string[] } = {},
): string {
  const result = pairResult(names.fixed, names.moving, pair);
  const isTwoModalities = areTwoModalities(pair);
  const { landmarks } = pair;
  return pairReport({
    title: 'Registration report',
    subtitle: `${names.moving} moved onto ${names.fixed}`,
    figure: pairFigure(pair, '', { labelNames, note, names, isTwoModalities }),
    notes: remarks,
    metrics: summaryTable([result]),
    viewer: {
      fixed: pair.fixed,
      moving: pair.before,
      moved: pair.moved,
      labelNames,
      isTwoModalities,
      ...given({ fixedLabels: pair.fixedLabels, movingLabels: pair.startLabels, movedLabels: pair.movedLabels }),
      ...(landmarks
        ? {
            landmarks: {
              fixed: landmarks.fixed,
              moving: applyToPoints(invert(pair.start), landmarks.moving),
              moved: unwarpPoints(pair.warp, landmarks.moving),
            },
          }
        : {}),
    },
    provenance,
  });
}

/** What a plan came to, for a report. */
export function provenanceOfPlan(done: PlanDone | undefined): Provenance {
  if (!done) return {};
  const { plan, levels, notes } = done;
  const steps = (count: number): string => `${count} step${count === 1 ? '' : 's'}`;
  return {
    Plan: planSentence(plan),
    Alignment: plan.alignment ? `${plan.alignment.kind}, ${plan.alignment.loss.name}` : 'none',
    Levels:
      levels
        .map((level) => `${level.spacing} mm, ${steps(level.steps)}${level.searched ? ', from the search' : ''}`)
        .join('; ') || 'none',
    Notes: notes.length > 0 ? notes.join(' ') : undefined,
  };
}
