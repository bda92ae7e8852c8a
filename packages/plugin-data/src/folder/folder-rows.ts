import { PipelineError, type ImageRows } from '@etsef/plugin-api'
import { permuteLabels } from '../permute-labels.js'
import { groupKey } from './group-key.js'
import { formatPlace, parsePlace } from './picture-place.js'
import type { GroupEntry } from './read-groups.js'
import type { FolderListing, ListedFile } from './list-folder.js'

/** What {@link folderRows} is told beside the listing. */
export interface FolderRowsOptions {
  /** From {@link readGroups}; left out: every file is its own group. */
  readonly groups?: ReadonlyMap<string, GroupEntry> | undefined
  /** Group of a file that no groups file speaks of; undefined: a group of its own. */
  readonly groupOfPath?: ((path: string) => string | undefined) | undefined
  /** Listed files that are nearly the same, by position; their groups are joined. */
  readonly alike?: readonly (readonly [number, number])[] | undefined
  /** How the groups file is called in messages. */
  readonly groupsName?: string | undefined
  /** Paths of files that were left out on purpose: the groups file may name them. */
  readonly leftOut?: readonly string[] | undefined
  /** At most so many images of each class: those of the smallest sha256, so that a smaller set is part of a larger one. */
  readonly perClass?: number | null | undefined
  readonly permuteLabels?: number | null | undefined
  /** Takes the partitions that the directories name; otherwise every row is `none`. */
  readonly keepPartitions?: boolean | undefined
}

/**
 * Rows of listed files.
 *
 * Files with the same bytes get the same group (groups that share a file are joined), so that no split can part them.
 *
 * @param sha256 - Digest per listed file, in order.
 * @throws PipelineError `ERR_BAD_DATA` when the groups file lacks an image, contradicts a folder, or names a file that is not
 *   there, or when identical files stand in two classes; `ERR_LEAKAGE` when kept partitions share a group.
 */
export function folderRows(
  { classNames, files }: FolderListing,
  sha256: readonly string[],
  options: FolderRowsOptions = {},
): ImageRows {
  for (const twins of contradictions(files, sha256)) throw contradiction({ classNames, files }, twins)
  if (options.groups)
    refuseUnknownEntries(
      files,
      options.groups,
      options.groupsName ?? 'the groups file',
      new Set((options.leftOut ?? []).map(groupKey)),
    )
  const groups = joinGroups(
    files.map((file) => groupOf(file, classNames, options)),
    sha256,
    options.alike ?? [],
  )
  const kept = takePerClass(files, sha256, options.perClass ?? Infinity)
  const keptGroups = kept.map((i) => groups[i]!)
  const labels = Int32Array.from(kept, (i) => files[i]!.label)
  const partitions = kept.map((i) => (options.keepPartitions ? files[i]!.partition : 'none'))
  refuseSharedGroups(keptGroups, partitions)
  return {
    kind: 'images',
    ids: kept.map((i) => files[i]!.path),
    uris: kept.map((i) => files[i]!.path),
    sourceIds: kept.map((i) => sha256[i]!),
    labels: options.permuteLabels == null ? labels : permuteLabels(labels, keptGroups, options.permuteLabels),
    groups: keptGroups,
    partitions,
    classNames,
  }
}

function groupOf(
  { path, label }: ListedFile,
  classNames: readonly string[],
  { groups, groupsName = 'the groups file', groupOfPath }: FolderRowsOptions,
): string {
  if (!groups) return groupOfPath?.(path) ?? path
  const entry = groups.get(groupKey(path))
  if (!entry) {
    throw new PipelineError('ERR_BAD_DATA', {
      message: `Image "${path}" is missing in ${groupsName}`,
      option: 'groups',
      hint: 'every image needs a group; a file of its own is a group of its own',
    })
  }
  if (entry.className !== undefined && entry.className !== classNames[label]) {
    throw new PipelineError('ERR_BAD_DATA', {
      message: `${groupsName} puts "${path}" in another class than its folder`,
      expected: classNames[label] ?? '',
      received: entry.className,
    })
  }
  return entry.group
}

