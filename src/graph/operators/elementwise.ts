import { float } from '../onnx/schema.ts';
import { type Shape, Tensor } from '../tensor.ts';
import { broadcastTo, reduceToShape } from './reduce.ts';

/** A tensor or a number, which stands for a scalar constant. */
export type Operand = Tensor | number;

/** Shape of two tensors combined element by element under NumPy's broadcasting rule. */
export function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const x = a[axis - rank + a.length] ?? 1;
    const y = b[axis - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new Error(`Shapes [${a}] and [${b}] do not fit together.`);
    return Math.max(x, y);
  });
}

function operands(a: Operand, b: Operand): [Tensor, Tensor] {
  if (a instanceof Tensor) return [a, b instanceof Tensor ? b : a.graph.scalar(b)];
  if (b instanceof Tensor) return [b.graph.scalar(a), b];
  throw new Error('At least one operand must be a tensor.');
}

/** A constant of a tensor's shape, filled with one value. */
export function constantLike(tensor: Tensor, value: number): Tensor {
  return broadcastTo(tensor.graph.scalar(value), tensor.shape);
}

function binary(
  op: string,
  left: Operand,
  right: Operand,
  rule: (gradient: Tensor, a: Tensor, b: Tensor, out: Tensor) => [() => Tensor, () => Tensor],
): Tensor {
  const [a, b] = operands(left, right);
  const out: Tensor = a.graph.apply(
    op,
    [a, b],
    { shape: broadcastShape(a.shape, b.shape), type: a.type },
    {
      gradient: ([gradient], needed) => {
        const [toA, toB] = rule(gradient as Tensor, a, b, out);
        return [
          needed[0] ? reduceToShape(toA(), a.shape) : undefined,
          needed[1] ? reduceToShape(toB(), b.shape) : undefined,
        ];
      },
    },
  );
  return out;
}

/** a + b, broadcasting. */
export function add(a: Operand, b: Operand): Tensor {
  return binary('Add', a, b, (gradient) => [() => gradient, () => gradient]);
}

/** a − b, broadcasting. */
export function subtract(a: Operand, b: Operand): Tensor {
  return binary('Sub', a, b, (gradient) => [() => gradient, () => negate(gradient)]);
}

/** a · b element by element, broadcasting. */
export function multiply(a: Operand, b: Operand): Tensor {
  return binary('Mul', a, b, (gradient, x, y) => [() => multiply(gradient, y), () => multiply(gradient, x)]);
}

/** a / b, broadcasting. */
export function divide(a: Operand, b: Operand): Tensor {
  return binary('Div', a, b, (gradient, _, y, out) => [
    () => divide(gradient, y),
    () => negate(divide(multiply(gradient, out), y)),
  ]);
}

function unary(op: string, x: Tensor, rule: (gradient: Tensor, out: Tensor) => Tensor, attributes = {}): Tensor {
  const out: Tensor = x.graph.apply(
    op,
    [x],
    { shape: x.shape, type: x.type },
    { attributes, gradient: ([gradient]) => [rule(gradient as Tensor, out)] },
  );
  return out;
}

/** −x. */
export function negate(x: Tensor): Tensor {
  return unary('Neg', x, (gradient) => negate(gradient));
}

/** x². */
export function square(x: Tensor): Tensor {
  return multiply(x, x);
}

/** √x; the gradient is infinite at 0, so add a small number first where 0 can occur. */
export function sqrt(x: Tensor): Tensor {
  return unary('Sqrt', x, (gradient, out) => divide(gradient, multiply(out, 2)));
}

/** eˣ. */
export function exp(x: Tensor): Tensor {
  return unary('Exp', x, (gradient, out) => multiply(gradient, out));
}

/** Natural logarithm. */
export function log(x: Tensor): Tensor {
  return unary('Log', x, (gradient) => divide(gradient, x));
}

/**
 * |x|; the subgradient at 0 is 0. The sign as clip(10³⁸ · x, −1, 1), because ONNX Runtime's CPU Sign takes three times
 * as long.
 */
export function abs(x: Tensor): Tensor {
  return unary('Abs', x, (gradient) => multiply(gradient, clip(multiply(x, 1e38), -1, 1)));
}

