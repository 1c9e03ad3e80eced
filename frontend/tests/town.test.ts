import { describe, expect, it } from "vitest"
import { compare, cutBar, estimatesOf, roundUp } from "@/town/shares"
import { axisOf, mergeStretches, placeGap } from "@/town/timeLine"

describe("a bar of the town page", () => {
  it("is cut by tenor on the scale of the longest", () => {
    const parts = cutBar({ support: 10, criticism: 30, neutral: 0, mixed: 10 }, 100)
    expect(parts.map(({ tenor, start, width }) => [tenor, start, width])).toEqual([
      ["support", 0, 10],
      ["criticism", 10, 30],
      ["mixed", 40, 10],
    ])
  })

  it("is nothing where nothing was said", () => {
    expect(cutBar({ support: 0, criticism: 0, neutral: 0, mixed: 0 }, 0)).toEqual([])
  })
})

describe("a comparison with the period before", () => {
  it.each([
    [150, 100, { kind: "more", percent: 50 }],
    [50, 100, { kind: "less", percent: 50 }],
    [7, 7, { kind: "same", percent: 0 }],
    [3, 0, { kind: "new", percent: 0 }],
    [0, 0, { kind: "same", percent: 0 }],
  ])("of %i with %i", (count, previous, change) => {
    expect(compare(count, previous)).toEqual(change)
  })
})

describe("the time line", () => {
  const axis = axisOf(
    [{ at: "2026-11-20T00:00:00+01:00" }, { at: "2026-11-20T09:00:00+01:00" }],
    "day",
  )

  it("runs from the start of the first column to the end of the last", () => {
    expect(axis && axis.end - axis.start).toBe(10 * 3600_000)
  })

  it("places a gap on it and cuts off what sticks out", () => {
    const gap = { since: "2026-11-19T20:00:00+01:00", until: "2026-11-20T05:00:00+01:00" }
    expect(axis && placeGap(gap, axis)).toEqual({ from: 0, to: 0.5 })
  })

  it("leaves out a gap before its time", () => {
    const gap = { since: "2026-11-18T20:00:00+01:00", until: "2026-11-19T05:00:00+01:00" }
    expect(axis && placeGap(gap, axis)).toBeUndefined()
  })

  it("draws gaps of several sources at once as one", () => {
    const gaps = [
      { from: 0.5, to: 0.7 },
      { from: 0.1, to: 0.2 },
      { from: 0.6, to: 0.9 },
    ]
    expect(mergeStretches(gaps)).toEqual([
      { from: 0.1, to: 0.2 },
      { from: 0.5, to: 0.9 },
    ])
  })

  it("has no axis where there is nothing", () => {
    expect(axisOf([], "week")).toBeUndefined()
  })

  it.each([
    [0, 1],
    [7, 10],
    [42, 50],
    [100, 100],
    [101, 200],
  ])("draws %i against a top of %i", (value, top) => {
    expect(roundUp(value)).toBe(top)
  })
})

describe("an estimated share", () => {
  const town = {
    total: 200,
    tenor: { support: 10, criticism: 30, neutral: 150, mixed: 10 },
    tenorShares: [
      { tenor: "criticism" as const, share: 0.153, low: 0.124, high: 0.182 },
      { tenor: "support" as const, share: 0.05, low: 0.05, high: 0.05 },
    ],
  }

  it("stands beside what was counted, in the order of every bar", () => {
    expect(estimatesOf(town)).toEqual([
      { tenor: "support", low: 5, high: 5, counted: 5 },
      { tenor: "criticism", low: 12, high: 19, counted: 15 },
    ])
  })

  it("is nothing where nothing was said", () => {
    expect(estimatesOf({ ...town, total: 0 })).toEqual([])
  })
})
