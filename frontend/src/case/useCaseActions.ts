import { useQueryClient, type InfiniteData } from "@tanstack/vue-query"
import { ref } from "vue"
import { useI18n } from "vue-i18n"
import * as calls from "@/api/calls"
import { keys } from "@/api/keys"
import { useMe } from "@/api/queries"
import { wordProblem } from "@/api/problem"
import type { Case, CaseItem, CloseReason, LabelHead, Page, ReplyShape } from "@/api/types"
import { serverNow } from "@/clock/now"
import { useToasts } from "@/shell/toasts"
import { useWording } from "@/ui/useWording"

/** The last step taken here, which the undo key takes back: on a case, or a reply on its way. */
const last = ref<{ caseId: number; reply?: ReplyShape }>()
/** A text that came back from an undone answer, for the composer of that case. */
export const returned = ref<{ caseId: number; text: string }>()

/** What a person can do with a case: one call each, the screen updated at once, undo offered. */
export function useCaseActions() {
  const client = useQueryClient()
  const toasts = useToasts()
  const { t } = useI18n()
  const { personName, teamName, word } = useWording()
  const me = useMe()

  function refresh(id: number): void {
    void client.invalidateQueries({ queryKey: keys.case(id) })
    void client.invalidateQueries({ queryKey: keys.allCases })
    void client.invalidateQueries({ queryKey: keys.counts })
  }

  /** Shows the answer of a change before the refetch does. */
  function patch(item: CaseItem): void {
    client.setQueriesData<InfiniteData<Page<CaseItem>>>({ queryKey: keys.allCases }, (data) =>
      data && {
        ...data,
        pages: data.pages.map((page) => ({
          ...page,
          items: page.items.map((known) => (known.id === item.id ? item : known)),
        })),
      },
    )
    client.setQueryData<Case>(keys.case(item.id), (known) => known && { ...known, ...item })
  }

  function warn(error: unknown): void {
    toasts.warn(wordProblem(error, t("errors.offline"), t("errors.failed")))
  }

  async function perform(
    id: number,
    step: () => Promise<Partial<CaseItem> | undefined>,
    done: string,
    undoable = true,
  ): Promise<boolean> {
    try {
      const answer = await step()
      if (answer?.id === id && answer.version !== undefined) patch(answer as CaseItem)
    } catch (error) {
      warn(error)
      refresh(id)
      return false
    }
    refresh(id)
    if (undoable) last.value = { caseId: id }
    const action = { label: t("case.toast.undo"), run: () => undoStep(id), hotkey: "z" }
    toasts.say(done, undoable ? action : undefined)
    return true
  }

  async function undoStep(id: number): Promise<void> {
    last.value = undefined
    try {
      const { undo } = await client.fetchQuery({
        queryKey: keys.case(id),
        queryFn: () => calls.getCase(id),
        staleTime: 0,
      })
      if (!undo) {
        toasts.say(t("case.toast.nothing"))
        return
      }
      await perform(id, () => calls.undoStep(id, undo.eventId), t("case.toast.undone"), false)
    } catch (error) {
      warn(error)
    }
  }

  async function withdraw(caseId: number, reply: Pick<ReplyShape, "id" | "text">): Promise<void> {
    try {
      await calls.withdrawReply(reply.id)
      returned.value = { caseId, text: unsigned(reply.text, me.value.initials) }
      toasts.say(t("case.toast.withdrawn"))
    } catch (error) {
      warn(error)
    }
    refresh(caseId)
  }

  /** Offers to take an answer back for as long as it has not left. */
  function announceSending(caseId: number, reply: ReplyShape): void {
    last.value = { caseId, reply }
    toasts.show({
      text: (n) => t("case.toast.sends", { n }),
      tone: "plain",
      until: Date.now() + (Date.parse(reply.sendAt) - serverNow()),
      action: {
        label: t("case.toast.undo"),
        run: () => withdraw(caseId, reply),
        hotkey: "z",
      },
    })
    refresh(caseId)
  }

  return {
    announceSending,
    withdraw,
    undoLast(openCase?: number): void {
      const target = last.value ?? (openCase === undefined ? undefined : { caseId: openCase })
      if (!target) toasts.say(t("case.toast.nothing"))
      else if (target.reply && Date.parse(target.reply.sendAt) > serverNow())
        void withdraw(target.caseId, target.reply).then(() => (last.value = undefined))
      else void undoStep(target.caseId)
    },
    take: (id: number) => perform(id, () => calls.takeCase(id), t("case.toast.take")),
    release: (id: number) => perform(id, () => calls.releaseCase(id), t("case.toast.release")),
    reopen: (id: number) => perform(id, () => calls.reopenCase(id), t("case.toast.reopen"), false),
    assign: (id: number, personId: number) =>
      perform(
        id,
        () => calls.assignCase(id, personId),
        t("case.toast.assign", { name: personName(personId) }),
      ),
    move: (id: number, teamId: number) =>
      perform(id, () => calls.moveCase(id, teamId), t("case.toast.move", { name: teamName(teamId) })),
    close: (id: number, reason: CloseReason) =>
      perform(
        id,
        () => calls.closeCase(id, reason),
        t("case.toast.close", { reason: word("closeReason", reason) }),
      ),
    note: (id: number, text: string) =>
      perform(id, () => calls.addNote(id, text).then(() => undefined), t("case.toast.note"), false),
    label: (
      id: number,
      mentionId: number,
      head: LabelHead,
      value: string | string[] | boolean | null,
    ) =>
      perform(
        id,
        () => calls.setLabel(id, mentionId, head, value).then(() => undefined),
        t(value === null ? "case.toast.confirmed" : "case.toast.labels"),
      ),
    right: (id: number, mentionId: number, heads: LabelHead[]) =>
      perform(
        id,
        () => calls.confirmLabels(id, mentionId, heads).then(() => undefined),
        t("case.toast.confirmed"),
      ),
    retry: (id: number, replyId: number) =>
      perform(id, () => calls.retryReply(replyId).then(() => undefined), t("case.reply.sending"), false),
    resolve: (id: number, replyId: number, outcome: "sent" | "not_sent") =>
      perform(
        id,
        () => calls.resolveReply(replyId, outcome).then(() => undefined),
        t("case.toast.resolved"),
        false,
      ),
  }
}

export type CaseActions = ReturnType<typeof useCaseActions>

function unsigned(text: string, initials: string): string {
  const signature = `^${initials}`
  return text.endsWith(signature) ? text.slice(0, -signature.length).trimEnd() : text
}
