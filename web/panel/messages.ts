import { button, fill, make } from '../dom.ts';
import type { Session } from '../session.ts';

/** What has to be said, where everybody sees and hears it. */
export function messages(session: Session): HTMLElement {
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
