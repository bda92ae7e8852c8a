import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPlugin, someImages } from '@etsef/plugin-api/testing'
import sharp from 'sharp'
import { afterAll, beforeAll } from 'vitest'
import plugin from './plugin.js'

const root = mkdtempSync(join(tmpdir(), 'etsef-conformance-'))
const dicomRoot = mkdtempSync(join(tmpdir(), 'etsef-conformance-'))
const { cases } = JSON.parse(readFileSync(new URL('testing/peers/pictures.json', import.meta.url), 'utf8')) as {
  cases: { name: string; file: string }[]
}
const table = join(root, 'table.csv')
beforeAll(async () => {
  for (const [name, file] of [
    ['a', 'DICOM, 8 bits'],
    ['b', 'DICOM, MONOCHROME1'],
  ] as const) {
    mkdirSync(join(dicomRoot, name), { recursive: true })
    writeFileSync(join(dicomRoot, name, '1.dcm'), Buffer.from(cases.find((each) => each.name === file)!.file, 'base64'))
  }
  writeFileSync(table, 'file,label,sex\nbenign/0.png,a,f\nbenign/1.png,a,m\nmalign/0.png,b,f\nmalign/1.png,b,m\n')
  for (const [c, name] of ['benign', 'malign'].entries()) {
    mkdirSync(join(root, name))
    for (let i = 0; i < 3; i++) {
      await sharp(new Uint8Array(12).fill(c * 100 + i), { raw: { width: 2, height: 2, channels: 3 } })
        .png()
        .toFile(join(root, name, `${String(i)}.png`))
    }
  }
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
  rmSync(dicomRoot, { recursive: true, force: true })
})

checkPlugin(plugin, {
  cases: {
    'data/folder': () => ({ options: { path: root } }),
    'data/table': () => ({ options: { path: root, table, attributes: ['sex'] } }),
    'data/dicom': () => ({ options: { path: dicomRoot } }),
    'data/phantoms': () => ({ options: { perClass: 4, size: 16 } }),
    'data/near-duplicates': () => ({
      inputs: {
        images: [
          { name: 'target', value: someImages({ numSamples: 20 }) },
          { name: 'intermediate', value: someImages({ numSamples: 10, seed: 2 }) },
        ],
      },
    }),
    'data/fewer': () => ({ options: { share: 0.5 }, inputs: { images: someImages({ numSamples: 80 }) } }),
    'data/split': () => ({ inputs: { images: someImages({ numSamples: 40, partition: () => 'none' }) } }),
  },
})
