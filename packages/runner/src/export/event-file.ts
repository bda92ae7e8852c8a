import { PbfWriter } from 'pbf'
import { crc32c } from './crc32c.js'

/** A scalar of an event file. */
export interface Scalar {
  readonly tag: string
  readonly step: number
  /** Kept in single precision, as TensorBoard has it. */
  readonly value: number
  /** Seconds since 1970. */
  readonly wallTime: number
}

/**
 * An event file of TensorBoard: records of TensorFlow, of which each holds a message `Event` of tensorflow/core/util/event.proto. The first one
 * names the version of the format.
 */
export function eventFile(scalars: readonly Scalar[]): Uint8Array {
  const begun = Math.min(...scalars.map(({ wallTime }) => wallTime))
  const first = message((event) => {
    event.writeDoubleField(1, begun)
    event.writeStringField(3, 'brain.Event:2')
  })
  return Buffer.concat([first, ...scalars.map(scalarEvent)].map(record))
}

function scalarEvent({ tag, step, value, wallTime }: Scalar): Uint8Array {
  return message((event) => {
    event.writeDoubleField(1, wallTime)
    if (step !== 0) event.writeVarintField(2, step)
    event.writeMessage(
      5,
      (_, summary) => {
        summary.writeMessage(
          1,
          (_each, own) => {
            own.writeStringField(1, tag)
            own.writeFloatField(2, value)
          },
          null,
        )
      },
      null,
    )
  })
}

function message(write: (pbf: PbfWriter) => void): Uint8Array {
  const pbf = new PbfWriter()
  write(pbf)
  return pbf.finish()
}

/** Length, its checksum, the data, its checksum; numbers with the lowest byte first. */
function record(data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(8 + 4 + data.length + 4)
  bytes.writeBigUInt64LE(BigInt(data.length), 0)
  bytes.writeUInt32LE(masked(bytes.subarray(0, 8)), 8)
  bytes.set(data, 12)
  bytes.writeUInt32LE(masked(data), 12 + data.length)
  return bytes
}

/** A checksum turned and shifted, so that one of data that holds checksums is none of them. */
function masked(data: Uint8Array): number {
  const crc = crc32c(data)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
