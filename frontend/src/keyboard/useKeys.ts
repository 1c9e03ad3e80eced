import { onScopeDispose } from "vue"
import { usePreferences } from "@/shell/preferences"
import { chordOf, isSingleKey, keymap, type Action } from "./keymap"

type Handler = (event: KeyboardEvent) => unknown
type Handlers = Partial<Record<Action, Handler>>

/** A second key of a sequence ("g i") has to follow within this time. */
const sequenceMs = 1000
const layers: Handlers[] = []
let pending = ""
let pendingUntil = 0

/**
 * Listens for actions while the component is there; the newest, innermost component that handles an
 * action gets it. A handler that returns false lets the key go on to what lies below.
 */
export function useKeys(handlers: Handlers): void {
  // While setting up and not when mounted: children are set up after their parents, but mounted before.
  if (!layers.length) addEventListener("keydown", onKeydown)
  layers.push(handlers)
  onScopeDispose(() => {
    layers.splice(layers.indexOf(handlers), 1)
    if (!layers.length) removeEventListener("keydown", onKeydown)
  })
}

export function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button])"))
  )
}

function onKeydown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return
  const chord = chordOf(event)
  const sequence = pending && event.timeStamp < pendingUntil ? `${pending} ${chord}` : chord
  pending = ""
  const target = event.target as HTMLElement
  const typing = isField(target)
  // An open dialog or menu is its own world and closes itself.
  if (target.closest?.("dialog, [data-keys=own]")) return
  const singleKeys = usePreferences().singleKeys
  for (const binding of keymap) {
    if (typing && !binding.inFields) continue
    for (const key of binding.keys) {
      if (isSingleKey(key) && !singleKeys) continue
      if (!typing && key.startsWith(`${chord} `)) {
        pending = chord
        pendingUntil = event.timeStamp + sequenceMs
      }
      if (key !== sequence) continue
      if (binding.listOnly?.includes(key) && !isInList(target)) continue
      if (give(binding.action, event)) return
    }
  }
}

function isInList(target: HTMLElement): boolean {
  return target === document.body || target.closest?.("[data-keys=list]") !== null
}

function give(action: Action, event: KeyboardEvent): boolean {
  for (const handlers of layers.toReversed()) {
    const handler = handlers[action]
    if (handler && handler(event) !== false) {
      event.preventDefault()
      return true
    }
  }
  return false
}
