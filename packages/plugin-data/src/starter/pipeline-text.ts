import type { JsonObject } from '@etsef/plugin-api'
import { isAbsolute } from 'node:path'
import type { Told } from './describe-found.js'
import { describeFound } from './describe-found.js'
import type { Patients } from './look-at-folder.js'

/** What a pipeline is written of. */
export interface PipelineFacts extends Told {
  /** The data folder as the pipeline names it. */
  readonly path: string
  /** The table that names the images, as the pipeline names it; undefined for a folder of them. */
  readonly table: string | undefined
  readonly name: string
  /** The pipeline as the command line names it. */
  readonly file: string
}

/** Paths listed before a switch says it shorter. */
const mostListed = 20

/** Text of a first pipeline: frozen features under a logistic regression, one fine-tuned network, five classifiers on its features, and their votes. */
export function pipelineText(facts: PipelineFacts): string {
  const { weights, settings, name, file, look } = facts
  const isSplit = look.columns !== undefined && look.columns.partitionColumn !== null
  const subgroups = look.columns?.attributes ?? []
  const { side, epochs, batch, components } = settings
  const training = weights
    ? 'headEpochs: 2, headHidden: [128], augment: light'
    : 'headEpochs: 1, headHidden: [64], learningRate: 0.002, dropout: 0, augment: light'
  const start = flow({ ...(weights?.options ?? settings.random), inputSize: side })
  return `${describeFound(facts)
    .map((line) => `# ${line.replaceAll('\n', ' ')}`)
    .join('\n')}
#
#   etsef run ${file}
#   etsef report                        # one page of the newest run
#   etsef predict last NEW_PICTURES     # what it says of other pictures
name: ${JSON.stringify(name)}
seed: 42
primaryMetric: balancedAccuracy

nodes:
  # The images, split before anything else happens to them; no patient is on two sides
  images:
    use: ${facts.table === undefined ? 'data/folder' : 'data/table'}
    with:
      path: ${pathText(facts.path)}
${(facts.table === undefined ? folderLines(facts) : tableLines(facts, facts.table))
  .map((line) => `      ${line}\n`)
  .join(
    '',
  )}${isSplit ? '' : '  split: { use: data/split, in: { images: images }, with: { train: 0.6, val: 0.2, test: 0.2 } }\n'}
  # ${weights ? `Weights ${weights.name}; licence: ${weights.licence}` : 'Random weights: name a file with weights: … (etsef weights list) for a network that has seen pictures before'}
  start: { use: backbones/pretrained, with: ${start} }

  # The frozen baseline: what the network sees without training, under a logistic regression
  frozen: { use: backbones/extract, in: { images: ${isSplit ? 'images' : 'split'}, model: start } }
  scaled: { use: ensemble/standardize, in: { features: frozen } }
  logistic: { use: ensemble/logistic-regression, in: { features: scaled } }

  # The network, fine-tuned; rare classes weigh more
  tuned: { use: backbones/finetune, in: { images: ${isSplit ? 'images' : 'split'}, init: start }, with: { epochs: ${String(epochs)}, batchSize: ${String(batch)}, ${training}, classWeight: balanced, monitor: balancedAccuracy } }

  # Five classifiers on its features
  standardised: { use: ensemble/standardize, in: { features: tuned.features } }
  selected: { use: ensemble/fast-ica, in: { features: standardised }, with: { components: ${String(components)} } }
  svm: { use: ensemble/linear-svm, in: { features: selected } }
  xgb: { use: ensemble/xgboost, in: { features: selected } }
  rf: { use: ensemble/random-forest, in: { features: selected } }
  nb: { use: ensemble/naive-bayes, in: { features: selected } }
  knn: { use: ensemble/knn, in: { features: selected } }

  # The best single model by its validation rows, a vote by classes, a vote by probabilities
  best: { use: ensemble/single-best, in: { predictions: [logistic, tuned.predictions, svm, xgb, rf, nb, knn] } }
  hard: { use: ensemble/vote, in: { predictions: [svm, xgb, rf, nb, knn] } }
  soft: { use: ensemble/vote, in: { predictions: [svm, xgb, rf, nb, knn] }, with: { voting: soft } }

  # Scores on the sealed test rows, each against the soft vote
  scores: { use: report/evaluate, in: { predictions: [logistic, tuned.predictions, svm, xgb, rf, nb, knn, best, hard, soft] }, with: { reference: soft${subgroups.length > 0 ? `, subgroups: ${JSON.stringify(subgroups)}` : ''} } }
  figures: { use: report/figures, in: { predictions: soft, features: tuned.features } }

  # One page of all that; \`etsef report\` makes it again with what the run took, and with more
  page: { use: report/html, in: { reports: [scores, figures] }, with: { baseline: logistic, single: best, networks: [tuned.predictions] } }
