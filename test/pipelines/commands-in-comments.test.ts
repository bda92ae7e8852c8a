import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { etsef, hasShared, read, root } from '../support/etsef.js'

/** Calls of `etsef run` and `plan` that the comments of a pipeline offer, as the words a shell would pass. */
function commandsOf(file: string): readonly (readonly string[])[] {
  return [...read(root, 'pipelines', file).matchAll(/^#\s+npx etsef (?:run|plan) (.*)$/gm)].map(([, written]) =>
    [...(written ?? '').replace(/\s#\s.*$/, '').matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) =>
      word.replaceAll("'", ''),
    ),
  )
}

const commands = readdirSync(`${root}/pipelines`)
  .filter((file) => file.endsWith('.yaml'))
  .flatMap(commandsOf)
  // Words in capitals or dots stand for something of the reader's.
  .filter((words) => !words.some((word) => /…|\.\.\.|<|\/my\/|^[A-Z]+$/.test(word)))

test('comments of pipelines offer commands', () => {
  expect(commands.length).toBeGreaterThan(3)
})

test.skipIf(!hasShared).each(commands)('etsef validate %s %s %s %s %s', async (...words) => {
  const given = words.filter((word) => typeof word === 'string' && word !== '-q' && word !== '--json')
  const { stdout, code } = await etsef(['validate', ...given])
  expect(stdout).toContain('is valid')
  expect(code).toBe(0)
})

test('a base model without weights is said to be random, with every plan', async () => {
  const { stderr } = await etsef(['validate', 'pipelines/demo.yaml'])
  expect(stderr).toContain('note: node "start": RANDOM WEIGHTS')
})
