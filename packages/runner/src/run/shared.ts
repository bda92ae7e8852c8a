import type { EngineProbe } from '@etsef/plugin-api'
import type { Memo } from '../memo.js'
import type { PipelineFiles } from '../pipeline/load-pipeline.js'
import type { ImplementationDigests } from '../registry/implementation-digest.js'
import type { Registry } from '../registry/load-registry.js'
import type { ContentDigest } from '../store/content-digest.js'

/**
 * What many variants of one pipeline share, read once: files, plugins and digests of content. A file that changes afterwards is not read
 * again.
 */
export interface Shared {
  readonly files: PipelineFiles
  readonly registry: Registry
  readonly digests: ImplementationDigests
  readonly contents: Map<string, ContentDigest>
  readonly engines: Map<string | undefined, EngineProbe>
  readonly memo: Memo
}
