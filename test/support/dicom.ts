import type { Volume } from '../../src/volume/grid.ts';
import { column, flipRasLps, multiply, spacingOf } from '../../src/volume/matrix.ts';

/** How an image is stored as slices. */
export interface DicomOptions {
  readonly series?: number;
  readonly description?: string;
  readonly study?: string;
  /** Values are stored as (value − intercept) / slope. */
  readonly slope?: number;
  readonly intercept?: number;
}

/** An element in explicit VR little endian. */
function element(group: number, number: number, vr: string, value: Buffer | string | number): Buffer {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value), 'latin1');
  const padding = vr === 'UI' || vr === 'OB' || vr === 'OW' ? 0 : 0x20;
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from([padding])]);
  const isLong = ['OB', 'OW', 'SQ'].includes(vr);
  const head = Buffer.alloc(isLong ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4, 'latin1');
  if (isLong) head.writeUInt32LE(even.length, 8);
  else head.writeUInt16LE(even.length, 6);
  return Buffer.concat([head, even]);
}

function sequence(group: number, number: number, ...items: readonly Buffer[]): Buffer {
  const all = items.map((item) => {
    const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
    head.writeUInt32LE(item.length, 4);
    return Buffer.concat([head, item]);
  });
  return element(group, number, 'SQ', Buffer.concat(all));
}

const short = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};
const decimals = (values: readonly number[]): string => values.map((value) => value.toFixed(6)).join('\\');

function file(kind: string, instance: string, body: readonly Buffer[]): Buffer {
  const meta = Buffer.concat([
    element(2, 1, 'OB', Buffer.from([0, 1])),
    element(2, 2, 'UI', kind),
    element(2, 3, 'UI', instance),
    element(2, 0x10, 'UI', '1.2.840.10008.1.2.1'),
    element(2, 0x12, 'UI', '1.2.826.0.1'),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element(2, 0, 'UL', length), meta, ...body]);
}

/** What all slices of a volume have in common. */
function placed({ affine, size: [nx, ny, nz], data }: Volume, { slope = 1, intercept = 0 }: DicomOptions) {
  const lps = multiply(flipRasLps, affine);
  const spacing = spacingOf(affine);
  const along = (axis: 0 | 1): number[] => column(lps, axis).map((value) => value / spacing[axis]);
  const origin = column(lps, 3);
  const step = column(lps, 2);
  const area = nx * ny;
  return {
    orientation: decimals([...along(0), ...along(1)]),
    position: (k: number): string => decimals(origin.map((value, axis) => value + k * step[axis as 0 | 1 | 2])),
    spacing: decimals([spacing[1], spacing[0]]),
    thickness: spacing[2].toFixed(6),
    pixels: (from: number, count: number): Buffer =>
      Buffer.from(
        Int16Array.from(data.subarray(from * area, (from + count) * area), (v) => Math.round((v - intercept) / slope))
          .buffer,
      ),
    shape: (): Buffer[] => [element(0x28, 0x10, 'US', short(ny)), element(0x28, 0x11, 'US', short(nx))],
    bits: (): Buffer[] => [
      element(0x28, 0x100, 'US', short(16)),
      element(0x28, 0x101, 'US', short(16)),
      element(0x28, 0x102, 'US', short(15)),
      element(0x28, 0x103, 'US', short(1)),
    ],
    slices: nz,
    slope,
    intercept,
  };
}

