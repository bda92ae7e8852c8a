/** What a plan can know of a network without loading it; a test compares it with the networks themselves. */
export interface CatalogueEntry {
  /** Stages after `stem`, named `stage1` … */
  readonly numStages: number
  /** Side its weights were published for, and the smallest it takes, in pixels. */
  readonly inputSize: number
  readonly minInputSize: number
  /** Width of the pooled features at width 1. */
  readonly featureWidth: number
  readonly hasWidth: boolean
}

/** Networks of `@etsef/nn` by name. */
export const catalogue: Readonly<Record<string, CatalogueEntry>> = {
  resnet18: { numStages: 4, inputSize: 224, minInputSize: 32, featureWidth: 512, hasWidth: false },
  resnet34: { numStages: 4, inputSize: 224, minInputSize: 32, featureWidth: 512, hasWidth: false },
  resnet50: { numStages: 4, inputSize: 224, minInputSize: 32, featureWidth: 2048, hasWidth: false },
  resnet101: { numStages: 4, inputSize: 224, minInputSize: 32, featureWidth: 2048, hasWidth: false },
  xception: { numStages: 4, inputSize: 299, minInputSize: 71, featureWidth: 2048, hasWidth: false },
  inceptionResnetV2: { numStages: 4, inputSize: 299, minInputSize: 75, featureWidth: 1536, hasWidth: false },
  mobilenetV1: { numStages: 5, inputSize: 224, minInputSize: 32, featureWidth: 1024, hasWidth: true },
  mobilenetV2: { numStages: 6, inputSize: 224, minInputSize: 32, featureWidth: 1280, hasWidth: true },
  mobilenetV3Large: { numStages: 6, inputSize: 224, minInputSize: 32, featureWidth: 960, hasWidth: true },
  mobilenetV3Small: { numStages: 5, inputSize: 224, minInputSize: 32, featureWidth: 576, hasWidth: true },
  efficientnetB0: { numStages: 8, inputSize: 224, minInputSize: 32, featureWidth: 1280, hasWidth: false },
  efficientnetB1: { numStages: 8, inputSize: 240, minInputSize: 32, featureWidth: 1280, hasWidth: false },
  efficientnetB2: { numStages: 8, inputSize: 260, minInputSize: 32, featureWidth: 1408, hasWidth: false },
  efficientnetB3: { numStages: 8, inputSize: 300, minInputSize: 32, featureWidth: 1536, hasWidth: false },
  efficientnetV2S: { numStages: 7, inputSize: 384, minInputSize: 32, featureWidth: 1280, hasWidth: false },
}

/** Stage names of a network that can be given to `freeze`. */
export function freezableStages({ numStages }: CatalogueEntry): readonly string[] {
  return ['none', 'stem', ...Array.from({ length: numStages }, (_, i) => `stage${i + 1}`), 'backbone']
}
