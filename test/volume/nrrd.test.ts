import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeNrrd } from '../../src/volume/nrrd.ts';
import { big, filesOf, headed, little, plain, voxels } from './headerFiles.ts';

const fields = {
  type: 'short',
  dimension: '3',
  space: 'left-posterior-superior',
  sizes: '2 3 4',
  'space directions': '(0,2,0) (-3,0,0) (0.5,0,4)',
  endian: 'little',
  encoding: 'raw',
  'space origin': '(10,20,30)',
};
type Fields = Readonly<Record<string, string | undefined>>;

function nrrd(change: Fields = {}, body: Uint8Array = little): Uint8Array {
  const lines = Object.entries({ ...fields, ...change }).flatMap(([key, text]) =>
    text === undefined ? [] : [`${key}: ${text}`],
  );
  return headed(['NRRD0005', '# made by hand', ...lines, ''], body);
}

const decode = (bytes: Uint8Array, files = filesOf()) => decodeNrrd(bytes, 'scans/a.nrrd', files);
const refusal = (bytes: Uint8Array, files = filesOf()) =>
  decode(bytes, files).then(
    () => 'read',
    (error: Error) => `${error.name}: ${error.message}`,
  );

test('every space lies where its own line says, whatever it is called', async () => {
  const steps = {
    RAS: [0, -3, 0.5, 10, 2, 0, 0, 20],
    LAS: [0, 3, -0.5, -10, 2, 0, 0, 20],
    LPS: [0, 3, -0.5, -10, -2, 0, 0, -20],
  };
  const names = {
    RAS: [
      'RAS',
      'ras',
      'right-anterior-superior',
      'right anterior superior',
      'Right-Anterior-Superior',
      'rightanteriorsuperior',
    ],
    LAS: ['LAS', 'las', 'left-anterior-superior', 'left anterior superior', 'LEFT-ANTERIOR-SUPERIOR'],
    LPS: ['LPS', 'left-posterior-superior', 'scanner-xyz', '3D-right-handed', '3D-left-handed', undefined],
  };
  for (const [kind, spaces] of Object.entries(names)) {
    for (const space of spaces) {
      const { affine } = await decode(nrrd({ space, ...(space === undefined && { 'space dimension': '3' }) }));
      expect([space, plain(affine)]).toEqual([space, [...steps[kind as keyof typeof steps], 0, 0, 4, 30, 0, 0, 0, 1]]);
    }
  }
  expect(await refusal(nrrd({ space: 'left-anterior-inferior' }))).toMatch(
    /^UserError: scans\/a\.nrrd cannot be read: its header says "space: left-anterior-inferior", which is not supported; give right-/,
  );
});

test('a space with time is taken where there is one time', async () => {
  for (const [space, first] of [
    ['left-posterior-superior-time', -1],
    ['RAST', 1],
    ['LAST', -1],
  ] as const) {
    const { size, affine } = await decode(
      nrrd({
        space,
        dimension: '4',
        sizes: '2 3 4 1',
        'space directions': '(1,0,0,0) (0,1,0,0) (0,0,1,0) (0,0,0,1)',
        'space origin': '(0,0,0,0)',
      }),
    );
    expect(size).toEqual([2, 3, 4]);
    expect(affine[0]).toBe(first);
  }
});

test('without a space, spacings or borders of the axes count', async () => {
  const none = { space: undefined, 'space directions': undefined, 'space origin': undefined };
  const rows = async (change: Fields) => plain((await decode(nrrd({ ...none, ...change }))).affine).slice(0, 12);
  expect(await rows({})).toEqual([-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0]);
  expect(await rows({ spacings: '2 nan 4' })).toEqual([-2, 0, 0, 0, 0, -1, 0, 0, 0, 0, 4, 0]);
  const borders = { 'axis mins': '4 5 6', 'axis maxs': '8 11 14' };
  expect(await rows(borders)).toEqual([-2, 0, 0, -5, 0, -2, 0, -6, 0, 0, 2, 7]);
  expect(await rows({ ...borders, centers: 'node node node' })).toEqual([-4, 0, 0, -4, 0, -3, 0, -5, 0, 0, 8 / 3, 6]);
});

