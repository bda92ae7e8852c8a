import type { Told } from './told.js'

/** Pictures of a page, together: pages are mailed, and opened on phones. */
const mostPictureBytes = 4_000_000

/** Bytes that each section with pictures of rows may take: failures, and every report of cases. */
export function pictureRoom({ reports }: Pick<Told, 'reports'>): number {
  return mostPictureBytes / (1 + reports.filter(({ cases }) => cases !== undefined).length)
}
