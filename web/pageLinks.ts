import { make } from './dom.ts';

const PAGES = { index: 'Register', training: 'Train' } as const;

/** The way to the other pages. */
export function pageLinks(current: keyof typeof PAGES): HTMLElement {
  const links = (Object.entries(PAGES) as [keyof typeof PAGES, string][]).map(([page, name]) =>
    make('a', { href: `./${page}.html`, attributes: page === current ? { 'aria-current': 'page' } : {} }, name),
  );
  return make('nav', { class: 'pages', attributes: { 'aria-label': 'Pages' } }, ...links);
}
