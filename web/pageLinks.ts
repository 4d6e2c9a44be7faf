import { make } from './dom.ts';

const PAGES = { index: 'Register', training: 'Train', runs: 'Follow' } as const;
/** A page, by the name of its file. */
export type Page = keyof typeof PAGES;

/** The way to the other pages; to runs only from there, since they are served on request. */
export function pageLinks(current: Page): HTMLElement {
  const there = (Object.entries(PAGES) as [Page, string][]).filter(([page]) => page !== 'runs' || current === 'runs');
  const links = there.map(([page, name]) =>
    make('a', { href: `./${page}.html`, attributes: page === current ? { 'aria-current': 'page' } : {} }, name),
  );
  return make('nav', { class: 'pages', attributes: { 'aria-label': 'Pages' } }, ...links);
}
