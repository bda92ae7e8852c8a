import type { PipelineError, Place } from '@etsef/plugin-api'
import { problem, showCycle, suggest } from '../errors.js'
import { yamlLimits } from './limits.js'
import { describeValue, type Located, type LocatedEntry } from './located.js'

/** A text of the pipeline or the command line, and where it stands. */
export interface Written {
  readonly place: Place
  readonly received: string
}

/** A reference as it is written: `svm.model` names the node `svm`. */
interface WrittenReference {
  readonly text: string
  readonly node: string
  readonly place: Place
}

const nameForm = 'a letter, then letters, digits, "_" and "-"'

/** Names and texts of a pipeline can be of any length; messages show their beginning. */
function short(text: string): string {
  return text.slice(0, 80)
}

function wrongType(message: string, value: Located, expected: string, node?: string): PipelineError {
  return problem('ERR_WRONG_TYPE', { message, place: value.place, node, expected, received: describeValue(value) })
}

// The form of a file.

/** A file of YAML holds nothing. */
export function emptyFile(file: string): PipelineError {
  return problem('ERR_YAML_SYNTAX', {
    message: 'The file is empty',
    place: { file, line: 1, column: 1 },
    expected: 'a pipeline',
  })
}

/** A file holds a zero byte, as UTF-16 and pictures do. */
export function zeroByte(place: Place): PipelineError {
  return problem('ERR_YAML_SYNTAX', {
    message: 'The file is no text: it holds a zero byte',
    place,
    hint: 'save it as UTF-8',
  })
}

/** A file holds more than one document. */
export function severalDocuments(count: number, place: Place): PipelineError {
  return problem('ERR_YAML_SYNTAX', {
    message: 'The file holds several YAML documents',
    place,
    expected: 'one document',
    received: String(count),
  })
}

/** A map has a key twice. @param first - Where it stands first. */
export function doubledKey(key: string, place: Place, first: Place | undefined): PipelineError {
  return problem('ERR_DUPLICATE_KEY', {
    message: `Key "${key}" stands twice in this map`,
    place,
    received: `first at line ${String(first?.line)}`,
    hint: 'rename or remove one of the two',
  })
}

/** A key is not among those that a map may have. @param what - What the map describes: `node "svm"`. */
export function unknownKey(
  key: string,
  known: readonly string[],
  what: string,
  place: Place,
  node: string | undefined,
): PipelineError {
  return problem('ERR_UNKNOWN_KEY', {
    message: `Unknown key "${short(key)}" in the ${what}`,
    place,
    node,
    expected: known.join(', '),
    received: short(key),
    hint: suggest(key, known, 'keys'),
  })
}

// Values of another type than is needed.

/** A value should be a map. @param what - The value in the words of the file: `"with" of node "svm"`. */
export function notAMap(what: string, value: Located, node?: string, expected = 'a map'): PipelineError {
  return wrongType(`${what} is not a map`, value, expected, node)
}

/** The value of a key should be a text. */
export function notAText(key: string, value: Located, node: string | undefined): PipelineError {
  return wrongType(`"${key}" is not a text`, value, 'a text', node)
}

/** A value should be a name. @param what - The value in the words of the file: `"use" of node "svm"`. */
export function notAName(what: string, value: Located, expected = nameForm, node?: string): PipelineError {
  return wrongType(`${what} is not a name`, value, expected, node)
}

/** A seed is a fraction, a list or a map. */
export function badSeed(value: Located, node: string | undefined): PipelineError {
  return wrongType('The seed is not a whole number', value, 'a whole number or a text', node)
}

/** "optional" of an input of a part is no switch. */
export function badOptional(input: string, value: Located): PipelineError {
  return wrongType(`"optional" of input "${input}" is neither true nor false`, value, 'true or false')
}

// Names.

/** A name has characters that no reference could name. @param what - What goes by it: `a node`. */
export function badName(name: string, what: string, place: Place): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    message: `"${short(name)}" is not a name for ${what}`,
    place,
    expected: nameForm,
  })
}

/** An input of many calls one of its entries by something that is no name. */
export function badEntryName(name: string, place: Place, node: string): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    message: `"${short(name)}" is not a name for an entry of an input`,
    place,
    node,
    expected: 'letters, digits, "_", "-" and "."',
  })
}

/** A node of a part has the name by which references reach the part's inputs. */
export function nodeCalledIn(part: string, place: Place): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    message: `A node of part "${part}" is called "in", the word for the inputs of a part`,
    place,
    hint: 'give it another name',
  })
}

