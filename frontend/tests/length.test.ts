import { describe, expect, it } from "vitest"
import { countLength, signed } from "@/case/length"

const characters = { limit: 500, urlLength: 23, unit: "characters" } as const

describe("the length of an answer", () => {
  it("counts the addressee's handle and a space in front of it", () => {
    expect(countLength("Dag", characters, "@ria@stad.example")).toBe("@ria@stad.example Dag".length)
  })

  it("does not count a handle twice that the writer put there", () => {
    expect(countLength("@ria@stad.example Dag", characters, "@ria@stad.example")).toBe(21)
  })

  it("counts a link as long as the platform says, however long it is", () => {
    const link = `https://kanaalstad.example/${"a".repeat(200)}`
    expect(countLength(`Zie ${link} verder`, characters, "")).toBe(4 + 23 + 7)
  })

  it("counts links as written where the platform has no rule", () => {
    const link = "https://kanaalstad.example/x"
    expect(countLength(link, { ...characters, urlLength: null }, "")).toBe(link.length)
  })

  it("counts an emoji as one character and not as two halves", () => {
    expect(countLength("😀", characters, "")).toBe(1)
  })

  it("counts what is seen as one sign as one grapheme", () => {
    expect(countLength("👩‍👩‍👧é", { ...characters, unit: "graphemes" }, "")).toBe(2)
  })

  it("counts emoji and Chinese double where the platform weighs", () => {
    expect(countLength("ok 😀漢", { ...characters, unit: "weighted" }, "")).toBe(3 + 2 + 2)
  })

  it("counts a letter and its accent as one, as they go out", () => {
    expect(countLength("e\u0301", characters, "")).toBe(1)
  })
})

describe("the signature", () => {
  it("is added to a text without one", () => {
    expect(signed(" Dank je wel. ", "SG")).toBe("Dank je wel. ^SG")
  })

  it("is not added twice", () => {
    expect(signed("Dank je wel. ^SG", "SG")).toBe("Dank je wel. ^SG")
  })
})
