import { setKinds, type SetKind } from '../predict/set-kind.js'
import { UsageError, type Arguments } from './arguments.js'

/** What prediction sets are to promise; `undefined` where the command line leaves it open. @throws UsageError. */
export function setKindOption({ values }: Arguments): SetKind | undefined {
  if (values.sets === undefined) return undefined
  const kind = setKinds.find((each) => each === values.sets)
  if (!kind) throw new UsageError(`--sets is ${setKinds.join(' or ')}, not "${values.sets}"`)
  return kind
}
