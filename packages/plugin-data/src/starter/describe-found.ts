import { listNames } from '../folder/list-folder.js'
import type { Settings } from './choose-settings.js'
import type { FoundWeights } from './find-weights.js'
import type { FolderLook } from './look-at-folder.js'

/** What was seen, and what follows from it. */
export interface Told {
  readonly look: FolderLook
  readonly weights: FoundWeights | undefined
  readonly settings: Settings
}

/** What was found in a folder, as lines for people. */
export function describeFound({ look, weights, settings }: Told): readonly string[] {
  const { counts, modes, sides, broken, contradicting, numRepeats, notes } = look
  const least = [...counts].filter(([, count]) => count < 10).map(([name]) => name)
  const numImages = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return [
    `${String(numImages)} images of ${String(counts.size)} classes: ${[...counts].map(([name, count]) => `${name} ${String(count)}`).join(', ')}`,
    `${[...modes].map(([mode, count]) => `${String(count)} ${mode}`).join(', ')}; shorter side ${sides.least === sides.most ? String(sides.least) : `${String(sides.least)} to ${String(sides.most)}, half of them up to ${String(sides.median)}`} pixels`,
    describeModality(look),
    describePatients(look),
    ...notes,
    ...(broken.length > 0
      ? [`${String(broken.length)} files cannot be used and are left out: ${listNames(broken.map(({ path }) => path))}`]
      : []),
    ...contradicting.map((twins) => `the same image in two classes, all left out: ${twins.join(', ')}`),
    ...(numRepeats > 0
      ? [`${String(numRepeats)} images repeat another of their class; a split keeps them together`]
      : []),
    ...(least.length > 0 ? [`very few images: ${listNames(least)}; figures of these classes will say little`] : []),
    weights
      ? `starts from the weights ${weights.name} (licence: ${weights.licence})`
      : 'STARTS FROM RANDOM WEIGHTS: none were found. With pre-trained ones it would learn far more: etsef weights pull mobilenetV2/torchvision, then init again with --force',
    `a run takes about ${String(settings.minutes)} min on this machine: ${String(settings.side)} pixels, ${String(settings.epochs)} epochs`,
  ]
}

function describeModality({ modality }: FolderLook): string {
  return modality
    ? `modality: ${modality.name}, guessed from the words ${modality.words.join(', ')} in names`
    : 'modality: names do not tell it'
}

function describePatients({ patients, columns }: FolderLook): string {
  if (patients.by === 'file') return `${String(patients.count)} patients or other groups, by ${patients.file}`
  if (patients.by === 'pattern')
    return `${String(patients.count)} patients, guessed from file names by ${patients.pattern}: check it`
  if (columns) return 'whose the images are is not known: every picture counts as a patient of its own'
  return 'whose the images are is not known: only pictures that are nearly the same are kept on one side of the split'
}
