// The site: what typedoc makes of every package's exports, with the Markdown of this repository and a page for each operation as documents.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Application, DocumentReflection, MinimalSourceFile, PageEvent } from 'typedoc'
import { operationPages } from './operation-pages.mjs'
import { linksForSite, repository } from './links-for-site.mjs'

/** A link inside what opens and closes is out of reach of a screen reader; a table that scrolls must be in reach of the keys; a folder opens its index on a server only. */
function mend(html) {
  return html
    .replaceAll(/<summary[\s\S]*?<\/summary>/g, (summary) =>
      summary.replaceAll(/<a [^>]*class="tsd-anchor-icon"[\s\S]*?<\/a>/g, ''),
    )
    .replaceAll(/href="((?:\.\.?\/)+)"/g, 'href="$1index.html"')
    .replaceAll('<table>', '<div class="site-table" tabindex="0"><table>')
    .replaceAll('</table>', '</table></div>')
}

/** Generated Markdown, ignored by git; typedoc follows links between files only. */
const generated = '.site-pages'

/** Links to sources: of the main branch, whether this is a checkout of git or not. */
const sources = {
  disableGit: true,
  sourceLinkTemplate: `${repository}/blob/main/{path}#L{line}`,
  basePath: resolve('.'),
}

/** Builds the site in `out`. @returns How many pages it has, and what typedoc or a link says is wrong. */
export async function buildSite(out) {
  rmSync(generated, { recursive: true, force: true })
  const operations = await operationPages(generated)
  for (const { path, text } of operations.pages) write(path, text)
  const problems = []
  const names = readdirSync('packages')
  const app = await Application.bootstrapWithPlugins({
    name: 'etsef',
    entryPointStrategy: 'packages',
    entryPoints: names.map((name) => `packages/${name}`).filter(offersCode),
    packageOptions: {
      tsconfig: 'tsconfig.lib.json',
      ...sources,
      readme: 'none',
      // `tsc -b` has checked them.
      skipErrorChecking: true,
      excludeInternal: true,
      excludePrivate: true,
      excludeExternals: true,
      externalPattern: ['**/node_modules/**', '**/vendor/**'],
      validation: { notExported: false, invalidLink: true },
    },
    // Set by `addPages`, with its links.
    readme: 'none',
    out,
    cleanOutputDir: true,
    ...sources,
    includeVersion: true,
    searchInComments: true,
    searchInDocuments: true,
    highlightLanguages: ['bash', 'diff', 'javascript', 'json', 'toml', 'tsx', 'typescript', 'yaml'],
    navigationLinks: { GitHub: repository },
    customCss: 'tools/docs/site.css',
    customJs: 'tools/docs/site.js',
    includeHierarchySummary: false,
    customFooterHtml: `MIT licence · <a href="${repository}">${repository.replace('https://', '')}</a>`,
    hideGenerator: true,
    validation: { notExported: false, invalidLink: true },
    logLevel: 'Warn',
  })
  app.logger = collectingLogger(app.logger, problems)
  app.on(Application.EVENT_PROJECT_REVIVE, (project) => addPages(app, project, operations, problems), 1000)
  app.renderer.on(PageEvent.END, (page) => (page.contents = mend(page.contents)))
  const project = await app.convert()
  if (!project) throw new Error(`typedoc made nothing:\n${problems.join('\n')}`)
  app.validate(project)
  await app.generateOutputs(project)
  const pages = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html')).length
  return { pages, problems }
}

/** A bundle or a generator is a command: there is nothing to import but its package.json. */
function offersCode(folder) {
  return Object.keys(manifestOf(folder).exports).some(
    (entry) => entry.startsWith('.') && !/package\.json|cli/.test(entry),
  )
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** The Markdown of the repository as pages beside those of the packages, under four headings. */
function addPages(app, project, operations, problems) {
  const markdown = (folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.md') && file !== 'README.md')
      .map((file) => join(folder, file))
  const sections = [
    {
      index: 'docs/README.md',
      name: 'Guides',
      pages: [...markdown('docs'), ...markdown('docs/operations'), 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'],
    },
    { index: operations.index, name: 'Operations', pages: operations.plugins },
    { index: 'docs/results/README.md', name: 'Results', pages: markdown('docs/results') },
    { index: 'docs/adr/README.md', name: 'Decisions', pages: markdown('docs/adr') },
  ]
  const modules = new Map(project.children.map((module) => [module.name, module]))
  const readmes = readdirSync('packages').map((name) => [`packages/${name}`, manifestOf(`packages/${name}`).name])
  const known = new Set(
    [
      ...sections.flatMap(({ index, pages }) => [index, dirname(index), ...pages]),
      ...operations.pages.map(({ path }) => path),
      ...readmes.flatMap(([folder]) => [folder, `${folder}/README.md`]),
      'README.md',
    ].map((path) => resolve(path)),
  )
  const contentOf = (path, hasTitle = false) => {
    const markdown = readFileSync(path, 'utf8')
    const text = linksForSite(hasTitle ? markdown.replace(/^# .*\n+/, '') : markdown, {
      path,
      known,
      operations: operations.paths,
      problems,
    })
    return app.converter.parseRawComment(new MinimalSourceFile(text, resolve(path)), project.files).content
  }
  const contents = []
  const add = (parent, path, given) => {
    const document = new DocumentReflection(
      given ?? /^# (.+)$/m.exec(readFileSync(path, 'utf8'))[1].replaceAll('`', ''),
      parent,
      [],
      {},
    )
    project.registerReflection(document, undefined, resolve(path))
    parent.addChild(document)
    contents.push(() => (document.content = contentOf(path)))
    return document
  }
  for (const { index, name, pages } of sections) {
    const section = add(project, index, name)
    project.files.registerReflectionPath(resolve(dirname(index)), section)
    for (const page of pages) {
      const document = add(section, page)
      for (const operation of operations.of.get(page) ?? []) add(document, operation)
    }
  }
  // The entry "." of a package with several has no name of its own.
  for (const module of project.children)
    for (const entry of module.children ?? []) if (entry.name === '') entry.name = 'index'
  for (const [folder, name] of readmes) {
    const module = modules.get(name)
    // A command has no module: its page is its README.
    if (!module) {
      const page = add(project.documents[0], `${folder}/README.md`)
      project.files.registerReflectionPath(resolve(folder), page)
      continue
    }
    for (const path of [folder, `${folder}/README.md`]) project.files.registerReflectionPath(resolve(path), module)
    contents.push(() => (module.readme = contentOf(`${folder}/README.md`, true)))
  }
  project.files.registerReflectionPath(resolve('README.md'), project)
  contents.push(() => (project.readme = contentOf('README.md', true)))
  // Every page is registered before the first is read, or links to later ones would be links to files.
  for (const fill of contents) fill()
}

/** typedoc's warnings as problems of the build. */
function collectingLogger(logger, problems) {
  logger.log = (message, level) => {
    if (level >= 2) problems.push(message.replaceAll(/\x1b\[\d+m/g, ''))
  }
  return logger
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
