import { createRequire } from 'node:module';

/** How {@link rasterise} draws. */
export interface RasteriseOptions {
  /** Dots per inch of the printed size; an SVG without a printed size counts 96 units to the inch. Default 300. */
  readonly dpi?: number;
  /** Any CSS colour; default white. */
  readonly background?: string;
}

const FONTS = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSans-Oblique.ttf', 'DejaVuSansMono.ttf'];

/**
 * Turns an SVG into the bytes of a PNG. The renderer (resvg) is loaded on the first call only. Its fonts come with
 * the package, none from the system, so that the picture is the same on every machine. For Node only.
 * @example const png = await rasterise('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
 */
export async function rasterise(svg: string, options: RasteriseOptions = {}): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const { resolve } = createRequire(import.meta.url);
  const picture = new Resvg(svg, {
    font: {
      loadSystemFonts: false,
      fontFiles: FONTS.map((name) => resolve(`dejavu-fonts-ttf/ttf/${name}`)),
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
      monospaceFamily: 'DejaVu Sans Mono',
    },
    background: options.background ?? 'white',
    fitTo: { mode: 'zoom', value: (options.dpi ?? 300) / 96 },
  });
  return new Uint8Array(picture.render().asPng());
}
