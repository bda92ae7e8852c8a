import type { ResolvedOptions } from './architecture.js'
import { type BuiltArchitecture, GraphBuilder, roundChannels, variantPadding } from './graph-builder.js'

/** Expansion, output channels at width 1, repeats and first stride of each group of blocks. */
const GROUPS: readonly (readonly [expansion: number, filters: number, repeats: number, stride: number])[] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
]

/**
 * MobileNetV2. Node names are Keras applications' layer names; the `torch` variant differs in padding and batch-norm settings.
 * Stages follow the resolution: `stage1` (112 px of 224) to `stage5` (7 px), the last 1x1 convolution in `stage6`.
 *
 * @see Sandler et al. 2018, arXiv:1801.04381; Keras 3.15 `applications/mobilenet_v2.py`; torchvision 0.28 `mobilenet_v2`
 */
export function mobilenetV2({ inputSize, width, variant }: ResolvedOptions): BuiltArchitecture {
  const normSettings = variant === 'keras' ? { epsilon: 1e-3, momentum: 0.999 } : { epsilon: 1e-5, momentum: 0.9 }
  const net = new GraphBuilder('mobilenetV2', [inputSize, inputSize, 3], normSettings)
  const padding = variantPadding(variant, 3)
  const stemFilters = roundChannels(32 * width)
  let x = net.conv(
    'Conv1',
    'input',
    stemFilters,
    { kernel: 3, stride: 2, padding },
    { torchvision: 'features.0.0', timm: 'conv_stem' },
  )
  x = net.norm('bn_Conv1', x, { torchvision: 'features.0.1', timm: 'bn1' })
  x = net.activate('Conv1_relu', x, 'relu6')
  let block = 0
  let stage = 1
  for (const [group, [expansion, groupFilters, repeats, groupStride]] of GROUPS.entries()) {
    if (groupStride === 2) stage++
    net.stage = `stage${stage}`
    const filters = roundChannels(groupFilters * width)
    for (let repeat = 0; repeat < repeats; repeat++, block++) {
      const stride = repeat === 0 ? groupStride : 1
      x = invertedResidual(net, x, { block, expansion, filters, stride, padding, timm: `blocks.${group}.${repeat}` })
    }
  }
  net.stage = `stage${stage + 1}`
  const lastFilters = width > 1 ? roundChannels(1280 * width) : 1280
  x = net.conv(
    'Conv_1',
    x,
    lastFilters,
    { kernel: 1, padding: 'valid' },
    { torchvision: 'features.18.0', timm: 'conv_head' },
  )
  x = net.norm('Conv_1_bn', x, { torchvision: 'features.18.1', timm: 'bn2' })
  return net.finish(net.activate('out_relu', x, 'relu6'), {
    keras: 'predictions',
    torchvision: 'classifier.1',
    timm: 'classifier',
  })
}

interface BlockSettings {
  readonly block: number
  readonly expansion: number
  readonly filters: number
  readonly stride: number
  readonly padding: ReturnType<typeof variantPadding>
  readonly timm: string
}

function invertedResidual(net: GraphBuilder, input: string, settings: BlockSettings): string {
  const { block, expansion, filters, stride, padding, timm } = settings
  const prefix = block === 0 ? 'expanded_conv_' : `block_${block}_`
  const module = `features.${block + 1}.conv`
  const expands = expansion !== 1
  let x = input
  if (expands) {
    x = net.conv(
      `${prefix}expand`,
      x,
      expansion * net.channels(input),
      { kernel: 1, padding: 'valid' },
      { torchvision: `${module}.0.0`, timm: `${timm}.conv_pw` },
    )
    x = net.norm(`${prefix}expand_BN`, x, { torchvision: `${module}.0.1`, timm: `${timm}.bn1` })
    x = net.activate(`${prefix}expand_relu`, x, 'relu6')
  }
  const depthwise = expands ? 1 : 0
  x = net.depthwise(
    `${prefix}depthwise`,
    x,
    { kernel: 3, stride, padding },
    { torchvision: `${module}.${depthwise}.0`, timm: `${timm}.conv_dw` },
  )
  x = net.norm(`${prefix}depthwise_BN`, x, {
    torchvision: `${module}.${depthwise}.1`,
    timm: `${timm}.${expands ? 'bn2' : 'bn1'}`,
  })
  x = net.activate(`${prefix}depthwise_relu`, x, 'relu6')
  x = net.conv(
    `${prefix}project`,
    x,
    filters,
    { kernel: 1, padding: 'valid' },
    { torchvision: `${module}.${depthwise + 1}`, timm: `${timm}.${expands ? 'conv_pwl' : 'conv_pw'}` },
  )
  x = net.norm(`${prefix}project_BN`, x, {
    torchvision: `${module}.${depthwise + 2}`,
    timm: `${timm}.${expands ? 'bn3' : 'bn2'}`,
  })
  return stride === 1 && net.channels(input) === filters ? net.add(`${prefix}add`, [input, x], { op: 'add' }) : x
}
