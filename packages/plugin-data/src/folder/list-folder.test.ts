import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { compareCodePoints, describeClasses, listFolder } from './list-folder.js'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'etsef-folder-'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

function touch(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), path)
  }
}

const paths = (options?: Parameters<typeof listFolder>[1]): string[] =>
  listFolder(root, options).files.map(({ path }) => path)

describe('listFolder', () => {
  test('lists plain class folders by code point', () => {
    touch('b/2.jpg', 'b/10.jpg', 'B/1.jpg', 'a/x.png')
    const { classNames, files, partitions } = listFolder(root)
    expect(classNames).toEqual(['B', 'a', 'b'])
    expect(files).toEqual([
      { path: 'B/1.jpg', label: 0, partition: 'none' },
      { path: 'a/x.png', label: 1, partition: 'none' },
      { path: 'b/10.jpg', label: 2, partition: 'none' },
      { path: 'b/2.jpg', label: 2, partition: 'none' },
    ])
    expect(partitions).toEqual(['none'])
  })
  test('takes odd names and upper-case extensions, passes over hidden and foreign files', () => {
    touch(
      'é class #1/a b%20?.JPG',
      'é class #1/日本.JpEg',
      'é class #1/.hidden.jpg',
      'é class #1/notes.txt',
      'é class #1/jpg',
      '.git/x.jpg',
      'readme.md',
    )
    expect(paths()).toEqual(['é class #1/a b%20?.JPG', 'é class #1/日本.JpEg'])
  })
  test('goes into sub-folders of a class', () => {
    touch('a/patient 1/x.jpg', 'a/y.jpg')
    expect(paths()).toEqual(['a/patient 1/x.jpg', 'a/y.jpg'])
  })
  test('refuses a path one level too high, unless the classes are listed', () => {
    touch('brain/glioma/x.jpg', 'brain/normal/x.jpg', 'skin/nevus/x.jpg', 'skin/melanoma/x.jpg')
    expect(() => listFolder(root)).toThrow(
      expect.objectContaining({
        code: 'ERR_CLASS_LIST',
        message: 'Folder "brain" holds no images of its own, only folders: is path one level too high?',
        received: 'brain/ with glioma, normal',
        hint: expect.stringContaining(join(root, 'brain')) as string,
      }),
    )
    expect(listFolder(root, { classes: ['brain', 'skin'] }).files).toHaveLength(4)
    touch('brain/x.jpg', 'skin/x.jpg')
    expect(listFolder(root).classNames).toEqual(['brain', 'skin'])
  })
  test('of images one level too deep names the classes to list, of which some may have images of their own', () => {
    const refused = expect.objectContaining({ hint: expect.stringMatching(/classes: \["a","b"\]$/) as string })
    touch('a/images/x.jpg', 'b/images/y.jpg')
    expect(() => listFolder(root)).toThrow(refused)
    expect(listFolder(root, { classes: ['a', 'b'] }).files).toHaveLength(2)
    touch('b/z.jpg', 'a/more/z.jpg')
    expect(() => listFolder(root)).toThrow(refused)
  })
  test('refuses classes below train and test directories that hold folders only', () => {
    touch('train/a/patient/x.jpg', 'train/b/y.jpg', 'test/a/z.jpg', 'test/b/z.jpg')
    expect(listFolder(root).classNames).toEqual(['a', 'b'])
    rmSync(join(root, 'test/a/z.jpg'))
    expect(() => listFolder(root)).toThrow(/Folder "a" holds no images of its own/)
  })
  test('refuses a pipe with the name of a picture', () => {
    touch('a/x.jpg', 'b/x.jpg')
    execFileSync('mkfifo', [join(root, 'a', 'y.jpg')])
    expect(() => paths()).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_DATA', message: '"a/y.jpg" is no regular file' }),
    )
  })
  test('says how many images each class has', () => {
    touch('b/1.jpg', 'b/2.jpg', 'a/1.jpg')
    expect(describeClasses(listFolder(root))).toBe('3 images of 2 classes: a 1, b 2')
  })
  test.each(['', 'kvasir/'])('knows train and test directories below "%s"', (base) => {
    touch(
      `${base}train_directory/polyp/a.jpg`,
      `${base}train_directory/normal/b.jpg`,
      `${base}test_directory/polyp/a.jpg`,
    )
    const { classNames, files, partitions } = listFolder(root)
    expect(classNames).toEqual(['normal', 'polyp'])
    expect(files.map(({ partition }) => partition)).toEqual(['train', 'test', 'train'])
    expect([...partitions].sort()).toEqual(['test', 'train'])
  })
  test('takes classes named train and cat for classes', () => {
    touch('train/a.jpg', 'cat/a.jpg')
    expect(listFolder(root).classNames).toEqual(['cat', 'train'])
  })
  test('keeps the order of a declared class list and finds a misspelt one', () => {
    touch('normal/a.jpg', 'polyp/a.jpg')
    expect(listFolder(root, { classes: ['polyp', 'normal'] }).classNames).toEqual(['polyp', 'normal'])
    expect(() => listFolder(root, { classes: ['polyp', 'nromal'] })).toThrow(
      expect.objectContaining({ code: 'ERR_CLASS_LIST', hint: 'did you mean "normal"?' }),
    )
  })
  test('refuses folders beside the class list unless told to ignore them', () => {
    touch('normal/a.jpg', 'polyp/a.jpg', 'other/a.jpg')
    expect(() => listFolder(root, { classes: ['polyp', 'normal'] })).toThrow(/"other" is not in the class list/)
    expect(paths({ classes: ['polyp', 'normal'], otherClasses: 'ignore' })).toEqual(['polyp/a.jpg', 'normal/a.jpg'])
  })
  test('refuses a missing folder, a folder without classes, and an empty class', () => {
    expect(() => listFolder(join(root, 'nowhere'))).toThrow(expect.objectContaining({ code: 'ERR_MISSING_FILE' }))
    expect(() => listFolder(root)).toThrow(expect.objectContaining({ code: 'ERR_CLASS_LIST' }))
    touch('a/x.jpg', 'b/readme.txt')
    expect(() => listFolder(root)).toThrow(expect.objectContaining({ code: 'ERR_TOO_FEW_ROWS' }))
  })
  test('refuses a link that leaves the folder, follows one that does not', () => {
    touch('a/x.jpg')
    symlinkSync(join(root, 'a', 'x.jpg'), join(root, 'a', 'y.jpg'))
    expect(paths()).toEqual(['a/x.jpg', 'a/y.jpg'])
    symlinkSync('/', join(root, 'a', 'z'))
    expect(() => paths()).toThrow(expect.objectContaining({ code: 'ERR_OUTSIDE_ROOT' }))
  })
})

test('compareCodePoints orders as the bytes of UTF-8 do', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\u{d7ff}', '\u{e000}', '\u{fffd}', '\u{10000}', '\u{1f600}') }) // prettier-ignore
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})

test('compareCodePoints puts astral characters after the rest of the plane', () => {
  expect(['\u{1F600}', '\uFFFD', 'a'].sort(compareCodePoints)).toEqual(['a', '\uFFFD', '\u{1F600}'])
})
