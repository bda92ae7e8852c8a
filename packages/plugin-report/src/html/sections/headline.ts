import { figureAt, shown } from '../figure.js'
import type { Figure, Source } from '../figure.js'
import { headlineOf } from '../findings.js'
import type { Role, Verdict, Rival } from '../findings.js'
import { markup, name } from '../markup.js'
import type { Markup } from '../markup.js'
import { words } from '../section.js'
import type { Section } from '../section.js'
import { evaluationsOf } from '../told.js'
import type { StoredEvaluation, Told } from '../told.js'
import { metricTitle, pathOfInterval } from '../metric-names.js'

/** The first lines: what was asked, what came out, how small a difference can be seen, and whether combining was worth it. */
export function headlineSection(told: Told): Section {
  const { facts } = told
  const blocks = evaluationsOf(told).map(({ name: report, source, json }) =>
    words(markup`${askedMarkup(told, json, source)}${answerMarkup(json, source, told, report)}`),
  )
  const none = words(markup`<p>No report of this ${facts ? 'run' : 'page'} evaluates predictions.</p>`)
  return { id: 'answer', title: 'In short', blocks: blocks.length > 0 ? blocks : [none] }
}

function askedMarkup({ facts }: Told, json: StoredEvaluation, source: Source): Markup {
  const { classNames, partition, primaryMetric } = json
  return markup`<p class="asked"><strong>Asked</strong>: ${facts?.description === undefined ? null : markup`<span class="name">${facts.description}</span>. `}Which of ${classNames.map((each, at) => markup`${at === 0 ? '' : at === classNames.length - 1 ? ' or ' : ', '}${name(each)}`)},
judged by ${metricTitle(primaryMetric).toLowerCase()}, declared before the run, on ${shown(figureAt(source, ['inputs', 0, 'numSamples'], 'whole'))}
${partition === 'none' ? 'rows of an external set' : markup`${name(partition)} rows`} of ${shown(figureAt(source, ['inputs', 0, 'numGroups'], 'whole'))} independent groups (patients).</p>`
}

function answerMarkup(json: StoredEvaluation, source: Source, { facts, named }: Told, report: string): Markup {
  const headline = headlineOf(json, facts, named)
  const metric = json.primaryMetric
  const reference = json.inputs[headline.reference]
  if (reference === undefined) return markup``
  const at = ['inputs', headline.reference] as const
  const lines = headline.rivals.map((rival) => rivalMarkup(rival, json, source))
  const roles = new Set(headline.rivals.map(({ role }) => role))
  return markup`<p class="answer"><span class="big">${shown(figureAt(source, [...at, 'metrics', metric]))}</span>
<span>${metricTitle(metric)} of ${name(reference.name)}, ${shown(figureAt(source, ['confidence'], 'level'))} interval ${intervalMarkup(source, pathOfInterval(headline.reference, metric))}</span></p>
<ul class="rivals">
<li><strong>Smallest difference this set can show</strong>: about ±${shown(figureAt(source, [...at, 'resolution'], 'points'))} points, unless the comparison on the same rows says so.</li>
${lines}
${!roles.has('frozen') && (facts !== null || named.single !== '') ? markup`<li class="missing"><strong>Frozen baseline</strong>: none among the inputs of ${name(report)}. Without one, nobody can say what training the networks was worth: add <code>backbones/extract</code> and <code>ensemble/logistic-regression</code>.</li>` : null}
</ul>`
}

const roleTitles: Readonly<Record<Role, string>> = {
  chosen: 'Single model chosen by validation rows',
  single: 'Best single model on these rows',
  network: 'Best network alone',
  frozen: 'Frozen baseline',
}

const verdictMarks: Readonly<Record<Verdict, string>> = {
  better: 'beaten',
  worse: 'not beaten',
  'not told apart': 'not told apart',
  'not compared': 'not compared',
}

function rivalMarkup(rival: Rival, json: StoredEvaluation, source: Source): Markup {
  const own = figureAt(source, ['inputs', rival.input, 'metrics', json.primaryMetric])
  const where = ['comparisons', rival.comparison] as const
  const difference: Figure = figureAt(source, [...where, 'difference'], 'signed')
  return markup`<li class="${rival.verdict.replaceAll(' ', '-')}"><strong>${roleTitles[rival.role]}</strong>, ${name(rival.name)} with ${shown(own)}: <em class="verdict">${verdictMarks[rival.verdict]}</em>${
    rival.comparison < 0
      ? null
      : markup`; ${name(json.reference)} minus it is ${shown(difference)} ${intervalMarkup(source, [...where, 'differenceInterval'], 'signed')}, mid-p ${shown(figureAt(source, [...where, 'midP'], 'p'))}`
  }.</li>
`
}

function intervalMarkup(source: Source, path: readonly (string | number)[], form: Figure['form'] = 'decimal'): Markup {
  const low = figureAt(source, [...path, 'low'], form)
  if (low.value === null) return markup`not estimable`
  return markup`[${shown(low)}, ${shown(figureAt(source, [...path, 'high'], form))}]`
}
