import { figureAt, shown } from '../figure.js'
import { markup, name } from '../markup.js'
import { words } from '../section.js'
import type { Block, Section } from '../section.js'
import type { Told } from '../told.js'
import { trainingPairs } from '../training.js'
import type { Gap, Overfit } from '../training.js'
import { trainingChart } from '../charts/training-chart.js'

/** What is concluded of trainings, as `findings` has it. */
export interface TrainingFindings {
  readonly overfits: readonly Overfit[]
  readonly gaps: readonly Gap[]
}

/** Training curves of every network, with a word where it overfits. */
export function trainingSection({ facts, findings }: Told, { overfits, gaps }: TrainingFindings): Section {
  if (facts === null) return { id: 'training', title: 'Training', blocks: [] }
  const pairs = trainingPairs(facts)
  const nodes = [...new Set(pairs.map(({ node }) => node))]
  const at = (...path: (string | number)[]) => shown(figureAt(findings, path))
  const step = (...path: (string | number)[]) => shown(figureAt(findings, path, 'whole'))
  const blocks = nodes.flatMap((node): Block[] => {
    const said = overfits.flatMap((each, index) =>
      each.node === node
        ? [
            markup`<p class="word"><strong>${name(node)} overfits</strong>${each.phase === '' ? null : markup` (${name(each.phase)})`}: its validation loss was ${at('overfits', index, 'bestLoss')} at step ${step('overfits', index, 'bestStep')} and ${at('overfits', index, 'lastLoss')} at step ${step('overfits', index, 'lastStep')}, while the training loss went from ${at('overfits', index, 'trainingAtBest')} to ${at('overfits', index, 'trainingAtLast')}.</p>`,
          ]
        : [],
    )
    const apart = gaps.flatMap((each, index) =>
      each.node === node
        ? [
            markup`<p class="word"><strong>${name(node)} knows its training rows better</strong>${each.phase === '' ? null : markup` (${name(each.phase)})`}: ${name(each.training)} ${at('gaps', index, 'trainingValue')} against ${name(each.validation)} ${at('gaps', index, 'validationValue')} at step ${step('gaps', index, 'step')}.</p>`,
          ]
        : [],
    )
    return [
      ...[...said, ...apart].map(words),
      {
        kind: 'chart',
        figure: {
          id: `training-${node}`,
          caption: `Training of ${node}`,
          chart: trainingChart({
            facts,
            pairs: pairs.filter((pair) => pair.node === node),
            title: `Training of ${node}`,
          }),
        },
      },
    ]
  })
  const note = blocks.length > 0 &&
    overfits.length === 0 && [
      words(
        markup`<p class="note">No network’s validation loss rose by a tenth above its best while its training loss fell.</p>`,
      ),
    ]
  return { id: 'training', title: 'Training', blocks: [...(note || []), ...blocks] }
}