`
}

function pathText(path: string): string {
  return JSON.stringify(isAbsolute(path) || path.startsWith('.') ? path : `./${path}`)
}

function tableLines({ look }: PipelineFacts, table: string): readonly string[] {
  const { columns, broken, contradicting } = look
  if (!columns) return []
  const { fileColumn, labelColumn, groupColumn, partitionColumn, boxColumns, frameColumn, attributes } = columns
  const text = (value: unknown): string => JSON.stringify(value)
  return [
    `table: ${pathText(table)}`,
    `fileColumn: ${text(fileColumn)}`,
    `labelColumn: ${text(labelColumn)}`,
    groupColumn === null
      ? 'groupColumn: null   # patients are not known: name the column that says'
      : `groupColumn: ${text(groupColumn)}`,
    ...(partitionColumn === null ? [] : [`partitionColumn: ${text(partitionColumn)}`]),
    ...(boxColumns ? [`boxColumns: ${text(boxColumns)}`] : []),
    ...(frameColumn === null ? [] : [`frameColumn: ${text(frameColumn)}`]),
    ...(attributes.length > 0 ? [`attributes: ${text(attributes)}`] : []),
    ...(broken.length > 0
      ? [`onBroken: drop   # ${String(broken.length)} pictures cannot be used; the log of the run names them`]
      : []),
    ...(contradicting.length > 0
      ? [
          `onDuplicate: drop   # the same picture in two classes: ${contradicting[0]!.join(' and ')}; or remove the wrong row and this line`,
        ]
      : []),
  ]
}

function folderLines({ look }: PipelineFacts): readonly string[] {
  const { listed, empty, broken, contradicting, patients } = look
  const exclude = [...empty, ...(broken.length <= mostListed ? broken.map(({ path }) => path) : [])]
  return [
    ...(listed ? [`classes: ${JSON.stringify(listed)}   # each holds its images in folders of its own`] : []),
    ...(listed && empty.length > 0 ? ['otherClasses: ignore'] : []),
    patientLine(patients),
    ...(exclude.length > 0 ? [`exclude: ${JSON.stringify(exclude)}   # ${whyExcluded(empty, exclude)}`] : []),
    ...(broken.length > mostListed
      ? [`onBroken: drop   # ${String(broken.length)} files cannot be used; the log of the run names them`]
      : []),
    ...(contradicting.length > 0
      ? [
          `onDuplicate: drop   # the same image in two classes: ${contradicting[0]!.join(' and ')}${contradicting.length > 1 ? ` and ${String(contradicting.length - 1)} more` : ''}; or remove the wrong one and this line`,
        ]
      : []),
  ]
}

function whyExcluded(empty: readonly string[], exclude: readonly string[]): string {
  if (empty.length === 0) return 'cannot be decoded'
  return exclude.length === empty.length ? 'holds no images' : 'without images, or cannot be decoded'
}

function patientLine(patients: Patients): string {
  if (patients.by === 'file') return `groups: ${patients.file}`
  if (patients.by === 'pattern')
    return `groupPattern: ${JSON.stringify(patients.pattern)}   # the bracket is the patient; check it, or name a CSV with file,group under groups`
  return 'nearDuplicates: group   # patients are not known: a CSV with file,group under groups would say'
}

/** An object in YAML's flow style. */
function flow(value: JsonObject): string {
  return `{ ${Object.entries(value)
    .map(([key, each]) => `${key}: ${JSON.stringify(each)}`)
    .join(', ')} }`
}
