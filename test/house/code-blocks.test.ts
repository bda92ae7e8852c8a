import { checkPipeline } from '@etsef/runner'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeBlocks, documents, shellCommands, type CodeBlock } from '../support/code-blocks.js'
import { etsef, hasShared, read, root, shared, temporaryFolder } from '../support/etsef.js'
import { png } from '../support/png.js'
import { runProgram } from '../third-party/program.js'

const languages = ['yaml', 'ts', 'js', 'json', 'sh', 'diff', 'text']
const blocks = documents.flatMap((document) => codeBlocks(document))
const titleOf = ({ document, line }: CodeBlock): string => `${document}:${line}`
const ofLanguage = (...wanted: readonly string[]): [string, CodeBlock][] =>
  blocks.filter(({ language }) => wanted.includes(language)).map((block) => [titleOf(block), block])
const isRun = ({ marks }: CodeBlock): boolean =>
  marks['no-run'] === undefined && (marks['needs'] !== 'shared' || hasShared)

const folder = temporaryFolder()
afterAll(folder.dispose)
/** A project whose pipelines are those of the repository, with pictures beside it. */
const project = join(folder.path, 'project')
const generated = (kind: string): string => join(folder.path, 'src/operations', kind)

/** What each program gave, by its title: an error, and values as they are printed beside what the document says of them. */
type Shown = Readonly<
  Record<string, { readonly error?: string; readonly values: readonly (readonly [string, string])[] }>
>

/** The package that the page of a kind writes: `plugin=selector`. */
const pluginOf = ({ plugin }: CodeBlock['marks']): readonly string[] =>
  typeof plugin === 'string' ? [join(folder.path, 'out/operations', plugin, 'etsef-plugin-mine')] : []

interface Generator {
  readonly main: (args: readonly string[], cwd: string) => number
}

beforeAll(async () => {
  mkdirSync(join(project, 'sweeps'), { recursive: true })
  symlinkSync(join(root, 'pipelines'), join(project, 'pipelines'))
  if (hasShared) symlinkSync(shared, join(folder.path, 'shared'))
  for (const name of ['glioma', 'healthy']) {
    mkdirSync(join(folder.path, 'data/brain', name), { recursive: true })
    writeFileSync(
      join(folder.path, 'data/brain', name, 'a.png'),
      png(8, () => name.length),
    )
  }
  const { main } = (await import(join(root, 'packages/create-etsef-plugin/dist/main.js'))) as Generator
  mkdirSync(join(folder.path, 'src/operations'), { recursive: true })
  for (const kind of ['selector', 'classifier', 'map', 'augmentation', 'report'])
    expect(main([`operations/${kind}/etsef-plugin-mine`, '--kind', kind], join(folder.path, 'src'))).toBe(0)
})

const code = ofLanguage('ts', 'js', 'json').filter(([, { language, marks }]) => language !== 'json' || 'file' in marks)
const written = new Map(code.map(([title, block]) => [title, fileOf(block)]))
let problems: readonly string[]
let shown: Shown

beforeAll(async () => {
  packPackages(folder.path)
  for (const [title, block] of code) {
    const path = join(folder.path, 'src', written.get(title)!)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, block.language === 'ts' ? withValues(block.text) : block.text)
  }
  problems = compile(folder.path)
  const runnable = code.filter(([, block]) => isRun(block) && block.language !== 'json')
  shown = await runAll(folder.path, Object.fromEntries(runnable.map(([title]) => [title, written.get(title)!])))
})

