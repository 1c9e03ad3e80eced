import { describe, expect, it } from "vitest"
import { clockLeft, timeLeft, wordMinutes } from "@/clock/wording"

const noon = Date.parse("2026-11-20T12:00:00Z")
const nl = { minute: "min", hour: "u", day: "d" }

describe("how a clock is put in words", () => {
  it.each([
    [8, "8 min"],
    [60, "1 u"],
    [125, "2 u 5 min"],
    [1440, "1 d"],
    [1440 + 185, "1 d 3 u"],
    [3 * 1440 + 59, "3 d"],
  ])("%i minutes are written as %s", (minutes, words) => {
    expect(wordMinutes(minutes, nl)).toBe(words)
  })

  it("counts started minutes down, so that the last one is 1 and not 0", () => {
    expect(timeLeft("2026-11-20T12:00:20Z", noon).minutes).toBe(1)
  })

  it("counts started minutes up once it is late", () => {
    expect(timeLeft("2026-11-20T12:00:00Z", noon)).toEqual({ urgency: "late", minutes: 1 })
    expect(timeLeft("2026-11-20T11:58:30Z", noon)).toEqual({ urgency: "late", minutes: 2 })
  })

  it("calls the last quarter of the target soon", () => {
    expect(timeLeft("2026-11-20T12:30:00Z", noon, 120).urgency).toBe("soon")
    expect(timeLeft("2026-11-20T12:31:00Z", noon, 120).urgency).toBe("running")
  })

  it("calls the last fifteen minutes soon, however short the target", () => {
    expect(timeLeft("2026-11-20T12:15:00Z", noon, 20).urgency).toBe("soon")
    expect(timeLeft("2026-11-20T12:15:00Z", noon).urgency).toBe("soon")
  })

  it("counts time zones, not digits", () => {
    expect(timeLeft("2026-11-20T13:10:00+01:00", noon).minutes).toBe(10)
  })

  const clock = {
    kind: "answer",
    round: 1,
    startedAt: "2026-11-20T08:00:00Z",
    dueAt: "2026-11-20T10:00:00Z",
    metByReply: true,
  } as const

  it("stands still once it is stopped, however late it is now", () => {
    const stopped = { ...clock, stoppedAt: "2026-11-20T09:59:00Z" }
    expect(clockLeft(stopped, noon)).toEqual({ urgency: "stopped", minutes: 0 })
  })

  it("says by how much it was missed", () => {
    const stopped = { ...clock, stoppedAt: "2026-11-20T10:07:00Z" }
    expect(clockLeft(stopped, noon)).toEqual({ urgency: "stopped", minutes: 7 })
  })
})