/** A reference is not of the form `node` or `node.port`. @param what - What should be one: `"outputs"`. */
export function notAnOutput(what: string, place: Place, received: string, node?: string): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    message: `${what} does not name an output`,
    place,
    node,
    expected: 'node or node.port',
    received,
  })
}

/** One name is given to a reference that stands for several outputs. */
export function oneNameForMany(name: string, count: number, { text, place }: WrittenReference): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    message: `"${text}" is ${String(count)} outputs, which cannot all be called "${name}"`,
    place,
    hint: 'name them without a name of their own, or one by one',
  })
}

/** References of the pipeline stand for more outputs than are looked up. */
export function tooManyReferenced(place: Place): PipelineError {
  return problem('ERR_TOO_LARGE', {
    message: `Inputs of the pipeline name more than ${String(yamlLimits.referenceValues)} outputs`,
    place,
  })
}

// Nodes.

/** A pipeline or a part has no nodes. @param what - `The pipeline`, or the part. */
export function noNodes(what: string, place: Place): PipelineError {
  return problem('ERR_MISSING_OPTION', {
    message: `${what} has no nodes`,
    place,
    expected: 'nodes: { name: { use: … } }',
  })
}

/** A node has no "use". */
export function missingUse(node: string, place: Place): PipelineError {
  return problem('ERR_MISSING_OPTION', {
    message: `Node "${node}" does not say which operation it uses`,
    place,
    node,
    expected: 'use: plugin/operation',
  })
}

/** "use" names a file, as it would in systems that load code from anywhere. */
export function useOfPath(node: string, { place, received }: Written): PipelineError {
  return problem('ERR_UNKNOWN_OPERATION', {
    message: `"use" of node "${node}" names a path or an address`,
    place,
    node,
    expected: 'the name of an operation of an installed plugin, e.g. data/folder',
    received: received.slice(0, 120),
    hint: 'list the plugin in the dependencies of package.json and use its operation by name',
  })
}

/** "each" of a node is no list of names, or an item of it has none of its own. */
export function badEach(message: string, place: Place, node: string, received: string | undefined): PipelineError {
  return problem('ERR_BAD_OPTION', {
    message,
    place,
    node,
    expected: 'a list of names or numbers, each once, or a map of values by name',
    received,
  })
}

// Parts.

/** A part that is used is not declared: what is told of it twice, in the same words, is shown once. */
export function unknownPart(name: string, place: Place, parts: Iterable<string>): PipelineError {
  return problem('ERR_UNKNOWN_PART', {
    message: `There is no part "${short(name)}"`,
    place,
    received: short(name),
    hint: suggest(name, parts, 'parts'),
  })
}

/** A reference inside a part, or an output of it, names a node that the part has not. */
export function unknownInPart(
  part: string,
  { node, text, place }: WrittenReference,
  nodes: Iterable<string>,
): PipelineError {
  return problem('ERR_UNKNOWN_NODE', {
    message: `Part "${part}" has no node "${node}"`,
    place,
    received: text,
    hint: suggest(node, nodes, 'nodes'),
  })
}

/** "set" of the use of a part names a node that the part has not. */
export function unknownInSet(
  part: string,
  path: readonly string[],
  nodes: Iterable<string>,
  place: Place,
  node: string,
): PipelineError {
  return problem('ERR_UNKNOWN_NODE', {
    message: `Part "${part}" has no node "${short(path[0]!)}" to set`,
    place,
    node,
    received: path.join('.').slice(0, 120),
    expected: 'node.option of a node of the part',
    hint: suggest(path[0]!, nodes, 'nodes'),
  })
}

/** The part's input of that name is not there, seen from the use of the part (with node and port) or from inside it. */
export function unknownInputOfPart(
  part: { readonly name: string; readonly inputs: ReadonlyMap<string, unknown> },
  {
    shown,
    name,
    ...where
  }: Written & { readonly shown: string; readonly name: string } & {
    readonly node?: string
    readonly port?: string
  },
): PipelineError {
  return problem('ERR_UNKNOWN_PORT', {
    ...where,
    message: `Part "${part.name}" has no input "${shown}"`,
    expected: [...part.inputs.keys()].join(', ') || 'no inputs',
    hint: suggest(name, part.inputs.keys(), 'inputs'),
  })
}

