/** Weights of the source pixels of each target pixel along one axis. */
export interface AxisKernel {
  /** First source pixel of each target pixel. */
  readonly start: Int32Array
  /** Weights of the source pixels from there on, at least one; parts of `flat`. */
  readonly weights: readonly Float64Array[]
  /** First source pixel and number of weights of each target pixel, alternating. */
  readonly spans: Int32Array
  /** All weights, target pixel by target pixel. */
  readonly flat: Float64Array
}

/** How one axis is resized. */
export interface AxisResize {
  /** Source pixels. */
  readonly size: number
  /** Target pixels. */
  readonly target: number
  readonly interpolation: 'bilinear' | 'bicubic' | 'nearest'
  /** Widen the kernel when shrinking. */
  readonly antialias: boolean
}

/** Kernels that are kept: pictures of a set tend to have few sizes. */
const mostKept = 16
const kept = new Map<string, AxisKernel>()

/** Weights with half-pixel centres, those of each target pixel summing to 1. */
export function axisKernel(resize: AxisResize): AxisKernel {
  const { size, target, interpolation, antialias } = resize
  const key = `${size} ${target} ${interpolation} ${antialias}`
  let kernel = kept.get(key)
  if (kernel === undefined) {
    kernel = createKernel(resize)
    if (kept.size >= mostKept) kept.clear()
    kept.set(key, kernel)
  }
  return kernel
}

function createKernel({ size, target, interpolation, antialias }: AxisResize): AxisKernel {
  const scale = size / target
  const stretch = antialias && interpolation !== 'nearest' ? Math.max(scale, 1) : 1
  const radius = interpolation === 'bicubic' ? 2 : interpolation === 'bilinear' ? 1 : 0
  const start = new Int32Array(target)
  const weights: Float64Array[] = []
  for (let i = 0; i < target; i++) {
    const centre = (i + 0.5) * scale
    if (radius === 0) {
      start[i] = Math.min(size - 1, Math.floor(centre))
      weights.push(Float64Array.of(1))
      continue
    }
    const support = radius * stretch
    const first = Math.max(0, Math.floor(centre - support))
    const last = Math.min(size, Math.ceil(centre + support))
    const kernel = new Float64Array(last - first)
    let sum = 0
    for (let k = 0; k < kernel.length; k++) {
      const distance = Math.abs((first + k + 0.5 - centre) / stretch)
      kernel[k] = interpolation === 'bicubic' ? cubic(distance) : Math.max(0, 1 - distance)
      sum += kernel[k]!
    }
    for (let k = 0; k < kernel.length; k++) kernel[k] = kernel[k]! / sum
    start[i] = first
    weights.push(kernel)
  }
  return flatten(start, weights)
}

function flatten(start: Int32Array, weights: readonly Float64Array[]): AxisKernel {
  const flat = new Float64Array(weights.reduce((length, kernel) => length + kernel.length, 0))
  const spans = new Int32Array(2 * start.length)
  let at = 0
  const parts = weights.map((kernel, i) => {
    spans[2 * i] = start[i]!
    spans[2 * i + 1] = kernel.length
    flat.set(kernel, at)
    at += kernel.length
    return flat.subarray(at - kernel.length, at)
  })
  return { start, weights: parts, spans, flat }
}

/** Keys' cubic with a = -0.5. */
function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2
  return 0
}
