import { make } from './dom.ts';

/** What chooses one of a few. */
export interface Choice<Key extends string> {
  readonly element: HTMLElement;
  choose(key: Key): void;
  enable(key: Key, isEnabled: boolean): void;
}

/** Buttons side by side, of which one is pressed. */
export function segments<Key extends string>(
  label: string,
  names: Readonly<Record<Key, string>>,
  onChoose: (key: Key) => void,
): Choice<Key> {
  const buttons = new Map(
    (Object.entries(names) as [Key, string][]).map(([key, name]) => [
      key,
      make('button', { type: 'button', on: { click: () => onChoose(key) } }, name),
    ]),
  );
  return {
    element: make(
      'div',
      { class: 'segments', attributes: { role: 'group', 'aria-label': label } },
      ...buttons.values(),
    ),
    choose(chosen) {
      for (const [key, button] of buttons) button.setAttribute('aria-pressed', String(key === chosen));
    },
    enable(key, isEnabled) {
      (buttons.get(key) as HTMLButtonElement).disabled = !isEnabled;
    },
  };
}

/** A list that opens. */
export function choices<Key extends string>(
  label: string,
  names: Readonly<Record<Key, string>>,
  onChoose: (key: Key) => void,
): Choice<Key> {
  const options = (Object.entries(names) as [Key, string][]).map(([key, name]) => make('option', { value: key }, name));
  const element = make(
    'select',
    { attributes: { 'aria-label': label }, on: { change: () => onChoose(element.value as Key) } },
    ...options,
  );
  return {
    element,
    choose(key) {
      element.value = key;
    },
    enable(key, isEnabled) {
      for (const option of options) if (option.value === key) option.disabled = !isEnabled;
    },
  };
}