describe('the rule of CONTRIBUTING.md', () => {
  test('a block names its language; one that is not run says why', () => {
    const guides = blocks.filter(({ document }) => !['README.md', 'CONTRIBUTING.md'].includes(document))
    expect(guides.length).toBeGreaterThan(60)
    expect(guides.filter(({ language }) => !languages.includes(language)).map(titleOf)).toEqual([])
    const unexplained = blocks.filter(({ marks }) => 'no-run' in marks && !/\w+ \w+/.test(String(marks['no-run'])))
    expect(unexplained.map(titleOf)).toEqual([])
  })

  test('finds blocks with their lines, languages and marks', () => {
    const text = 'a\n\n```ts file=a.ts no-run="a b" needs=shared\nx()\n```\n\n    npx etsef runs\n'
    expect(codeBlocks('a.md', text)).toEqual([
      { document: 'a.md', line: 4, language: 'ts', marks: { file: 'a.ts', 'no-run': 'a b', needs: 'shared' }, text: 'x()\n' }, // prettier-ignore
      { document: 'a.md', line: 7, language: '', marks: {}, text: 'npx etsef runs\n' },
    ])
  })
})

describe('pipelines and sweeps', () => {
  const yaml = ofLanguage('yaml').filter(([, block]) => isRun(block))
  const pipelines = yaml.filter(([, { marks }]) => marks['sweep'] === undefined)

  test.each(pipelines)('%s is valid', async (_, { document, line, marks, text }) => {
    const file = join(project, `${document.replaceAll(/\W/g, '-')}-${line}.yaml`)
    const { extends: base } = marks
    // The reader's own folder is the one made above.
    const ours = text.replaceAll('../data/', `${folder.path}/data/`)
    const nodes = /^\w+:/m.test(ours) ? ours : `nodes:\n${ours}`
    writeFileSync(file, typeof base === 'string' ? `extends: ${base}\n${nodes}` : nodes)
    const { problems } = await checkPipeline({ file, cwd: root, plugins: pluginOf(marks) })
    expect(problems.map(({ message }) => message)).toEqual([])
  })

  const sweeps = yaml.filter(([, { marks }]) => marks['sweep'] !== undefined)
  test.each(sweeps)('%s is a sweep', async (_, { line, marks, text }) => {
    const file = join(project, `sweeps/sweep-${line}.yaml`)
    writeFileSync(file, marks['sweep'] === true ? text : `pipeline: ${String(marks['sweep'])}\n${text}`)
    const { stdout, stderr, code } = await etsef(['sweep', 'plan', file])
    expect(`${stdout}${stderr}`).toMatch(/\d+ trials/)
    expect(code).toBe(0)
  })
})

describe('commands', () => {
  /** Programs of others, and what a shell does itself. */
  const others = new Set(['cd', 'curl', 'redis-server'])
  const scripts = (json: string): readonly string[] =>
    Object.keys((JSON.parse(json) as { readonly scripts: object }).scripts)
  const packages = readdirSync(join(root, 'packages')).map(
    (name) => (JSON.parse(read(root, 'packages', name, 'package.json')) as { readonly name: string }).name,
  )
  const shell = blocks.filter(
    ({ language, text, marks }) =>
      marks['no-run'] === undefined && (language === 'sh' || (language === '' && /^np[mx] /.test(text))),
  )

  test.each(shell.map((block): [string, CodeBlock] => [titleOf(block), block]))('%s', async (_, { text }) => {
    const { parseArguments } = (await import(join(root, 'packages/runner/dist/cli/arguments.js'))) as {
      parseArguments: (words: readonly string[], cwd: string) => Promise<{ readonly verb: string }>
    }
    const known = [
      ...scripts(read(root, 'package.json')),
      ...scripts(read(generated('map'), 'etsef-plugin-mine/package.json')),
    ]
    for (const [program, ...words] of shellCommands(text)) {
      if (others.has(program!)) continue
      const [first, second, ...rest] = words
      if (program === 'npx' && first === 'etsef') {
        // Words in capitals and dots stand for something of the reader's; the parser takes them as they are.
        const { verb } = await parseArguments(words.slice(1), root)
        const [file] = words.filter((word) => /^(pipelines|sweeps)\/.*\.yaml$/.test(word))
        if (file !== undefined) expect(existsSync(join(root, file)), file).toBe(true)
        if (verb === 'run' && file !== undefined && !words.some((word) => /\/my\/|^-+executor/.test(word)))
          expect((await checkPipeline({ file: join(root, file), cwd: root })).problems).toEqual([])
      } else if (program === 'npx' && first === 'nx') expect(['affected', 'release']).toContain(second)
      else if (program === 'npm' && (first === 'run' || first === 'test'))
        expect(known).toContain(first === 'run' ? second : 'test')
      else if (program === 'npm' && (first === 'ci' || first === 'pack')) continue
      else if (program === 'npm' && first === 'install')
        for (const name of [second, ...rest].filter(
          (word) => word !== undefined && /^[@\w]/.test(word) && !/^etsef-plugin-/.test(word),
        ))
          expect(packages).toContain(name)
      else if (program === 'npm' && first === 'create') expect(second).toBe('etsef-plugin')
      else throw new Error(`no test knows what "${[program, ...words].join(' ')}" does`)
    }
  })
})

