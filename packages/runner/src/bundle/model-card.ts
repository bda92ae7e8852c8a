import type { Json, ReportTable } from '@etsef/plugin-api'
import type { FittedGraph } from '../predict/fitted-graph.js'
import type { RunPlace } from '../predict/fitted-graph-of.js'
import type { CalibratedSets } from '../predict/prediction-sets.js'
import type { RunRecord } from '../run/run-record.js'
import { openArtifact } from '../worker/artifact-input.js'
import type { OpenStepFiles } from './write-open-formats.js'
import { bundleFiles, fittedFolder, type BundleIndex } from './bundle-format.js'

/** What the card tells beside the bundle's own index. */
export interface CardFacts {
  readonly graph: FittedGraph
  readonly place: RunPlace & { readonly record: RunRecord }
  readonly memberNames: readonly string[]
  /** Pictures that something on the way was fitted on. */
  readonly numSeen: number
  readonly sets: CalibratedSets
  readonly openSteps: readonly OpenStepFiles[]
}

const intendedUseHeading = '## Intended use'

/** What a card says that its bundle is for: the first paragraph below that heading. */
export function intendedUseOf(card: string): string {
  const [, after = ''] = card.split(`\n${intendedUseHeading}\n\n`)
  return after.split('\n\n')[0]!.replaceAll('\n', ' ')
}

/** The model card of a bundle, as Markdown: what it is for, what it was made of, how good it was found to be, and what nobody has looked at. */
export function modelCard(
  { name, run, target, classNames, versions }: Omit<BundleIndex, 'files'>,
  { graph, place, memberNames, numSeen, sets, openSteps }: CardFacts,
): string {
  const { record } = place
  const tables = evaluationsOf(place, graph)
  const description = (record.resolved as { readonly description?: Json }).description
  const plugins = Object.entries(versions.plugins).map(([plugin, { version }]) => `${plugin}@${version}`)
  const scores =
    tables.length === 0
      ? ['The run does not evaluate this node: **nothing is known of how good its answers are.**']
      : [
          'As the run found them, with the intervals of its evaluation, on rows that nothing was fitted on:',
          ...tables.map(markdownTable),
          `Labels of test rows were read ${String(record.testLabelReads)} times in that run. Every look at them, and every choice made after one, makes the figures kinder than new pictures will be.`,
        ]
  const sections = [
    frontMatter(name),
    `# ${name}: ${target}`,
    typeof description === 'string' ? description : '',
    `Made from run ${run} by \`etsef bundle\`.`,
    intendedUseHeading,
    'Research on methods for pictures with few labels. It is no medical device: it is not made, tested or cleared for diagnosis, triage or treatment.',
    `It gives each picture one of ${String(classNames.length)} classes (${classNames.join(', ')}), with scores, also where the picture shows none of them.`,
    '    etsef predict THIS_FOLDER /pictures > answers.csv',
    '## How it answers',
    `Pictures are decoded by the contract of \`${graph.source.type}\` (\`source\` in \`${bundleFiles.graph}\`), whose options are:`,
    `    ${JSON.stringify(graph.source.options)}`,
    'Then these steps, each with the options in the same file:',
    graph.steps
      .map(
        ({ node, type, passes }) => `- \`${node}\`: ${type}${passes ? ' (for training; pictures pass unchanged)' : ''}`,
      )
      .join('\n'),
    memberNames.length === 0 ? '' : `Members of the vote: ${memberNames.join(', ')}.`,
    '## Data',
    `Something on the way was fitted on ${String(numSeen)} pictures. Neither they, nor their names, paths, patients or labels are in this folder. Their digests are (\`${bundleFiles.seen}\`), so that whoever asks about one of them is told; so whoever holds such a picture, byte for byte, can tell that it was used. Fitted states hold what their methods keep: a nearest-neighbour classifier, the features of every picture it was fitted on.`,
    '## Scores',
    ...scores,
    setsText(sets),
    '## What was not tested',
    [
      '- pictures from other devices, hospitals or populations than the data above; judge yours with `etsef predict THIS_FOLDER /pictures --labels labels.csv`',
      '- whether it is as good for every sex, age, skin or device: the run knows none of them',
      '- whether its scores are probabilities for your share of each class',
      '- pictures that show none of the classes',
    ].join('\n'),
    '## For other programs',
    openSteps.length === 0
      ? ''
      : [
          `Copies, which \`etsef\` itself does not read (\`${bundleFiles.config}\` says how they follow one another):`,
          ...openSteps.map(({ node, files }) => `- \`${node}\`: ${files.map((file) => `\`${file}\``).join(', ')}`),
        ].join('\n'),
    withoutFormatText(graph, openSteps),
    '## Opening it',
    `Node ${versions.node.split('.')[0]!} (made with ${versions.node}) and ${plugins.join(', ')}; ${versions.engine === null ? 'no tensor engine' : `a tensor engine (fitted on ${versions.engine}; another gives scores that may differ in their last digits)`}. \`${bundleFiles.index}\` has the sha256 of every file, this one among them; where one differs, the bundle is refused. \`${fittedFolder}/\` holds networks and classifiers.`,
  ]
  return `${sections.filter(Boolean).join('\n\n')}\n`
}

function setsText(sets: CalibratedSets): string {
  if ('missing' in sets) return `Answers have no prediction sets: ${sets.missing}.`
  const { kind, level, numSamples, numGroups } = sets
  const among = kind === 'marginal' ? 'on the whole' : 'within each class'
  return `\`predictionSet\` of an answer lists the classes that cannot be ruled out: ${among} it holds the true one for at least ${String(Math.round(level * 100))} % of pictures that are like the ${String(numSamples)} validation rows (${String(numGroups)} patients) it was calibrated on (\`${bundleFiles.sets}\`). Where a step chose by those rows (early stopping, calibration, weights of a vote), it holds it less often.`
}

/** Steps that other programs cannot run from what is here. */
function withoutFormatText({ steps }: FittedGraph, openSteps: readonly OpenStepFiles[]): string {
  const written = new Set(openSteps.map(({ node }) => node))
  const without = steps.filter(({ node, passes }) => passes !== true && !written.has(node))
  if (without.length === 0) return ''
  const names = without.map(({ node, type }) => `\`${node}\` (${type})`)
  return `In no format but its own, so that other programs have to do these steps themselves: ${names.join(', ')}.`
}

/** What Hugging Face reads of a card. */
function frontMatter(name: string): string {
  return `---\nlibrary_name: etsef\npipeline_tag: image-classification\nmodel_name: ${JSON.stringify(name)}\ntags:\n- image-classification\n- onnx\n---`
}

/** Tables of the reports that have read the answers of the bundle's node. */
function evaluationsOf(
  { record, storeDir, registry }: CardFacts['place'],
  { target }: FittedGraph,
): readonly ReportTable[] {
  const answers = record.stages[`${target.node}:apply`] ?? record.stages[target.node]
  return Object.values(record.stages).flatMap(({ key, ingredients }) => {
    const reads = Object.values(ingredients.inputs)
      .flat()
      .some(([from, output]) => from === answers?.key && output === target.port)
    if (!reads || registry.find(ingredients.operation)?.operation.kind !== 'report') return []
    try {
      return Object.values(openArtifact(storeDir, key).manifest.outputs).flatMap(({ table }) => table ?? [])
    } catch {
      // It failed, or was collected since.
      return []
    }
  })
}

function markdownTable({ columns, rows }: ReportTable): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(columns), line(columns.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
