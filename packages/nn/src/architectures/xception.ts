import type { ResolvedOptions } from './architecture.js'
import { type BuiltArchitecture, GraphBuilder, type NodeAliases, variantPadding } from './graph-builder.js'

/**
 * Xception. Node names follow Keras'; a separable convolution is two nodes, `…_depthwise` and `…_pointwise`. The `torch` variant is
 * timm's `legacy_xception` (epsilon 1e-5, symmetric padding of the pools).
 *
 * @see Chollet 2017, arXiv:1610.02357; Keras 3.15 `xception.py`; timm 1.0.29 `xception.py`
 */
export function xception({ inputSize, variant }: ResolvedOptions): BuiltArchitecture {
  const normSettings = variant === 'keras' ? { epsilon: 1e-3, momentum: 0.99 } : { epsilon: 1e-5, momentum: 0.9 }
  const net = new GraphBuilder('xception', [inputSize, inputSize, 3], normSettings)
  const poolPadding = variantPadding(variant, 3)
  const shortcuts = new Shortcuts(net)

  let x = convNormRelu(net, 'block1_conv1', 'input', 32, 2, ['conv1', 'bn1'])
  x = convNormRelu(net, 'block1_conv2', x, 64, 1, ['conv2', 'bn2'])

  for (const [index, filters] of [128, 256, 728].entries()) {
    const block = index + 2
    net.stage = `stage${block - 1}`
    const module = `block${block - 1}`
    const shortcut = shortcuts.project(x, filters, module)
    // The first of these blocks starts without ReLU, so timm counts from 0 there and from 1 elsewhere.
    const first = index === 0 ? 0 : 1
    if (index > 0) x = net.activate(`block${block}_sepconv1_act`, x, 'relu')
    x = separableNorm(net, `block${block}_sepconv1`, x, filters, [
      `${module}.rep.${first}`,
      `${module}.rep.${first + 1}`,
    ])
    x = net.activate(`block${block}_sepconv2_act`, x, 'relu')
    x = separableNorm(net, `block${block}_sepconv2`, x, filters, [
      `${module}.rep.${first + 3}`,
      `${module}.rep.${first + 4}`,
    ])
    x = net.pool(`block${block}_pool`, x, 'maxPool', 3, 2, poolPadding)
    x = net.add(`block${block}_add`, [x, shortcut], { op: 'add' })
  }

  for (let block = 5; block <= 12; block++) {
    const shortcut = x
    for (let i = 1; i <= 3; i++) {
      x = net.activate(`block${block}_sepconv${i}_act`, x, 'relu')
      x = separableNorm(net, `block${block}_sepconv${i}`, x, 728, [
        `block${block - 1}.rep.${3 * i - 2}`,
        `block${block - 1}.rep.${3 * i - 1}`,
      ])
    }
    x = net.add(`block${block}_add`, [x, shortcut], { op: 'add' })
  }

  net.stage = 'stage4'
  const shortcut = shortcuts.project(x, 1024, 'block12')
  x = net.activate('block13_sepconv1_act', x, 'relu')
  x = separableNorm(net, 'block13_sepconv1', x, 728, ['block12.rep.1', 'block12.rep.2'])
  x = net.activate('block13_sepconv2_act', x, 'relu')
  x = separableNorm(net, 'block13_sepconv2', x, 1024, ['block12.rep.4', 'block12.rep.5'])
  x = net.pool('block13_pool', x, 'maxPool', 3, 2, poolPadding)
  x = net.add('block13_add', [x, shortcut], { op: 'add' })

  x = separableNorm(net, 'block14_sepconv1', x, 1536, ['conv3', 'bn3'])
  x = net.activate('block14_sepconv1_act', x, 'relu')
  x = separableNorm(net, 'block14_sepconv2', x, 2048, ['conv4', 'bn4'])
  x = net.activate('block14_sepconv2_act', x, 'relu')
  return net.finish(x, { keras: 'predictions', timm: 'fc' })
}

/** Projections of the shortcuts; Keras numbers these layers instead of naming them. */
class Shortcuts {
  #count = 0
  readonly #net: GraphBuilder

  constructor(net: GraphBuilder) {
    this.#net = net
  }

  project(input: string, filters: number, module: string): string {
    const suffix = this.#count === 0 ? '' : `_${this.#count}`
    this.#count++
    const name = `shortcut${this.#count}`
    const conv = this.#net.conv(
      `${name}_conv`,
      input,
      filters,
      { kernel: 1, stride: 2, padding: 'valid' },
      { keras: `conv2d${suffix}`, timm: `${module}.skip` },
    )
    return this.#net.norm(`${name}_bn`, conv, { keras: `batch_normalization${suffix}`, timm: `${module}.skipbn` })
  }
}

function convNormRelu(
  net: GraphBuilder,
  name: string,
  input: string,
  filters: number,
  stride: number,
  [conv, norm]: readonly [string, string],
): string {
  const x = net.conv(name, input, filters, { kernel: 3, stride, padding: 'valid' }, { timm: conv })
  return net.activate(`${name}_act`, net.norm(`${name}_bn`, x, { timm: norm }), 'relu')
}

function separableNorm(
  net: GraphBuilder,
  name: string,
  input: string,
  filters: number,
  [conv, norm]: readonly [string, string],
): string {
  const aliases = (part: string): NodeAliases => ({ keras: name, timm: `${conv}.${part}` })
  const depthwise = net.depthwise(`${name}_depthwise`, input, { kernel: 3, padding: [1, 1, 1, 1] }, aliases('conv1'))
  const pointwise = net.conv(
    `${name}_pointwise`,
    depthwise,
    filters,
    { kernel: 1, padding: 'valid' },
    aliases('pointwise'),
  )
  return net.norm(`${name}_bn`, pointwise, { timm: norm })
}
