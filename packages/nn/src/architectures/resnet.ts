import type { ResolvedOptions } from './architecture.js'
import { type BuiltArchitecture, GraphBuilder } from './graph-builder.js'
import type { Variant } from './variant.js'

/** Depths of the supported networks: blocks per stage, and whether the blocks are bottlenecks. */
const DEPTHS = {
  resnet18: { blocks: [2, 2, 2, 2], bottleneck: false },
  resnet34: { blocks: [3, 4, 6, 3], bottleneck: false },
  resnet50: { blocks: [3, 4, 6, 3], bottleneck: true },
  resnet101: { blocks: [3, 4, 23, 3], bottleneck: true },
} as const

/**
 * ResNet. Node names are Keras applications' (`conv1_conv`, `conv2_block1_1_conv`, …). The `torch` variant is v1.5 (stride in the
 * 3x3, no bias, epsilon 1e-5), the `keras` variant v1 (stride in the first 1x1, bias, epsilon 1.001e-5).
 *
 * @see He et al. 2015, arXiv:1512.03385; torchvision 0.28 `resnet.py`; Keras 3.15 `applications/resnet.py`
 */
export function resnet(name: keyof typeof DEPTHS): (options: ResolvedOptions) => BuiltArchitecture {
  return ({ inputSize, variant }) => {
    const { blocks, bottleneck } = DEPTHS[name]
    const normSettings = variant === 'keras' ? { epsilon: 1.001e-5, momentum: 0.99 } : { epsilon: 1e-5, momentum: 0.9 }
    const net = new GraphBuilder(name, [inputSize, inputSize, 3], normSettings)
    const bias = variant === 'keras'
    let x = net.conv('conv1_conv', 'input', 64, { kernel: 7, stride: 2, padding: [3, 3, 3, 3], bias }, torch('conv1'))
    x = net.activate('conv1_relu', net.norm('conv1_bn', x, torch('bn1')), 'relu')
    // Inputs are not negative after ReLU, so Keras' zero padding and torch's minus infinity agree.
    x = net.pool('pool1_pool', x, 'maxPool', 3, 2, [1, 1, 1, 1])
    for (const [stage, repeats] of blocks.entries()) {
      net.stage = `stage${stage + 1}`
      for (let index = 0; index < repeats; index++) {
        const block = {
          name: `conv${stage + 2}_block${index + 1}`,
          module: `layer${stage + 1}.${index}`,
          filters: 64 * 2 ** stage,
          stride: stage > 0 && index === 0 ? 2 : 1,
          variant,
        }
        x = bottleneck ? bottleneckBlock(net, x, block) : basicBlock(net, x, block)
      }
    }
    return net.finish(x, { keras: 'predictions', ...torch('fc') })
  }
}

interface BlockSettings {
  readonly name: string
  readonly module: string
  readonly filters: number
  readonly stride: number
  readonly variant: Variant
}

function bottleneckBlock(net: GraphBuilder, input: string, settings: BlockSettings): string {
  const { name, module, filters, stride, variant } = settings
  const bias = variant === 'keras'
  const [firstStride, secondStride] = variant === 'keras' ? [stride, 1] : [1, stride]
  const shortcut = projectShortcut(net, input, 4 * filters, settings)
  let x = net.conv(
    `${name}_1_conv`,
    input,
    filters,
    { kernel: 1, stride: firstStride, padding: 'valid', bias },
    torch(`${module}.conv1`),
  )
  x = net.activate(`${name}_1_relu`, net.norm(`${name}_1_bn`, x, torch(`${module}.bn1`)), 'relu')
  x = net.conv(
    `${name}_2_conv`,
    x,
    filters,
    { kernel: 3, stride: secondStride, padding: [1, 1, 1, 1], bias },
    torch(`${module}.conv2`),
  )
  x = net.activate(`${name}_2_relu`, net.norm(`${name}_2_bn`, x, torch(`${module}.bn2`)), 'relu')
  x = net.conv(`${name}_3_conv`, x, 4 * filters, { kernel: 1, padding: 'valid', bias }, torch(`${module}.conv3`))
  x = net.norm(`${name}_3_bn`, x, torch(`${module}.bn3`))
  return net.activate(`${name}_out`, net.add(`${name}_add`, [shortcut, x], { op: 'add' }), 'relu')
}

function basicBlock(net: GraphBuilder, input: string, settings: BlockSettings): string {
  const { name, module, filters, stride } = settings
  const shortcut = projectShortcut(net, input, filters, settings)
  let x = net.conv(
    `${name}_1_conv`,
    input,
    filters,
    { kernel: 3, stride, padding: [1, 1, 1, 1] },
    torch(`${module}.conv1`),
  )
  x = net.activate(`${name}_1_relu`, net.norm(`${name}_1_bn`, x, torch(`${module}.bn1`)), 'relu')
  x = net.conv(`${name}_2_conv`, x, filters, { kernel: 3, padding: [1, 1, 1, 1] }, torch(`${module}.conv2`))
  x = net.norm(`${name}_2_bn`, x, torch(`${module}.bn2`))
  return net.activate(`${name}_out`, net.add(`${name}_add`, [shortcut, x], { op: 'add' }), 'relu')
}

function projectShortcut(net: GraphBuilder, input: string, filters: number, settings: BlockSettings): string {
  const { name, module, stride, variant } = settings
  if (stride === 1 && net.channels(input) === filters) return input
  const x = net.conv(
    `${name}_0_conv`,
    input,
    filters,
    { kernel: 1, stride, padding: 'valid', bias: variant === 'keras' },
    torch(`${module}.downsample.0`),
  )
  return net.norm(`${name}_0_bn`, x, torch(`${module}.downsample.1`))
}

/** timm's ResNet keys are torchvision's. */
function torch(module: string): { readonly torchvision: string; readonly timm: string } {
  return { torchvision: module, timm: module }
}
