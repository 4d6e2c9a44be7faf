import { mkdir, readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { writeVolume } from '../../src/file/volumeFile.ts';
import { identity } from '../../src/volume/matrix.ts';
import { earthmorph, temporaryFolder } from './support.ts';

const path = temporaryFolder();

test.each([
  ['distance', ['--loss', 'mse']],
  ['register', ['--model', 'none', '--refine', '1']],
])(
  '%s leaves nothing in the folder for temporary files, and its runtime reports to nobody',
  async (command, options) => {
    const image = path('image.nii.gz');
    // Smooth: interpolation takes so much from noise that `register` warns.
    const data = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i / 100));
    await writeVolume(image, { size: [8, 8, 8], affine: identity, data });
    const temporary = path(`of ${command}`);
    await mkdir(temporary);
    const files =
      command === 'register' ? ['--fixed', image, '--moving', image, '--moved', path('moved.nii.gz')] : [image, image];
    const env = { TMPDIR: temporary, TEMP: temporary, TMP: temporary };
    const { code, stderr } = await earthmorph([command, ...files, ...options], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await readdir(temporary)).toEqual([]);
  },
);
