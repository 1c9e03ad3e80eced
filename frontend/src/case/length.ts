import type { LengthRule } from "@/api/types"

const link = /https?:\/\/\S+/g

/** The answer as it will go out: the writer's initials after it, added only where missing. */
export function signed(text: string, initials: string): string {
  const trimmed = text.trim()
  const signature = `^${initials}`
  return trimmed.endsWith(signature) ? trimmed : `${trimmed} ${signature}`
}

/**
 * Counts as the platform does, and as webcare/desk/composer.py does: links as `urlLength`, the
 * addressee's handle in front unless the writer put it there, NFC.
 */
export function countLength(text: string, rule: LengthRule, handle: string): number {
  const short = rule.urlLength === null ? text : text.replace(link, "x".repeat(rule.urlLength))
  const address = handle ? `@${handle.replace(/^@+/, "")}` : ""
  const addressed = address && short.toLowerCase().startsWith(address.toLowerCase())
  const whole = (address && !addressed ? `${address} ` : "") + short
  return countUnits(whole.normalize("NFC"), rule.unit)
}

function countUnits(text: string, unit: LengthRule["unit"]): number {
  switch (unit) {
    case "characters":
      return [...text].length
    case "graphemes":
      return [...new Intl.Segmenter("nl", { granularity: "grapheme" }).segment(text)].length
    case "weighted":
      return [...new Intl.Segmenter("nl", { granularity: "grapheme" }).segment(text)].reduce(
        (sum, { segment }) => sum + weightOf(segment),
        0,
      )
  }
}

/** Latin and common punctuation count once, everything else (emoji, CJK) twice. */
function weightOf(grapheme: string): number {
  const points = [...grapheme].map((sign) => sign.codePointAt(0) ?? 0)
  const isLight = (point: number) =>
    point <= 4351 ||
    (point >= 8192 && point <= 8205) ||
    (point >= 8208 && point <= 8223) ||
    (point >= 8242 && point <= 8247)
  return points.every(isLight) ? points.length : 2
}
