import { createPinia, setActivePinia } from "pinia"
import { effectScope, type EffectScope } from "vue"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { chordOf, isSingleKey, keymap } from "@/keyboard/keymap"
import { useKeys } from "@/keyboard/useKeys"
import { usePreferences } from "@/shell/preferences"

const press = (key: string, extra: KeyboardEventInit = {}, target: Element = document.body) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...extra }))

describe("the keymap", () => {
  it.each(["inbox", "labelling"])("gives no key two meanings in the %s", (page) => {
    // Letters mean something else where posts are labelled; going elsewhere and undoing do not.
    const there = keymap.filter(({ group, action }) =>
      page === "labelling"
        ? group === "label" || group === "go" || action === "undo"
        : group !== "label",
    )
    const keys = there.flatMap((binding) => binding.keys)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it("lets no single key begin a sequence of another", () => {
    const keys = keymap.flatMap((binding) => binding.keys)
    const firsts = keys.filter((key) => key.includes(" ")).map((key) => key.split(" ")[0])
    expect(keys.filter((key) => firsts.includes(key))).toEqual([])
  })

  it("uses no single key while somebody types", () => {
    const single = keymap.filter((binding) => binding.inFields && binding.keys.some(isSingleKey))
    expect(single).toEqual([])
  })

  it.each([
    [{ key: "j" }, "j"],
    [{ key: "R", shiftKey: true }, "Shift+R"],
    [{ key: "?", shiftKey: true }, "?"],
    [{ key: "Enter", ctrlKey: true, shiftKey: true }, "Ctrl+Shift+Enter"],
    [{ key: "Enter", metaKey: true }, "Ctrl+Enter"],
  ])("writes %o as %s", (event, chord) => {
    const plain = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false }
    expect(chordOf({ ...plain, ...event })).toBe(chord)
  })
})

describe("listening for keys", () => {
  let scope: EffectScope
  let done: string[]

  beforeEach(() => {
    setActivePinia(createPinia())
    usePreferences().singleKeys = true
    document.body.innerHTML = `<input id="field" /><nav data-keys="list"><a id="row" href="#"></a></nav>`
    scope = effectScope()
    done = []
    scope.run(() =>
      useKeys({
        next: () => done.push("next"),
        goInbox: () => done.push("inbox"),
        send: () => done.push("send"),
        back: () => done.push("outer"),
      }),
    )
  })
  afterEach(() => scope.stop())

  it("acts on a key", () => {
    press("j")
    expect(done).toEqual(["next"])
  })

  it("stays silent while somebody types, but for keys with Ctrl", () => {
    const field = document.querySelector("#field") as Element
    press("j", {}, field)
    press("Enter", { ctrlKey: true }, field)
    expect(done).toEqual(["send"])
  })

  it("knows two keys after each other", () => {
    press("g")
    press("i")
    expect(done).toEqual(["inbox"])
  })

  it("leaves arrow keys to scrolling outside the list", () => {
    const button = document.body.appendChild(document.createElement("button"))
    press("ArrowDown", {}, button)
    expect(done).toEqual([])
    press("ArrowDown", {}, document.querySelector("#row") as Element)
    expect(done).toEqual(["next"])
  })

  it("asks the innermost first, which may pass a key on", () => {
    const inner = effectScope()
    let mine = true
    inner.run(() => useKeys({ back: () => (mine ? done.push("inner") : false) }))
    press("Escape")
    mine = false
    press("Escape")
    inner.stop()
    expect(done).toEqual(["inner", "outer"])
  })

  it("has no single keys when somebody turned them off", () => {
    usePreferences().singleKeys = false
    press("j")
    press("g")
    press("i")
    press("ArrowDown")
    expect(done).toEqual(["next"])
  })

  it("leaves an open dialog alone", () => {
    document.body.innerHTML = `<dialog open><button id="inside"></button></dialog>`
    press("Escape", {}, document.querySelector("#inside") as Element)
    expect(done).toEqual([])
  })
})
