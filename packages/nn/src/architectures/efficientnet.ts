import type { ResolvedOptions } from './architecture.js'
import { type BuiltArchitecture, GraphBuilder, roundChannels, variantPadding } from './graph-builder.js'
import type { Variant } from './variant.js'

/** One group of equal blocks. */
interface Group {
  readonly kind: 'mbconv' | 'fused'
  readonly kernel: number
  readonly repeats: number
  readonly filters: number
  readonly expansion: number
  readonly stride: number
  readonly squeezes: boolean
}

/** Everything that tells one EfficientNet from another. */
interface Scaling {
  readonly groups: readonly Group[]
  readonly stemFilters: number
  readonly width: number
  readonly depth: number
}

const mbconv = (kernel: number, repeats: number, filters: number, expansion: number, stride: number): Group => ({
  kind: 'mbconv',
  kernel,
  repeats,
  filters,
  expansion,
  stride,
  squeezes: true,
})
const fused = (repeats: number, filters: number, expansion: number, stride: number): Group => ({
  kind: 'fused',
  kernel: 3,
  repeats,
  filters,
  expansion,
  stride,
  squeezes: false,
})

const V1_GROUPS = [
  mbconv(3, 1, 16, 1, 1),
  mbconv(3, 2, 24, 6, 2),
  mbconv(5, 2, 40, 6, 2),
  mbconv(3, 3, 80, 6, 2),
  mbconv(5, 3, 112, 6, 1),
  mbconv(5, 4, 192, 6, 2),
  mbconv(3, 1, 320, 6, 1),
]
const V2S_GROUPS = [
  fused(2, 24, 1, 1),
  fused(4, 48, 4, 2),
  fused(4, 64, 4, 2),
  mbconv(3, 6, 128, 4, 2),
  mbconv(3, 9, 160, 6, 1),
  mbconv(3, 15, 256, 6, 2),
]

const SCALINGS = {
  efficientnetB0: { groups: V1_GROUPS, stemFilters: 32, width: 1, depth: 1 },
  efficientnetB1: { groups: V1_GROUPS, stemFilters: 32, width: 1, depth: 1.1 },
  efficientnetB2: { groups: V1_GROUPS, stemFilters: 32, width: 1.1, depth: 1.2 },
  efficientnetB3: { groups: V1_GROUPS, stemFilters: 32, width: 1.2, depth: 1.4 },
  efficientnetV2S: { groups: V2S_GROUPS, stemFilters: 24, width: 1, depth: 1 },
} as const satisfies Readonly<Record<string, Scaling>>

/** Batch-norm settings; the two generations differ within a library. */
function normSettings(isV2: boolean, variant: Variant): { readonly epsilon: number; readonly momentum: number } {
  if (variant === 'keras') return { epsilon: 1e-3, momentum: isV2 ? 0.9 : 0.99 }
  if (variant === 'timm' || !isV2) return { epsilon: 1e-5, momentum: 0.9 }
  return { epsilon: 1e-3, momentum: 0.99 }
}

/**
 * EfficientNet-B0 to B3 and EfficientNetV2-S, without input rescaling (the preprocessing contract has it) and without stochastic
 * depth. Node names are Keras applications'; stages are the paper's, the top convolution in the last one.
 *
 * @see Tan & Le 2019, arXiv:1905.11946; 2021, arXiv:2104.00298; Keras 3.15; torchvision 0.28; timm 1.0.29
 */
export function efficientnet(name: keyof typeof SCALINGS): (options: ResolvedOptions) => BuiltArchitecture {
  return ({ inputSize, variant }) => {
    const { groups, stemFilters, width, depth }: Scaling = SCALINGS[name]
    const isV2 = name === 'efficientnetV2S'
    const net = new GraphBuilder(name, [inputSize, inputSize, 3], normSettings(isV2, variant))
    const stem = { kernel: 3, stride: 2, padding: variantPadding(variant, 3) }
    let x = net.conv('stem_conv', 'input', roundChannels(stemFilters * width), stem, {
      torchvision: 'features.0.0',
      timm: 'conv_stem',
    })
    x = net.activate('stem_activation', net.norm('stem_bn', x, { torchvision: 'features.0.1', timm: 'bn1' }), 'swish')
    for (const [index, group] of groups.entries()) {
      net.stage = `stage${index + 1}`
      const filters = roundChannels(group.filters * width)
      for (let repeat = 0; repeat < Math.ceil(group.repeats * depth); repeat++) {
        const block = {
          ...group,
          filters,
          stride: repeat === 0 ? group.stride : 1,
          prefix: `block${index + 1}${String.fromCharCode(97 + repeat)}_`,
          module: `features.${index + 1}.${repeat}.block`,
          timm: `blocks.${index}.${repeat}`,
          variant,
          isV2,
        }
        x = group.kind === 'mbconv' ? mbconvBlock(net, x, block) : fusedBlock(net, x, block)
      }
    }
    net.stage = `stage${groups.length + 1}`
    const top = `features.${groups.length + 1}`
    x = net.conv(
      'top_conv',
      x,
      roundChannels(1280 * width),
      { kernel: 1, padding: 'valid' },
      { torchvision: `${top}.0`, timm: 'conv_head' },
    )
    x = net.norm('top_bn', x, { torchvision: `${top}.1`, timm: 'bn2' })
    return net.finish(net.activate('top_activation', x, 'swish'), {
      keras: 'predictions',
      torchvision: 'classifier.1',
      timm: 'classifier',
    })
  }
}

