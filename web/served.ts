import { takeFiles } from './files.ts';
import type { Session } from './session.ts';

/** A scan that `earthmorph view` serves beside the page. */
interface ServedScan {
  readonly name: string;
  readonly path: string;
}

/** Opens the pair that the page was started with, if it was. */
export async function openServed(session: Session): Promise<void> {
  if (!new URLSearchParams(location.search).has('pair')) return;
  await session.attempt('the pair', async () => {
    const { fixed, moving } = (await (await fetch('./pair.json')).json()) as Record<'fixed' | 'moving', ServedScan>;
    const files = await Promise.all(
      [fixed, moving].map(async ({ name, path }) => new File([await (await fetch(path)).blob()], name)),
    );
    await takeFiles(session, files);
  });
}
