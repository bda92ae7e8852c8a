import { PipelineError, type RowKind, type Spec } from '@etsef/plugin-api'
import { createRowWriter, type StoredBatch, type StreamHeader } from '@etsef/plugin-api/codec'
import { createHash, hash as hashText } from 'node:crypto'
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join, relative, sep } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import type { StageResult } from '../executor/protocol.js'
import { manifestText, readManifest, type Manifest, type ManifestFile, type ManifestOutput } from '../store/manifest.js'
import { hashFile } from '../store/stat-cache.js'
import { removeQuietly } from '../store/remove-quietly.js'
import { openStore, storeFolders } from '../store/store.js'
import { temporaryName } from '../store/temporary-name.js'

/** Rows of one output on their way to disk. */
export interface RowOutput {
  write(batch: StoredBatch): void
  close(): ManifestOutput
}

/** An artifact in the making, in a folder that nothing reads. */
export interface ArtifactWriter {
  readonly dir: string
  rows(port: string, kind: RowKind, spec: Spec | undefined): RowOutput
  /** A new empty folder of the artifact. */
  folder(name: string): string
  /** Entry for a folder that was filled. */
  addFolder(port: string, output: ManifestOutput): void
  writeText(path: string, text: string): void
  /** Writes the manifest and makes the artifact visible, whole and at once. @param replaces - One with other bytes is set aside for it. */
  publish(
    manifest: Omit<Manifest, 'outputs' | 'files' | 'format'>,
    format: number,
    replaces?: boolean,
  ): Pick<StageResult, 'manifest' | 'digest' | 'published'>
  /** Removes what was written; nothing was ever visible. */
  discard(): void
}

/** Starts an artifact. */
export function createArtifact(storeDir: string): ArtifactWriter {
  const dir = join(storeDir, storeFolders.temporary, temporaryName())
  makeEmpty(dir)
  const outputs: Record<string, ManifestOutput> = {}
  const written: ManifestFile[] = []
  const open = new Set<number>()
  let hasFolders = false
  const addFile = (path: string, bytes: number, sha256: string): void => {
    written.push({ path, bytes, sha256 })
  }
  return {
    dir,
    rows(port, kind, spec) {
      const path = `${port}.arrow`
      const descriptor = openSync(join(dir, path), 'wx')
      open.add(descriptor)
      const hash = createHash('sha256')
      let bytes = 0
      const buffer = bufferWrites((chunk) => {
        hash.update(chunk)
        bytes += chunk.byteLength
        for (let from = 0; from < chunk.byteLength;) from += writeSync(descriptor, chunk, from)
      })
      const writer = createRowWriter(kind, (chunk) => {
        buffer.write(chunk)
      })
      return {
        write: (batch) => {
          writer.write(batch)
        },
        close() {
          const { header, numSamples } = writer.close()
          buffer.flush()
          open.delete(descriptor)
          closeSync(descriptor)
          addFile(path, bytes, hash.digest('hex'))
          checkSpec(port, spec, header, numSamples)
          const numFeatures = header.featureNames?.length
          const output: ManifestOutput = {
            kind,
            path,
            numSamples,
            classNames: header.classNames,
            ...(numFeatures === undefined ? {} : { numFeatures }),
          }
          outputs[port] = output
          return output
        },
      }
    },
    folder(name) {
      hasFolders = true
      const path = join(dir, name)
      ensureFolder(path)
      return path
    },
    addFolder(port, output) {
      outputs[port] = output
    },
    writeText(path, text) {
      const bytes = Buffer.from(text)
      writeFileSync(join(dir, path), bytes)
      addFile(path, bytes.length, hashText('sha256', bytes, 'hex'))
    },
    publish(known, format, replaces = false) {
      // Operations write into the folders they asked for; all else was written, and hashed, here.
      if (hasFolders) {
        const listed = new Set(written.map((file) => file.path))
        for (const file of filesBelow(dir))
          if (!listed.has(file)) addFile(file, lstatSync(join(dir, file)).size, hashFile(join(dir, file)))
      }
      const files = [...written].sort((a, b) => (a.path < b.path ? -1 : 1))
      const manifest: Manifest = { ...known, format, outputs, files }
      const { text, digest } = manifestText(manifest)
      writeFileSync(join(dir, 'manifest.json'), text)
      const target = join(storeDir, storeFolders.artifacts, known.key)
      const published = makeVisible(dir, target, text, (there) => {
        if (!replaces && readManifest(there ?? '')) return false
        openStore(storeDir).quarantine(known.key)
        return true
      })
      return { manifest, digest, published }
    },
    discard() {
      for (const descriptor of open) closeSync(descriptor)
      open.clear()
      removeQuietly(dir)
    },
  }
}

