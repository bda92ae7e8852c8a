import { zipSync, type Zippable } from 'fflate'
import type { File } from 'h5wasm'
import { hostileTflite } from './hostile-tflite.js'

/** Files of weights that are made to use up time or memory, by name. A few kilobytes to 8 MB each; every one is to be refused. */
export const hostileWeights: Readonly<Record<string, () => Promise<Uint8Array> | Uint8Array>> = {
  'overlapping.pth': () => overlappingZip(8_000_000, 2000),
  'duplicated.pth': () => withDuplicate(torchArchive([], new Uint8Array(4))),
  'same-storage.pth': () => torchArchive(views(500), new Uint8Array(8_000_000)),
  'circle.pth': () => zip({ 'archive/data.pkl': circle() }),
  'bomb.keras': () =>
    zipSync({ 'config.json': text('{}'), 'model.weights.h5': new Uint8Array(100_000_000) }, { level: 1 }),
  'claims.weights.h5': claimingHdf5,
  'circle.weights.h5': circularHdf5,
  ...hostileTflite,
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** Entries as they are, as torch.save writes them. */
function zip(files: Zippable): Uint8Array {
  return zipSync(files, { level: 0 })
}

/** One stored entry, and a directory that names it `copies` times. */
function overlappingZip(size: number, copies: number): Uint8Array {
  const once = zip({ 'archive/data.pkl': text('.'), 'archive/data/0': new Uint8Array(size) })
  const view = new DataView(once.buffer)
  const end = once.length - 22
  const directory = view.getUint32(end + 16, true)
  const entry = once.subarray(directory + 46 + 'archive/data.pkl'.length, end)
  const bytes = new Uint8Array(directory + copies * entry.length + 22)
  bytes.set(once.subarray(0, directory))
  for (let i = 0; i < copies; i++) {
    bytes.set(entry, directory + i * entry.length)
    // The last characters of the name tell the copies apart.
    bytes.set(text(String(i).padStart(14, 'x')).subarray(-14), directory + i * entry.length + 46)
  }
  bytes.set(once.subarray(end), bytes.length - 22)
  const tail = new DataView(bytes.buffer, bytes.length - 22)
  tail.setUint16(8, copies, true)
  tail.setUint16(10, copies, true)
  tail.setUint32(12, copies * entry.length, true)
  return bytes
}

/** The archive with its last entry's name in the directory as its first's. */
function withDuplicate(archive: Uint8Array): Uint8Array {
  const latin = Buffer.from(archive)
  const last = latin.lastIndexOf('archive/data.pkX')
  if (last >= 0) latin.write('archive/data.pkl', last)
  return latin
}

/** A state dict of tensors of one storage, as `torch.save` writes it, in pickle protocol 2. */
function torchArchive(tensors: readonly TensorView[], storage: Uint8Array): Uint8Array {
  const pickle = [
    Buffer.from('\x80\x02}(', 'latin1'),
    ...tensors.flatMap(({ name, shape, strides }) => [
      unicode(name),
      Buffer.from('ctorch._utils\n_rebuild_tensor_v2\n((', 'latin1'),
      unicode('storage'),
      Buffer.from('ctorch\nByteStorage\n', 'latin1'),
      unicode('0'),
      unicode('cpu'),
      integer(storage.length),
      Buffer.from('tQ', 'latin1'),
      integer(0),
      tuple(shape),
      tuple(strides),
      Buffer.from('\x89NtR', 'latin1'),
    ]),
    Buffer.from('u.', 'latin1'),
  ]
  return zip({ 'archive/data.pkl': Buffer.concat(pickle), 'archive/data.pkX': text('.'), 'archive/data/0': storage })
}

interface TensorView {
  readonly name: string
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

function views(count: number): readonly TensorView[] {
  return Array.from({ length: count }, (_, i) => ({ name: `t${i}`, shape: [8_000_000], strides: [1] }))
}

function unicode(value: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(value.length)
  return Buffer.concat([Buffer.from('X'), length, Buffer.from(value)])
}

function integer(value: number): Buffer {
  const bytes = Buffer.from('J\0\0\0\0', 'latin1')
  bytes.writeInt32LE(value, 1)
  return bytes
}

function tuple(values: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from('('), ...values.map(integer), Buffer.from('t')])
}

/** A dictionary whose `state_dict` is itself. */
function circle(): Uint8Array {
  return Buffer.concat([
    Buffer.from('\x80\x02}q\x00', 'latin1'),
    unicode('state_dict'),
    Buffer.from('h\x00s.', 'latin1'),
  ])
}

/** A dataset of 4 GB by its shape, of which nothing is stored. */
function claimingHdf5(): Promise<Uint8Array> {
  return hdf5((file) => {
    const vars = file.create_group('layers').create_group('conv2d').create_group('vars')
    vars.create_attribute('name', 'conv1')
    const data = new Float32Array(1)
    vars.create_dataset({ name: '0', data, shape: [1], maxshape: [null], chunks: [1024] }).resize([1_000_000_000])
  })
}

/** Groups that link to their root under forty names. */
function circularHdf5(): Promise<Uint8Array> {
  return hdf5((file) => {
    const group = file.create_group('layers')
    for (let i = 0; i < 40; i++) group.create_hard_link('/', `again${i}`)
  })
}

async function hdf5(write: (file: File) => void): Promise<Uint8Array> {
  const h5 = await import('h5wasm')
  const { FS } = await h5.ready
  const file = new h5.File('/hostile.h5', 'w')
  write(file)
  file.close()
  const bytes = FS.readFile('/hostile.h5')
  FS.unlink('/hostile.h5')
  return bytes
}
