/** An attribute's value: numbers are rounded, `undefined` leaves the attribute out. */
type Attribute = string | number | undefined;
export type Attributes = Readonly<Record<string, Attribute>>;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Characters that XML 1.0 forbids even when escaped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to remove
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** Makes any text safe inside an element or a quoted attribute, in SVG and in HTML. */
export function escapeText(text: string): string {
  return text.replace(FORBIDDEN, '').replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** A number as short as it can be written with so many decimals: 1.50 → "1.5", -0.001 → "0". */
export function short(value: number, decimals = 2): string {
  const factor = 10 ** decimals;
  const rounded = Math.round(value * factor) / factor;
  return String(rounded === 0 ? 0 : rounded);
}

/** One element; the children are markup already. Attribute values are escaped here. */
export function element(name: string, attributes: Attributes = {}, ...children: readonly string[]): string {
  let open = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    open += ` ${key}="${typeof value === 'number' ? short(value) : escapeText(value)}"`;
  }
  const content = children.join('');
  return content === '' ? `${open}/>` : `${open}>${content}</${name}>`;
}

/** A `<g>` around the children, or nothing when there are none. */
export function group(attributes: Attributes, ...children: readonly string[]): string {
  const content = children.join('');
  return content === '' ? '' : element('g', attributes, content);
}

/** A text element; the content is escaped. */
export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escapeText(content));
}

/** A straight line. */
export function line(x1: number, y1: number, x2: number, y2: number, attributes: Attributes = {}): string {
  return element('line', { x1, y1, x2, y2, ...attributes });
}

/** A rectangle. */
export function rectangle(x: number, y: number, width: number, height: number, attributes: Attributes = {}): string {
  return element('rect', { x, y, width, height, ...attributes });
}

/** Lines of text below each other from the baseline `y` on. */
export function textLines(
  lines: readonly string[],
  x: number,
  y: number,
  lineHeight: number,
  attributes: Attributes = {},
): string {
  return lines.map((content, index) => text(x, y + index * lineHeight, content, attributes)).join('');
}

/**
 * The white ground of a whole picture: text and lines are dark, and a page may be too. An HTML page takes it away by
 * its class where it gives text the page's own colour.
 */
export function ground(width: number, height: number): string {
  return rectangle(0, 0, width, height, { class: 'ground', fill: '#ffffff' });
}

/**
 * Points as the data of a path, `M x y L …`, closed on request. Segments are relative, which keeps long paths small.
 */
export function polyline(points: readonly (readonly [number, number])[], closed = false, decimals = 2): string {
  const factor = 10 ** decimals;
  let out = '';
  let lastX = 0;
  let lastY = 0;
  points.forEach(([px, py], index) => {
    const x = Math.round(px * factor);
    const y = Math.round(py * factor);
    const dx = short((x - lastX) / factor, decimals);
    const dy = short((y - lastY) / factor, decimals);
    out += index === 0 ? `M${dx}` : index === 1 ? `l${dx}` : dx.startsWith('-') ? dx : ` ${dx}`;
    out += dy.startsWith('-') ? dy : ` ${dy}`;
    lastX = x;
    lastY = y;
  });
  return closed ? `${out}z` : out;
}

/** The outermost element, with its size in the given unit and a view box in user units. */
export function document(
  width: number,
  height: number,
  attributes: Attributes,
  ...children: readonly string[]
): string {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${short(width)} ${short(height)}`,
      width,
      height,
      ...attributes,
    },
    ...children,
  );
}