describe('programs', () => {
  test('all compile against the packages as they are packed', () => {
    expect(code.length).toBeGreaterThan(15)
    expect(problems).toEqual([])
  })

  test.each(code.filter(([, block]) => isRun(block) && block.language !== 'json'))(
    '%s runs, and gives what it says',
    (title) => {
      const { error, values } = shown[title]!
      expect(error).toBeUndefined()
      for (const [value, told] of values) expect(value).toMatch(patternOf(told))
    },
  )

  test.each(['selector', 'classifier', 'map', 'augmentation', 'report'])(
    'the %s of its page conforms',
    async (kind) => {
      const pages = code.filter(([, { document }]) => document === `docs/operations/${kind}.md`)
      expect(pages.length).toBeGreaterThan(1)
      const dir = join(folder.path, 'out/operations', kind, 'etsef-plugin-mine/src')
      expect(await conformance(dir)).toEqual([])
    },
  )
})

test.each(ofLanguage('json'))('%s is JSON', (_, { text }) => {
  expect(() => JSON.parse(text) as unknown).not.toThrow()
})

test.each(ofLanguage('diff'))(
  '%s changes lines that are there, and what comes out is valid',
  async (title, { marks, text }) => {
    const lines = text.trimEnd().split('\n')
    const [removed, added] = ['-', '+'].map((sign) =>
      lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(1)),
    )
    expect(removed!.length).toBeGreaterThan(0)
    let after = read(root, String(marks['of']))
    for (const [at, line] of removed!.entries()) {
      expect(after.split('\n')).toContain(line)
      after = after.replace(`${line}\n`, () => `${added![at]!}\n`)
    }
    const file = join(project, `${title.replaceAll(/\W/g, '-')}.yaml`)
    writeFileSync(file, after)
    expect((await checkPipeline({ file, cwd: root, plugins: pluginOf(marks) })).problems).toEqual([])
  },
)

/** Where a block stands: a named one in the folder of its document, which for the page of a kind is the package that the generator writes. */
function fileOf({ document, line, language, marks }: CodeBlock): string {
  const dir = document.replace(/(\/README)?\.md$/, '').replace(/^docs\/(?=operations\/)/, '')
  const name = typeof marks['file'] === 'string' ? marks['file'] : `block-${line}.${language}`
  return dir.startsWith('operations/') ? `${dir}/etsef-plugin-mine/${name}` : `${dir}/${name}`
}