/** The same values, through which no gradient passes. */
export function stopGradient(x: Tensor): Tensor {
  return x.graph.apply('Identity', [x], { shape: x.shape, type: x.type }, { gradient: () => [undefined] });
}

/** −1, 0 or 1; gradient 0. */
export function sign(x: Tensor): Tensor {
  return unary('Sign', x, (gradient) => multiply(gradient, 0));
}

/** Largest integer ≤ x; gradient 0. */
export function floor(x: Tensor): Tensor {
  return unary('Floor', x, (gradient) => multiply(gradient, 0));
}

/**
 * log(1 + eˣ), computed without overflow as max(x, 0) + log(1 + e^−|x|).
 * Of steps, because ONNX Runtime's CPU Softplus takes ten times as long.
 */
export function softplus(x: Tensor): Tensor {
  const positive = clip(x, 0, 3.4e38);
  const rest = log(add(exp(negate(abs(x))), 1));
  return x.graph.apply(
    'Add',
    [positive, rest],
    { shape: x.shape },
    { sources: [x], gradient: ([gradient]) => [multiply(gradient as Tensor, sigmoid(x))] },
  );
}

/** 1 / (1 + e^−x). */
export function sigmoid(x: Tensor): Tensor {
  return unary('Sigmoid', x, (gradient, out) => multiply(gradient, multiply(out, subtract(1, out))));
}

/** x where x > 0, slope · x elsewhere (0 < slope < 1); gradient by the sign of x, `slope` at 0. */
export function leakyRelu(x: Tensor, slope = 0.2): Tensor {
  const out: Tensor = x.graph.apply(
    'LeakyRelu',
    [x],
    { shape: x.shape },
    {
      attributes: { alpha: float(slope) },
      gradient: ([gradient]) => [multiply(gradient as Tensor, leakySlope(out, slope))],
    },
  );
  return out;
}

/**
 * The derivative of {@link leakyRelu} from its output, which has the sign of its input: 1 where positive, `slope`
 * elsewhere. As clip(10³⁸ · out, slope, 1), because ONNX Runtime's CPU Where costs three times as much.
 */
export function leakySlope(out: Tensor, slope: number): Tensor {
  return clip(multiply(out, 1e38), slope, 1);
}

/**
 * x limited to [low, high]; gradient 1 strictly inside, 0 at the limits and outside, as torch.grid_sample's border has
 * it.
 */
export function clip(x: Tensor, low: number, high: number): Tensor {
  const { graph } = x;
  return graph.apply(
    'Clip',
    [x, graph.scalar(low), graph.scalar(high)],
    { shape: x.shape, type: x.type },
    {
      gradient: ([gradient]) => [
        multiply(gradient as Tensor, cast(and(greater(x, low), less(x, high)), 'float32')),
        undefined,
        undefined,
      ],
    },
  );
}

/** Element-wise choice: `a` where the condition holds, else `b`. Shapes equal, or broadcast. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const [x, y] = operands(a, b);
  return condition.graph.apply(
    'Where',
    [condition, x, y],
    { shape: broadcastShape(condition.shape, broadcastShape(x.shape, y.shape)), type: x.type },
    {
      gradient: ([gradient], needed) => [
        undefined,
        needed[1] ? reduceToShape(where(condition, gradient as Tensor, 0), x.shape) : undefined,
        needed[2] ? reduceToShape(where(condition, 0, gradient as Tensor), y.shape) : undefined,
      ],
    },
  );
}

function compare(op: string, left: Operand, right: Operand): Tensor {
  const [a, b] = operands(left, right);
  return a.graph.apply(op, [a, b], { type: 'bool', shape: broadcastShape(a.shape, b.shape) });
}

/** a > b. */
export function greater(a: Operand, b: Operand): Tensor {
  return compare('Greater', a, b);
}

/** a < b. */
export function less(a: Operand, b: Operand): Tensor {
  return compare('Less', a, b);
}

/** Both conditions hold. */
export function and(a: Tensor, b: Tensor): Tensor {
  return compare('And', a, b);
}

/** The same values in another element type (float to integer truncates); no gradient. */
export function cast(x: Tensor, type: 'float32' | 'int32' | 'int64'): Tensor {
  const code = { float32: 1, int32: 6, int64: 7 }[type];
  return x.graph.apply('Cast', [x], { type, shape: x.shape }, { attributes: { to: code } });
}
