import type { PipelineError } from '@etsef/plugin-api'
import { problem } from '../errors.js'

/** There is nothing at the path of declared content. */
export function nothingAt(path: string, cause: unknown): PipelineError {
  return problem('ERR_MISSING_FILE', {
    message: `There is nothing at "${path}"`,
    expected: 'a file or a folder',
    cause,
  })
}

/** A file of the content cannot be read. @param code - What the system says, `EACCES` for instance. */
export function unreadableFile(name: string, code: string | undefined, cause: unknown): PipelineError {
  return problem('ERR_BAD_DATA', {
    message: `"${name}" cannot be read: ${code === 'EACCES' ? 'this user has no right to' : String(code)}`,
    hint: 'give the user the right to read it, or remove it',
    cause,
  })
}

/** A pipe or a device may have no end, and its bytes are no content that could be the same again. */
export function notAFile(name: string): PipelineError {
  return problem('ERR_BAD_DATA', {
    message: `"${name}" is a pipe, a device or a socket`,
    expected: 'a file or a folder',
    hint: 'move it out of the declared folder',
  })
}

/** A link to a folder could lead in a circle, or bring the same files twice. */
export function linkToFolder(name: string): PipelineError {
  return problem('ERR_OUTSIDE_ROOT', {
    message: `"${name}" is a link to a folder`,
    hint: 'declare that folder as content of its own',
  })
}

/** A name or a link leads to a file that no digest of the folder could stand for. @param what - In the words of the message: `Link "scan.png"`. */
export function leadsOut(what: string): PipelineError {
  return problem('ERR_OUTSIDE_ROOT', {
    message: `${what} leads out of the declared folder`,
    expected: 'files inside the folder',
    hint: 'copy the file, or declare the folder it lies in',
  })
}

/** A file was changed after its digest went into the key of what is made of it. */
export function changedFileOf(node: string, option: string, file: string): PipelineError {
  return problem('ERR_CHANGED_FILE', {
    message: `"${file}" was changed while "${node}" was made of it`,
    option,
    expected: 'files as they were when the run began',
    hint: 'leave the files alone during a run, and run again',
  })
}
