import { PipelineError } from '@etsef/plugin-api'
import type { RowReader } from '@etsef/plugin-api/codec'
import { hash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { SpecInput } from '../executor/protocol.js'
import { readManifest, type Manifest, type ManifestOutput } from '../store/manifest.js'
import { storeFolders } from '../store/store.js'
import { hashFile } from '../store/stat-cache.js'
import { createKeptFiles } from './kept-files.js'

/** Files up to this size are read once, checked and kept for later stages; larger ones are checked first and streamed. */
const inMemoryBytes = 2 ** 20

/** Content of small inputs, checked, for the stages of this worker that read them, too. */
const keptFiles = createKeptFiles(4 * inMemoryBytes)

/** Artifact found damaged while reading; the coordinator sets it aside and has it made again. */
export class CorruptArtifact extends PipelineError {
  readonly key: string

  constructor(key: string, reason: string) {
    super('ERR_CORRUPT_ARTIFACT', {
      message: `Artifact ${key.slice(0, 12)} is damaged: ${reason}`,
      hint: 'it is set aside and computed again',
    })
    this.key = key
  }
}

/** An artifact opened for reading; every file is checked against its hash before it is used. */
export interface ArtifactReader {
  readonly key: string
  readonly dir: string
  readonly manifest: Manifest
  /** Bytes of a file, checked. */
  read(path: string): Buffer
  /** Checks every file below a folder. */
  check(folder: string): void
  /** Rows of an output. */
  rows(output: ManifestOutput): Promise<RowReader>
}

/** Opens an artifact. @throws CorruptArtifact when its manifest is missing or damaged. */
export function openArtifact(storeDir: string, key: string): ArtifactReader {
  const dir = join(storeDir, storeFolders.artifacts, key)
  const use = <T>(path: string, what: string, make: (bytes: Buffer) => T): T => {
    try {
      return keptFiles.get(join(dir, path), what, make)
    } catch (thrown) {
      if (thrown instanceof CorruptArtifact) throw thrown
      throw new CorruptArtifact(key, `${path} is missing`)
    }
  }
  const manifest = use('manifest.json', 'manifest', (bytes) => {
    const found = readManifest(bytes.toString('utf8'))
    if (found?.key !== key) throw new CorruptArtifact(key, 'its manifest is damaged')
    return found
  })
  const sums = new Map(manifest.files.map((file) => [file.path, file]))
  const entry = (path: string) => {
    const file = sums.get(path)
    if (!file) throw new CorruptArtifact(key, `it does not list ${path}`)
    return file
  }
  const checked = <T>(path: string, what: string, make: (bytes: Buffer) => T): T => {
    const { sha256 } = entry(path)
    return use(path, `${what} ${sha256}`, (bytes) => {
      if (hash('sha256', bytes, 'hex') !== sha256) throw new CorruptArtifact(key, `${path} is not as it was written`)
      return make(bytes)
    })
  }
  const checkFile = (path: string): void => {
    const file = entry(path)
    try {
      // A link could lead out of the store.
      if (lstatSync(join(dir, path)).isFile() && hashFile(join(dir, path)) === file.sha256) return
    } catch {
      // Counts as damaged.
    }
    throw new CorruptArtifact(key, `${path} is not as it was written`)
  }
  return {
    key,
    dir,
    manifest,
    read: (path) => checked(path, 'bytes', (bytes) => bytes),
    check(folder) {
      for (const path of sums.keys()) if (path.startsWith(`${folder}/`)) checkFile(path)
    },
    async rows(output) {
      // Arrow is loaded where rows are read: planning opens artifacts, too, and reads none.
      const { openRowReader } = await import('@etsef/plugin-api/codec')
      const isSmall = entry(output.path).bytes <= inMemoryBytes
      if (!isSmall) checkFile(output.path)
      const reader = await (isSmall
        ? checked(output.path, 'rows', openRowReader)
        : openRowReader(join(dir, output.path)))
      return countingReader(reader, output, key)
    },
  }
}

/** A reader that counts what it reads against what the manifest says. */
function countingReader(reader: RowReader, { path, numSamples }: ManifestOutput, key: string): RowReader {
  return {
    header: reader.header,
    async *batches() {
      let numRead = 0
      for await (const batch of reader.batches()) {
        numRead += batch.ids.length
        yield batch
      }
      if (numSamples !== undefined && numRead !== numSamples)
        throw new CorruptArtifact(key, `${path} holds ${String(numRead)} rows, not ${String(numSamples)}`)
    },
  }
}

/** A row input: its artifact and reader. */
export interface RowInput {
  readonly spec: SpecInput
  readonly artifact: ArtifactReader
  readonly reader: RowReader
}