function refuseUnknownEntries(
  files: readonly ListedFile[],
  groups: ReadonlyMap<string, GroupEntry>,
  name: string,
  leftOut: ReadonlySet<string>,
): void {
  const paths = new Set(files.map(({ path }) => groupKey(path)))
  const classes = new Set([...paths].map((path) => path.slice(0, path.lastIndexOf('/') + 1)))
  for (const path of groups.keys()) {
    // Entries of class folders and files that were left out on purpose are not missing.
    if (paths.has(path) || leftOut.has(path) || !classes.has(path.slice(0, path.lastIndexOf('/') + 1))) continue
    throw new PipelineError('ERR_MISSING_FILE', {
      message: `${name} names "${path}", which is not in the folder`,
      option: 'groups',
      hint: 'remove the line, or bring the file back',
    })
  }
}

/** Files whose bytes stand in more than one class, by position, in sets of equal ones. */
export function contradictions(
  files: readonly ListedFile[],
  sha256: readonly string[],
): readonly (readonly number[])[] {
  const equal = new Map<string, number[]>()
  sha256.forEach((digest, i) => {
    // Boxes and frames of one file are other pictures.
    const { frame, box } = parsePlace(files[i]!.path)
    const picture = formatPlace({ path: digest, frame, box })
    const twins = equal.get(picture)
    if (twins) twins.push(i)
    else equal.set(picture, [i])
  })
  return [...equal.values()].filter((twins) => twins.some((i) => files[i]!.label !== files[twins[0]!]!.label))
}

/** What is wrong with equal files of several classes. */
export function contradiction(
  { classNames, files }: Pick<FolderListing, 'classNames' | 'files'>,
  twins: readonly number[],
): PipelineError {
  const shown = twins.map((i) => `"${files[i]!.path}"`)
  const classes = [...new Set(twins.map((i) => files[i]!.label))].map((label) => classNames[label] ?? '')
  return new PipelineError('ERR_BAD_DATA', {
    message: `${shown.join(' and ')} are the same image in ${classes.length === 2 ? 'two' : String(classes.length)} classes`,
    received: classes.join(' and '),
    hint: 'one of the labels is wrong; remove that file, name it under exclude, or set onDuplicate: drop to leave out all of them',
  })
}

function refuseSharedGroups(groups: readonly string[], partitions: readonly string[]): void {
  const seen = new Map<string, string>()
  groups.forEach((group, i) => {
    const other = seen.get(group) ?? partitions[i]!
    if (other !== partitions[i]) {
      throw new PipelineError('ERR_LEAKAGE', {
        message: `Group "${group}" has images in the ${other} and in the ${partitions[i]!} directory`,
        option: 'splitFolders',
        hint: 'set splitFolders: ignore and split anew by group with data/split',
      })
    }
    seen.set(group, other)
  })
}

/** Groups joined where files with equal bytes, or nearly the same pictures, connect them; a joined group is called after its first member. */
function joinGroups(
  groups: readonly string[],
  sha256: readonly string[],
  alike: readonly (readonly [number, number])[],
): string[] {
  const parent = new Map<string, string>(groups.map((group) => [group, group]))
  const find = (group: string): string => {
    let root = group
    while (parent.get(root) !== root) root = parent.get(root)!
    parent.set(group, root)
    return root
  }
  const groupOfFile = new Map<string, string>()
  groups.forEach((group, i) => {
    const twin = groupOfFile.get(sha256[i]!)
    if (twin === undefined) groupOfFile.set(sha256[i]!, group)
    else parent.set(find(group), find(twin))
  })
  for (const [a, b] of alike) {
    const [first, second] = [find(groups[Math.min(a, b)]!), find(groups[Math.max(a, b)]!)]
    if (first !== second) parent.set(second, first)
  }
  return groups.map(find)
}

function takePerClass(files: readonly ListedFile[], sha256: readonly string[], perClass: number): number[] {
  const byDigest = files
    .map((_, i) => i)
    .sort((a, b) => (sha256[a]! < sha256[b]! ? -1 : sha256[a]! > sha256[b]! ? 1 : a - b))
  const taken = new Map<number, number>()
  const kept = byDigest.filter((i) => {
    const count = taken.get(files[i]!.label) ?? 0
    taken.set(files[i]!.label, count + 1)
    return count < perClass
  })
  return kept.sort((a, b) => a - b)
}
