import {
  contentPath,
  defineOperation,
  port,
  Type,
  type Operation,
  type PlanArguments,
  type Ports,
  type Static,
} from '@etsef/plugin-api'
import { catalogue } from '../catalogue.js'
import { shardsOf, weightFileProblem, weightFormats } from './weight-file.js'

/** Options of `backbones/pretrained`. */
export const pretrainedOptions = Type.Object(
  {
    architecture: Type.Enum(Object.keys(catalogue), { default: 'mobilenetV2', description: 'Network' }),
    weights: Type.Optional(
      contentPath(`Published weights, in the format the name tells: ${weightFormats}. Left out: random weights`),
    ),
    inputSize: Type.Union([Type.Integer({ minimum: 16, maximum: 1024 }), Type.Null()], {
      default: null,
      description: 'Side of its input in pixels. null: the size its weights were published for',
    }),
    width: Type.Number({ exclusiveMinimum: 0, maximum: 2, default: 1, description: 'Width multiplier of MobileNets' }),
    variant: Type.Enum(['default', 'keras', 'torch', 'timm'], {
      default: 'default',
      description: 'Whose padding, epsilon and preprocessing: that of the library the weights come from',
    }),
    cut: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description:
        'Spatial node to stop after, when later weights are missing; a global average pool follows. null: the whole network',
    }),
    initSeed: Type.Integer({
      default: 0,
      description:
        'Seed of random weights. It does not follow the run seed, so that base models start alike in repeats',
    }),
  },
  { additionalProperties: false },
)

/** Outputs of `backbones/pretrained`. */
export const pretrainedOutputs = { model: port.model('the network', { modelKind: 'network' }) }

type PretrainedPlan = PlanArguments<Static<typeof pretrainedOptions>, Ports>

function planPretrained(options: PretrainedPlan['options'], issue: PretrainedPlan['issue']) {
  const entry = catalogue[options.architecture]
  if (entry === undefined) return {}
  if (options.width !== 1 && !entry.hasWidth) {
    issue('width', `${options.architecture} has no width multiplier`, {
      expected: '1',
      received: String(options.width),
    })
  }
  const side = options.inputSize ?? entry.inputSize
  if (side < entry.minInputSize) {
    issue('inputSize', `${options.architecture} needs larger pictures`, {
      expected: `at least ${entry.minInputSize}`,
      received: String(side),
    })
  }
  return { model: { architecture: options.architecture, inputShape: [side, side, 3], classNames: [] } }
}

/** `backbones/pretrained`. */
export const pretrained: Operation = defineOperation({
  kind: 'source',
  type: 'backbones/pretrained',
  summary: 'A network with published or random weights, without classifier',
  cacheVersion: 3,
  draws: false,
  options: pretrainedOptions,
  inputs: {} satisfies Ports,
  outputs: pretrainedOutputs,
  plan: ({ options, issue }) => planPretrained(options, issue),
  inspect: ({ options, resolve, issue, notice }) => {
    if (options.weights === undefined)
      notice?.(
        'RANDOM WEIGHTS, because none are named: this base model has learnt nothing; option "weights" takes a file',
      )
    const problem = options.weights === undefined ? undefined : weightFileProblem(resolve(options.weights))
    if (problem !== undefined) {
      issue('weights', problem.message, { expected: weightFormats, received: problem.received })
    }
    return planPretrained(options, issue)
  },
  contentFiles: shardsOf,
  load: () => import('./pretrained-node.js'),
})