/** A volume as CT slices, one a file. */
export function dicomSlices(volume: Volume, options: DicomOptions = {}): Buffer[] {
  const { series = 1, description = 'PHANTOM', study = '1.2.3' } = options;
  const place = placed(volume, options);
  const kind = '1.2.840.10008.5.1.4.1.1.2';
  return Array.from({ length: place.slices }, (_, k) => {
    const instance = `${study}.${series}.${k + 1}`;
    return file(kind, instance, [
      element(8, 8, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'),
      element(8, 0x16, 'UI', kind),
      element(8, 0x18, 'UI', instance),
      element(8, 0x20, 'DA', '20200101'),
      element(8, 0x30, 'TM', '120000'),
      element(8, 0x60, 'CS', 'CT'),
      element(8, 0x70, 'LO', 'SIEMENS'),
      element(8, 0x103e, 'LO', description),
      element(0x10, 0x10, 'PN', 'Phantom'),
      element(0x10, 0x20, 'LO', '1'),
      element(0x18, 0x50, 'DS', place.thickness),
      element(0x18, 0x5100, 'CS', 'HFS'),
      element(0x20, 0xd, 'UI', study),
      element(0x20, 0xe, 'UI', `${study}.${series}`),
      element(0x20, 0x11, 'IS', series),
      element(0x20, 0x13, 'IS', k + 1),
      element(0x20, 0x32, 'DS', place.position(k)),
      element(0x20, 0x37, 'DS', place.orientation),
      element(0x20, 0x52, 'UI', `${study}.99`),
      element(0x28, 2, 'US', short(1)),
      element(0x28, 4, 'CS', 'MONOCHROME2'),
      ...place.shape(),
      element(0x28, 0x30, 'DS', place.spacing),
      ...place.bits(),
      element(0x28, 0x1052, 'DS', place.intercept),
      element(0x28, 0x1053, 'DS', place.slope),
      element(0x7fe0, 0x10, 'OW', place.pixels(k, 1)),
    ]);
  });
}

/** A volume as one enhanced CT image with all slices in a file. */
export function dicomMultiFrame(volume: Volume, options: DicomOptions = {}): Buffer {
  const { series = 1, description = 'ENHANCED', study = '1.2.3' } = options;
  const place = placed(volume, options);
  const kind = '1.2.840.10008.5.1.4.1.1.2.1';
  const frames = Array.from({ length: place.slices }, (_, k) =>
    Buffer.concat([
      sequence(
        0x20,
        0x9111,
        Buffer.concat([
          element(0x20, 0x9056, 'SH', '1'),
          element(0x20, 0x9057, 'UL', Buffer.from(Uint32Array.of(k + 1).buffer)),
          element(0x20, 0x9157, 'UL', Buffer.from(Uint32Array.of(1, k + 1).buffer)),
        ]),
      ),
      sequence(0x20, 0x9113, element(0x20, 0x32, 'DS', place.position(k))),
    ]),
  );
  const shared = Buffer.concat([
    sequence(0x20, 0x9116, element(0x20, 0x37, 'DS', place.orientation)),
    sequence(
      0x28,
      0x9110,
      Buffer.concat([element(0x18, 0x50, 'DS', place.thickness), element(0x28, 0x30, 'DS', place.spacing)]),
    ),
    sequence(
      0x28,
      0x9145,
      Buffer.concat([element(0x28, 0x1052, 'DS', place.intercept), element(0x28, 0x1053, 'DS', place.slope)]),
    ),
  ]);
  return file(kind, `${study}.${series}.1`, [
    element(8, 8, 'CS', 'ORIGINAL\\PRIMARY\\VOLUME\\NONE'),
    element(8, 0x16, 'UI', kind),
    element(8, 0x18, 'UI', `${study}.${series}.1`),
    element(8, 0x20, 'DA', '20200101'),
    element(8, 0x30, 'TM', '120000'),
    element(8, 0x60, 'CS', 'CT'),
    element(8, 0x70, 'LO', 'SIEMENS'),
    element(8, 0x103e, 'LO', description),
    element(0x10, 0x10, 'PN', 'Phantom'),
    element(0x18, 0x5100, 'CS', 'HFS'),
    element(0x20, 0xd, 'UI', study),
    element(0x20, 0xe, 'UI', `${study}.${series}`),
    element(0x20, 0x11, 'IS', series),
    element(0x20, 0x13, 'IS', 1),
    element(0x28, 2, 'US', short(1)),
    element(0x28, 4, 'CS', 'MONOCHROME2'),
    element(0x28, 8, 'IS', place.slices),
    ...place.shape(),
    ...place.bits(),
    sequence(0x5200, 0x9229, shared),
    sequence(0x5200, 0x9230, ...frames),
    element(0x7fe0, 0x10, 'OW', place.pixels(0, place.slices)),
  ]);
}
