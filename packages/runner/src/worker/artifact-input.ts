import { PipelineError } from '@etsef/plugin-api'
import { openRowReader, type RowReader } from '@etsef/plugin-api/codec'
import { createHash } from 'node:crypto'
import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SpecInput } from '../executor/protocol.js'
import { readManifest, type Manifest, type ManifestOutput } from '../store/manifest.js'
import { storeFolders } from '../store/store.js'
import { hashFile } from '../store/stat-cache.js'

/** Files up to this size are read once, checked and kept; larger ones are checked first and streamed. */
const inMemoryBytes = 2 ** 20

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
  let text: string
  try {
    text = readFileSync(join(dir, 'manifest.json'), 'utf8')
  } catch {
    throw new CorruptArtifact(key, 'its manifest is missing')
  }
  const manifest = readManifest(text)
  if (manifest?.key !== key) throw new CorruptArtifact(key, 'its manifest is damaged')
  const sums = new Map(manifest.files.map((file) => [file.path, file]))
  const entry = (path: string) => {
    const file = sums.get(path)
    if (!file) throw new CorruptArtifact(key, `it does not list ${path}`)
    return file
  }
  const read = (path: string): Buffer => {
    const file = entry(path)
    let bytes: Buffer
    try {
      bytes = readFileSync(join(dir, path))
    } catch {
      throw new CorruptArtifact(key, `${path} is missing`)
    }
    if (createHash('sha256').update(bytes).digest('hex') !== file.sha256)
      throw new CorruptArtifact(key, `${path} is not as it was written`)
    return bytes
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
    read,
    check(folder) {
      for (const path of sums.keys()) if (path.startsWith(`${folder}/`)) checkFile(path)
    },
    async rows(output) {
      if (entry(output.path).bytes <= inMemoryBytes) return openRowReader(read(output.path))
      checkFile(output.path)
      return openRowReader(join(dir, output.path))
    },
  }
}

/** A row input: its artifact and reader. */
export interface RowInput {
  readonly spec: SpecInput
  readonly artifact: ArtifactReader
  readonly reader: RowReader
}
