/** Work that is done in parts; see assembly/products.ts for the arguments of each. */
export const partNames = ['gramPart', 'productsPart', 'icaPart'] as const

/** See {@link partNames}. */
export type PartName = (typeof partNames)[number]

/** Places in the control block of a crew, all 32-bit. `active` counts threads that may take parts of the open job. */
export const place = {
  turn: 0,
  isOpen: 1,
  active: 2,
  next: 3,
  numParts: 4,
  memory: 5,
  failed: 6,
  numArgs: 7,
  name: 8,
  args: 9,
} as const

/** Arguments of a part at most. */
export const mostArgs = 16

/** What a thread gets to start with. */
export interface CrewData {
  readonly control: Int32Array
}

/** A memory that the next jobs are about, with the module that works in it; `id` is its number in the control block. */
export interface OpenedMemory {
  readonly module: object
  readonly memory: object
  readonly id: number
}
