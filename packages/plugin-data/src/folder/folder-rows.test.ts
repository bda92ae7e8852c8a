import { expect, test } from 'vitest'
import { folderRows } from './folder-rows.js'
import type { FolderListing } from './list-folder.js'
import type { Partition } from '@etsef/plugin-api'

const listing = (paths: readonly string[], partition: (path: string) => Partition = () => 'none'): FolderListing => {
  const classNames = [...new Set(paths.map((path) => path.split('/')[0]!))]
  return {
    classNames,
    files: paths.map((path) => ({ path, label: classNames.indexOf(path.split('/')[0]!), partition: partition(path) })),
    partitions: ['none'],
  }
}
const groups = (entries: Record<string, string>): Map<string, { group: string; className: undefined }> =>
  new Map(Object.entries(entries).map(([path, group]) => [path, { group, className: undefined }]))

test('gives every file a group of its own, equal files the same', () => {
  const rows = folderRows(listing(['a/1.jpg', 'a/2.jpg', 'b/3.jpg']), ['x', 'x', 'y'])
  expect(rows.groups).toEqual(['a/1.jpg', 'a/1.jpg', 'b/3.jpg'])
  expect([...rows.labels]).toEqual([0, 0, 1])
  expect(rows.partitions).toEqual(['none', 'none', 'none'])
})
test('joins groups that equal files connect, transitively', () => {
  const rows = folderRows(listing(['a/1', 'a/2', 'a/3', 'a/4', 'a/5']), ['x', 'x', 'y', 'y', 'z'], {
    groups: groups({ 'a/1': 'p1', 'a/2': 'p2', 'a/3': 'p2', 'a/4': 'p3', 'a/5': 'p4' }),
  })
  expect(rows.groups).toEqual(['p1', 'p1', 'p1', 'p1', 'p4'])
})
test('refuses an image without group, a group of no image, and another class', () => {
  const files = listing(['a/1.jpg', 'a/2.jpg'])
  expect(() => folderRows(files, ['x', 'y'], { groups: groups({ 'a/1.jpg': 'p' }) })).toThrow(
    /"a\/2.jpg" is missing in/,
  )
  expect(() =>
    folderRows(files, ['x', 'y'], { groups: groups({ 'a/1.jpg': 'p', 'a/2.jpg': 'p', 'a/3.jpg': 'p' }) }),
  ).toThrow(expect.objectContaining({ code: 'ERR_MISSING_FILE' }))
  const contradicting = new Map([['a/1.jpg', { group: 'p', className: 'b' }]])
  expect(() => folderRows(listing(['a/1.jpg']), ['x'], { groups: contradicting })).toThrow(
    /another class than its folder/,
  )
})
test('refuses the same bytes in two classes', () => {
  expect(() => folderRows(listing(['a/1.jpg', 'b/1.jpg']), ['x', 'x'])).toThrow(
    /"a\/1.jpg" and "b\/1.jpg" are the same image/,
  )
})
test('takes nested subsets per class by digest', () => {
  const files = listing(['a/1', 'a/2', 'a/3', 'b/1'])
  const digests = ['3', '1', '2', '9']
  expect(folderRows(files, digests, { perClass: 1 }).ids).toEqual(['a/2', 'b/1'])
  expect(folderRows(files, digests, { perClass: 2 }).ids).toEqual(['a/2', 'a/3', 'b/1'])
})
test('keeps the partitions of directories, unless a group is in two', () => {
  const files = listing(['a/train1', 'a/test1'], (path) => (path.includes('train') ? 'train' : 'test'))
  expect(folderRows(files, ['x', 'y'], { keepPartitions: true }).partitions).toEqual(['train', 'test'])
  expect(() => folderRows(files, ['x', 'x'], { keepPartitions: true })).toThrow(
    expect.objectContaining({ code: 'ERR_LEAKAGE' }),
  )
})
