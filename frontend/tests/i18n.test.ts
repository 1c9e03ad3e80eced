import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { keymap } from "@/keyboard/keymap"
import en from "@/i18n/en"
import nl from "@/i18n/nl"

type Tree = { [name: string]: string | Tree }

function flatten(tree: Tree, path = ""): Map<string, string> {
  const flat = new Map<string, string>()
  for (const [name, value] of Object.entries(tree)) {
    const key = path ? `${path}.${name}` : name
    if (typeof value === "string") flat.set(key, value)
    else flatten(value, key).forEach((text, inner) => flat.set(inner, text))
  }
  return flat
}

const [dutch, english] = [flatten(nl), flatten(en)]
const slots = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === "i18n" ? [] : sources(path)
    return /\.(vue|ts)$/.test(entry.name) ? [readFileSync(path, "utf8")] : []
  })
}

describe("the words on the screen", () => {
  it("exist in both languages", () => {
    expect([...english.keys()].sort()).toEqual([...dutch.keys()].sort())
  })

  it("have the same slots and plurals in both languages", () => {
    for (const [key, text] of dutch) {
      expect([key, slots(english.get(key) ?? "")]).toEqual([key, slots(text)])
      expect([key, english.get(key)?.split(" | ").length]).toEqual([key, text.split(" | ").length])
    }
  })

  it("are there for every key that a screen asks for", () => {
    const asked = sources("src").flatMap((source) =>
      [...source.matchAll(/\bt\(\s*"([\w.]+)"/g)].map((match) => match[1]),
    )
    expect(asked.filter((key) => !dutch.has(key))).toEqual([])
  })

  it("are all used by some screen", () => {
    const all = sources("src").join("\n")
    // Some keys are put together from a beginning and a code; then the beginning must be there.
    const used = (key: string) =>
      all.includes(`"${key}"`) ||
      all.includes(`'${key}'`) ||
      key.split(".").some((_, depth, parts) => all.includes(`\`${parts.slice(0, depth + 1).join(".")}.\${`))
    expect([...dutch.keys()].filter((key) => !used(key))).toEqual([])
  })

  it("name every action of the keymap", () => {
    expect(keymap.map(({ action }) => action).filter((action) => !dutch.has(`keys.actions.${action}`))).toEqual([])
  })
})
