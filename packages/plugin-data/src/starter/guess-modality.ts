/** What pictures of a modality tend to be called, by class, file and folder. */
const wordsOf: Readonly<Record<string, readonly string[]>> = {
  'brain MRI': [
    'mri',
    'brain',
    'glioma',
    'meningioma',
    'pituitary',
    'flair',
    't1',
    't1ce',
    't2',
    'dementia',
    'alzheimer',
  ],
  'fundus photography': [
    'fundus',
    'retina',
    'glaucoma',
    'cataract',
    'retinopathy',
    'drusen',
    'optic',
    'disc',
    'macula',
  ],
  dermatoscopy: [
    'derm',
    'dermamnist',
    'isic',
    'ham10000',
    'melanoma',
    'nevus',
    'naevus',
    'mole',
    'akiec',
    'bcc',
    'bkl',
    'mel',
    'nv',
    'skin',
  ],
  'chest X-ray': ['xray', 'x-ray', 'cxr', 'chest', 'pneumonia', 'covid', 'covid19', 'tuberculosis', 'effusion'],
  CT: ['ct', 'cect', 'hounsfield', 'nodule'],
  OCT: ['oct', 'octmnist', 'cnv', 'dme'],
  ultrasound: ['us', 'busi', 'ultrasound', 'sonography', 'breastmnist', 'echo'],
  mammography: ['mammo', 'mammography', 'mammogram', 'mlo', 'cbis', 'ddsm'],
  histopathology: ['histology', 'histo', 'pathology', 'pathmnist', 'he', 'wsi', 'stroma', 'adenocarcinoma'],
}

/** A modality, and the words that speak for it. */
export interface ModalityGuess {
  readonly name: string
  readonly words: readonly string[]
}

/**
 * The modality that most words of names speak for; undefined where none does, or two do alike. Pixels are not asked: grey may be many things.
 *
 * @param names - Of the folder, the classes and some files.
 */
export function guessModality(names: readonly string[]): ModalityGuess | undefined {
  const present = new Set(names.flatMap((name) => name.toLowerCase().split(/[^a-z0-9]+/)))
  const found = Object.entries(wordsOf)
    .map(([name, words]) => ({ name, words: words.filter((word) => present.has(word)) }))
    .sort((a, b) => b.words.length - a.words.length)
  const [first, second] = found
  return first!.words.length > 0 && first!.words.length > second!.words.length ? first : undefined
}
