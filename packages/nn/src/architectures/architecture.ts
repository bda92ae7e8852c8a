import type { Preprocessing } from '../images/preprocess.js'
import type { BuiltArchitecture } from './graph-builder.js'
import type { Variant } from './variant.js'

/** What {@link buildArchitecture} takes. */
export interface ArchitectureOptions {
  /** Side of the square input picture in pixels; default the catalogue's. */
  readonly inputSize?: number
  /** Width multiplier of MobileNets, in (0, 2]; default 1. */
  readonly width?: number
  /** Default the catalogue entry's first. */
  readonly variant?: Variant
  /** Name of a spatial node to stop after; a global average pool over it gives the features. */
  readonly cut?: string
  /** Build without batch norms, each folded into the convolution before it: for TFLite weights. Default false. */
  readonly folded?: boolean
}

/** All options, resolved. */
export interface ResolvedOptions {
  readonly inputSize: number
  readonly width: number
  readonly variant: Variant
}

/** One network of the catalogue. */
export interface ArchitectureEntry {
  /** Family of the published method. */
  readonly family: 'ResNet' | 'Xception' | 'InceptionResNet' | 'MobileNet' | 'EfficientNet'
  /** Input side its weights were published for. */
  readonly inputSize: number
  /** Smallest input side that leaves a pixel at the end. */
  readonly minInputSize: number
  /** Variants it can be built in; the first is the default. */
  readonly variants: readonly Variant[]
  /** True when `width` may differ from 1. */
  readonly hasWidth: boolean
  /** What published weights of each variant expect. */
  readonly preprocessing: Readonly<Partial<Record<Variant, Preprocessing>>>
  /** Parameters of the backbone (no classifier, moving statistics included) at width 1, by variant. */
  readonly parameterCount: Readonly<Partial<Record<Variant, number>>>
  readonly build: (options: ResolvedOptions) => BuiltArchitecture
}
