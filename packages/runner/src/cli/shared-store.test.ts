import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRng } from '@etsef/plugin-api'
import { afterAll, describe, expect, test } from 'vitest'
import { createProject, tenStages, type CommandResult } from '../../test-fixtures/project.js'

const numKills = Number(process.env['ETSEF_SHARED_KILLS'] ?? 4)
const isRoot = process.getuid?.() === 0

const project = createProject()
afterAll(() => {
  project.remove()
})
const branches = Array.from(
  { length: 8 },
  (_, i) =>
    `  a${i}: { use: toy/scale, in: { features: split }, with: { factor: ${i + 1}, delayMs: 30 } }\n  b${i}: { use: toy/center, in: { features: a${i} } }\n`,
)
project.write('toy.yaml', tenStages)
project.write(
  'wide.yaml',
  `nodes:\n  points: { use: toy/points, with: { numSamples: 40 } }\n  split: { use: toy/split-features, in: { features: points } }\n${branches.join('')}`,
)
// Other users come in, and keep nothing in the project.
chmodSync(project.dir, 0o755)

/** Two people who share nothing but the store; any two numbers are users of the system. */
const users = [61_001, 61_002] as const

function command(...args: string[]): string[] {
  return [join(import.meta.dirname, '../../dist/cli/main.js'), ...args]
}

function as(user: number, ...args: string[]): CommandResult {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, command(...args), {
    cwd: project.dir,
    uid: user,
    gid: user,
    encoding: 'utf8',
  })
  return { code: status, signal, stdout, stderr }
}

describe.skipIf(!isRoot)('a store of several users (needs root)', () => {
  test(`one goes on where another was killed, ${numKills} times, and takes no other step`, async () => {
    const { spawn } = await import('node:child_process')
    const rng = createRng('users')
    const expected = join(project.dir, 'alone')
    expect(await project.etsef('run', 'wide.yaml', '--store', expected, '-q')).toMatchObject({ code: 0 })
    const shared = join(project.dir, 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o777)
    const store = join(shared, 'store')
    for (let kills = 0; kills < numKills; kills++) {
      const user = users[kills % 2]!
      const child = spawn(process.execPath, command('run', 'wide.yaml', '--store', store, '-q'), {
        cwd: project.dir,
        uid: user,
        gid: user,
        stdio: 'ignore',
        detached: true,
      })
      const exited = once(child, 'exit')
      await Promise.race([exited, sleep(200 + rng.next() * 1200)])
      if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL')
      await exited
    }
    for (const user of users) {
      const { code, stdout, stderr } = as(user, 'run', 'wide.yaml', '--store', store, '-q')
      expect(stdout + stderr).not.toContain('EACCES')
      expect(code).toBe(0)
    }
    expect(project.artifacts(store)).toEqual(project.artifacts(expected))
  }, 600_000)

  test('litter, leases and damaged artifacts that the other kept to himself stop nobody', () => {
    const store = join(project.dir, 'mixed')
    mkdirSync(store)
    chmodSync(store, 0o777)
    expect(as(users[0], 'run', 'toy.yaml', '--store', store, '-q').code).toBe(0)
    const tmp = join(store, 'tmp', `999999-1-0-${hostname()}`)
    mkdirSync(join(tmp, 'inside'), { recursive: true })
    const [damaged, leased] = readdirSync(join(store, 'store'))
    rmSync(join(store, 'store', damaged!, 'manifest.json'))
    rmSync(join(store, 'store', leased!), { recursive: true })
    symlinkSync(`999999@${hostname()}`, join(store, 'locks', leased!))
    for (const path of [tmp, join(tmp, 'inside'), join(store, 'store', damaged!)]) {
      chownSync(path, users[0], users[0])
      chmodSync(path, 0o755)
    }
    const { code, stdout, stderr } = as(users[1], 'run', 'toy.yaml', '--store', store)
    expect([code, stdout, stderr]).toEqual([0, expect.stringContaining('ok in'), expect.anything()])
    expect(readdirSync(join(store, 'locks'))).toEqual([])
  })

  test('a store that may only be read serves what is cached, and says why it cannot do more', () => {
    const store = join(project.dir, 'readonly')
    expect(as(0, 'run', 'toy.yaml', '--store', store, '-q').code).toBe(0)
    const cached = as(users[0], 'run', 'toy.yaml', '--store', store)
    expect(cached.code).toBe(0)
    expect(cached.stderr).toContain('no record of this run is kept')
    for (const verb of ['plan', 'validate', 'explain'])
      expect(as(users[0], verb, 'toy.yaml', ...(verb === 'explain' ? ['near'] : []), '--store', store).code).toBe(0)
    const { code, stdout, stderr } = as(users[0], 'run', 'toy.yaml', '--set', 'vars.n=11', '--store', store)
    expect(code).toBe(1)
    expect(stdout).toMatch(/ERR_STORE.*this user has no right to/s)
    expect(stdout + stderr).not.toMatch(/^ +at /m)
  })

  test('a picture that this user may not read is named', () => {
    project.write('pictures/a1', 'x')
    chmodSync(project.write('pictures/a2', 'y'), 0o600)
    project.write('pictures.yaml', 'nodes:\n  files: { use: toy/files, with: { path: pictures } }\n')
    const { code, stdout, stderr } = as(users[0], 'run', 'pictures.yaml', '--store', join(project.dir, 'shared/other'))
    expect(code).toBe(2)
    expect(stdout).toContain('"pictures/a2" cannot be read: this user has no right to')
    expect(stdout + stderr).not.toMatch(/^ +at /m)
  })
})

