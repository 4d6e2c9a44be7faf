/** An SVG that was written as text, as an element: what its names hold is text there, and scripts do not run. */
export function pictureOf(svgText: string): SVGElement {
  const { documentElement } = new DOMParser().parseFromString(svgText, 'image/svg+xml');
  return document.importNode(documentElement, true) as unknown as SVGElement;
}
