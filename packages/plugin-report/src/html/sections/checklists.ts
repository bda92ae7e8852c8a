import type { RunFacts } from '@etsef/plugin-api'
import { tableBlock, words } from '../section.js'
import { markup } from '../markup.js'
import type { Section } from '../section.js'
import { evaluationsOf } from '../told.js'
import type { Told } from '../told.js'

/** What the record says to an item of a checklist; null: only the author can say it. */
type Answer = (told: Told) => string | null

const author: Answer = () => null
const see = (section: string): string => `see “${section}”`

const used = ({ facts }: Told, pattern: RegExp): string[] => [
  ...new Set((facts?.nodes ?? []).filter(({ operation }) => pattern.test(operation)).map(({ operation }) => operation)),
]
const listOr = (found: readonly string[], section: string): string | null =>
  found.length === 0 ? null : `${found.join(', ')}; ${see(section)}`
const hasEvaluation = (told: Told): boolean => evaluationsOf(told).length > 0
const whenEvaluated =
  (text: string): Answer =>
  (told) =>
    hasEvaluation(told) ? text : null
const software = ({ facts }: Told): string | null =>
  facts === null
    ? null
    : `etsef ${facts.versions.runner}, Node ${facts.versions.node}${facts.engine === null ? '' : `, engine ${facts.engine}`}; ${see('To do it again')}`
const split = ({ facts }: Told): string | null => {
  const nodes = facts?.nodes.filter(({ operation }) => /split/.test(operation)) ?? []
  return nodes.length === 0
    ? null
    : `${nodes.map(({ id, options }) => `${id}: ${shares(options)}`).join('; ')}; a group (patient) lies in one partition`
}
const shares = (options: RunFacts['nodes'][number]['options']): string =>
  Object.entries(options)
    .flatMap(([key, value]) => (typeof value === 'number' ? [`${key} ${String(value)}`] : []))
    .join(', ')
const starts = ({ facts }: Told): string | null => {
  const nodes = facts?.nodes.filter(({ operation }) => /pretrained/.test(operation)) ?? []
  return nodes.length === 0
    ? null
    : nodes
        .map(({ id, options }) => `${id}: ${options['weights'] == null ? 'random weights' : 'published weights'}`)
        .join('; ')
}
const external = (told: Told): string | null =>
  evaluationsOf(told).some(({ json }) => json.partition === 'none')
    ? `an external set is evaluated; ${see('Scores')}`
    : 'none in this run'