interface BlockSettings extends Group {
  readonly prefix: string
  readonly module: string
  readonly timm: string
  readonly variant: Variant
  readonly isV2: boolean
}

function mbconvBlock(net: GraphBuilder, input: string, settings: BlockSettings): string {
  const { kernel, filters, expansion, stride, squeezes, prefix, module, timm, variant } = settings
  const inputFilters = net.channels(input)
  const expands = expansion !== 1
  let x = input
  let layer = 0
  if (expands) {
    x = net.conv(
      `${prefix}expand_conv`,
      x,
      inputFilters * expansion,
      { kernel: 1, padding: 'valid' },
      { torchvision: `${module}.0.0`, timm: `${timm}.conv_pw` },
    )
    x = net.norm(`${prefix}expand_bn`, x, { torchvision: `${module}.0.1`, timm: `${timm}.bn1` })
    x = net.activate(`${prefix}expand_activation`, x, 'swish')
    layer = 1
  }
  // Keras calls the depthwise layer dwconv in the first generation and dwconv2 in the second.
  const keras = settings.isV2 ? `${prefix}dwconv2` : undefined
  x = net.depthwise(
    `${prefix}dwconv`,
    x,
    { kernel, stride, padding: variantPadding(variant, kernel) },
    { keras, torchvision: `${module}.${layer}.0`, timm: `${timm}.conv_dw` },
  )
  x = net.norm(`${prefix}bn`, x, { torchvision: `${module}.${layer}.1`, timm: `${timm}.${expands ? 'bn2' : 'bn1'}` })
  x = net.activate(`${prefix}activation`, x, 'swish')
  layer++
  if (squeezes) {
    x = net.squeezeExcite(x, {
      names: {
        pool: `${prefix}se_squeeze`,
        reduce: `${prefix}se_reduce`,
        expand: `${prefix}se_expand`,
        multiply: `${prefix}se_excite`,
      },
      filters: Math.max(1, Math.floor(inputFilters * 0.25)),
      activation: 'swish',
      gate: 'sigmoid',
      reduce: { torchvision: `${module}.${layer}.fc1`, timm: `${timm}.se.conv_reduce` },
      expand: { torchvision: `${module}.${layer}.fc2`, timm: `${timm}.se.conv_expand` },
    })
    layer++
  }
  x = net.conv(
    `${prefix}project_conv`,
    x,
    filters,
    { kernel: 1, padding: 'valid' },
    { torchvision: `${module}.${layer}.0`, timm: `${timm}.${expands ? 'conv_pwl' : 'conv_pw'}` },
  )
  x = net.norm(`${prefix}project_bn`, x, {
    torchvision: `${module}.${layer}.1`,
    timm: `${timm}.${expands ? 'bn3' : 'bn2'}`,
  })
  return stride === 1 && inputFilters === filters ? net.add(`${prefix}add`, [input, x], { op: 'add' }) : x
}

function fusedBlock(net: GraphBuilder, input: string, settings: BlockSettings): string {
  const { kernel, filters, expansion, stride, prefix, module, timm, variant } = settings
  const inputFilters = net.channels(input)
  const wide = { kernel, stride, padding: variantPadding(variant, kernel) }
  let x = input
  if (expansion === 1) {
    x = net.conv(`${prefix}project_conv`, x, filters, wide, { torchvision: `${module}.0.0`, timm: `${timm}.conv` })
    x = net.norm(`${prefix}project_bn`, x, { torchvision: `${module}.0.1`, timm: `${timm}.bn1` })
    x = net.activate(`${prefix}project_activation`, x, 'swish')
  } else {
    x = net.conv(`${prefix}expand_conv`, x, inputFilters * expansion, wide, {
      torchvision: `${module}.0.0`,
      timm: `${timm}.conv_exp`,
    })
    x = net.norm(`${prefix}expand_bn`, x, { torchvision: `${module}.0.1`, timm: `${timm}.bn1` })
    x = net.activate(`${prefix}expand_activation`, x, 'swish')
    x = net.conv(
      `${prefix}project_conv`,
      x,
      filters,
      { kernel: 1, padding: 'valid' },
      { torchvision: `${module}.1.0`, timm: `${timm}.conv_pwl` },
    )
    x = net.norm(`${prefix}project_bn`, x, { torchvision: `${module}.1.1`, timm: `${timm}.bn2` })
  }
  return stride === 1 && inputFilters === filters ? net.add(`${prefix}add`, [input, x], { op: 'add' }) : x
}
