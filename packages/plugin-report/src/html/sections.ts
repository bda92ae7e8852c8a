import { casesSections } from './sections/cases-section.js'
import { certificateSection } from './sections/certificate.js'
import { checklistSection } from './sections/checklists.js'
import { curvesSections } from './sections/curves-section.js'
import { failuresSection } from './sections/failures.js'
import { headlineSection } from './sections/headline.js'
import { costSection, otherSections, provenanceSections } from './sections/provenance.js'
import { scoresSections } from './sections/scores.js'
import { trainingSection } from './sections/training-section.js'
import type { TrainingFindings } from './sections/training-section.js'
import type { Section } from './section.js'
import type { Told } from './told.js'

/** All sections of a page in their order, empty ones too. */
export async function sectionsOf(told: Told, training: TrainingFindings, pictures: number): Promise<Section[]> {
  return [
    headlineSection(told),
    ...scoresSections(told),
    ...curvesSections(told),
    trainingSection(told, training),
    await failuresSection(told, pictures),
    ...(await casesSections(told)),
    ...otherSections(told),
    certificateSection(told),
    costSection(told),
    ...provenanceSections(told),
    checklistSection(told),
  ]
}
