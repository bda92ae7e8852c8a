import { expect, test } from 'vitest'
import { groupKey } from './group-key.js'
import { readGroups } from './read-groups.js'

test('reads files, groups and classes, quoted and with CRLF', () => {
  const entries = readGroups(
    '\uFEFFfile,class,group,note\r\n"a/x, y.jpg",a,p1,"a ""note"""\r\na/z.jpg,,p2,\r\n\r\n',
    'groups.csv',
  )
  expect([...entries]).toEqual([
    ['a/x, y.jpg', { group: 'p1', className: 'a' }],
    ['a/z.jpg', { group: 'p2', className: undefined }],
  ])
})
test('compares decomposed and composed accents, and both slashes, as equal', () => {
  expect(readGroups('file,group\n.\\e\u0301\\x.jpg,p', 'groups.csv').get(groupKey('\u00e9/x.jpg'))?.group).toBe('p')
})
test('refuses a missing column, an empty cell and a file that stands twice', () => {
  expect(() => readGroups('file,patient\na,b', 'g.csv')).toThrow(/g\.csv has no column "group"/)
  expect(() => readGroups('file,group\na,1\nb,', 'g.csv')).toThrow(/record 2: group is empty/)
  expect(() => readGroups('file,group\na,1\na,2', 'g.csv')).toThrow(
    expect.objectContaining({ code: 'ERR_DUPLICATE_ID' }),
  )
})
