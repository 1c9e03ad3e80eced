import { call } from "./client"
import type * as api from "./types"

/** One function per address of the API; see types.ts for what they take and give. */

export const getMe = () => call<api.Me>("GET", "/me")
export const setLanguage = (language: string) =>
  call<api.Me>("PATCH", "/me", { body: { language } })
export const getOrganisation = () => call<api.Organisation>("GET", "/organisation")

// --- the desk
export const getCases = (filters: api.CaseFilters, cursor: string | null, signal?: AbortSignal) =>
  call<api.Page<api.CaseItem>>("GET", "/cases", {
    query: { ...filters, cursor, limit: 50 },
    signal,
  })
export const getCounts = () => call<api.CaseCounts>("GET", "/cases/counts")
export const getCase = (id: number, signal?: AbortSignal) =>
  call<api.Case>("GET", `/cases/${id}`, { signal })
export const getViewers = (id: number) => call<api.Viewer[]>("GET", `/cases/${id}/viewers`)

const change = (id: number, step: string, body?: unknown) =>
  call<api.CaseItem>("POST", `/cases/${id}/${step}`, { body: body ?? {} })

export const takeCase = (id: number) => change(id, "take")
export const releaseCase = (id: number) => change(id, "release")
export const reopenCase = (id: number) => change(id, "reopen")
export const assignCase = (id: number, personId: number) => change(id, "assign", { personId })
export const moveCase = (id: number, teamId: number) => change(id, "move", { teamId })
export const addNote = (id: number, text: string) => change(id, "notes", { text })
export const closeCase = (id: number, reason: string) => change(id, "close", { reason })
export const undoStep = (id: number, eventId: number) => change(id, "undo", { eventId })
export const setLabel = (
  id: number,
  mentionId: number,
  head: api.LabelHead,
  value: string | string[] | boolean | null,
) => change(id, "labels", { mentionId, head, value })

export interface NewReply {
  text: string
  kind: api.ReplyKind
  closeAfter: boolean
  inReplyTo: number | null
}

/** `seenVersion` is the version of the case the writer looked at: later news stops the answer. */
export const sendReply = (id: number, reply: NewReply, seenVersion: number) =>
  call<api.ReplyMessage>("POST", `/cases/${id}/replies`, {
    body: reply,
    ifMatch: `"v${seenVersion}"`,
  })
export const withdrawReply = (id: number) =>
  call<api.ReplyMessage>("POST", `/replies/${id}/withdraw`, { body: {} })
export const retryReply = (id: number) =>
  call<api.ReplyMessage>("POST", `/replies/${id}/retry`, { body: {} })
export const resolveReply = (id: number, outcome: "sent" | "not_sent") =>
  call<api.ReplyMessage>("POST", `/replies/${id}/resolve`, { body: { outcome } })

// --- the town
export interface MentionFilters {
  theme?: string
  tenor?: string
  platform?: string
  since?: string
  until?: string
  q?: string
}
export const getTown = (period: api.Period) => call<api.Town>("GET", "/town", { query: { period } })
export const getMentions = (filters: MentionFilters, cursor: string | null) =>
  call<api.Page<api.Mention>>("GET", "/mentions", { query: { ...filters, cursor } })

// --- import
function asForm(file: File): FormData {
  const form = new FormData()
  form.append("file", file)
  return form
}
export const previewImport = (file: File) =>
  call<api.ImportPreview>("POST", "/imports/preview", { form: asForm(file) })
export const importFile = (file: File, skipRejected: boolean) =>
  call<api.ImportResult>("POST", "/imports", { form: asForm(file), query: { skipRejected } })

// --- administration
export interface NewSource {
  platform: string
  name: string
  purpose: string
  config: Record<string, unknown>
  secrets: Record<string, string>
}
export const getSources = () => call<api.Page<api.Source>>("GET", "/sources")
export const checkSource = (source: Pick<NewSource, "platform" | "config" | "secrets">) =>
  call<api.SourceCheck>("POST", "/sources/check", { body: source })
export const addSource = (source: NewSource) =>
  call<api.Source>("POST", "/sources", { body: source })
export const changeSource = (
  id: number,
  changes: Partial<Pick<api.Source, "active" | "name" | "purpose">>,
) => call<api.Source>("PATCH", `/sources/${id}`, { body: changes })
export const getPeople = () => call<api.Page<api.Person>>("GET", "/people")
export const changePerson = (id: number, changes: Partial<api.Person>) =>
  call<api.Person>("PATCH", `/people/${id}`, { body: changes })
export const addPerson = (person: Omit<api.Person, "id" | "active">) =>
  call<api.Person>("POST", "/people", { body: person })

export interface AuditFilters {
  action?: string
  actor?: number
  objectType?: string
  objectId?: string
}
export const getAudit = (filters: AuditFilters, cursor: string | null) =>
  call<api.Page<api.AuditEntry>>("GET", "/audit-entries", { query: { ...filters, cursor } })
