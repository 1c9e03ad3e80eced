/** Where things stand along a time line of equal steps, as shares 0–1 of its width. */
export interface Stretch {
  from: number
  to: number
}

/** The part of [since, until] that a gap covers; undefined when it lies outside. */
export function placeGap(
  gap: { since: string; until: string },
  since: string,
  until: string,
): Stretch | undefined {
  const [start, end] = [Date.parse(since), Date.parse(until)]
  const share = (at: string) => Math.min(1, Math.max(0, (Date.parse(at) - start) / (end - start)))
  const stretch = { from: share(gap.since), to: share(gap.until) }
  return stretch.to > stretch.from ? stretch : undefined
}

/** Overlapping gaps of several sources drawn as one hatched area each side. */
export function mergeStretches(stretches: readonly Stretch[]): Stretch[] {
  const merged: Stretch[] = []
  for (const stretch of [...stretches].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last && stretch.from <= last.to) last.to = Math.max(last.to, stretch.to)
    else merged.push({ ...stretch })
  }
  return merged
}
