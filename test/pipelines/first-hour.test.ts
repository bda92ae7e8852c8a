import { cpSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { etsef, hasShared, shared, temporaryFolder, type CommandResult } from '../support/etsef.js'

// What a new user does: init, run, report on images of theirs, with nothing edited between; and the same images with what is often wrong, where one
// message leads to a second try that works. ETSEF_FIRST_HOUR=full takes all images of three sets, shortens nothing, and prints how long it took; what
// runs otherwise is one set with a few images a class.

const isFull = process.env['ETSEF_FIRST_HOUR'] === 'full'
const sets = ['brain-tumor-mri', 'fundus-glaucoma', 'dermamnist-28'] as const
const folder = temporaryFolder()
const store = ['--store', join(folder.path, 'store')]
afterAll(() => {
  folder.dispose()
})

function classesOf(set: string): string[] {
  const path = join(shared, 'data', set)
  return readdirSync(path)
    .filter((name) => statSync(join(path, name)).isDirectory())
    .sort()
}

function picturesOf(set: string, className: string, most: number): string[] {
  return readdirSync(join(shared, 'data', set, className))
    .sort()
    .slice(0, most)
}

/** A copy of a set with a few images a class, below a folder of its own. */
function copyOf(set: string, name: string, { below = '', perClass = 12 } = {}): string {
  const to = join(folder.path, name, set)
  for (const className of classesOf(set)) {
    mkdirSync(join(to, className, below), { recursive: true })
    for (const picture of picturesOf(set, className, perClass))
      cpSync(join(shared, 'data', set, className, picture), join(to, className, below, picture))
  }
  return to
}

/** A table of class folders as a user would have it: paths, and a column of classes. */
function tableOf(root: string, name: string, most = Infinity): string {
  const classNames = readdirSync(root).filter((each) => statSync(join(root, each)).isDirectory())
  const rows = classNames.sort().flatMap((className) =>
    readdirSync(join(root, className))
      .sort()
      .slice(0, most)
      .map((picture, at) => `${join(root, className, picture)},${className},${at % 2 ? 'f' : 'm'}`),
  )
  const file = join(folder.path, `${name}.csv`)
  writeFileSync(file, ['path,diagnosis,sex', ...rows, ''].join('\n'))
  return file
}

/** Processor time of this process and of what it waited for, where the system tells. */
function processorSeconds(): number {
  try {
    const text = readFileSync('/proc/self/stat', 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    return fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) / 100
  } catch {
    return NaN
  }
}

function expectDone(result: CommandResult): CommandResult {
  expect(result.code, `${result.stdout.slice(-3000)}\n${result.stderr.slice(-3000)}`).toBe(0)
  return result
}

/** The pipeline that init writes of a path. */
async function begin(path: string, name: string): Promise<{ readonly file: string; readonly said: CommandResult }> {
  const file = join(folder.path, `${name}.yaml`)
  return { file, said: await etsef(['init', path, '--out', file, ...store]) }
}

describe.skipIf(!hasShared)('the first hour (skipped without the images of ../shared/data)', () => {
  const short = isFull
    ? []
    : ['tuned.epochs=1', 'tuned.headEpochs=1', 'scores.resamples=100', 'xgb.rounds=5'].flatMap((each) => [
        '--set',
        each,
      ])
  const whole = [
    ...sets.map((set) => ({ name: set, path: () => join(shared, 'data', set) })),
    {
      name: 'a CSV of dermamnist-28',
      path: () => tableOf(join(shared, 'data/dermamnist-28'), 'dermamnist-28', isFull ? Infinity : 12),
    },
  ]

  test.each(isFull ? whole : whole.slice(-1))(
    '$name: init, run and report, nothing edited between',
    async ({ name, path }) => {
      const before = processorSeconds()
      const { file, said } = await begin(path(), `whole-${name.replaceAll(' ', '-')}`)
      expectDone(said)
      const run = expectDone(await etsef(['run', file, ...store, ...short]))
      const page = join(folder.path, `${name}.html`)
      const report = expectDone(await etsef(['report', ...store, '--out', page]))
      const text = readFileSync(page, 'utf8').replaceAll(/<[^>]+>/g, '')
      expect(text.includes('Balanced accuracy of soft')).toBe(true)
      if (isFull) {
        const together = said.seconds + run.seconds + report.seconds
        process.stdout.write(
          `${name}: init ${said.seconds.toFixed(1)} s, run ${run.seconds.toFixed(1)} s, report ${report.seconds.toFixed(1)} s; together ${together.toFixed(0)} s by the clock, ${(processorSeconds() - before).toFixed(0)} s of processor time\n`,
        )
      }
    },
  )

  /** What is often wrong with a set: where it lies, and what is said of it. */
  const wrongs: Readonly<Record<string, { readonly make: (set: string) => string; readonly says: RegExp }>> = {
    'pictures one level too deep': {
      make: (set) => copyOf(set, 'deep', { below: 'images' }),
      says: /lie one level deeper/,
    },
    'one class empty': {
      make: (set) => {
        const path = copyOf(set, 'empty')
        mkdirSync(join(path, 'unsure'), { recursive: true })
        return path
      },
      says: /without images, left out: unsure|Class "unsure" holds no images/,
    },
    'three broken files': {
      make: (set) => {
        const path = copyOf(set, 'broken')
        const files = classesOf(set).flatMap((name) => picturesOf(set, name, 3).map((each) => join(path, name, each)))
        const [half, none, text] = [files[0]!, files[3]!, files[4]!]
        const bytes = readFileSync(half)
        writeFileSync(half, bytes.subarray(0, bytes.length >> 1))
        writeFileSync(none, '')
        writeFileSync(text, 'not a picture')
        return path
      },
      says: /3 files cannot be used|3 problems with/,
    },
    'two pictures in two classes': {
      make: (set) => {
        const path = copyOf(set, 'double')
        const [from, to] = classesOf(set) as [string, string]
        for (const each of picturesOf(set, from, 2)) cpSync(join(path, from, each), join(path, to, `copy-of-${each}`))
        return path
      },
      says: /same image in two classes/,
    },
    'the folder one level too high': {
      make: (set) => {
        copyOf(
          sets.find((other) => other !== set)!,
          'high',
          { perClass: 2 },
        )
        return join(copyOf(set, 'high'), '..')
      },
      says: /hold[s]? only folders|only folders: is path one level too high/,
    },
  }
  const cases = (isFull ? sets : (['dermamnist-28'] as const)).flatMap((set) =>
    Object.keys(wrongs).map((wrong) => ({ set, wrong })),
  )

  test.each(cases)('$set, $wrong: init says it, and what it says works', async ({ set, wrong }) => {
    const { make, says } = wrongs[wrong]!
    const name = `init-${set}-${wrong.replaceAll(' ', '-')}`
    let { file, said } = await begin(make(set), name)
    expect(said.stdout).toMatch(says)
    const [, other] = /hint +.*?etsef init (\S+?)\. /.exec(said.stdout) ?? []
    if (said.code !== 0) ({ file, said } = await begin(other ?? 'nothing was named', `${name}-again`))
    expectDone(said)
    expectDone(await etsef(['run', file, '--to', 'images', ...store]))
  })

  test.each(['three broken files', 'two pictures in two classes', 'one class empty'])(
    'a CSV of dermamnist-28, %s: init says it, and what it says works; so does a pipeline that somebody wrote',
    async (wrong) => {
      const { make, says } = wrongs[wrong]!
      const name = `csv-${wrong.replaceAll(' ', '-')}`
      const path = make('dermamnist-28')
      const csv = tableOf(path, name)
      const { file, said } = await begin(csv, `init-${name}`)
      expectDone(said)
      expectDone(await etsef(['run', file, '--to', 'images', ...store]))
      const own = join(folder.path, `own-${name}.yaml`)
      const run = (options: string): Promise<CommandResult> => {
        const columns = 'fileColumn: path, labelColumn: diagnosis'
        const table = `table: ${JSON.stringify(csv)}, ${columns}`
        writeFileSync(own, `nodes:\n  images: { use: data/table, with: { ${table}, ${options} } }\n`)
        return etsef(['run', own, ...store])
      }
      const first = await run(`path: ${JSON.stringify(path)}`)
      // A class without pictures has no row in a table: nothing is wrong.
      if (wrong === 'one class empty') {
        expectDone(first)
        return
      }
      expect(said.stdout).toMatch(says)
      expect(first.code).not.toBe(0)
      expect(first.stdout).toMatch(says)
      const hints = [...first.stdout.matchAll(/^ *hint +(.*)$/gm)].map(([, hint]) => hint!)
      expect(hints).toHaveLength(1)
      expectDone(await run(followed(hints[0]!, path)))
    },
  )

  test.each(cases)('$set, $wrong: so does the run of a pipeline that somebody wrote', async ({ set, wrong }) => {
    const { make, says } = wrongs[wrong]!
    const path = make(set)
    const file = join(folder.path, `own-${set}-${wrong.replaceAll(' ', '-')}.yaml`)
    const run = (options: string): Promise<CommandResult> => {
      writeFileSync(file, `nodes:\n  images: { use: data/folder, with: { ${options} } }\n`)
      return etsef(['run', file, ...store])
    }
    const first = await run(`path: ${JSON.stringify(path)}`)
    expect(first.code).not.toBe(0)
    expect(first.stdout).toMatch(says)
    const hints = [...first.stdout.matchAll(/^ *hint +(.*)$/gm)].map(([, hint]) => hint!)
    expect(hints).toHaveLength(1)
    expectDone(await run(followed(hints[0]!, path)))
  })
})

/** Options of the folder after doing what a hint says. */
function followed(hint: string, path: string): string {
  const [, other] = /set path to (\S+)/.exec(hint) ?? []
  const option = /(classes|exclude): \[.*?\]/.exec(hint) ?? /onBroken: drop and onDuplicate: drop/.exec(hint)
  return [`path: ${JSON.stringify(other ?? path)}`, ...(option ? [option[0].replace(' and ', ', ')] : [])].join(', ')
}
