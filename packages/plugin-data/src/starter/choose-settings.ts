import type { JsonObject, StarterRequest } from '@etsef/plugin-api'
import { architectureOf, type FoundWeights } from './find-weights.js'
import type { FolderLook } from './look-at-folder.js'

/** How the first run trains. */
export interface Settings {
  /** Side of the network's input in pixels. */
  readonly side: number
  readonly epochs: number
  readonly batch: number
  /** About how long a run takes. */
  readonly minutes: number
  /** Columns after the projection. */
  readonly components: number
  /** Options of `backbones/pretrained` where no weights are here. */
  readonly random: JsonObject
}

/** Minutes that a first run should not go beyond on this machine. */
const mostMinutes = 5
/** Sides that networks take, largest first. */
const sides = [224, 160, 128, 96, 64]
/** A network from random weights that a few hundred pictures can teach something. */
const random: JsonObject = { architecture: 'mobilenetV1', width: 0.5, cut: 'conv_pw_3_relu' }

/** Milliseconds of one CPU that a picture of 96 pixels takes in an epoch of fine-tuning, by network and engine. */
const milliseconds: Readonly<Record<string, number>> = {
  mobilenetV1: 8,
  mobilenetV2: 4.5,
  mobilenetV3Small: 4,
  mobilenetV3Large: 12,
  efficientnetB0: 20,
  resnet18: 15,
}
const engineFactor: Readonly<Record<string, number>> = { tensorflow: 1, 'tensorflow-gpu': 0.1 }
const otherEngine = 4
/** Minutes of what is not training: looking, classifiers, intervals, figures. */
const rest = 0.7

/** Sizes with which a first run ends within minutes; the largest pictures that fit come first, then epochs. */
export function chooseSettings(
  { counts, sides: found }: Pick<FolderLook, 'counts' | 'sides'>,
  weights: FoundWeights | undefined,
  { engine = 'wasm' }: Pick<StarterRequest, 'engine'>,
): Settings {
  const numImages = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const perPicture =
    (milliseconds[architectureOf(weights?.options ?? random)] ?? 20) * (engineFactor[engine] ?? otherEngine)
  const minutesOf = (side: number, epochs: number): number =>
    rest + (numImages * perPicture * (side / 96) ** 2 * (epochs + 3)) / 60_000
  // Enlarging pictures far beyond their pixels costs time and adds nothing.
  const useful = sides.filter((side) => side <= Math.max(64, 1.2 * found.median) && side <= 128)
  const epochs = weights ? [12, 8, 5] : [16, 10]
  const choices = useful.flatMap((side) => epochs.map((count) => ({ side, epochs: count })))
  const fitting = choices.find((choice) => minutesOf(choice.side, choice.epochs) <= mostMinutes) ?? choices.at(-1)!
  // The projection is fitted on the train rows, of which it needs more than columns.
  const components = Math.max(2, Math.min(50, Math.floor(numImages / 10)))
  return {
    ...fitting,
    batch: 16,
    minutes: Math.max(1, Math.round(minutesOf(fitting.side, fitting.epochs))),
    components,
    random,
  }
}
