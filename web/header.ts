import { button, make } from './dom.ts';
import { engineNote, engineReason, engineText } from './engine.ts';
import { keysDialog } from './keys.ts';
import { pageLinks } from './pageLinks.ts';

/** The page's head: name, what computes, light and dark, keys. */
export function header(): HTMLElement {
  const dialog = keysDialog();
  const icon = make('img', { src: new URL('./icon.svg', import.meta.url).href, alt: '', width: 28, height: 28 });
  const engine = make(
    'span',
    {
      class: 'chip',
      title: `${engineNote ?? 'The page is isolated, so that threads can work.'} ${engineReason}`,
    },
    engineText,
  );
  return make(
    'header',
    { class: 'head' },
    icon,
    make('span', { class: 'name' }, 'EarthMorph'),
    pageLinks('index'),
    make('span', { class: 'tagline muted' }, 'Deformable registration. Nothing leaves this computer.'),
    make('span', { class: 'spacer' }),
    engine,
    button('Light / dark', switchTheme, 'quiet'),
    button('Keys', () => dialog.showModal(), 'quiet'),
    dialog,
    engineNote !== undefined && make('p', { class: 'engine-note' }, engineNote),
  );
}

/** Changes between light and dark, whichever the system has. */
export function switchTheme(): void {
  const { dataset } = document.documentElement;
  const isDark = dataset.theme ? dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  dataset.theme = isDark ? 'light' : 'dark';
}
