const formats = [
  { format: 'nifti', extension: /\.nii(\.gz)?$/i },
  { format: 'nrrd', extension: /\.(nrrd|nhdr)$/i },
  { format: 'metaImage', extension: /\.(mha|mhd)$/i },
  { format: 'mgh', extension: /\.(mgh|mgz|mgh\.gz)$/i },
  { format: 'itk', extension: /\.(gipl|gipl\.gz|mrc|vtk|hdf5)$/i },
] as const;

/** The formats of images: four that are read here, and those that are read with ITK. */
export type ImageFormat = (typeof formats)[number]['format'];

/** The format of an image by the extension of its name; undefined where it is none that is read. */
export function imageFormat(name: string): ImageFormat | undefined {
  return formats.find(({ extension }) => extension.test(name))?.format;
}

/** A name without the extension of its format: `a.nii.gz` is `a`. */
export function withoutImageExtension(name: string): string {
  const found = formats.find(({ extension }) => extension.test(name));
  return found ? name.replace(found.extension, '') : name;
}
