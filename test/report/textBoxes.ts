import { expect } from 'vitest';
import { textWidth } from '../../src/report/draw/theme.ts';

interface TextBox {
  readonly content: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * Demands of a whole picture that it is well-formed, has a ground of its own, and that its texts are whole and clear of
 * each other.
 */
export function expectReadable(svg: string): void {
  expectWellFormed(svg);
  expectTextsClear(svg);
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) as RegExpExecArray;
  expect(svg).toContain(`<rect x="0" y="0" width="${width}" height="${height}" class="ground" fill="#ffffff"/>`);
  expect(textBoxes(svg).filter(({ content }) => /…|\.\.\./.test(content))).toEqual([]);
}

/**
 * Demands that no two entries of a legend look alike, and that a chart has no more colours than its legend or its
 * panels explain.
 */
export function expectOneColourAMethod(svg: string): void {
  for (const [, legend] of svg.matchAll(/<g class="legend">(.*?)<\/g>/gs)) {
    const signs = [...(legend as string).matchAll(/<(?:line|rect) [^>]*>/g)].map(([sign]) => {
      const { stroke, fill, 'stroke-dasharray': dashes = '' } = attributesOf(sign);
      return `${stroke ?? fill} ${dashes}`;
    });
    expect(signs).toEqual([...new Set(signs)]);
  }
  if (!svg.includes('class="chart"')) return;
  const drawn = new Set(
    [...svg.matchAll(/stroke="(#[0-9a-f]{6})"[^>]*stroke-width="(?!0\.)/gi)].map(([, colour]) => colour),
  );
  const legend = /<g class="legend">(.*?)<\/g>/s.exec(svg)?.[1] ?? '';
  const explained = new Set([...legend.matchAll(/stroke="(#[0-9a-f]{6})"/gi)].map(([, colour]) => colour));
  if (explained.size > 0) expect([...drawn].filter((colour) => !explained.has(colour))).toEqual([]);
  // Without a legend names stand beside rows or over panels: one colour, and one for what they are compared with.
  else expect(drawn.size).toBeLessThanOrEqual(2);
}

/** Demands that all elements are closed in the order in which they were opened, under one root. */
export function expectWellFormed(svg: string): void {
  // Pictures inside may hold any letters.
  expect(svg.replace(/base64,[^"]*/g, '')).not.toMatch(/NaN|undefined|Infinity/);
  const open: string[] = [];
  for (const [, close, name, selfClosed] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!selfClosed) open.push(name as string);
  }
  expect(open).toEqual([]);
  expect(svg.match(/<svg xmlns/g)).toHaveLength(1);
}

/** Demands that texts keep clear of each other and stay inside the picture. */
export function expectTextsClear(svg: string): void {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) as RegExpExecArray;
  const boxes = textBoxes(svg);
  expect(boxes.length).toBeGreaterThan(0);
  const outside = boxes.filter(
    ({ left, right, top, bottom }) => left < 0 || top < 0 || right > Number(width) || bottom > Number(height),
  );
  expect(outside.map(({ content }) => content)).toEqual([]);
  const clashes = boxes.flatMap((a, index) =>
    boxes
      .slice(index + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `${a.content} | ${b.content}`),
  );
  expect(clashes).toEqual([]);
}

/** Where texts lie, with what they inherit from the groups around them, those that are turned by a quarter too. */
export function textBoxes(svg: string): TextBox[] {
  const boxes: TextBox[] = [];
  const inherited: Record<string, string>[] = [{}];
  for (const [, close, name, attributes, selfClosed, content] of svg.matchAll(/<(\/?)([a-z]+)([^>]*?)(\/?)>([^<]*)/g)) {
    if (close) {
      inherited.pop();
      continue;
    }
    const style = { ...inherited.at(-1), ...attributesOf(attributes as string) };
    if (!selfClosed) inherited.push(style);
    if (name === 'text') boxes.push(placed(boxOf(style, content as string), style.transform));
  }
  return boxes;
}

/** A box as its group's transform places it. */
function placed(box: TextBox, transform: string | undefined): TextBox {
  if (transform === undefined) return box;
  const [, x, y] = (/^translate\(([\d.-]+) ([\d.-]+)\) rotate\(-90\)$/.exec(transform) ?? []).map(Number);
  if (x === undefined || y === undefined) throw new Error(`No text is expected in a group with ${transform}.`);
  return { content: box.content, left: x + box.top, right: x + box.bottom, top: y - box.right, bottom: y - box.left };
}

function attributesOf(markup: string): Record<string, string> {
  return Object.fromEntries([...markup.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
}

function boxOf(style: Readonly<Record<string, string>>, escaped: string): TextBox {
  const content = escaped.replace(/&[^;]+;/g, '&');
  const size = Number(style['font-size']);
  const width = textWidth(content, size, style['font-weight'] === 'bold');
  const anchor = style['text-anchor'] ?? 'start';
  const left = Number(style.x) - width * (anchor === 'middle' ? 0.5 : anchor === 'end' ? 1 : 0);
  const baseline = Number(style.y);
  return { content, left, right: left + width, top: baseline - 0.76 * size, bottom: baseline + 0.2 * size };
}
