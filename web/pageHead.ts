import { button, type Child, make } from './dom.ts';
import { engineNote, engineReasons, engineText } from './engine.ts';
import { type Page, pageLinks } from './pageLinks.ts';

/** What a page's head says of it. */
interface PageHead {
  readonly page: Page;
  readonly tagline: string;
  /** Whether the page computes; what computes is said then, and why. */
  readonly isComputing: boolean;
}

/** The head of a page. @param more what comes last */
export function pageHead({ page, tagline, isComputing }: PageHead, ...more: readonly Child[]): HTMLElement {
  const icon = make('img', { src: new URL('./icon.svg', import.meta.url).href, alt: '', width: 28, height: 28 });
  return make(
    'header',
    { class: 'head' },
    icon,
    make('span', { class: 'name' }, 'EarthMorph'),
    pageLinks(page),
    make('span', { class: 'tagline muted' }, tagline),
    make('span', { class: 'spacer' }),
    isComputing && engine(),
    button('Light / dark', switchTheme, 'quiet'),
    ...more,
    isComputing && engineNote !== undefined && make('p', { class: 'engine-note' }, engineNote),
  );
}

/** What computes; and why, where one asks. */
function engine(): HTMLElement {
  return make(
    'details',
    { class: 'popover engine' },
    make('summary', { class: 'chip' }, engineText),
    make('div', { class: 'popover-body' }, ...engineReasons.map((reason) => make('p', { class: 'small' }, reason))),
  );
}

/** Changes between light and dark, whichever the system has. */
function switchTheme(): void {
  const { dataset } = document.documentElement;
  const isDark = dataset.theme ? dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  dataset.theme = isDark ? 'light' : 'dark';
}
