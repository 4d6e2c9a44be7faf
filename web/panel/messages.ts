import { button, fill, make } from '../dom.ts';
import type { Message } from '../session.ts';

/** What has something to say. */
interface Speaker {
  readonly message: Message | undefined;
  /** The file that is being read. */
  readonly reading: string | undefined;
  say(message: Message | undefined): void;
  watch(topics: readonly ('message' | 'reading')[], listener: () => void): void;
}

/** What has to be said, where everybody sees and hears it. */
export function messages(session: Speaker): HTMLElement {
  const element = make('div', { class: 'messages', attributes: { role: 'status', 'aria-live': 'polite' } });
  session.watch(['message', 'reading'], () => {
    const { message, reading } = session;
    fill(
      element,
      reading !== undefined && make('p', { class: 'message busy' }, `Working on ${reading}…`),
      message &&
        make(
          'p',
          { class: `message ${message.kind}` },
          make('span', {}, message.text),
          button('Close', () => session.say(undefined), 'quiet'),
        ),
    );
  });
  return element;
}
