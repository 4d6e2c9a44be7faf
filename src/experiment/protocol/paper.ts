/** What the paper reports of a loss: mean and SD. */
interface PaperFigures {
  readonly endEpoch?: number;
  /** mm */
  readonly hd95: readonly [mean: number, sd: number];
  /** %; the paper gives its SD as a fraction, here it is in % too. */
  readonly dice: readonly [mean: number, sd: number];
}

/** Mean and SD of the cases' mean landmark distances in mm, MRI to ultrasound; the text of the same paper. */
export const PAPER_MRI_US: Readonly<Record<string, readonly [mean: number, sd: number]>> = {
  unregistered: [5.3, 4.2],
  mse: [4.4, 2.7],
  swd: [4.3, 2.8],
  radon: [4.5, 2.9],
  pswd: [3.5, 1.9],
};

/**
 * Tables 1 and 2 of Shams, Le, Weihs & Kadoury, by the name of the loss in small letters. The text gives Radon's test
 * Dice once as 69.48. The table's 68.48 is used.
 */
export const PAPER: Readonly<Record<'validation' | 'test', Readonly<Record<string, PaperFigures>>>> = {
  validation: {
    mse: { endEpoch: 42, hd95: [3.2, 1.16], dice: [72.33, 6] },
    swd: { endEpoch: 33, hd95: [3.37, 1.12], dice: [71.32, 6] },
    radon: { endEpoch: 36, hd95: [3.52, 1.22], dice: [68.45, 6] },
    pswd: { endEpoch: 32, hd95: [3.19, 1.08], dice: [71.98, 5] },
  },
  test: {
    mse: { hd95: [3.14, 1.47], dice: [72.83, 11] },
    swd: { hd95: [3.43, 1.45], dice: [69.72, 12] },
    radon: { hd95: [3.46, 1.36], dice: [68.48, 10] },
    pswd: { hd95: [3.08, 1.25], dice: [73.11, 10] },
  },
};
