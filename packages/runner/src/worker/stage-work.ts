import type { Operation } from '@etsef/plugin-api'
import type { StageSpec } from '../executor/protocol.js'
import type { ArtifactWriter } from './artifact-output.js'
import type { PictureWriter } from './decoded-pictures.js'
import type { StageScope } from './context.js'
import type { StageInputs } from './stage-inputs.js'

/** What every part of a stage works with. */
export interface StageWork {
  readonly spec: StageSpec
  readonly operation: Operation
  readonly implementation: unknown
  readonly inputs: StageInputs
  readonly artifact: ArtifactWriter
  /** Takes what a source has decoded. */
  readonly pictures: PictureWriter
  readonly scope: StageScope
}
