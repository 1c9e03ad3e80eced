import { describe, expect, it } from "vitest"
import { readFilters, writeFilters } from "@/inbox/filters"

describe("the filters in the address", () => {
  it("come back as they were written", () => {
    const filters = { state: "closed", team: "3", theme: "waste", q: "grof vuil" } as const
    expect(readFilters(writeFilters(filters) as Record<string, string>)).toEqual(filters)
  })

  it("leave the everyday inbox without any", () => {
    expect(writeFilters({ state: "open" })).toEqual({})
  })

  it("ignore what makes no sense", () => {
    expect(readFilters({ state: "weg", team: "x", account: "-1", q: "" })).toEqual({ state: "open" })
  })
})
