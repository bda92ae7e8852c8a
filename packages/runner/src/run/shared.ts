import type { EngineProbe } from '@etsef/plugin-api'
import type { Memo } from '../memo.js'
import type { PipelineFiles } from '../pipeline/load-pipeline.js'
import type { ImplementationDigests } from '../registry/implementation-digest.js'
import type { Registry } from '../registry/load-registry.js'
import type { ContentDigest } from '../store/content-digest.js'

/** What many variants of one pipeline need once: what was read of files, plugins and content, for a moment in which nothing changes. */
export interface Shared {
  readonly files: PipelineFiles
  readonly registry: Registry
  readonly digests: ImplementationDigests
  readonly contents: Map<string, ContentDigest>
  readonly engines: Map<string | undefined, EngineProbe>
  readonly memo: Memo
}
