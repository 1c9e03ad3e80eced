import { inject, onBeforeUnmount, ref, watch, type InjectionKey } from "vue"
import type { ReplyKind } from "@/api/types"
import type { Draft, Drafts } from "./drafts"

export const draftsKey: InjectionKey<Drafts> = Symbol("drafts")

function useDrafts(): Drafts {
  const drafts = inject(draftsKey)
  if (!drafts) throw new Error("no drafts were provided")
  return drafts
}

export function useDraftMarks() {
  return useDrafts().marks
}

/** What the case looks like now: where a draft that begins now starts from. */
interface Seen {
  version: number
  event: number
}

/** The draft of one case as refs that keep themselves and follow the other tabs. */
export function useDraft(caseId: number, seenNow: () => Seen) {
  const drafts = useDrafts()
  const text = ref("")
  const kind = ref<ReplyKind>("answer")
  const seen = ref<Seen>({ version: 0, event: 0 })
  let fromElsewhere = false

  function show(draft: Draft | undefined): void {
    text.value = draft?.text ?? ""
    if (!draft) return
    kind.value = draft.kind
    seen.value = { version: draft.seenVersion, event: draft.seenEvent }
  }

  function catchUp(): void {
    seen.value = seenNow()
  }

  show(drafts.read(caseId))
  watch(text, (now, before) => {
    // Whoever starts writing has seen what is on the screen.
    if (now && !before && !fromElsewhere) catchUp()
  })
  watch(
    [text, kind, seen],
    () => {
      if (!fromElsewhere)
        drafts.write(caseId, {
          text: text.value,
          kind: kind.value,
          seenVersion: seen.value.version,
          seenEvent: seen.value.event,
          at: Date.now(),
        })
      fromElsewhere = false
    },
    { flush: "post" },
  )
  onBeforeUnmount(
    drafts.onChange(caseId, (draft) => {
      fromElsewhere = true
      show(draft)
    }),
  )

  return {
    text,
    kind,
    seen,
    catchUp,
    clear(): void {
      text.value = ""
      drafts.clear(caseId)
    },
  }
}
