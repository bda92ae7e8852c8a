import { randomPresets, type RandomPreset } from '@etsef/nn/view-options'
import { Type, defineOperation, port, type Operation } from '@etsef/plugin-api'
import { changeNames, viewRecipe } from './view-recipe.js'

const presetNames = Object.keys(randomPresets) as RandomPreset[]
const orPreset = 'null: the preset’s'

const share = (description: string) =>
  Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
    default: null,
    description: `${description}. ${orPreset}`,
  })
const range = (description: string, minimum: number, maximum: number) =>
  Type.Union([Type.Array(Type.Number({ minimum, maximum }), { minItems: 2, maxItems: 2 }), Type.Null()], {
    default: null,
    description: `${description}, [low, high]. ${orPreset}`,
  })

/** Options of `augment/random`. */
export const randomOptions = Type.Object(
  {
    preset: Type.Enum(presetNames, { description: 'What the pictures are; the README says why each preset leaves out what it does' }), // prettier-ignore
    crop: range('Share of the area that a crop keeps', 0.01, 1),
    flip: share('Probability of swapping left and right'),
    verticalFlip: share('Probability of swapping up and down'),
    rotationDegrees: Type.Union([Type.Number({ minimum: 0, maximum: 180 }), Type.Null()], {
      default: null,
      description: `Turns are uniform in plus or minus so many degrees. ${orPreset}`,
    }),
    zoom: range('Magnification about the centre; below 1 shrinks', 0.1, 10),
    jitter: share('Probability that brightness, contrast, saturation and hue change'),
    brightness: share('Largest relative change of brightness'),
    contrast: share('Largest relative change of contrast'),
    saturation: share('Largest relative change of saturation'),
    hue: Type.Union([Type.Number({ minimum: 0, maximum: 0.5 }), Type.Null()], {
      default: null,
      description: `Largest change of hue, in turns of the colour circle. ${orPreset}`,
    }),
    grayscale: share('Probability of dropping colour'),
    blur: share('Probability of a Gaussian blur'),
    blurSigma: range('Standard deviation of the blur as a share of the side', 0, 0.1),
    pairs: Type.Union(
      [
        Type.Array(Type.Array(Type.Enum(changeNames), { minItems: 1, uniqueItems: true }), { minItems: 2 }),
        Type.Null(),
      ],
      {
        default: null,
        description:
          'Draws take turns: the first undergoes the changes of the first list alone, the next those of the next. null: every draw undergoes all',
      },
    ),
  },
  { additionalProperties: false },
)

/** Inputs of `augment/random`. */
export const randomInputs = { images: port.images('split images') }

/** Outputs of `augment/random`. */
export const randomOutputs = {
  images: port.images('the same rows; what learns from train rows sees another view of them at each draw'),
}

/** `augment/random`. */
export const random: Operation = defineOperation({
  kind: 'combine',
  type: 'augment/random',
  summary: 'The images, of which whoever learns from train rows sees another random view each time',
  cacheVersion: 1,
  options: randomOptions,
  inputs: randomInputs,
  outputs: randomOutputs,
  rowPolicy: 'same',
  isRandom: true,
  plan: ({ options, inputs, issue }) => {
    for (const name of ['crop', 'zoom', 'blurSigma'] as const) {
      const [low, high] = options[name] ?? [0, 0]
      if (low! > high!)
        issue(name, `${name} is [low, high]`, { expected: 'low at most high', received: `[${low!}, ${high!}]` })
    }
    const { partitions, channels, isRandom } = inputs.images
    if (partitions && !partitions.includes('train')) {
      issue('in:images', 'Only training images are changed, and there are none', {
        received: `partitions ${partitions.join(', ')}`,
        hint: 'put data/split before augment/random',
      })
    }
    if (isRandom) issue('in:images', 'these pictures are random views already', { hint: 'keep one augment/random' })
    const colour = colourChangeOf(options)
    const { message, ...details } = noColour
    if (channels === 1 && colour) issue(colour, message, details)
    return { images: {} }
  },
  load: () => import('./random-node.js'),
})

/** Why changes of colour are refused for pictures that have none. */
export const noColour = {
  message: 'the pictures have one channel, so that there is no colour to change',
  expected: '0, or a preset for grey pictures',
  received: 'pictures with one channel',
  hint: 'preset greyscale-mri, xray or ultrasound; or hue: 0, saturation: 0 and grayscale: 0',
} as const

/** The option by which options change colour; `preset` where it is the preset that does. */
export function colourChangeOf(options: Parameters<typeof viewRecipe>[0]): string | undefined {
  const recipe = viewRecipe(options)
  const name = (['hue', 'saturation', 'grayscale'] as const).find((each) => recipe[each] > 0)
  if (name === undefined) return undefined
  return options[name] === null ? 'preset' : name
}
