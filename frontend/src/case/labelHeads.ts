import type { LabelHead, Labels } from "@/api/types"

/** What can be corrected, in the order it is shown. */
export const labelHeads: readonly LabelHead[] = [
  "intent",
  "tenor",
  "themes",
  "urgent",
  "abuse",
  "about_us",
]

/** From this probability on, a yes/no head says yes; the back end uses the same. */
const yes = 0.5

export function headValue(labels: Labels, head: LabelHead): string | string[] | boolean {
  switch (head) {
    case "intent":
      return labels.intent
    case "tenor":
      return labels.tenor
    case "themes":
      return labels.themes.map(({ theme }) => theme)
    case "urgent":
      return labels.urgent >= yes
    case "abuse":
      return labels.abuse >= yes
    case "about_us":
      return labels.aboutUs >= yes
  }
}

/** Suggested by the machine, which had better not fill it in: somebody has to look. */
export const isUnsure = (labels: Labels, head: LabelHead): boolean =>
  labels.unsureHeads.includes(head) && !labels.corrected.includes(head)

/** What "right" is about: what the machine was not sure of, else everything nobody said yet. */
export function headsToConfirm(labels: Labels): LabelHead[] {
  const open = labelHeads.filter(
    (head) => !labels.corrected.includes(head) && headValue(labels, head) !== "",
  )
  const unsure = open.filter((head) => isUnsure(labels, head))
  return unsure.length ? unsure : open
}

/** How sure the machine was of the value shown, 0–1; null where a person set it or it said nothing. */
export function headSureness(labels: Labels, head: LabelHead): number | null {
  if (labels.corrected.includes(head)) return null
  switch (head) {
    case "intent":
      return labels.intentP
    case "tenor":
      return labels.tenorP
    case "themes":
      return labels.themes[0]?.p ?? null
    case "urgent":
      return sideOf(labels.urgent)
    case "abuse":
      return sideOf(labels.abuse)
    case "about_us":
      return sideOf(labels.aboutUs)
  }
}

function sideOf(p: number): number {
  return p >= yes ? p : 1 - p
}
