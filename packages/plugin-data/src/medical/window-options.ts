import { Type } from '@etsef/plugin-api'

/** Options that say how values of DICOM and NIfTI files become 8 bits. */
export const windowOptions = {
  window: Type.Union(
    [
      Type.Enum(['file', 'full', 'minMax']),
      Type.Array(Type.Number(), { minItems: 2, maxItems: 2, description: '[centre, width] in units of the file' }),
    ],
    {
      default: 'file',
      description:
        'Values of DICOM and NIfTI that become black and white. file: the first window of the file, else full; full: all that its bits can hold (of NIfTI: as minMax); minMax: the least and greatest of the file; [centre, width]: in units of the file, as [40, 400] for soft tissue in CT',
    },
  ),
}

/** Values of {@link windowOptions}. */
export type Window = 'file' | 'full' | 'minMax' | readonly number[]
