import { expect } from 'vitest';
import { textWidth } from '../../src/report/theme.ts';

interface TextBox {
  readonly content: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Demands that all elements are closed in the order in which they were opened, under one root. */
export function expectWellFormed(svg: string): void {
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  const open: string[] = [];
  for (const [, close, name, selfClosed] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!selfClosed) open.push(name as string);
  }
  expect(open).toEqual([]);
  expect(svg.match(/<svg xmlns/g)).toHaveLength(1);
}

/** Demands that upright texts keep clear of each other and stay inside the picture. */
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

/** Where texts lie, with what they inherit from the groups around them; texts in turned groups are left out. */
function textBoxes(svg: string): TextBox[] {
  const boxes: TextBox[] = [];
  const inherited: Record<string, string>[] = [{}];
  for (const [, close, name, attributes, selfClosed, content] of svg.matchAll(/<(\/?)([a-z]+)([^>]*?)(\/?)>([^<]*)/g)) {
    if (close) {
      inherited.pop();
      continue;
    }
    const style = { ...inherited.at(-1), ...attributesOf(attributes as string) };
    if (!selfClosed) inherited.push(style);
    if (name === 'text' && style.transform === undefined) boxes.push(boxOf(style, content as string));
  }
  return boxes;
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
