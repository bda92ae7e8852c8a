// One of the two processes of bench/ensemble-chance.mjs: fits a selector and classifiers on labels dealt anew, and counts.
import { readFileSync } from 'node:fs'
import ensemble from '@etsef/plugin-ensemble'
import mljs from '@etsef/plugin-mljs'
import { chanceTrial } from '../packages/plugin-ensemble/dist/testing/chance-trial.js'

/** Settings that keep a fit within a fraction of a second; the rest of the options keep their defaults. */
const quick = {
  'ensemble/xgboost': { rounds: 10 },
  'mljs/xgboost': { rounds: 5 },
  'ensemble/random-forest': { trees: 25 },
  'mljs/random-forest': { trees: 5 },
  'ensemble/select-tree-importance': { trees: 25 },
  'ensemble/select-boruta': { rounds: 5, trees: 10 },
  'ensemble/select-stability': { rounds: 10 },
  'ensemble/select-rfe': { step: 0.5 },
}

const operationOf = (wanted) => [...ensemble.operations, ...mljs.operations].find(({ type }) => type === wanted)
const optionsOf = ({ type, options }) => ({ ...(options.properties.components && { components: 20 }), ...quick[type] })

function readTable(file) {
  const table = JSON.parse(readFileSync(file, 'utf8'))
  // χ² wants values of 0 or more; features after ReLU are.
  return {
    ...table,
    kind: 'features',
    sourceIds: table.ids,
    labels: Int32Array.from(table.labels),
    features: Float32Array.from(table.features.flat(), Math.abs),
  }
}

process.on('message', async ({ table: name, file, selector, classifiers, from, to, leak, alpha }) => {
  const table = readTable(file)
  const counts = classifiers.map((classifier) => ({ classifier, inside: 0 }))
  for (let permutation = from; permutation <= to; permutation++) {
    const results = await chanceTrial({
      table,
      selector: operationOf(selector),
      classifiers: classifiers.map(operationOf),
      optionsOf,
      seed: `${name}/${selector}/${permutation}`,
      deals: 999,
      ...(leak && { fitSelectorOnTest: true }),
    })
    results.forEach(({ p }, c) => {
      if (p > alpha) counts[c].inside++
    })
  }
  process.send(counts)
})
