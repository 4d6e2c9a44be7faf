import { fileURLToPath } from 'node:url';

/** The package that the tests run: `tools/ensure-built.mjs` puts it together before them. */
export const TESTED = fileURLToPath(new URL('../../node_modules/.cache/earthmorph-tests', import.meta.url));
