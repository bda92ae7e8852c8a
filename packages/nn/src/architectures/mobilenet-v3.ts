import type { Activation } from '../graph/graph.js'
import type { ResolvedOptions } from './architecture.js'
import { type BuiltArchitecture, GraphBuilder, roundChannels, variantPadding } from './graph-builder.js'
import type { Variant } from './variant.js'

/** One row of the paper's tables 1 and 2. */
type Row = readonly [
  kernel: number,
  expanded: number,
  filters: number,
  squeezes: boolean,
  activation: 'RE' | 'HS',
  stride: number,
]

const LARGE: readonly Row[] = [
  [3, 16, 16, false, 'RE', 1],
  [3, 64, 24, false, 'RE', 2],
  [3, 72, 24, false, 'RE', 1],
  [5, 72, 40, true, 'RE', 2],
  [5, 120, 40, true, 'RE', 1],
  [5, 120, 40, true, 'RE', 1],
  [3, 240, 80, false, 'HS', 2],
  [3, 200, 80, false, 'HS', 1],
  [3, 184, 80, false, 'HS', 1],
  [3, 184, 80, false, 'HS', 1],
  [3, 480, 112, true, 'HS', 1],
  [3, 672, 112, true, 'HS', 1],
  [5, 672, 160, true, 'HS', 2],
  [5, 960, 160, true, 'HS', 1],
  [5, 960, 160, true, 'HS', 1],
]

const SMALL: readonly Row[] = [
  [3, 16, 16, true, 'RE', 2],
  [3, 72, 24, false, 'RE', 2],
  [3, 88, 24, false, 'RE', 1],
  [5, 96, 40, true, 'HS', 2],
  [5, 240, 40, true, 'HS', 1],
  [5, 240, 40, true, 'HS', 1],
  [5, 120, 48, true, 'HS', 1],
  [5, 144, 48, true, 'HS', 1],
  [5, 288, 96, true, 'HS', 2],
  [5, 576, 96, true, 'HS', 1],
  [5, 576, 96, true, 'HS', 1],
]

/** Batch-norm settings: torchvision and Keras keep TensorFlow's epsilon, timm's own training does not. */
const NORMS: Readonly<Record<Variant, { readonly epsilon: number; readonly momentum: number }>> = {
  keras: { epsilon: 1e-3, momentum: 0.999 },
  torch: { epsilon: 1e-3, momentum: 0.99 },
  timm: { epsilon: 1e-5, momentum: 0.9 },
}

/**
 * MobileNetV3-Large or -Small up to the last convolution (960 or 576 wide): Keras' `include_top=False`. The published classifier's
 * hidden layer comes after the pool and is not part of the backbone. Node names follow Keras'.
 *
 * @see Howard et al. 2019, arXiv:1905.02244; Keras 3.15 `mobilenet_v3.py`; torchvision 0.28; timm 1.0.29
 */
export function mobilenetV3(size: 'Large' | 'Small'): (options: ResolvedOptions) => BuiltArchitecture {
  return ({ inputSize, width, variant }) => {
    const rows = size === 'Large' ? LARGE : SMALL
    const net = new GraphBuilder(`mobilenetV3${size}`, [inputSize, inputSize, 3], NORMS[variant])
    let x = net.conv(
      'conv',
      'input',
      16,
      { kernel: 3, stride: 2, padding: variantPadding(variant, 3) },
      { torchvision: 'features.0.0', timm: 'conv_stem' },
    )
    x = net.activate(
      'conv_activation',
      net.norm('conv_bn', x, { torchvision: 'features.0.1', timm: 'bn1' }),
      'hardSwish',
    )
    let stage = 1
    let group = -1
    let repeat = 0
    for (const [block, row] of rows.entries()) {
      if (row[5] === 2 && block > 0) stage++
      net.stage = `stage${stage}`
      // timm starts a group whenever the table's output width or stride changes.
      const continues = row[5] === 1 && rows[block - 1]?.[2] === row[2]
      repeat = continues ? repeat + 1 : 0
      if (!continues) group++
      const tableInput = rows[block - 1]?.[2] ?? 16
      x = invertedResidual(net, x, row, { block, tableInput, width, variant, timm: `blocks.${group}.${repeat}` })
    }
    net.stage = `stage${stage + 1}`
    const last = { torchvision: `features.${rows.length + 1}`, timm: `blocks.${group + 1}.0` }
    x = net.conv(
      'conv_1',
      x,
      roundChannels(net.channels(x) * 6),
      { kernel: 1, padding: 'valid' },
      { torchvision: `${last.torchvision}.0`, timm: `${last.timm}.conv` },
    )
    x = net.norm('conv_1_bn', x, { torchvision: `${last.torchvision}.1`, timm: `${last.timm}.bn1` })
    return net.finish(net.activate('conv_1_activation', x, 'hardSwish'))
  }
}

