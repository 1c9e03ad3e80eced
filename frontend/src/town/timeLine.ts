import type { Period } from "@/api/types"

const stepMs: Record<Period, number> = { day: 3600_000, week: 86_400_000, month: 86_400_000 }

/** Where things stand along the time line, as shares 0–1 of its width. */
export interface Stretch {
  from: number
  to: number
}

export interface Axis {
  start: number
  end: number
}

/** The time the columns cover: from the start of the first to the end of the last. */
export function axisOf(series: readonly { at: string }[], period: Period): Axis | undefined {
  const [first, last] = [series.at(0), series.at(-1)]
  if (!first || !last) return undefined
  return { start: Date.parse(first.at), end: Date.parse(last.at) + stepMs[period] }
}

/** The part of the axis that a gap covers; undefined when it lies outside. */
export function placeGap(gap: { since: string; until: string }, axis: Axis): Stretch | undefined {
  const share = (at: string) =>
    Math.min(1, Math.max(0, (Date.parse(at) - axis.start) / (axis.end - axis.start)))
  const stretch = { from: share(gap.since), to: share(gap.until) }
  return stretch.to > stretch.from ? stretch : undefined
}

/** Gaps of several sources at once are drawn as one hatched area. */
export function mergeStretches(stretches: readonly Stretch[]): Stretch[] {
  const merged: Stretch[] = []
  for (const stretch of [...stretches].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last && stretch.from <= last.to) last.to = Math.max(last.to, stretch.to)
    else merged.push({ ...stretch })
  }
  return merged
}
