/**
 * A smooth function of space: a uniform cubic B-spline with one or more components. It is periodic in all three axes
 * with period `nodes`·`spacing`. So it is defined, twice differentiable and equally bounded everywhere. Each component
 * stays within the range of its coefficients.
 */
export class PeriodicSpline {
  readonly #spacing: number;
  readonly #nodes: number;
  readonly #components: number;
  readonly #coefficients: Float64Array;
  readonly #weights = [0, 1, 2].map(() => new Float64Array(4));
  readonly #slopes = [0, 1, 2].map(() => new Float64Array(4));
  readonly #offsets = [0, 1, 2].map(() => new Int32Array(4));

  /**
   * @param spacing Distance of the control points.
   * @param nodes Control points along each axis, a power of two.
   * @param components Values at each control point.
   * @param draw Gives the coefficients, called nodes³·components times.
   */
  constructor(spacing: number, nodes: number, components: number, draw: () => number) {
    if (!Number.isInteger(Math.log2(nodes))) throw new RangeError(`${nodes} control points are no power of two`);
    this.#spacing = spacing;
    this.#nodes = nodes;
    this.#components = components;
    this.#coefficients = Float64Array.from({ length: nodes ** 3 * components }, draw);
  }

  /** The cell of a position, the weights of its four control points along one axis, and where these are stored. */
  #locate(axis: number, position: number, stride: number, slope: boolean): void {
    const scaled = position / this.#spacing;
    const cell = Math.floor(scaled);
    const t = scaled - cell;
    const s = 1 - t;
    const weights = slope ? this.#slopes[axis]! : this.#weights[axis]!;
    if (slope) {
      weights[0] = -(s * s) / 2 / this.#spacing;
      weights[1] = (-4 * t + 3 * t * t) / 2 / this.#spacing;
      weights[2] = (4 * s - 3 * s * s) / 2 / this.#spacing;
      weights[3] = (t * t) / 2 / this.#spacing;
    } else {
      weights[0] = (s * s * s) / 6;
      weights[1] = (4 - 6 * t * t + 3 * t * t * t) / 6;
      weights[2] = (4 - 6 * s * s + 3 * s * s * s) / 6;
      weights[3] = (t * t * t) / 6;
    }
    const offsets = this.#offsets[axis]!;
    for (let i = 0; i < 4; i++) offsets[i] = ((cell - 1 + i) & (this.#nodes - 1)) * stride;
  }

  #locateAll(x: number, y: number, z: number, slope: boolean): void {
    const stride = this.#components;
    this.#locate(0, x, stride, slope);
    this.#locate(1, y, stride * this.#nodes, slope);
    this.#locate(2, z, stride * this.#nodes * this.#nodes, slope);
  }

  #sum(wx: Float64Array, wy: Float64Array, wz: Float64Array, out: Float64Array, start: number, step: number): void {
    const [ox, oy, oz] = this.#offsets as [Int32Array, Int32Array, Int32Array];
    const [o0, o1, o2, o3] = [ox[0]!, ox[1]!, ox[2]!, ox[3]!];
    const [w0, w1, w2, w3] = [wx[0]!, wx[1]!, wx[2]!, wx[3]!];
    const coefficients = this.#coefficients;
    for (let component = 0; component < this.#components; component++) {
      let total = 0;
      for (let k = 0; k < 4; k++) {
        let plane = 0;
        for (let j = 0; j < 4; j++) {
          const row = oz[k]! + oy[j]! + component;
          plane +=
            wy[j]! *
            (w0 * coefficients[row + o0]! +
              w1 * coefficients[row + o1]! +
              w2 * coefficients[row + o2]! +
              w3 * coefficients[row + o3]!);
        }
        total += wz[k]! * plane;
      }
      out[start + component * step] = total;
    }
  }

  /** Writes the components at a point into `out`. */
  value(x: number, y: number, z: number, out: Float64Array): void {
    this.#locateAll(x, y, z, false);
    const [wx, wy, wz] = this.#weights as [Float64Array, Float64Array, Float64Array];
    this.#sum(wx, wy, wz, out, 0, 1);
  }

  /** The function along a line parallel to x: with y and z done once, a point costs 4 products a component, not 64. */
  alongX(y: number, z: number): (x: number, out: Float64Array) => void {
    const stride = this.#components;
    this.#locate(1, y, stride * this.#nodes, false);
    this.#locate(2, z, stride * this.#nodes * this.#nodes, false);
    const [wx, wy, wz] = this.#weights as [Float64Array, Float64Array, Float64Array];
    const [ox, oy, oz] = this.#offsets as [Int32Array, Int32Array, Int32Array];
    const line = new Float64Array(this.#nodes * stride);
    for (let k = 0; k < 4; k++) {
      for (let j = 0; j < 4; j++) {
        const weight = wz[k]! * wy[j]!;
        const row = oz[k]! + oy[j]!;
        for (let i = 0; i < line.length; i++) line[i]! += weight * this.#coefficients[row + i]!;
      }
    }
    return (x, out) => {
      this.#locate(0, x, stride, false);
      for (let component = 0; component < stride; component++) {
        let total = 0;
        for (let i = 0; i < 4; i++) total += wx[i]! * line[ox[i]! + component]!;
        out[component] = total;
      }
    };
  }

  /** Writes the derivatives at a point into `out`: d(component c)/d(axis a) at 3c + a. */
  gradient(x: number, y: number, z: number, out: Float64Array): void {
    this.#locateAll(x, y, z, false);
    this.#locateAll(x, y, z, true);
    const [wx, wy, wz] = this.#weights as [Float64Array, Float64Array, Float64Array];
    const [sx, sy, sz] = this.#slopes as [Float64Array, Float64Array, Float64Array];
    this.#sum(sx, wy, wz, out, 0, 3);
    this.#sum(wx, sy, wz, out, 1, 3);
    this.#sum(wx, wy, sz, out, 2, 3);
  }
}
