/** The element with an id, which the page has. */
export function elementOf<T extends HTMLElement>(id: string, type: new () => T): T {
  return checked(document.getElementById(id), type, id);
}

/** The first element inside another that a selector fits. */
export function childOf<T extends HTMLElement>(parent: HTMLElement, selector: string, type: new () => T): T {
  return checked(parent.querySelector(selector), type, selector);
}

/** What draws on a canvas. */
export function pencil(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser draws no pictures.');
  return context;
}

function checked<T extends HTMLElement>(found: Element | null, type: new () => T, name: string): T {
  if (found instanceof type) return found;
  throw new Error(`The page has no ${name}.`);
}
