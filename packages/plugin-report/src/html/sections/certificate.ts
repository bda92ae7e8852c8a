import type { RunFacts, SiblingRun } from '@etsef/plugin-api'
import { figureAt, shown } from '../figure.js'
import { markup, name } from '../markup.js'
import type { Markup } from '../markup.js'
import { metricTitle } from '../metric-names.js'
import { words } from '../section.js'
import type { Section } from '../section.js'
import { evaluationsOf } from '../told.js'
import type { Told } from '../told.js'

/** What keeps test rows out of what was learnt, and what was found of it. */
export function certificateSection(told: Told): Section {
  const { facts } = told
  const rows =
    facts === null
      ? []
      : [splitRow, groupRow, lineageRow, duplicateRow, readsRow, controlRow].map((row) => row(told, facts))
  return {
    id: 'leakage',
    title: 'Leakage certificate',
    blocks:
      rows.length === 0
        ? []
        : [
            words(
              markup`<dl class="facts">${rows.map(([term, text]) => markup`<dt>${term}</dt><dd>${text}</dd>`)}</dl>`,
            ),
          ],
  }
}

type Row = readonly [term: string, text: Markup]

function splitRow({ record }: Told, facts: RunFacts): Row {
  const splits = facts.nodes.flatMap((node, at) =>
    partitionsOf(node.stages[0]?.metrics ?? {}).length > 0 ? [{ node, at }] : [],
  )
  const rows = splits.map(({ node, at }) => {
    const { metrics = {} } = node.stages[0] ?? {}
    const parts = partitionsOf(metrics).map((partition) => {
      const counts = Object.keys(metrics)
        .filter((key) => key.startsWith(`${partition}.`))
        .map(
          (key) =>
            markup`${name(key.slice(partition.length + 1))} ${shown(figureAt(record, ['nodes', at, 'stages', 0, 'metrics', key], 'whole'))}`,
        )
      return markup`<li>${name(partition)}: ${counts.map((count, index) => [index === 0 ? '' : ', ', count])}</li>`
    })
    return markup`<p>${name(node.id)} (${name(node.operation)}), rows of each class:</p><ul>${parts}</ul>`
  })
  return ['Split', rows.length > 0 ? markup`${rows}` : markup`No node of this run split its rows.`]
}

const partitions = ['train', 'val', 'test']

function partitionsOf(metrics: Readonly<Record<string, unknown>>): string[] {
  const keys = Object.keys(metrics)
  const found = partitions.filter((partition) => keys.some((key) => key.startsWith(`${partition}.`)))
  return found.length > 1 ? found : []
}

function groupRow(told: Told): Row {
  const lines = evaluationsOf(told).map(
    ({ name: report, source }) =>
      markup`<p>${name(report)} judges ${shown(figureAt(source, ['inputs', 0, 'numSamples'], 'whole'))} rows of ${shown(figureAt(source, ['inputs', 0, 'numGroups'], 'whole'))} groups.</p>`,
  )
  return [
    'Groups',
    markup`<p>A group (patient) lies in one partition: the runner refuses rows that part one, as they are stored, and a split after copies were made, before anything runs.</p>${lines}`,
  ]
}

function lineageRow({ record }: Told, facts: RunFacts): Row {
  const fitted = facts.nodes.flatMap((node, at) =>
    node.stages.flatMap(({ part, numLearnedFrom }, stage) =>
      part === 'fit' && numLearnedFrom !== undefined ? [{ node, at, stage }] : [],
    ),
  )
  const items = fitted.map(
    ({ node, at, stage }) =>
      markup`<li>${name(node.id)}: ${shown(figureAt(record, ['nodes', at, 'stages', stage, 'numLearnedFrom'], 'whole'))}</li>`,
  )
  return [
    'Lineage',
    markup`<p>Every fitted model carries the originals that it, and all it stands on, has learned from. A test row among them ends the run, so none was.
Code that learns sees no label of a test row.</p><details><summary>Originals by fitted model</summary><ul class="columns">${items}</ul></details>`,
  ]
}

function duplicateRow({ record }: Told, facts: RunFacts): Row {
  const audits = facts.nodes.flatMap((node, at) =>
    /near-?duplicates|audit/.test(node.operation) ? [{ node, at }] : [],
  )
  if (audits.length === 0)
    return [
      'Near-duplicates',
      markup`<span class="missing">Not looked for: the pipeline has no <code>data/near-duplicates</code>.</span>`,
    ]
  return [
    'Near-duplicates',
    markup`${audits.map(({ node, at }) => {
      const metrics = Object.keys(node.stages[0]?.metrics ?? {})
      return markup`<p>${name(node.id)} (${name(node.operation)}):</p><ul class="columns">${metrics.map(
        (key) =>
          markup`<li>${name(key)} ${shown(figureAt(record, ['nodes', at, 'stages', 0, 'metrics', key], 'short'))}</li>`,
      )}</ul>`
    })}`,
  ]
}

function readsRow({ record }: Told, facts: RunFacts): Row {
  const reads = facts.nodes.flatMap((node, at) =>
    node.stages.flatMap(({ testLabelReads }, stage) => (testLabelReads > 0 ? [{ node, at, stage }] : [])),
  )
  return [
    'Reads of test labels',
    markup`<p>${shown(figureAt(record, ['testLabelReads'], 'whole'))} in this run, by reports alone${
      reads.length === 0
        ? null
        : markup`: ${reads.map(
            ({ node, at, stage }, index) =>
              markup`${index === 0 ? '' : ', '}${name(node.id)} ${shown(figureAt(record, ['nodes', at, 'stages', stage, 'testLabelReads'], 'whole'))}`,
          )}`
    }. Nothing downstream of a report can learn. Every further look at the same test rows, to choose between pipelines, spends them.</p>`,
  ]
}

function controlRow(told: Told, facts: RunFacts): Row {
  const controls = facts.siblings.flatMap((sibling, at) => (isControl(sibling) ? [{ sibling, at }] : []))
  if (controls.length === 0)
    return [
      'Permuted labels',
      markup`<span class="missing">No control among the last runs of this file: run it with an option that deals labels anew (in the pipelines of this project <code>--set vars.permute=1</code>); its scores must fall to chance.</span>`,
    ]
  const [evaluation] = evaluationsOf(told)
  const metric = evaluation?.json.primaryMetric ?? ''
  return [
    'Permuted labels',
    markup`<ul>${controls.map(({ sibling, at }) => {
      const key = `${evaluation?.json.reference ?? ''}.${metric}`
      return markup`<li>Run ${name(sibling.run)}: ${metricTitle(metric)} ${shown(figureAt(told.record, ['siblings', at, 'metrics', evaluation?.name ?? '', key]))}</li>`
    })}</ul><p>Chance is one part in the number of classes.</p>`,
  ]
}

/** Whether labels were dealt anew there, and not here. */
function isControl({ changes }: SiblingRun): boolean {
  return changes.some(({ option, here, there }) => /^permute/i.test(option) && here === null && there !== null)
}
