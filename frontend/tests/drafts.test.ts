import { beforeEach, describe, expect, it } from "vitest"
import { createDrafts, type Draft } from "@/case/drafts"

const draft: Draft = { text: "Beste Ria,", kind: "answer", seenVersion: 3, seenEvent: 7, at: 1000 }

describe("drafts", () => {
  beforeEach(() => localStorage.clear())

  it("survive a reload of the page", () => {
    createDrafts(localStorage, 1).write(5, draft)
    expect(createDrafts(localStorage, 1).read(5)).toEqual(draft)
  })

  it("are each person's own on a shared computer", () => {
    createDrafts(localStorage, 1).write(5, draft)
    expect(createDrafts(localStorage, 2).read(5)).toBeUndefined()
    expect(createDrafts(localStorage, 11).read(5)).toBeUndefined()
  })

  it("are gone once sent", () => {
    const drafts = createDrafts(localStorage, 1)
    drafts.write(5, draft)
    drafts.clear(5)
    expect(localStorage).toHaveLength(0)
  })

  it("leave nothing behind when the text is emptied", () => {
    const drafts = createDrafts(localStorage, 1)
    drafts.write(5, draft)
    drafts.write(5, { ...draft, text: "  " })
    expect(drafts.read(5)).toBeUndefined()
  })

  it("mark their cases in the list", () => {
    const drafts = createDrafts(localStorage, 1)
    drafts.write(5, draft)
    expect([...drafts.marks.value]).toEqual([5])
    drafts.clear(5)
    expect([...drafts.marks.value]).toEqual([])
  })

  it("follow what another tab does", () => {
    const drafts = createDrafts(localStorage, 1)
    const heard: (string | undefined)[] = []
    const stop = drafts.onChange(5, (changed) => heard.push(changed?.text))
    const tell = (key: string, newValue: string | null) =>
      dispatchEvent(new StorageEvent("storage", { key, newValue }))
    tell("stadspraat.draft.1.5", JSON.stringify({ ...draft, text: "anders" }))
    tell("stadspraat.draft.1.6", JSON.stringify(draft))
    tell("stadspraat.draft.1.5", null)
    stop()
    tell("stadspraat.draft.1.5", JSON.stringify(draft))
    expect(heard).toEqual(["anders", undefined])
  })

  it("are forgotten after two weeks, and only then", () => {
    const drafts = createDrafts(localStorage, 1)
    const day = 86_400_000
    drafts.write(5, { ...draft, at: 0 })
    drafts.write(6, { ...draft, at: 2 * day })
    drafts.forgetOld(15 * day)
    expect([...drafts.marks.value]).toEqual([6])
  })

  it("are not lost over a broken one", () => {
    localStorage.setItem("stadspraat.draft.1.5", "{")
    expect(createDrafts(localStorage, 1).read(5)).toBeUndefined()
  })
})