/** A reference names an output that the part has not. @param name - Left out: the part has none at all. */
export function unknownOutputOfPart(
  part: { readonly name: string; readonly outputs: ReadonlyMap<string, unknown> },
  name: string | undefined,
  nodes: Iterable<string>,
  { text, place }: WrittenReference,
): PipelineError {
  const outputs = [...part.outputs.keys()]
  return problem('ERR_UNKNOWN_PORT', {
    message:
      name === undefined ? `Part "${part.name}" has no outputs` : `Part "${part.name}" has no output or node "${name}"`,
    place,
    expected: outputs.join(', ') || 'no outputs',
    received: text,
    hint: name === undefined ? undefined : suggest(name, [...outputs, ...nodes], 'names'),
  })
}

/** The use of a part does not wire an input that the part needs. */
export function missingInputOfPart(part: string, port: string, place: Place, node: string): PipelineError {
  return problem('ERR_MISSING_INPUT', {
    message: `Input "${port}" of part "${part}" is not wired in "${node}"`,
    place,
    node,
    port,
    hint: `add ${port}: <node> to "in"`,
  })
}

/** The use of a part sets a parameter that the part has not. */
export function unknownParameter(
  part: { readonly name: string; readonly parameters: ReadonlyMap<string, unknown> },
  option: string,
  place: Place,
  node: string,
): PipelineError {
  return problem('ERR_UNKNOWN_KEY', {
    message: `Part "${part.name}" has no parameter "${short(option)}"`,
    place,
    node,
    option,
    received: short(option),
    hint: suggest(option, part.parameters.keys(), 'parameters'),
  })
}

/** The use of a part leaves out a parameter that has no default. */
export function missingParameter(part: string, option: string, place: Place, node: string): PipelineError {
  return problem('ERR_MISSING_OPTION', {
    message: `Parameter "${option}" of part "${part}" is missing in "${node}"`,
    place,
    node,
    option,
    hint: `add ${option}: … to "with"`,
  })
}

/** A part uses itself. @param ring - The parts that it does so by way of, where they are known. */
export function partInItself(name: string, place: Place, ring?: readonly string[]): PipelineError {
  return problem('ERR_CYCLE', {
    message: `Part "${name}" uses itself${ring ? `: ${showCycle(ring)}` : ''}`,
    place,
    expected: 'no way from a part back to itself',
    received: ring && showCycle(ring),
  })
}

/** What feeds an input of a part is that input. */
export function inputFedByItself(input: string, use: string, place: Place): PipelineError {
  return problem('ERR_CYCLE', {
    message: `Input "${input}" of "${use}" is fed by itself`,
    place,
    expected: 'no way from a node back to itself',
  })
}

/** Parts use parts that use parts, further down than is written out. */
export function partsTooDeep(place: Place): PipelineError {
  return problem('ERR_TOO_LARGE', {
    message: `More than ${String(yamlLimits.referenceDepth)} parts stand in one another`,
    place,
  })
}

/** Parts and lists have more nodes or values than are written out. */
export function partsTooLarge(place: Place): PipelineError {
  return problem('ERR_TOO_LARGE', {
    message: 'Parts and lists of the pipeline are too large when they are written out',
    place,
    expected: `at most ${String(yamlLimits.expandedNodes)} nodes of ${String(yamlLimits.expandedValues)} values`,
  })
}

// Variables, parameters and items: `${vars.name}`, `${with.name}`, `${each}`.

/** A variable is used or set and not declared. @param near - Names to suggest from; none are looked at when left out. */
export function unknownVariable(name: string, near: Iterable<string> | undefined, written: Written): PipelineError {
  return problem('ERR_UNKNOWN_VARIABLE', {
    ...written,
    message: `Variable "${name}" is not declared in vars`,
    hint: near ? suggest(name, near, 'variables') : 'declare it in vars',
  })
}

/** `${…}` holds something else than the name of a variable. */
export function notAVariable(written: Written): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    ...written,
    message: `"${written.received}" is not a reference to a variable`,
    hint: 'write ${vars.name}; expressions and environment variables are not read',
  })
}

/** Variables stand for each other. */
export function variableOfItself(name: string, cycle: readonly string[], written: Written): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    ...written,
    message: `Variable "${name}" refers to itself: ${showCycle(cycle)}`,
    hint: 'give one of them a value',
  })
}

/** `${with.name}` names a parameter that the part has not. */
export function unknownInWith(name: string, parameters: Iterable<string>, written: Written): PipelineError {
  return problem('ERR_UNKNOWN_VARIABLE', {
    ...written,
    message: `The part has no parameter "${short(name)}"`,
    hint: suggest(name, parameters, 'parameters'),
  })
}

