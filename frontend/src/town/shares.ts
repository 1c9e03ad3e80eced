import type { Tenor, TenorCounts, TenorShare, Town } from "@/api/types"

/** The order of every bar and legend: what the town likes, dislikes, weighs and just tells. */
export const tenors: readonly Tenor[] = ["support", "criticism", "mixed", "neutral"]

export interface Segment {
  tenor: Tenor
  count: number
  /** Percentages of the longest bar of the chart. */
  start: number
  width: number
}

/** A bar cut by tenor, on the scale on which `longest` is 100 %. Tenors without posts are left out. */
export function cutBar(counts: TenorCounts, longest: number): Segment[] {
  let start = 0
  return tenors.flatMap((tenor) => {
    const count = counts[tenor]
    if (!count || !longest) return []
    const width = (count / longest) * 100
    const segment = { tenor, count, start, width }
    start += width
    return [segment]
  })
}

export interface Change {
  kind: "more" | "less" | "same" | "new"
  percent: number
}

/** How a count stands to the one before; from nothing to something is "new", not infinity. */
export function compare(count: number, previous: number): Change {
  if (count === previous) return { kind: "same", percent: 0 }
  if (!previous) return { kind: "new", percent: 0 }
  const percent = Math.round((Math.abs(count - previous) / previous) * 100)
  return { kind: count > previous ? "more" : "less", percent }
}

/** A round number at or above `value` to draw an axis to: 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 1) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const factor = [1, 2, 5, 10].find((step) => step * power >= value) ?? 10
  return factor * power
}

export interface Estimate {
  tenor: Tenor
  /** Ends of the 95 % interval and the share counted, in whole percentages. */
  low: number
  high: number
  counted: number
}

/** The estimated shares in the order of every bar, the ends rounded so that they never claim more than is known. */
export function estimatesOf(town: Pick<Town, "tenorShares" | "tenor" | "total">): Estimate[] {
  const found = new Map<Tenor, TenorShare>(town.tenorShares.map((one) => [one.tenor, one]))
  return tenors.flatMap((tenor) => {
    const one = found.get(tenor)
    if (!one || !town.total) return []
    return [
      {
        tenor,
        low: Math.floor(one.low * 100 + 1e-9),
        high: Math.ceil(one.high * 100 - 1e-9),
        counted: Math.round((town.tenor[tenor] / town.total) * 100),
      },
    ]
  })
}
