import { baseName } from '../dataset/paths.ts';
import { UserError } from '../errors.ts';
import { withoutImageExtension } from '../volume/imageFormat.ts';

/** What BIDS says in the name of a file: `sub-01_ses-2_T1w` has the entities sub and ses, and the suffix T1w. */
interface BidsName {
  readonly entities: ReadonlyMap<string, string>;
  readonly suffix: string;
}

/** The names of what a registration writes, as BIDS has derivatives, without folders. */
export interface BidsOutputs {
  readonly moved: string;
  readonly movedLabels: string;
  readonly warp: string;
  readonly inverseWarp: string;
  /** The rigid or affine transform alone. */
  readonly affineTransform: string;
  readonly report: string;
  readonly figure: string;
}

/** Entities of raw data and derivatives, in the order in which BIDS has them in a name. */
const ORDER = [
  ...[
    'sub',
    'tpl',
    'ses',
    'cohort',
    'sample',
    'task',
    'tracksys',
    'acq',
    'nuc',
    'voi',
    'ce',
    'trc',
    'stain',
    'rec',
    'dir',
    'run',
  ],
  ...[
    'mod',
    'echo',
    'flip',
    'inv',
    'mt',
    'part',
    'proc',
    'hemi',
    'from',
    'to',
    'mode',
    'space',
    'split',
    'recording',
    'chunk',
  ],
  ...['seg', 'res', 'den', 'label', 'desc'],
];

/** Entities that say which scan of a subject is meant; the rest describes how it was processed. */
const WHICH = ORDER.slice(0, ORDER.indexOf('from'));

/** A name's parts; undefined where it is no name of BIDS (`sub-<label>[_<key>-<value>…]_<suffix>`). */
function parse(path: string): BidsName | undefined {
  const parts = withoutImageExtension(baseName(path)).split('_');
  const suffix = parts.pop();
  const pairs = parts.map((part) => /^([a-zA-Z]+)-([a-zA-Z0-9+]+)$/.exec(part));
  if (!suffix || !/^[a-zA-Z0-9]+$/.test(suffix) || pairs.length === 0 || pairs.includes(null)) return undefined;
  const entities = new Map(pairs.map((pair) => [pair![1]!, pair![2]!]));
  if (!(entities.has('sub') || entities.has('tpl')) || entities.size !== pairs.length) return undefined;
  return { entities, suffix };
}

/**
 * The names of a pair's results as BIDS derivatives. The moved scan keeps the moving scan's entities and suffix and
 * gets `space-<fixed>_desc-registered`; transforms are `from-<moving>_to-<fixed>_mode-image_xfm`, named by what they do
 * to images. `<fixed>` and `<moving>` are the fewest letters that tell the two apart: the suffix (T1w, FLAIR), else the
 * entities that differ (ses2, sub02), else what both are called.
 * @param fixed path of the fixed scan
 * @param moving path of the moving scan
 * @param extension of images and warps. Default: `.nii.gz`
 * @throws UserError when one of the names is none of BIDS
 */
export function bidsOutputs(fixed: string, moving: string, extension = '.nii.gz'): BidsOutputs {
  const [a, b] = [needed(fixed), needed(moving)];
  const to = labelOf(a, b);
  const from = labelOf(b, a);
  const kept = [...b.entities].filter(([key]) => WHICH.includes(key) || !ORDER.includes(key));
  const name = (entities: Readonly<Record<string, string>>, suffix: string, ending: string): string => {
    const all = new Map([...kept, ...Object.entries(entities)]);
    const place = (key: string): number => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.indexOf('from'));
    const sorted = [...all].sort(([p], [q]) => place(p) - place(q));
    return `${[...sorted.map(([key, value]) => `${key}-${value}`), suffix].join('_')}${ending}`;
  };
  const space = { space: to, desc: 'registered' };
  const forth = { from, to, mode: 'image' };
  return {
    moved: name(space, b.suffix, extension),
    movedLabels: name(space, 'dseg', extension),
    warp: name(forth, 'xfm', extension),
    inverseWarp: name({ from: to, to: from, mode: 'image' }, 'xfm', extension),
    affineTransform: name({ ...forth, desc: 'affine' }, 'xfm', '.txt'),
    report: name(space, b.suffix, '.html'),
    figure: name(space, b.suffix, '.png'),
  };
}

function needed(path: string): BidsName {
  const found = parse(path);
  if (!found)
    throw new UserError(
      `${path} does not have a BIDS name (such as sub-01_ses-2_T1w.nii.gz); rename it, or leave --bids out.`,
    );
  return found;
}

/** What tells a scan from another, in letters and digits. */
function labelOf(own: BidsName, other: BidsName): string {
  if (own.suffix !== other.suffix) return own.suffix;
  const differing = [...own.entities].filter(([key, value]) => other.entities.get(key) !== value);
  if (differing.length === 0) return own.suffix;
  return differing.map(([key, value]) => `${key}${value}`.replace(/[^a-zA-Z0-9]/g, '')).join('');
}