test('raw, gzip, hex and text give the same voxels, in either byte order', async () => {
  const text = Buffer.from([...voxels].join(' '));
  for (const bytes of [
    nrrd(),
    nrrd({ endian: 'big' }, big),
    nrrd({ encoding: 'gzip' }, gzipSync(little)),
    nrrd({ encoding: 'gz', 'byte skip': '4' }, gzipSync(Buffer.concat([Buffer.from('skip'), little]))),
    nrrd({ encoding: 'hex' }, Buffer.from(Buffer.from(little).toString('hex'))),
    nrrd({ encoding: 'ascii', endian: undefined }, text),
    nrrd({ 'line skip': '1', 'byte skip': '3' }, Buffer.concat([Buffer.from('line\nabc'), little])),
    nrrd({ 'byte skip': '-1' }, Buffer.concat([Buffer.from('anything'), little])),
    nrrd({ 'my note:=type': 'of the user' }),
    Buffer.from(
      nrrd({ encoding: 'hex' }, Buffer.from(Buffer.from(little).toString('hex')))
        .toString()
        .replaceAll('\n', '\r\n'),
    ),
  ]) {
    const image = await decode(bytes);
    expect(image.size).toEqual([2, 3, 4]);
    expect(Array.from(image.data)).toEqual(Array.from(voxels));
  }
  expect((await decode(nrrd({ type: 'uint8' }))).data).toEqual(little.slice(0, 24));
  expect(
    Array.from(
      (await decode(nrrd({ type: 'double', sizes: '3 1 1', encoding: 'txt' }, Buffer.from('1.5, -2 1e3')))).data,
    ),
  ).toEqual([1.5, -2, 1000]);
});

test('data files lie beside the header, whatever their names', async () => {
  const slices = Object.fromEntries(
    [0, 1, 2, 3].map((n) => [`scans/s ${n + 1}%.raw`, little.subarray(12 * n, 12 * n + 12)]),
  );
  const files = filesOf({
    'scans/a b#ü%d.raw': little,
    'scans/packed.raw.gz': gzipSync(little),
    'elsewhere/a.raw': little,
    ...slices,
    ...Object.fromEntries([1, 2, 3, 4].map((n) => [`scans/s0${n}.raw`, slices[`scans/s ${n}%.raw`]!])),
  });
  const detached = (change: Fields, list = '') => nrrd(change, Buffer.from(list));
  for (const bytes of [
    detached({ 'data file': 'a b#ü%d.raw' }),
    detached({ datafile: 'packed.raw.gz', encoding: 'gzip' }),
    detached({ 'data file': 's%02d.raw 1 4 1' }),
    detached({ 'data file': 's%02d.raw 1 4 1 2' }),
    detached({ 'data file': 'LIST' }, 's 1%.raw\ns 2%.raw\ns 3%.raw\ns 4%.raw\n'),
  ])
    expect(Array.from((await decode(bytes, files)).data)).toEqual(Array.from(voxels));
  const moved = await decodeNrrd(
    detached({ 'data file': '/data/a.raw' }),
    'b.nhdr',
    filesOf({ '/data/a.raw': little }),
  );
  expect(moved.data).toEqual(voxels);

  expect(await refusal(detached({ 'data file': 'gone.raw' }), files)).toBe(
    'UserError: scans/a.nrrd has its voxels in scans/gone.raw, which is missing; copy that file there too.',
  );
  expect(await refusal(detached({ 'data file': 's%02d.raw 1 3 1' }), files)).toContain(
    'names 3 data files, which cannot share 2×3×4 voxels',
  );
  expect(await refusal(detached({ 'data file': 's%02d.raw 1 900000000 1' }), files)).toContain(
    'names 900000000 data files',
  );
  expect(await refusal(detached({ 'data file': 'LIST' }), files)).toContain('"data file: LIST", which names no file');
  const cut = filesOf({ 'scans/a.raw': little.subarray(0, 40), 'scans/b.raw.gz': gzipSync(little).subarray(0, 40) });
  expect(await refusal(detached({ 'data file': 'a.raw' }), cut)).toContain(
    'scans/a.raw is cut short: its header announces 2×3×4 voxels, 48 bytes, but the file has room for 40 bytes',
  );
  expect(await refusal(detached({ 'data file': 'b.raw.gz', encoding: 'gzip' }), cut)).toContain(
    'scans/b.raw.gz is cut short or damaged',
  );
});

