import type { ResolvedOptions } from './architecture.js'
import { type BuiltArchitecture, GraphBuilder } from './graph-builder.js'

type Kernel = number | readonly [number, number]

/** One convolution of a branch: output channels, kernel, stride. Stride 2 pads nothing, as in both peers. */
type Layer = readonly [filters: number, kernel: Kernel, stride?: number]

/** Branches of the residual blocks. */
const BLOCKS = {
  block35: {
    branches: [
      [[32, 1]],
      [
        [32, 1],
        [32, 3],
      ],
      [
        [32, 1],
        [48, 3],
        [64, 3],
      ],
    ],
    scale: 0.17,
  },
  block17: {
    branches: [
      [[192, 1]],
      [
        [128, 1],
        [160, [1, 7]],
        [192, [7, 1]],
      ],
    ],
    scale: 0.1,
  },
  block8: {
    branches: [
      [[192, 1]],
      [
        [192, 1],
        [224, [1, 3]],
        [256, [3, 1]],
      ],
    ],
    scale: 0.2,
  },
} as const satisfies Readonly<
  Record<string, { readonly branches: readonly (readonly Layer[])[]; readonly scale: number }>
>

/**
 * InceptionResNetV2. Both variants have epsilon 1e-3; the `keras` one has batch norms without scale, the `torch` one (timm) with.
 * Keras numbers most layers, in the order used here; node names say where they are.
 *
 * @see Szegedy et al. 2016, arXiv:1602.07261; Keras 3.15 `inception_resnet_v2.py`; timm 1.0.29 `inception_resnet_v2.py`
 */
export function inceptionResnetV2({ inputSize, variant }: ResolvedOptions): BuiltArchitecture {
  const isKeras = variant === 'keras'
  const net = new GraphBuilder('inceptionResnetV2', [inputSize, inputSize, 3], {
    epsilon: 1e-3,
    momentum: isKeras ? 0.99 : 0.9,
    scale: !isKeras,
  })
  const units = new Units(net)

  let x = units.add('conv2d_1a', 'input', [32, 3, 2], 'conv2d_1a')
  x = units.add('conv2d_2a', x, [32, 3], 'conv2d_2a', 'valid')
  x = units.add('conv2d_2b', x, [64, 3], 'conv2d_2b')
  x = net.pool('maxpool_3a', x, 'maxPool', 3, 2, 'valid')
  x = units.add('conv2d_3b', x, [80, 1], 'conv2d_3b')
  x = units.add('conv2d_4a', x, [192, 3], 'conv2d_4a', 'valid')
  x = net.pool('maxpool_5a', x, 'maxPool', 3, 2, 'valid')

  net.stage = 'stage1'
  const mixed5b = units.branches(
    'mixed_5b',
    x,
    [
      [[96, 1]],
      [
        [48, 1],
        [64, 5],
      ],
      [
        [64, 1],
        [96, 3],
        [96, 3],
      ],
    ],
    'mixed_5b',
  )
  const pooled = net.pool('mixed_5b_pool', x, 'avgPool', 3, 1, 'same')
  mixed5b.push(units.add('mixed_5b_b3', pooled, [64, 1], 'mixed_5b.branch3.1'))
  x = net.add('mixed_5b', mixed5b, { op: 'concat' })
  for (let i = 0; i < 10; i++) x = units.residual('block35', i + 1, x, `repeat.${i}`)

  net.stage = 'stage2'
  x = units.reduce('mixed_6a', x, [
    [[384, 3, 2]],
    [
      [256, 1],
      [256, 3],
      [384, 3, 2],
    ],
  ])
  for (let i = 0; i < 20; i++) x = units.residual('block17', i + 1, x, `repeat_1.${i}`)

  net.stage = 'stage3'
  x = units.reduce('mixed_7a', x, [
    [
      [256, 1],
      [384, 3, 2],
    ],
    [
      [256, 1],
      [288, 3, 2],
    ],
    [
      [256, 1],
      [288, 3],
      [320, 3, 2],
    ],
  ])
  for (let i = 0; i < 9; i++) x = units.residual('block8', i + 1, x, `repeat_2.${i}`)
  x = units.residual('block8', 10, x, 'block8', { scale: 1, relu: false })

  net.stage = 'stage4'
  x = units.add('conv_7b', x, [1536, 1], 'conv2d_7b', 'same', 'conv_7b')
  return net.finish(x, { keras: 'predictions', timm: 'classif' })
}

/** Convolution, batch norm and ReLU as one unit, with Keras' running numbers. */
class Units {
  #count = 0
  readonly #net: GraphBuilder

  constructor(net: GraphBuilder) {
    this.#net = net
  }

  /** Adds one unit; `keras` names it where Keras does not number it. */
  add(
    name: string,
    input: string,
    [filters, kernel, stride = 1]: Layer,
    timm: string,
    padding: 'same' | 'valid' = 'same',
    keras?: string,
  ): string {
    const suffix = this.#count === 0 ? '' : `_${this.#count}`
    if (keras === undefined) this.#count++
    const settings = { kernel, stride, padding: stride === 2 ? 'valid' : padding } as const
    const conv = this.#net.conv(`${name}_conv`, input, filters, settings, {
      keras: keras ?? `conv2d${suffix}`,
      timm: `${timm}.conv`,
    })
    const norm = this.#net.norm(`${name}_bn`, conv, {
      keras: keras === undefined ? `batch_normalization${suffix}` : `${keras}_bn`,
      timm: `${timm}.bn`,
    })
    return this.#net.activate(`${name}_relu`, norm, 'relu')
  }

  /** Adds branches of units; timm numbers the units of a branch only when there are several. */
  branches(name: string, input: string, branches: readonly (readonly Layer[])[], timm: string): string[] {
    return branches.map((layers, branch) => {
      let x = input
      for (const [index, layer] of layers.entries()) {
        const module = `${timm}.branch${branch}${layers.length > 1 ? `.${index}` : ''}`
        x = this.add(`${name}_b${branch}_${index + 1}`, x, layer, module)
      }
      return x
    })
  }

  /** Adds a reduction: branches and a max pool, concatenated. */
  reduce(name: string, input: string, branches: readonly (readonly Layer[])[]): string {
    const outputs = this.branches(name, input, branches, name)
    outputs.push(this.#net.pool(`${name}_pool`, input, 'maxPool', 3, 2, 'valid'))
    return this.#net.add(name, outputs, { op: 'concat' })
  }

  /** Adds a residual block: branches, a linear 1x1 convolution, scaled sum, ReLU. */
  residual(
    type: keyof typeof BLOCKS,
    index: number,
    input: string,
    timm: string,
    last?: { readonly scale: number; readonly relu: boolean },
  ): string {
    const name = `${type}_${index}`
    const mixed = this.#net.add(`${name}_mixed`, this.branches(name, input, BLOCKS[type].branches, timm), {
      op: 'concat',
    })
    const up = this.#net.conv(
      `${name}_conv`,
      mixed,
      this.#net.channels(input),
      { kernel: 1, padding: 'valid', bias: true },
      { timm: `${timm}.conv2d` },
    )
    const scaled = this.#net.add(`${name}_scale`, up, { op: 'scale', factor: last?.scale ?? BLOCKS[type].scale })
    const sum = this.#net.add(`${name}_add`, [input, scaled], { op: 'add' })
    return last?.relu === false ? sum : this.#net.activate(`${name}_ac`, sum, 'relu')
  }
}
