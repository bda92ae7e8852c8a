import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { etsef, root, temporaryFolder } from '../support/etsef.js'

/** Folders with a plugin whose manifest does what a manifest must not; what the command line says of it is in its `told.txt`. */
const folders = readdirSync(import.meta.dirname).filter((name) =>
  existsSync(join(import.meta.dirname, name, 'manifest.js')),
)

const { path, dispose } = temporaryFolder()
beforeAll(() => {
  const link = (target: string, name: string): void => {
    symlinkSync(target, join(path, 'node_modules', name))
  }
  mkdirSync(join(path, 'node_modules'))
  link(join(root, 'node_modules/@etsef'), '@etsef')
  for (const folder of [...folders, 'sound']) link(join(import.meta.dirname, folder), `etsef-plugin-${folder}`)
  const dependencies = Object.fromEntries([...folders, 'sound'].map((folder) => [`etsef-plugin-${folder}`, '*']))
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name: 'bad', private: true, dependencies }, undefined, 2))
  for (const folder of folders)
    writeFileSync(
      join(path, `${folder}.yaml`),
      `nodes:\n  points: { use: sound/points }\n  bad: { use: ${folder.replace(/^(one-namespace)-.*/, '$1')}/operation, in: { features: points } }\n`,
    )
  writeFileSync(
    join(path, 'sound.yaml'),
    'nodes:\n  points: { use: sound/points }\n  count: { use: sound/count-features, in: { features: points } }\n',
  )
})
afterAll(() => {
  dispose()
})

test('a pipeline that uses none of them runs, and says what is wrong with them', async () => {
  const { code, stdout, stderr } = await etsef(['validate', 'sound.yaml'], { cwd: path })
  expect(stdout).toBe('sound.yaml is valid: 2 nodes\n')
  expect(code).toBe(0)
  await expect(stderr).toMatchFileSnapshot(join(import.meta.dirname, 'manifests.txt'))
  const json = await etsef(['run', 'sound.yaml', '--json'], { cwd: path })
  expect(json.code).toBe(0)
  expect(JSON.parse(json.stdout)).toMatchObject({ status: 'ok', nodes: { count: { state: 'done' } } })
})

describe('a pipeline that uses a plugin', () => {
  test.for(folders)('%s', async (folder) => {
    const { code, stdout } = await etsef(['validate', `${folder}.yaml`, '--json'], { cwd: path })
    // What `validate --json` prints.
    const { valid, problems } = JSON.parse(stdout) as {
      valid: boolean
      problems: { code: string; message: string; place?: { file: string; line: number; column: number } }[]
    }
    const own = problems.filter(
      ({ code, message }) => code === 'ERR_UNKNOWN_OPERATION' || message.includes(folder.replace(/-[ab]$/, '')),
    )
    const lines = own.flatMap(({ code, message, place, ...details }) => [
      `  ${code}  ${place ? `${place.file}:${String(place.line)}:${String(place.column)}` : 'nowhere'}`,
      `  ${message}`,
      ...(code === 'ERR_PLUGIN'
        ? Object.entries(details).map(([name, text]) => `    ${name.padEnd(8)}  ${String(text)}`)
        : []),
    ])
    const text = [`validate ends with ${String(code)}${valid ? ', valid' : ''}`, ...lines, ''].join('\n')
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, folder, 'told.txt'))
  })
})
