/** A function of numbers with its gradient, asked for many points at once. */
export interface Differentiable {
  /** Numbers in a point. */
  readonly size: number
  /** Values of points, row-major `[numPoints, size]`. */
  values(this: void, points: Float32Array): Float64Array
  /** Gradients at points, same layout. */
  gradients(this: void, points: Float32Array): Float32Array
}
