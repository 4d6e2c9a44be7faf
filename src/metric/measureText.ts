import type { Measure } from './measure.ts';

/** The unit in brackets behind a name, where there is one. */
function inUnit(name: string, { unit }: Measure): string {
  return unit === undefined ? name : `${name} (${unit})`;
}

/** What the value of a pair is over; undefined where the name says it. */
function overOf(measure: Measure): string | undefined {
  if (measure.needs === 'labels') return 'mean of labels';
  return measure.needs === 'landmarks' ? measure.over : undefined;
}

/** A measure's short name with its unit, as the head of a column: `HD95 (mm)`. */
export function headOf(measure: Measure): string {
  return inUnit(measure.name, measure);
}

/** A measure as the head of a row: `HD95, mean of labels (mm)`, or of one label, `HD95, label 2 (mm)`. */
export function rowOf(measure: Measure, over = overOf(measure)): string {
  const { title = measure.name } = measure;
  return inUnit(over === undefined ? title : `${title}, ${over}`, measure);
}

/** A measure along an axis: `HD95 (mm), mean of labels`. */
export function axisOf(measure: Measure): string {
  const { title = measure.name } = measure;
  const over = overOf(measure);
  return over === undefined ? inUnit(title, measure) : `${inUnit(title, measure)}, ${over}`;
}

/** Decimals in figures and captions, where all that counts is the order of things. */
export function fewDigits({ digits }: Measure): number {
  return Math.min(3, digits);
}

/** Decimals in tables of single results. */
export function manyDigits({ digits }: Measure): number {
  return Math.max(3, digits);
}

/** A value as text, with the value before if it is given: `HD95 3.57 → 3.25 mm`. What is no number becomes a dash. */
export function valueText(measure: Measure, after: number, before?: number, digits = measure.digits): string {
  const text = (value: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '–');
  const { title = measure.name, unit } = measure;
  const change = before === undefined ? text(after) : `${text(before)} → ${text(after)}`;
  return `${title} ${change}${unit === undefined ? '' : ` ${unit}`}`;
}
