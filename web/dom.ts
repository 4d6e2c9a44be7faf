/** What an element is made with: properties, and attributes by their names. */
type Properties<T extends HTMLElement> = Partial<Omit<T, 'style' | 'dataset' | 'attributes'>> & {
  readonly class?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly on?: { readonly [Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => void };
};

/** What an element holds. Texts are set as text, never as HTML. */
export type Child = Node | string | undefined | false;

/** Makes an element. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Properties<HTMLElementTagNameMap[Name]> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const { class: classes, attributes = {}, on = {}, ...own } = properties;
  const element = Object.assign(document.createElement(name), own);
  if (classes) element.className = classes;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value as string);
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener as EventListener);
  element.append(...shown(children));
  return element;
}

/** Puts other children in the place of an element's own. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...shown(children));
}

/** A button with a text. */
export function button(text: string, onClick: () => void, classes = ''): HTMLButtonElement {
  return make('button', { type: 'button', class: `button ${classes}`.trim(), on: { click: onClick } }, text);
}

/** An element of a picture. */
export function svg(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

function shown(children: readonly Child[]): (Node | string)[] {
  return children.filter((child): child is Node | string => child !== undefined && child !== false);
}