/** Lines `expression // value` hand out both. */
function withValues(text: string): string {
  return text.replaceAll(
    /^([a-z][^=\n]*\)) \/\/ ((?:[\d{['-]|true|false).*)$/gm,
    (_, expression: string, told: string) =>
      `;(globalThis as unknown as { values: unknown[] }).values.push([${expression}, ${JSON.stringify(told)}])`,
  )
}

/** `0.786…` is any number that begins so. */
function patternOf(told: string): RegExp {
  return new RegExp(`^${told.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`.replaceAll('…', '\\d*'))
}

/** What npm would install: our packages from their tarballs, those of others as they are here. */
function packPackages(dir: string): void {
  const modules = join(dir, 'node_modules')
  mkdirSync(join(modules, '@etsef'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@etsef' && name !== 'etsef') symlinkSync(join(root, 'node_modules', name), join(modules, name))
  const flags = ['--workspaces', '--ignore-scripts', '--json', '--pack-destination', dir]
  const packed = JSON.parse(
    execFileSync('npm', ['pack', ...flags], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as readonly { readonly name: string; readonly filename: string }[]
  for (const { name, filename } of packed.filter(({ name }) => name.startsWith('@etsef/'))) {
    mkdirSync(join(modules, name))
    execFileSync('tar', ['xzf', join(dir, filename), '-C', join(modules, name), '--strip-components=1'])
  }
}

/** Compiles `src` to `out`, with the options of a generated package. @returns What is wrong, with its place. */
function compile(dir: string): readonly string[] {
  const src = join(dir, 'src')
  for (const target of ['src', 'out']) {
    mkdirSync(join(dir, target), { recursive: true })
    writeFileSync(join(dir, target, 'package.json'), '{ "type": "module" }')
  }
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const program = ts.createProgram(
    files.map((file) => join(src, file)),
    {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts'],
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      strict: true,
      noUncheckedIndexedAccess: true,
      verbatimModuleSyntax: true,
      skipLibCheck: true,
      rootDir: src,
      outDir: join(dir, 'out'),
    },
  )
  program.emit()
  for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' }))
    if (/\.(js|json)$/.test(file)) cpSync(join(src, file), join(dir, 'out', file))
  for (const kind of readdirSync(join(dir, 'out/operations'))) {
    const manifest = join(dir, 'out/operations', kind, 'etsef-plugin-mine/package.json')
    writeFileSync(manifest, read(manifest).replaceAll('./dist/', './src/'))
  }
  const problems = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1
    return `${file?.fileName.slice(src.length + 1) ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
  // The types were those that are packed; the code is linked, as two copies of the contract in one project are refused.
  rmSync(join(dir, 'node_modules/@etsef'), { recursive: true })
  symlinkSync(join(root, 'node_modules/@etsef'), join(dir, 'node_modules/@etsef'))
  return problems
}

/** Imports every file in one process, one after the other, from the root of the repository. */
async function runAll(dir: string, files: Readonly<Record<string, string>>): Promise<Shown> {
  const script = join(dir, 'out/run-all.mjs')
  writeFileSync(
    script,
    `import { inspect } from 'node:util'
const told = {}
for (const [title, file] of Object.entries(JSON.parse(process.argv[2]))) {
  globalThis.values = []
  const error = await import(new URL(file.replace(/\\.ts$/, '.js'), import.meta.url)).then(() => undefined, (thrown) => String(thrown?.stack ?? thrown))
  told[title] = { error, values: globalThis.values.map(([value, text]) => [inspect(value), text]) }
}
process.stdout.write('\\n' + JSON.stringify(told))
process.exit(0)
`,
  )
  const { stdout } = await runProgram(process.execPath, [script, JSON.stringify(files)], { cwd: root })
  // The last line is what the script told; a program before may have written, too.
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n'))) as Shown
}

/** What the conformance suite says of a compiled package. */
async function conformance(dir: string): Promise<readonly string[]> {
  const script = join(dir, 'conform.mjs')
  const [operation] = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  writeFileSync(
    script,
    `import { conformanceProblems } from '@etsef/plugin-api/testing'
import plugin from './plugin.js'
import { conformanceCase } from './${operation!.name}/conformance-case.js'
const problems = await conformanceProblems(plugin, { cases: { [plugin.operations[0].type]: conformanceCase } })
process.stdout.write('\\n' + JSON.stringify(problems.map(({ check, error }) => check + ': ' + error.message)))
process.exit(0)
`,
  )
  const { stdout } = await runProgram(process.execPath, [script], { cwd: pathToFileURL(dir).pathname })
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n'))) as readonly string[]
}
