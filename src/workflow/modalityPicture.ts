import type { Dataset } from '../dataset/dataset.ts';
import { given } from '../given.ts';
import type { RegisteredPair } from '../registration/judged.ts';
import { modalityFigure } from '../report/slice/modalityFigure.ts';
import { unwarpPoints } from '../volume/invertWarp.ts';
import { applyToPoints, invert } from '../volume/matrix.ts';

/** A pair as one method left it. */
export interface RegisteredBy {
  readonly name: string;
  readonly pair: RegisteredPair;
}

/** What stands over the figure. */
interface PictureText {
  readonly title: string;
  readonly dataset: Pick<Dataset, 'imageNames' | 'synthetic'>;
}

/**
 * The paper's Figure 3: one pair of two modalities, unregistered and as each method leaves it, with its landmarks where
 * it has any.
 */
export function modalityPicture(
  registered: readonly RegisteredBy[],
  { title, dataset: { imageNames, synthetic } }: PictureText,
): string {
  const { fixed, before, start, landmarks, landmarkError } = (registered[0] as RegisteredBy).pair;
  const moving = landmarks?.moving ?? [];
  return modalityFigure({
    title,
    ...given({ note: synthetic?.description }),
    fixed,
    fixedName: imageNames?.fixed ?? 'fixed image',
    movingName: imageNames?.moving ?? 'moving image',
    fixedLandmarks: landmarks?.fixed ?? [],
    methods: [
      {
        name: 'unregistered',
        moved: before,
        landmarks: applyToPoints(invert(start), moving),
        ...(landmarkError ? { error: landmarkError.before } : {}),
      },
      ...registered.map(({ name, pair }) => ({
        name,
        moved: pair.moved,
        landmarks: unwarpPoints(pair.warp, moving),
        ...(pair.landmarkError ? { error: pair.landmarkError.after } : {}),
      })),
    ],
  });
}
