import { describe, expect, it } from "vitest"
import { neighbour, steady, type Row } from "@/inbox/steady"

const items = (...ids: number[]) => ids.map((id) => ({ id }))
const rows = (...ids: number[]): Row<{ id: number }>[] =>
  items(...ids).map((item) => ({ item, gone: false }))
const ids = (list: Row<{ id: number }>[]) =>
  list.map(({ item, gone }) => (gone ? `${item.id} gone` : item.id))

describe("a list that changes under an agent's eyes", () => {
  it("takes the new order where nobody is", () => {
    expect(ids(steady(rows(1, 2, 3), items(3, 4, 1), new Set()))).toEqual([3, 4, 1])
  })

  it("keeps the row the agent is on behind the one it stood behind", () => {
    // An acknowledgement moves its deadline to the end of the list.
    expect(ids(steady(rows(1, 2, 3, 4), items(1, 3, 4, 2), new Set([2])))).toEqual([1, 2, 3, 4])
  })

  it("keeps that row when it leaves the list, and says so", () => {
    expect(ids(steady(rows(1, 2, 3), items(1, 3), new Set([2])))).toEqual([1, "2 gone", 3])
  })

  it("lets it go as soon as the agent is elsewhere", () => {
    const shown = steady(rows(1, 2, 3), items(1, 3), new Set([2]))
    expect(ids(steady(shown, items(1, 3), new Set([3])))).toEqual([1, 3])
  })

  it("puts it before a later neighbour when all earlier ones left", () => {
    expect(ids(steady(rows(1, 2, 3), items(4, 3), new Set([2])))).toEqual([4, "2 gone", 3])
  })

  it("shows new rows in their own place around it", () => {
    expect(ids(steady(rows(1, 2), items(9, 1, 2, 8), new Set([1])))).toEqual([9, 1, 2, 8])
  })

  it("does not bring in a row that was never shown", () => {
    expect(ids(steady(rows(1), items(1), new Set([7])))).toEqual([1])
  })
})

describe("walking through the list", () => {
  it("goes to the next and stops at the end", () => {
    expect(neighbour([1, 2, 3], 2, 1, 0)).toBe(3)
    expect(neighbour([1, 2, 3], 3, 1, 0)).toBeUndefined()
  })

  it("goes on from the place of a row that is gone", () => {
    expect(neighbour([1, 3, 4], 2, 1, 1)).toBe(3)
    expect(neighbour([1, 3, 4], 2, -1, 1)).toBe(1)
  })
})
