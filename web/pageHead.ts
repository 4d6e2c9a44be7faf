import { button, make } from './dom.ts';
import { engineNote, engineText } from './engine.ts';
import { switchTheme } from './header.ts';

/** The head of a page beside the one that registers. */
export function pageHead(tagline: string, links: HTMLElement, isComputing: boolean): HTMLElement {
  const icon = make('img', { src: new URL('./icon.svg', import.meta.url).href, alt: '', width: 28, height: 28 });
  return make(
    'header',
    { class: 'head' },
    icon,
    make('span', { class: 'name' }, 'EarthMorph'),
    links,
    make('span', { class: 'tagline muted' }, tagline),
    make('span', { class: 'spacer' }),
    isComputing && make('span', { class: 'chip' }, engineText),
    button('Light / dark', switchTheme, 'quiet'),
    isComputing && engineNote !== undefined && make('p', { class: 'engine-note' }, engineNote),
  );
}
