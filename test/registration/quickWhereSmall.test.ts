import { expect, it } from 'vitest';
import { quickWhereSmall } from '../../src/registration/quickWhereSmall.ts';

it('compiles quickly up to 96³ voxels, unless it is said otherwise', () => {
  expect(quickWhereSmall({}, [96, 96, 96])).toEqual({ quick: true });
  expect(quickWhereSmall({ threads: 2 }, [96, 96, 97])).toEqual({ quick: false, threads: 2 });
  expect(quickWhereSmall({ quick: false }, [8, 8, 8])).toEqual({ quick: false });
});