test('a file that is cut anywhere is refused in one sentence', async () => {
  const whole = [
    nrrd(),
    nrrd({ encoding: 'gzip' }, gzipSync(little)),
    nrrd({ encoding: 'hex' }, Buffer.from(Buffer.from(little).toString('hex'))),
  ];
  for (const bytes of whole)
    for (let n = 0; n < bytes.length; n++)
      expect(await refusal(bytes.subarray(0, n))).toMatch(/^UserError: scans\/a\.nrrd .*; [^;]*\.$/);
  const text = nrrd({ encoding: 'text' }, Buffer.from('1 2 3 4'));
  expect(await refusal(text)).toContain('is cut short: its header announces 2×3×4 voxels, but there are 4 numbers');
});

test('a changed byte in packed voxels is refused', async () => {
  const bytes = nrrd({ encoding: 'gzip' }, gzipSync(little));
  const start = bytes.length - gzipSync(little).length;
  for (let n = start + 10; n < bytes.length; n++) {
    const changed = bytes.slice();
    changed[n]! ^= 4;
    expect(await refusal(changed)).toContain('scans/a.nrrd is cut short or damaged (its gzip data cannot be unpacked)');
  }
});

test('a header that cannot be right is refused with its line', async () => {
  for (const [change, sentence] of [
    [
      { encoding: 'bzip2' },
      'its header says "encoding: bzip2", which is not supported; give one with encoding raw or gzip',
    ],
    [{ type: 'block' }, '"type: block", which is not supported'],
    [{ spade: 'RAS' }, '"spade: RAS", which is not a field of NRRD'],
    [{ endian: undefined }, 'its header has no line "endian:"'],
    [{ sizes: '2 3' }, '"sizes: 2 3", which needs 3 numbers'],
    [{ sizes: '2 3 x' }, '"sizes: 2 3 x", which needs 3 numbers'],
    [{ sizes: '2 0 4' }, 'has an axis without voxels (2×0×4)'],
    [{ sizes: '2 3.5 4' }, 'has an axis without voxels (2×3.5×4)'],
    [{ sizes: '200000 300000 400000' }, /200000×300000×400000 voxels, and at most 1073741824|is cut short/],
    [{ 'space directions': '(0,2,0) (-3,0,0)' }, 'needs 3 vectors'],
    [{ 'space directions': '(0,2,0) (0,2,0) (0,0,1)' }, 'has no usable geometry'],
    [{ 'space origin': '(1,2)' }, 'which needs 3 numbers'],
    [{ 'byte skip': '-2' }, '"byte skip: -2", which cannot be skipped'],
    [
      { dimension: '2', sizes: '6 4', 'space directions': '(1,0,0) (0,1,0)' },
      'has 2 dimensions (6×4); give one 3-D volume',
    ],
    [
      { dimension: '4', sizes: '3 2 2 2', 'space directions': 'none (1,0,0) (0,1,0) (0,0,1)' },
      'has 4 dimensions (3×2×2×2)',
    ],
  ] as const)
    expect(await refusal(nrrd(change))).toMatch(
      typeof sentence === 'string' ? new RegExp(sentence.replace(/[()"[\]*.]/g, '\\$&')) : sentence,
    );
  expect(await refusal(new Uint8Array())).toBe('UserError: scans/a.nrrd is empty; copy the file again.');
  expect(await refusal(Buffer.from('no image'))).toContain('scans/a.nrrd is not a NRRD file');
});
