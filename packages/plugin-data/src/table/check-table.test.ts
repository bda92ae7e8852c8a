import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkTable, type CheckedTable, type TableChecks } from './check-table.js'
import { readCsv } from './read-csv.js'

const root = mkdtempSync(join(tmpdir(), 'etsef-check-table-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})
mkdirSync(join(root, 'scans'))
for (const name of ['1.png', '2.png', '3.png', 'a,b.png']) writeFileSync(join(root, 'scans', name), '')

function check(csv: string, changes: Partial<TableChecks> = {}): CheckedTable {
  return checkTable(readCsv(csv, 'set.csv'), {
    root,
    name: 'set.csv',
    fileColumn: 'file',
    labelColumn: 'label',
    groupColumn: null,
    partitionColumn: null,
    boxColumns: null,
    frameColumn: null,
    attributes: [],
    ...changes,
  })
}

test('reads classes, groups, partitions, boxes and attributes, in the order of classes and paths', () => {
  const table = check(
    `\uFEFFlabel;file;patient;part;x;y;w;h;sex\r\nmole;scans/2.png;p1;train;;;;;f\r\n\r\nmelanoma;"scans/a,b.png";p2;Validation;1;2;3;4;\r\nmole;./scans/1.png;p3;test;;;;;m\r\n`,
    { groupColumn: 'patient', partitionColumn: 'part', boxColumns: ['x', 'y', 'w', 'h'], attributes: ['sex'] },
  )
  expect(table).toEqual({
    classNames: ['melanoma', 'mole'],
    files: [
      { path: 'scans/a,b.png#xywh=1,2,3,4', label: 0, group: 'p2', partition: 'val' },
      { path: 'scans/1.png', label: 1, group: 'p3', partition: 'test' },
      { path: 'scans/2.png', label: 1, group: 'p1', partition: 'train' },
    ],
    partitions: ['test', 'train', 'val'],
    attributes: { sex: ['', 'm', 'f'] },
  })
})

test('names everything that is wrong with rows at once, each by its line', () => {
  const csv = [
    'file,label,patient,part,x,y,w,h,note',
    'scans/1.png,mole,p1,train,,,,,"two',
    'lines"',
    'scans/9.png,mole,p2,train,,,,,',
    ',mole,p2,train,,,,,',
    'scans/2.png,,,later,,,,,',
    '../1.png,mole,p2,train,,,,,',
    'scans/1.png,mole,p1,test,,,,,',
    'scans/3.png,mole,p1,test,,,,,',
    'scans/2.png,mole,p9,test,1,2,0,4,',
    'scans/2.png,mole,p9',
    'scans/a\u0000.png,naevus,p9,test,,,,,',
  ].join('\n')
  const wrong = () =>
    check(csv, {
      groupColumn: 'patient',
      partitionColumn: 'part',
      boxColumns: ['x', 'y', 'w', 'h'],
      classes: ['mole', 'melanoma'],
    })
  expect(wrong).toThrow(expect.objectContaining({ code: 'ERR_BAD_DATA' }) as Error)
  let message = ''
  try {
    wrong()
  } catch (error) {
    message = (error as Error).message
  }
  expect(message.split('\n').map((line) => line.trim())).toEqual([
    expect.stringMatching(/^\d+ problems with 10 rows of set\.csv:$/),
    'set.csv:4: there is no file "scans/9.png"',
    'set.csv:5: file is empty',
    'set.csv:6: label is empty',
    'set.csv:6: patient is empty',
    'set.csv:6: part is "later", not train, val or test',
    'set.csv:7: "../1.png" is outside the folder of the pictures',
    'set.csv:8: "scans/1.png" stands in line 2, too',
    'set.csv:8: group "p1" is in test, and in train by line 2',
    'set.csv:9: group "p1" is in test, and in train by line 2',
    'set.csv:10: the box 1,2,0,4 is not left, top, width and height in whole pixels',
    'set.csv:11: 3 cells, not 9',
    expect.stringContaining('set.csv:11: part is ""'),
    'set.csv:12: there is no file "scans/a\u0000.png"',
    'set.csv:12: class "naevus" is not in the class list',
  ])
})

test('refuses columns that are not there, doubled ones, broken quoting, and classes that no row has', () => {
  const csv = 'file,label\nscans/1.png,mole\n'
  expect(() => check(csv, { groupColumn: 'patient' })).toThrow(/no column "patient" \(groupColumn\)/)
  expect(() => check(csv, { labelColumn: 'lable' })).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_OPTION', hint: 'did you mean "label"?' }) as Error,
  )
  expect(() => check('file,file\n')).toThrow(/set\.csv:1: column "file" stands twice/)
  expect(() => check('file,label\nscans/1.png,mole\n"scans/2.png,mole\n')).toThrow(/set\.csv:3: /)
  expect(() => check(csv, { classes: ['mole', 'melanoma'] })).toThrow(/is of class "melanoma"/)
  expect(() => check('file,label\n')).toThrow(/no rows/)
})