/** `${each.name}` names an entry that the item has not. */
export function unknownInItem(name: string, item: Located, written: Written): PipelineError {
  return problem('ERR_UNKNOWN_VARIABLE', {
    ...written,
    message: `The item has no "${short(name)}"`,
    hint: item.kind === 'map' ? suggest(name, item.entries.keys(), 'entries') : `it is ${describeValue(item)}`,
  })
}

/** `${with.name}` outside a part, or `${each}` in a node that has no "each". @param has - What stands for something at this place. */
export function standsForNothing(
  name: string,
  has: { readonly parameters: boolean; readonly item: boolean },
  written: Written,
): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    ...written,
    message: `"\${${short(name)}}" stands for nothing here`,
    hint: [
      ...(has.parameters ? ['${with.name} is a parameter of the part'] : []),
      ...(has.item ? ['${each} is the item'] : []),
      ...(has.parameters || has.item ? [] : ['${with.name} stands in parts, ${each} in nodes that have "each"']),
    ].join(', '),
  })
}

/** A list or map should be written into a longer text. @param what - What the reference stands for, in the words of the message: `the variable`. */
export function notForText(reference: string, what: string, value: Located, place: Place): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    message: `"${reference}" stands inside a text, but ${what} is ${describeValue(value)}`,
    place,
    hint: 'use it alone as the whole value',
  })
}

/** A text with its references replaced is longer than a text may be. */
export function textTooLong(place: Place): PipelineError {
  return problem('ERR_TOO_LARGE', {
    message: `A text becomes longer than ${String(yamlLimits.scalar)} characters`,
    place,
  })
}

/** A variable stands for one that stands for one, further than is followed. */
export function variablesTooDeep(place: Place): PipelineError {
  return problem('ERR_TOO_LARGE', {
    message: `More than ${String(yamlLimits.referenceDepth)} variables name one another in a row`,
    place,
  })
}

/** Variables stand for more values than are written out. */
export function variablesTooLarge(place: Place): PipelineError {
  return problem('ERR_TOO_LARGE', {
    message: `References of the file stand for more than ${String(yamlLimits.referenceValues)} values`,
    place,
  })
}

// Pipelines that extend others, profiles and the command line.

/** "$merge" or "$append" has other keys beside it. */
export function directiveNotAlone(keys: Iterable<string>, place: Place): PipelineError {
  return problem('ERR_EXTENDS', {
    message: '"$merge" and "$append" stand alone in their map',
    place,
    received: [...keys].join(', '),
  })
}

/** "$merge" of something that is no map, or over something that is none. */
export function cannotMerge(directive: LocatedEntry, below: Located | undefined): PipelineError {
  return problem('ERR_EXTENDS', {
    message: '"$merge" lays a map over a map',
    place: directive.place,
    expected: 'a map, and a map in the extended pipeline',
    received: unfit('map', directive.value, below),
  })
}

/** "$append" of something that is no list, or to something that is none. */
export function cannotAppend(directive: LocatedEntry, below: Located | undefined): PipelineError {
  return problem('ERR_EXTENDS', {
    message: '"$append" adds a list to a list',
    place: directive.place,
    expected: 'a list, and a list in the extended pipeline',
    received: unfit('list', directive.value, below),
  })
}

function unfit(kind: Located['kind'], value: Located, below: Located | undefined): string {
  if (value.kind !== kind) return describeValue(value)
  return below ? `${describeValue(below)} below it` : 'nothing below it'
}

/** Files extend too many files. @param message - How: at once, or in a row. */
export function tooManyExtended(message: string, place: Place): PipelineError {
  return problem('ERR_EXTENDS', { message, place, expected: `at most ${String(yamlLimits.extends)}` })
}

/** `--profile` names a profile that is not there. */
export function unknownProfile(name: string, profiles: Iterable<string>, place: Place): PipelineError {
  return problem('ERR_BAD_OVERRIDE', {
    message: `There is no profile "${name}"`,
    place,
    received: `--profile ${name}`,
    hint: suggest(name, profiles, 'profiles'),
  })
}

/** `--set` names a node that is not there. */
export function unknownNodeToSet(name: string, nodes: Iterable<string>, written: Written): PipelineError {
  return problem('ERR_UNKNOWN_NODE', {
    ...written,
    message: `There is no node "${name}" to set`,
    hint: suggest(name, nodes, 'nodes'),
  })
}

/** `--set` does not have the form of an override. */
export function badOverride(
  message: string,
  written: Written,
  hint = 'write --set node.option=value, vars.name=value or seed=value',
): PipelineError {
  return problem('ERR_BAD_OVERRIDE', { ...written, message, hint })
}