/** Items of the Checklist for Artificial Intelligence in Medical Imaging, numbered as in its 2024 update. */
const claim: readonly (readonly [string, string, Answer])[] = [
  ['1', 'Title or abstract names the method', author],
  ['2', 'Structured abstract', author],
  ['3', 'Background and intended clinical role', author],
  [
    '4',
    'Aims and hypotheses',
    ({ facts }) =>
      facts?.primaryMetric == null
        ? null
        : `primary metric ${facts.primaryMetric}, declared before the run; clinical hypothesis: author must supply`,
  ],
  ['5', 'Prospective or retrospective', author],
  ['6', 'Goal of the study', author],
  [
    '7',
    'Data sources',
    (told) =>
      listOr(
        Object.values(told.facts?.contents ?? {}).map(({ path }) => path),
        'To do it again',
      ),
  ],
  ['8', 'Inclusion and exclusion', author],
  ['9', 'Preprocessing', (told) => listOr(used(told, /augment|standardi|resize/), 'Pipeline')],
  ['10', 'Selection of subsets', author],
  ['11', 'De-identification', author],
  ['12', 'Missing data', author],
  ['13', 'Acquisition protocol', author],
  ['14', 'Reference standard', author],
  ['15', 'Rationale of the reference standard', author],
  ['16', 'Source of annotations', author],
  ['17', 'Annotation of the test set', author],
  ['18', 'Variability of annotators', author],
  ['19', 'How data were assigned to partitions', split],
  [
    '20',
    'Level at which partitions are disjoint',
    (told) => (split(told) === null ? null : `group (patient); ${see('Leakage certificate')}`),
  ],
  [
    '21',
    'Intended sample size',
    whenEvaluated(`what the set can show: ${see('In short')}; the intention: author must supply`),
  ],
  ['22', 'Description of the model', (told) => listOr(used(told, /^(backbones|simclr|ensemble)\//), 'Pipeline')],
  ['23', 'Software, libraries, frameworks', software],
  ['24', 'Initialisation of the weights', starts],
  [
    '25',
    'Training: augmentation, hyperparameters, models',
    (told) => listOr(used(told, /finetune|pretrain$|augment/), 'Training'),
  ],
  [
    '26',
    'How the final model was selected',
    ({ facts }) => (facts === null ? null : `by validation rows as the options of the YAML say; ${see('Pipeline')}`),
  ],
  ['27', 'Ensembling', (told) => listOr(used(told, /vote|stack|weighted|greedy|fuse/), 'Pipeline')],
  ['28', 'Metrics of performance', whenEvaluated(see('Scores'))],
  [
    '29',
    'Significance and uncertainty',
    whenEvaluated(`intervals of whole groups, paired tests; ${see('Paired comparisons')}`),
  ],
  ['30', 'Robustness or sensitivity', author],
  ['31', 'Explainability, and how it was validated', (told) => listOr(used(told, /^xai\//), 'Failures')],
  ['32', 'Evaluation on internal data', whenEvaluated(see('Scores'))],
  ['33', 'Evaluation on external data', external],
  ['34', 'Registration of a clinical trial', author],
  ['35', 'Flow of participants', author],
  ['36', 'Demographics of each partition', author],
  ['37', 'Performance of the model', whenEvaluated(see('Scores'))],
  ['38', 'Estimates with precision', whenEvaluated(see('Scores'))],
  ['39', 'Failure analysis', whenEvaluated(see('Failures'))],
  ['40', 'Limitations', author],
  ['41', 'Implications for practice', author],
  ['42', 'Full protocol', ({ facts }) => (facts === null ? null : `the YAML as it ran; ${see('Pipeline')}`)],
  ['43', 'Availability of software, model and data', author],
  ['44', 'Funding', author],
]

/** Items of TRIPOD+AI (2024). */
const tripod: readonly (readonly [string, string, Answer])[] = [
  ['1', 'Title', author],
  ['2', 'Abstract', author],
  ['3', 'Background', author],
  ['4', 'Objectives', author],
  [
    '5',
    'Data',
    (told) =>
      listOr(
        Object.values(told.facts?.contents ?? {}).map(({ path }) => path),
        'To do it again',
      ),
  ],
  ['6', 'Participants', author],
  ['7', 'Data preparation', (told) => listOr(used(told, /augment|standardi|resize/), 'Pipeline')],
  ['8', 'Outcome', author],
  ['9', 'Predictors', (told) => listOr(used(told, /extract|finetune|fuse/), 'Pipeline')],
  ['10', 'Sample size', whenEvaluated(`what the set can show: ${see('In short')}`)],
  ['11', 'Missing data', author],
  ['12', 'Analytical methods', (told) => split(told)],
  ['13', 'Class imbalance', (told) => listOr(used(told, /expand|balance/), 'Pipeline')],
  ['14', 'Fairness', author],
  ['15', 'Model output', whenEvaluated('a class and a score of each class')],
  ['16', 'Training versus evaluation', split],
  ['17', 'Ethical approval', author],
  [
    '18',
    'Open science',
    ({ facts }) =>
      facts === null ? null : `the YAML as it ran; ${see('Pipeline')}; funding, registration, data: author must supply`,
  ],
  ['19', 'Patient and public involvement', author],
  ['20', 'Participants (results)', author],
  ['21', 'Model development', (told) => listOr(used(told, /finetune|pretrain$/), 'Training')],
  ['22', 'Model specification', software],
  ['23', 'Model performance', whenEvaluated(see('Scores'))],
  ['24', 'Model updating', author],
  ['25', 'Interpretation', author],
  ['26', 'Limitations', author],
  ['27', 'Usability of the model', author],
]

/** CLAIM and TRIPOD+AI, filled in from the record; what only the author knows says so. */
export function checklistSection(told: Told): Section {
  const table = (id: string, caption: string, items: typeof claim) =>
    tableBlock(
      {
        id,
        caption,
        columns: ['Item', 'About', 'Answer'],
        rows: items.map(([item, about, answer]) => [item, about, answer(told) ?? 'author must supply']),
      },
      { isFolded: true },
    )
  if (told.facts === null) return { id: 'checklists', title: 'Checklists', blocks: [] }
  return {
    id: 'checklists',
    title: 'Checklists',
    blocks: [
      words(
        markup`<p>Filled in from the record of the run, in our words: hold each item against the published list.</p>`,
      ),
      table('claim', 'CLAIM, as numbered in its update', claim),
      table('tripod-ai', 'TRIPOD+AI', tripod),
    ],
  }
}
