import { existsSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createProject } from '../../test-fixtures/project.js'

const project = createProject()
const loads = join(project.dir, 'loads.txt')
const names = ['a1.png', 'a2.png', 'b1.png']
beforeAll(() => {
  for (const name of names) project.write(`data/${name}`, `bytes of ${name}`)
  project.write(
    'pictures.yaml',
    `nodes:
  files: { use: toy/files, with: { path: data, loads: ${loads} } }
  means: { use: toy/mean, in: { images: files } }
  bright: { use: toy/brighten, in: { images: files } }
  brightMeans: { use: toy/mean, in: { images: bright } }
`,
  )
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(loads, { force: true })
})
afterAll(() => {
  project.remove()
})

const loaded = (): string[] => (existsSync(loads) ? readFileSync(loads, 'utf8').trim().split('\n').sort() : [])
const runIn = async (store: string): Promise<Record<string, string>> => {
  const storeDir = join(project.dir, store)
  const { record } = await project.run('pictures.yaml', { request: { storeDir } })
  expect(record.status).toBe('ok')
  return project.artifacts(storeDir)
}

test('a picture that the source has decoded is decoded by no later stage, and every result is the same', async () => {
  vi.stubEnv('ETSEF_PICTURES_MB', '0')
  const decoded = await runIn('decoded')
  expect(loaded()).toEqual([...names, ...names].sort())
  expect(readdirSync(join(project.dir, 'decoded/pictures'))).toEqual([])
  rmSync(loads)
  vi.unstubAllEnvs()
  expect(await runIn('kept')).toEqual(decoded)
  expect(loaded()).toEqual([])
})

test.for(['abc', '-1', '2 GB'])('a limit of "%s" is refused before anything runs', async (limit) => {
  vi.stubEnv('ETSEF_PICTURES_MB', limit)
  await expect(
    project.run('pictures.yaml', { request: { storeDir: join(project.dir, 'refused') } }),
  ).rejects.toMatchObject({
    code: 'ERR_BAD_OPTION',
    received: limit,
  })
  expect(existsSync(join(project.dir, 'refused'))).toBe(false)
})

test('what is damaged, or gone, is decoded again', async () => {
  const kept = await runIn('damaged')
  const store = join(project.dir, 'damaged')
  const [key] = readdirSync(join(store, 'pictures'))
  truncateSync(join(store, 'pictures', key!), 10)
  for (const artifact of readdirSync(join(store, 'store')))
    if (artifact !== key) rmSync(join(store, 'store', artifact), { recursive: true })
  expect(await runIn('damaged')).toEqual(kept)
  expect(loaded()).toEqual([...names, ...names].sort())
})

test('cache du counts the pictures, and gc removes them with their source', async () => {
  await runIn('collected')
  const pictures = join(project.dir, 'collected/pictures')
  expect(readdirSync(pictures)).toHaveLength(1)
  const { stdout } = await project.etsef('cache', 'du', '--json', '--store', 'collected')
  expect((JSON.parse(stdout) as { others: Record<string, number> }).others['pictures']).toBeGreaterThan(0)
  await project.etsef('cache', 'gc', '--store', 'collected')
  expect(readdirSync(pictures)).toHaveLength(1)
  await project.etsef('cache', 'gc', '--keep-runs', '0', '--dry-run', '--store', 'collected')
  expect(readdirSync(pictures)).toHaveLength(1)
  await project.etsef('cache', 'gc', '--keep-runs', '0', '--store', 'collected')
  expect(readdirSync(pictures)).toEqual([])
})