function makeEmpty(dir: string): void {
  try {
    mkdirSync(dir)
  } catch {
    // Left by a process of the same id that was killed.
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(dir)
  }
}

const bufferBytes = 64 * 1024

/** Joins the many small pieces of an Arrow file into few writes. */
function bufferWrites(take: (bytes: Uint8Array) => void): { write(chunk: Uint8Array): void; flush(): void } {
  let buffer = Buffer.allocUnsafe(4096)
  let used = 0
  const flush = (): void => {
    if (used > 0) take(buffer.subarray(0, used))
    used = 0
  }
  return {
    flush,
    write(chunk) {
      if (used + chunk.byteLength > buffer.length) {
        if (buffer.length < bufferBytes && used + chunk.byteLength <= bufferBytes) {
          const larger = Buffer.allocUnsafe(Math.min(bufferBytes, 2 * (used + chunk.byteLength)))
          buffer.copy(larger, 0, 0, used)
          buffer = larger
        } else flush()
      }
      if (chunk.byteLength > buffer.length) {
        take(chunk)
        return
      }
      buffer.set(chunk, used)
      used += chunk.byteLength
    },
  }
}

/**
 * Renames the folder into place. When another process was first, its artifact stays: equal keys hold equal bytes.
 *
 * @param setAside - Takes what is there away, when it must not stay; given the text of its manifest.
 */
function makeVisible(
  dir: string,
  target: string,
  text: string,
  setAside: (there: string | undefined) => boolean,
): 'new' | 'same' | 'differs' {
  try {
    renameSync(dir, target)
    return 'new'
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw cause
  }
  let there: string | undefined
  try {
    there = readFileSync(join(target, 'manifest.json'), 'utf8')
  } catch {
    there = undefined
  }
  if (there === text) {
    removeQuietly(dir)
    return 'same'
  }
  const wasWhole = there !== undefined && readManifest(there) !== undefined
  if (setAside(there)) renameSync(dir, target)
  else removeQuietly(dir)
  return wasWhole ? 'differs' : 'new'
}

/** Relative paths of all files. @throws PipelineError `ERR_OUTSIDE_ROOT` for links and devices: an artifact is plain files. */
function filesBelow(dir: string): string[] {
  const files: string[] = []
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) walk(path)
      else if (entry.isFile()) files.push(relative(dir, path).split(sep).join('/'))
      else
        throw new PipelineError('ERR_OUTSIDE_ROOT', {
          message: `The operation put a link or device into its output: ${relative(dir, path)}`,
          expected: 'plain files',
        })
    }
  }
  walk(dir)
  return files
}

/** An output that differs from the spec that `plan` gave for it is an error: nodes downstream were checked against that spec. */
function checkSpec(port: string, spec: Spec | undefined, header: StreamHeader, numSamples: number): void {
  if (!spec) return
  const refuse = (what: string, expected: string, received: string): never => {
    throw new PipelineError('ERR_SHAPE_MISMATCH', {
      message: `Output "${port}" has other ${what} than planned`,
      port,
      expected,
      received,
      hint: "the operation's plan() and its code disagree; report it to the authors of the plugin",
    })
  }
  if (spec.classNames && numSamples > 0 && spec.classNames.join('\u0000') !== header.classNames.join('\u0000'))
    refuse('classes', spec.classNames.join(', '), header.classNames.join(', '))
  if (
    spec.numFeatures !== undefined &&
    header.featureNames &&
    numSamples > 0 &&
    spec.numFeatures !== header.featureNames.length
  )
    refuse('columns', String(spec.numFeatures), String(header.featureNames.length))
  if (spec.numSamples !== undefined && spec.numSamples !== numSamples)
    refuse('rows', String(spec.numSamples), String(numSamples))
}
