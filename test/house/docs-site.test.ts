import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Operation, Plugin } from '@etsef/plugin-api'
import { expect, onTestFinished, test } from 'vitest'
import { read, root, temporaryFolder } from '../support/etsef.js'

interface Page {
  readonly path: string
  readonly text: string
}

// The tools are plain scripts without types.
const { brokenLinks } = (await import(join(root, 'tools/docs/broken-links.mjs'))) as {
  brokenLinks: (site: string) => readonly string[]
}
const { linksForSite } = (await import(join(root, 'tools/docs/links-for-site.mjs'))) as {
  linksForSite: (text: string, facts: object) => string
}
const { operationPages } = (await import(join(root, 'tools/docs/operation-pages.mjs'))) as {
  operationPages: (folder: string) => Promise<{ readonly paths: Map<string, string>; readonly pages: readonly Page[] }>
}

test('a link to a page or a place that is not there is told with its page', () => {
  const { path, dispose } = temporaryFolder()
  onTestFinished(dispose)
  mkdirSync(join(path, 'pages'))
  writeFileSync(join(path, 'index.html'), '<a href="pages/a.html#here">a</a> <a href="pages/b.html">b</a>')
  writeFileSync(
    join(path, 'pages/a.html'),
    '<h1 id="here">a</h1> <a href="../index.html">up</a> <a href="#there">down</a> <a href="https://example.org/x">x</a>',
  )
  expect(brokenLinks(path)).toEqual(['index.html: no file for pages/b.html', 'pages/a.html: no place for #there'])
})

test('links of Markdown lead to pages of the site or to the repository, and names of operations to their pages', () => {
  const problems: string[] = []
  const facts = {
    path: 'docs/parts.md',
    known: new Set([join(root, 'docs/sweeps.md')]),
    operations: new Map([['ensemble/pca', '.site-pages/ensemble/pca.md']]),
    problems,
  }
  expect(linksForSite('[a](sweeps.md#ablate) [b](../package.json) [c](../bench) `ensemble/pca`', facts)).toBe(
    '[a](sweeps.md#ablate) [b](https://github.com/etsef/etsef/blob/main/package.json) ' +
      '[c](https://github.com/etsef/etsef/tree/main/bench) [`ensemble/pca`](../.site-pages/ensemble/pca.md)',
  )
  expect(linksForSite('```\n[a](nowhere.md) `ensemble/pca`\n```', facts)).toContain(
    '\n[a](nowhere.md) `ensemble/pca`\n',
  )
  expect(problems).toEqual([])
  linksForSite('[a](nowhere.md)', facts)
  expect(problems).toEqual(['docs/parts.md: a link to nowhere.md, which is not there'])
})

test('every operation has a page with each of its ports and options', async () => {
  const { pages, paths } = await operationPages('.site-pages')
  const operations: Operation[] = []
  for (const name of readdirSync(join(root, 'packages'))) {
    if (!name.startsWith('plugin-') || name === 'plugin-api') continue
    // The default export of such a package is its plugin.
    const { default: plugin } = (await import(`@etsef/${name}`)) as { default: Plugin }
    operations.push(...plugin.operations)
  }
  expect(operations.length).toBeGreaterThan(50)
  for (const { type, inputs, outputs, options } of operations) {
    const { text = '' } = pages.find(({ path }) => path === paths.get(type)) ?? {}
    // A schema of options is an object with properties.
    const names = [inputs, outputs, (options as { properties?: object }).properties ?? {}].flatMap(Object.keys)
    expect(names.filter((name) => !text.includes(`| \`${name}\` |`))).toEqual([])
    expect(text).toContain(`use: ${type}`)
  }
})

test.each(['docs', 'docs/results', 'docs/adr', 'docs/operations'])(
  'every document of %s stands in an index',
  (folder) => {
    const index = folder === 'docs/operations' ? 'docs/README.md' : `${folder}/README.md`
    const prefix = folder === 'docs/operations' ? 'operations/' : ''
    const documents = readdirSync(join(root, folder)).filter((file) => file.endsWith('.md') && file !== 'README.md')
    expect(documents.length).toBeGreaterThan(3)
    expect(documents.filter((file) => !read(root, index).includes(`](${prefix}${file})`))).toEqual([])
  },
)
