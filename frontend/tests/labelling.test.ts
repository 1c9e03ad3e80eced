import { describe, expect, it } from "vitest"
import type { Labels, LabellingTask } from "@/api/types"
import { headsToConfirm, isUnsure } from "@/case/labelHeads"
import { answersOf, remaining, unsaid } from "@/labelling/work"

const labels = (changes: Partial<Labels> = {}): Labels => ({
  intent: "question",
  intentP: 0.9,
  tenor: "neutral",
  tenorP: 0.8,
  themes: [{ theme: "waste", p: 0.8 }],
  emotions: {},
  urgent: 0.01,
  abuse: 0.01,
  aboutUs: 0.9,
  places: [],
  lang: "nl",
  model: "2026.11.1",
  setBy: null,
  corrected: [],
  unsure: false,
  unsureHeads: [],
  ...changes,
})
const task = (id: number): LabellingTask => ({
  id,
  platform: "mastodon",
  text: `Bericht ${id}`,
  postedAt: "2026-11-13T12:00:00Z",
  why: "random",
  double: false,
  labels: labels(),
})
const ids = (tasks: LabellingTask[]) => tasks.map(({ id }) => id)

describe("what is left of the weekly list", () => {
  const tasks = [1, 2, 3, 4].map(task)

  it("keeps its order and leaves out what was answered", () => {
    expect(ids(remaining(tasks, new Set([2]), []))).toEqual([1, 3, 4])
  })

  it("puts what was skipped last, in the order in which it was skipped", () => {
    expect(ids(remaining(tasks, new Set(), [3, 1]))).toEqual([2, 4, 3, 1])
  })

  it("goes round again through what was skipped twice", () => {
    expect(ids(remaining(tasks, new Set([2, 4]), [1, 3, 1]))).toEqual([3, 1])
  })
})

describe("what is said of a post", () => {
  it("is about every label, and right where nothing was changed", () => {
    expect(answersOf({ tenor: "mixed" })).toEqual([
      { head: "intent", value: null },
      { head: "tenor", value: "mixed" },
      { head: "themes", value: null },
      { head: "urgent", value: null },
      { head: "abuse", value: null },
      { head: "about_us", value: null },
    ])
  })

  it("says no where no is the answer", () => {
    expect(answersOf({ urgent: false })).toContainEqual({ head: "urgent", value: false })
  })

  it("is silent about what one does not know", () => {
    expect(answersOf({ intent: unsaid }).map(({ head }) => head)).not.toContain("intent")
  })
})

describe("what is said to be right in a case", () => {
  it("is everything nobody said yet, when the machine was sure", () => {
    expect(headsToConfirm(labels({ corrected: ["tenor"] }))).toEqual([
      "intent",
      "themes",
      "urgent",
      "abuse",
      "about_us",
    ])
  })

  it("is only what the machine was not sure of, as long as there is any", () => {
    expect(headsToConfirm(labels({ unsureHeads: ["about_us", "intent", "lang"] }))).toEqual([
      "intent",
      "about_us",
    ])
  })

  it("is never a label that is not there", () => {
    expect(headsToConfirm(labels({ intent: "", unsureHeads: ["intent"] }))).not.toContain("intent")
  })

  it("is no longer in doubt once a person said it", () => {
    expect(isUnsure(labels({ unsureHeads: ["intent"], corrected: ["intent"] }), "intent")).toBe(false)
  })
})