interface BlockSettings {
  readonly block: number
  /** Input channels in the paper's table, at width 1. */
  readonly tableInput: number
  readonly width: number
  readonly variant: Variant
  readonly timm: string
}

function invertedResidual(
  net: GraphBuilder,
  input: string,
  row: Row,
  { block, tableInput, width, variant, timm }: BlockSettings,
): string {
  const [kernel, expanded, baseFilters, squeezes, code, stride] = row
  const prefix = block === 0 ? 'expanded_conv_' : `expanded_conv_${block}_`
  const module = `features.${block + 1}.block`
  const activation: Activation = code === 'HS' ? 'hardSwish' : 'relu'
  const filters = roundChannels(baseFilters * width)
  const expands = block > 0
  let x = input
  let layer = 0
  if (expands) {
    // Keras expands the rounded input width, torchvision rounds the table's; they agree at width 1.
    const expandedFilters = roundChannels((expanded / tableInput) * net.channels(input))
    x = net.conv(
      `${prefix}expand`,
      x,
      expandedFilters,
      { kernel: 1, padding: 'valid' },
      { torchvision: `${module}.0.0`, timm: `${timm}.conv_pw` },
    )
    x = net.norm(`${prefix}expand_bn`, x, { torchvision: `${module}.0.1`, timm: `${timm}.bn1` })
    x = net.activate(`${prefix}expand_activation`, x, activation)
    layer = 1
  }
  x = net.depthwise(
    `${prefix}depthwise`,
    x,
    { kernel, stride, padding: variantPadding(variant, kernel) },
    { torchvision: `${module}.${layer}.0`, timm: `${timm}.conv_dw` },
  )
  x = net.norm(`${prefix}depthwise_bn`, x, {
    torchvision: `${module}.${layer}.1`,
    timm: `${timm}.${expands ? 'bn2' : 'bn1'}`,
  })
  x = net.activate(`${prefix}depthwise_activation`, x, activation)
  layer++
  if (squeezes) {
    x = net.squeezeExcite(x, {
      names: {
        pool: `${prefix}squeeze_excite_avg_pool`,
        reduce: `${prefix}squeeze_excite_conv`,
        expand: `${prefix}squeeze_excite_conv_1`,
        multiply: `${prefix}squeeze_excite_mul`,
      },
      filters: roundChannels(net.channels(x) * 0.25),
      activation: 'relu',
      gate: 'hardSigmoid',
      reduce: { torchvision: `${module}.${layer}.fc1`, timm: `${timm}.se.conv_reduce` },
      expand: { torchvision: `${module}.${layer}.fc2`, timm: `${timm}.se.conv_expand` },
    })
    layer++
  }
  x = net.conv(
    `${prefix}project`,
    x,
    filters,
    { kernel: 1, padding: 'valid' },
    { torchvision: `${module}.${layer}.0`, timm: `${timm}.${expands ? 'conv_pwl' : 'conv_pw'}` },
  )
  x = net.norm(`${prefix}project_bn`, x, {
    torchvision: `${module}.${layer}.1`,
    timm: `${timm}.${expands ? 'bn3' : 'bn2'}`,
  })
  return stride === 1 && net.channels(input) === filters ? net.add(`${prefix}add`, [input, x], { op: 'add' }) : x
}
