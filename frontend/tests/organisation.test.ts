import { describe, expect, it } from "vitest"
import { today, whenOf } from "@/organisation/days"
import { spans, splitMinutes } from "@/organisation/spans"

describe("a target in minutes", () => {
  it.each([
    [120, 2, "hour"],
    [90, 90, "minute"],
    [1440, 1, "day"],
    [2880, 2, "day"],
    [1500, 25, "hour"],
    [1, 1, "minute"],
  ] as const)("of %i is shown as %i %s", (minutes, number, span) => {
    expect(splitMinutes(minutes)).toEqual({ number, span })
    expect(number * spans[span]).toBe(minutes)
  })
})

describe("a deputyship", () => {
  const holiday = { starts: "2026-11-20", ends: "2026-11-27" }

  it.each([
    ["2026-11-19", "coming"],
    ["2026-11-20", "now"],
    ["2026-11-27", "now"],
    ["2026-11-28", "over"],
  ] as const)("is on %s: %s", (day, when) => {
    expect(whenOf(holiday, day)).toBe(when)
  })

  it("begins at midnight where the municipality is", () => {
    expect(today(new Date("2026-11-20T22:59:00Z"))).toBe("2026-11-20")
    expect(today(new Date("2026-11-20T23:01:00Z"))).toBe("2026-11-21")
  })
})
