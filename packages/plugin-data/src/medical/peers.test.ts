import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decodePlace } from './decode-place.js'

/** Made by `testing/peers/make_pictures.py`, with the versions of the peers that decoded them. */
interface Pictures {
  readonly peers: Readonly<Record<string, string>>
  readonly cases: readonly PictureCase[]
}

interface PictureCase {
  readonly name: string
  /** The encoded file, base64. */
  readonly file: string
  readonly frame?: number
  readonly peer?: string
  readonly height?: number
  readonly width?: number
  /** What the peer decodes, by the contract; base64. */
  readonly pixels?: string
  readonly refused?: string
}

const { cases } = JSON.parse(
  readFileSync(new URL('../testing/peers/pictures.json', import.meta.url), 'utf8'),
) as Pictures

const decode = ({ name, file, frame }: PictureCase) =>
  decodePlace(Buffer.from(file, 'base64'), { path: name, frame }, { window: 'file' })

test.for(cases.filter(({ pixels }) => pixels !== undefined))(
  '$name: as $peer decodes it, bit for bit',
  async (each) => {
    const { dtype, shape, data } = await decode(each)
    expect([dtype, ...shape]).toEqual(['uint8', each.height, each.width, 3])
    expect(Buffer.from(data).toString('base64')).toBe(each.pixels)
  },
)

test.for(cases.filter(({ refused }) => refused !== undefined))('$name: refused by $refused', async (each) => {
  const error: unknown = await decode(each).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: each.refused })
  const { message, cause } = error as Error
  expect(message).toContain(each.name)
  // A message may end in a log: it tells nothing of whom a picture is of.
  expect(`${message} ${JSON.stringify(error)} ${JSON.stringify(cause ?? null)}`).not.toMatch(/Doe|Jane|00417/)
})
