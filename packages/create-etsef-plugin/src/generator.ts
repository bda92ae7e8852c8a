import { addOperation } from './add-operation.js'
import { isKind, kinds } from './kinds.js'
import { checkOperationName, namesIn } from './names.js'

/** What `etsef plugins new-operation` asks. */
export default {
  addOperation(dir: string, kind: string, operation: string): readonly string[] {
    if (!isKind(kind)) throw new Error(`There is no kind "${kind}": ${Object.keys(kinds).join(', ')}`)
    checkOperationName(operation)
    return addOperation(dir, kind, namesIn(dir, operation))
  },
}
