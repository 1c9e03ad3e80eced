import type { LabelHead } from "@/api/types"

/**
 * Every key of the program, in one place: what listens, what the help shows and what the tests check.
 *
 * `keys` are in the notation of `chordOf`; two keys with a space between are pressed after each
 * other. `inFields` keys also work while typing; all others never do.
 */
export interface Binding {
  action: Action
  keys: string[]
  /** Where the key means this. `label` is a page of its own: letters mean something else there. */
  group: "go" | "list" | "case" | "write" | "label"
  inFields?: boolean
  /** Arrow keys belong to scrolling and to controls, unless the list has the focus. */
  listOnly?: string[]
}

export type Action =
  | "goInbox"
  | "goTown"
  | "goLabels"
  | "search"
  | "help"
  | "back"
  | "next"
  | "previous"
  | "open"
  | "take"
  | "reply"
  | "acknowledge"
  | "note"
  | "labels"
  | "right"
  | "why"
  | "close"
  | "noAction"
  | "undo"
  | "send"
  | "sendAndClose"
  | "allRight"
  | "skip"
  | `say.${LabelHead}`

/** A letter per label: after `labels` was pressed in a case, and by itself where posts are labelled. */
export const labelKeys: Record<LabelHead, string> = {
  intent: "i",
  tenor: "t",
  themes: "o",
  urgent: "s",
  abuse: "b",
  about_us: "v",
}
export const confirmKey = "k"

export const keymap: readonly Binding[] = [
  { action: "next", keys: ["j", "ArrowDown"], listOnly: ["ArrowDown"], group: "list" },
  { action: "previous", keys: ["k", "ArrowUp"], listOnly: ["ArrowUp"], group: "list" },
  { action: "open", keys: ["Enter", "o"], listOnly: ["Enter"], group: "list" },
  { action: "search", keys: ["/"], group: "list" },
  { action: "take", keys: ["a", "t"], group: "case" },
  { action: "noAction", keys: ["x"], group: "case" },
  { action: "close", keys: ["e"], group: "case" },
  { action: "labels", keys: ["l"], group: "case" },
  { action: "right", keys: ["y"], group: "case" },
  { action: "why", keys: ["w"], group: "case" },
  { action: "note", keys: ["n"], group: "case" },
  { action: "undo", keys: ["z", "u"], group: "case" },
  { action: "reply", keys: ["r"], group: "write" },
  { action: "acknowledge", keys: ["Shift+R"], group: "write" },
  { action: "send", keys: ["Ctrl+Enter"], inFields: true, group: "write" },
  { action: "sendAndClose", keys: ["Ctrl+Shift+Enter"], inFields: true, group: "write" },
  { action: "allRight", keys: ["Enter", confirmKey], listOnly: ["Enter"], group: "label" },
  { action: "skip", keys: ["n"], group: "label" },
  ...(Object.keys(labelKeys) as LabelHead[]).map(
    (head): Binding => ({ action: `say.${head}`, keys: [labelKeys[head]], group: "label" }),
  ),
  { action: "goInbox", keys: ["g i"], group: "go" },
  { action: "goTown", keys: ["g s"], group: "go" },
  { action: "goLabels", keys: ["g l"], group: "go" },
  { action: "help", keys: ["?"], group: "go" },
  { action: "back", keys: ["Escape"], inFields: true, group: "go" },
]

/** Keys for choosing from a list of options, in the order of the options. */
export const choiceKeys = "1234567890abcdefghijklmnopqrstuvwxyz".split("")

/** How a key press is written in the keymap. The Command key counts as Ctrl. */
export function chordOf(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">,
): string {
  // A shifted sign is its own key ("?"); a shifted letter or named key says so.
  const named = event.key.length > 1
  const letter = event.key.length === 1 && event.key.toLowerCase() !== event.key.toUpperCase()
  const parts = [
    event.ctrlKey || event.metaKey ? "Ctrl" : "",
    event.altKey ? "Alt" : "",
    event.shiftKey && (named || letter) ? "Shift" : "",
    letter && !event.shiftKey ? event.key.toLowerCase() : letter ? event.key.toUpperCase() : event.key,
  ]
  return parts.filter(Boolean).join("+")
}

/** Needs no Ctrl and is no named key: these are the ones people must be able to turn off. */
export function isSingleKey(key: string): boolean {
  return key.split(" ").every((part) => /^(Shift\+)?.$/u.test(part))
}
