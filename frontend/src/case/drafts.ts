import { shallowRef } from "vue"
import type { ReplyKind } from "@/api/types"

export interface Draft {
  text: string
  kind: ReplyKind
  /** The version of the case, and its newest event, when writing began or news was acknowledged. */
  seenVersion: number
  seenEvent: number
  at: number
}

const prefix = "stadspraat.draft"
/** Forgotten drafts do not stay on a computer for ever. */
const keepMs = 14 * 24 * 3600_000

/**
 * Answers being written, kept on this computer per person and case until they are sent.
 *
 * Nothing from the server ever writes here, so a refetch cannot overwrite a draft; tabs of the same
 * browser see each other's changes through `onChange`.
 */
export function createDrafts(storage: Storage, personId: number) {
  const start = `${prefix}.${personId}.`
  const nameOf = (caseId: number) => `${start}${caseId}`
  const list = () => names(storage, start).map((name) => Number(name.slice(start.length)))
  /** The cases with a draft, to mark them in the list. */
  const marks = shallowRef(new Set(list()))

  addEventListener("storage", (event) => {
    if (event.key?.startsWith(start)) marks.value = new Set(list())
  })

  function mark(caseId: number, has: boolean): void {
    if (marks.value.has(caseId) === has) return
    const changed = new Set(marks.value)
    if (has) changed.add(caseId)
    else changed.delete(caseId)
    marks.value = changed
  }

  return {
    marks,
    read: (caseId: number) => parse(storage.getItem(nameOf(caseId))),
    write(caseId: number, draft: Draft): void {
      if (!draft.text.trim()) return this.clear(caseId)
      storage.setItem(nameOf(caseId), JSON.stringify(draft))
      mark(caseId, true)
    },
    clear(caseId: number): void {
      storage.removeItem(nameOf(caseId))
      mark(caseId, false)
    },
    /** Hears what other tabs do with this draft; returns the way to stop listening. */
    onChange(caseId: number, callback: (draft: Draft | undefined) => void): () => void {
      const listener = (event: StorageEvent) => {
        if (event.key === nameOf(caseId)) callback(parse(event.newValue))
      }
      addEventListener("storage", listener)
      return () => removeEventListener("storage", listener)
    },
    forgetOld(nowMs: number): void {
      for (const name of names(storage, `${prefix}.`)) {
        const draft = parse(storage.getItem(name))
        if (!draft || nowMs - draft.at > keepMs) storage.removeItem(name)
      }
      marks.value = new Set(list())
    },
  }
}

export type Drafts = ReturnType<typeof createDrafts>

function names(storage: Storage, start: string): string[] {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "").filter(
    (name) => name.startsWith(start),
  )
}

function parse(text: string | null): Draft | undefined {
  if (!text) return undefined
  try {
    return JSON.parse(text) as Draft
  } catch {
    return undefined
  }
}