describe('a store that cannot be used', () => {
  test('a path that is a file is said to be one', async () => {
    writeFileSync(join(project.dir, 'file'), 'mine')
    for (const store of ['file', 'file/below'])
      for (const verb of ['run', 'plan']) {
        const { code, stdout, stderr } = await project.etsef(verb, 'toy.yaml', '--store', store)
        expect([code, stderr]).toEqual([1, ''])
        expect(stdout).toMatch(/ERR_STORE[^]*is a file/)
      }
  })

  test.skipIf(!isRoot)('a full disk is said to be full: at the stage that met it, and the run is over', async () => {
    const disk = join(project.dir, 'disk')
    mkdirSync(disk)
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk]).status !== 0) return
    try {
      const store = join(disk, 'store')
      project.write(
        'large.yaml',
        'nodes:\n  points: { use: toy/points, with: { numSamples: 20000, numFeatures: 8 } }\n  more: { use: toy/scale, in: { features: points } }\n',
      )
      const { code, stdout, stderr } = await project.etsef('run', 'large.yaml', '--store', store)
      expect(code).toBe(1)
      expect(stdout).toMatch(/ERR_STORE[^]*the disk is full/)
      expect(stdout).toMatch(/node +points/)
      expect(stdout + stderr).not.toMatch(/^ +at /m)
      const runs = JSON.parse((await project.etsef('runs', '--json', '--store', store)).stdout) as { status: string }[]
      expect(runs.map(({ status }) => status)).not.toContain('running')
    } finally {
      spawnSync('umount', [disk])
    }
  })
})

describe('records', () => {
  test.each(['{}', '[]', '"text"', '{"format":1}', 'null', '{"format":1,"run":"1","stages":{"a":{"key":5}}}'])(
    'a malformed one, %s, stops no verb',
    async (text) => {
      const store = join(project.dir, 'records')
      if (!existsSync(store)) expect((await project.etsef('run', 'toy.yaml', '--store', store, '-q')).code).toBe(0)
      const runs = join(store, 'runs')
      const [good] = readdirSync(runs)
      const bad = '99990101-000000-000-1'
      cpSync(join(runs, good!), join(runs, bad), { recursive: true })
      writeFileSync(join(runs, bad, 'run.json'), text)
      const at = ['--store', store]
      expect((await project.etsef('runs', ...at)).code).toBe(0)
      expect((await project.etsef('runs', bad, ...at)).stdout).toContain(`The record of run "${bad}" is damaged`)
      expect((await project.etsef('replay', join(runs, bad, 'run.json'), ...at)).stdout).toContain('is not the record')
      for (const args of [
        ['explain', 'toy.yaml', 'near'],
        ['plan', 'toy.yaml'],
        ['run', 'toy.yaml', '-q'],
      ])
        expect((await project.etsef(...args, ...at)).code).toBe(0)
      expect((await project.etsef('cache', 'gc', '--dry-run', ...at)).code).toBe(0)
      rmSync(join(runs, bad), { recursive: true })
    },
    120_000,
  )
})
