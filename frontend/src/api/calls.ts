import { answer, api } from "./client"
import type * as shape from "./types"

/** One function per address of the API that the desk uses. All throw `Problem`. */

export const getMe = () => answer(api.GET("/api/v1/me"))
export const setLanguage = (language: shape.Me["language"]) =>
  answer(api.PATCH("/api/v1/me", { body: { language } }))
export const getOrganisation = () => answer(api.GET("/api/v1/organisation"))

// --- the desk
export const getCases = (filters: shape.CaseFilters, cursor: string | null, signal?: AbortSignal) =>
  answer(
    api.GET("/api/v1/cases", {
      params: { query: { ...filters, cursor: cursor ?? undefined, limit: 50 } },
      signal,
    }),
  )
export const getCounts = () => answer(api.GET("/api/v1/cases/counts"))
export const getCase = (case_id: number, signal?: AbortSignal) =>
  answer(api.GET("/api/v1/cases/{case_id}", { params: { path: { case_id } }, signal })).then(
    (dossier) => dossier as shape.Case,
  )
/** The messages, notes or steps of a case before those that were read. */
const before = (case_id: number, cursor: string) => ({
  params: { path: { case_id }, query: { cursor } },
})
export const getOlderMessages = (id: number, cursor: string) =>
  answer(api.GET("/api/v1/cases/{case_id}/messages", before(id, cursor))).then(
    (page) => page as shape.Page<shape.Message>,
  )
export const getOlderNotes = (id: number, cursor: string) =>
  answer(api.GET("/api/v1/cases/{case_id}/notes", before(id, cursor)))
export const getOlderEvents = (id: number, cursor: string) =>
  answer(api.GET("/api/v1/cases/{case_id}/events", before(id, cursor)))
/** Some messages again, by the names of `touchedBy`. */
export const getMessages = (case_id: number, names: string[]) =>
  answer(
    api.GET("/api/v1/cases/{case_id}/messages", {
      params: { path: { case_id }, query: { only: names.join(",") } },
    }),
  ).then(({ items }) => items as shape.Message[])
export const getViewers = (case_id: number) =>
  answer(api.GET("/api/v1/cases/{case_id}/viewers", { params: { path: { case_id } } }))

const to = (case_id: number) => ({ params: { path: { case_id } } })

export const takeCase = (id: number) => answer(api.POST("/api/v1/cases/{case_id}/take", to(id)))
export const releaseCase = (id: number) =>
  answer(api.POST("/api/v1/cases/{case_id}/release", to(id)))
export const reopenCase = (id: number) => answer(api.POST("/api/v1/cases/{case_id}/reopen", to(id)))
export const assignCase = (id: number, personId: number) =>
  answer(api.POST("/api/v1/cases/{case_id}/assign", { ...to(id), body: { personId } }))
export const moveCase = (id: number, teamId: number) =>
  answer(api.POST("/api/v1/cases/{case_id}/move", { ...to(id), body: { teamId } }))
export const closeCase = (id: number, reason: shape.CloseReason) =>
  answer(api.POST("/api/v1/cases/{case_id}/close", { ...to(id), body: { reason } }))
export const undoStep = (id: number, eventId: number) =>
  answer(api.POST("/api/v1/cases/{case_id}/undo", { ...to(id), body: { eventId } }))
export const addNote = (id: number, text: string) =>
  answer(api.POST("/api/v1/cases/{case_id}/notes", { ...to(id), body: { text } }))

/** `value` null says that the label is right as it is. */
export const setLabel = (
  id: number,
  mentionId: number,
  head: shape.LabelHead,
  value: string | string[] | boolean | null,
) =>
  answer(
    api.POST("/api/v1/cases/{case_id}/labels", { ...to(id), body: { mentionId, head, value } }),
  )

/** Says of several labels at once that they are right as they are. */
export const confirmLabels = (case_id: number, mention_id: number, heads: shape.LabelHead[]) =>
  answer(
    api.POST("/api/v1/cases/{case_id}/messages/{mention_id}/right", {
      params: { path: { case_id, mention_id } },
      body: { heads },
    }),
  )
export const getWhy = (case_id: number, mention_id: number) =>
  answer(
    api.GET("/api/v1/cases/{case_id}/messages/{mention_id}/why", {
      params: { path: { case_id, mention_id } },
    }),
  )

export interface NewReply {
  text: string
  kind: shape.ReplyKind
  closeAfter: boolean
  inReplyTo: number | null
}

/** `seenVersion` is the version of the case the writer looked at: later news stops the answer. */
export const sendReply = (case_id: number, reply: NewReply, seenVersion: number) =>
  answer(
    api.POST("/api/v1/cases/{case_id}/replies", {
      params: { path: { case_id }, header: { "If-Match": `"v${seenVersion}"` } },
      body: reply,
    }),
  )
const of = (reply_id: number) => ({ params: { path: { reply_id } } })
export const withdrawReply = (id: number) =>
  answer(api.POST("/api/v1/replies/{reply_id}/withdraw", of(id)))
export const retryReply = (id: number) =>
  answer(api.POST("/api/v1/replies/{reply_id}/retry", of(id)))
export const resolveReply = (id: number, outcome: "sent" | "not_sent") =>
  answer(api.POST("/api/v1/replies/{reply_id}/resolve", { ...of(id), body: { outcome } }))

// --- the town
export const getTown = (period: shape.Period) =>
  answer(api.GET("/api/v1/town", { params: { query: { period } } }))
export const getMentions = (filters: shape.MentionFilters, cursor: string | null) =>
  answer(
    api.GET("/api/v1/mentions", {
      params: { query: { ...filters, cursor: cursor ?? undefined } },
    }),
  )

// --- the weekly list of what to label
export const getLabelling = () => answer(api.GET("/api/v1/labelling"))
export const answerLabelling = (mention_id: number, answers: shape.LabelAnswer[]) =>
  answer(
    api.POST("/api/v1/labelling/{mention_id}", {
      params: { path: { mention_id } },
      body: { answers },
    }),
  )
export const takeBackLabelling = (mention_id: number) =>
  answer(api.DELETE("/api/v1/labelling/{mention_id}", { params: { path: { mention_id } } }))

// --- import
/** A file goes out as a form; the generated type calls it text. */
function asForm(file: File) {
  const form = new FormData()
  form.append("file", file)
  return { body: form as unknown as { file: string }, bodySerializer: () => form }
}
export const previewImport = (file: File) =>
  answer(api.POST("/api/v1/imports/preview", asForm(file)))
export const importFile = (file: File, skipRejected: boolean) =>
  answer(api.POST("/api/v1/imports", { ...asForm(file), params: { query: { skipRejected } } }))

// --- administration
export const getSources = () => answer(api.GET("/api/v1/sources"))
export const checkSource = (body: shape.SourceCheck) =>
  answer(api.POST("/api/v1/sources/check", { body }))
export const addSource = (body: shape.NewSource) => answer(api.POST("/api/v1/sources", { body }))
export const changeSource = (source_id: number, body: shape.SourceChanges) =>
  answer(api.PATCH("/api/v1/sources/{source_id}", { params: { path: { source_id } }, body }))
export const getPeople = () => answer(api.GET("/api/v1/people"))
export const addPerson = (body: shape.NewPerson) => answer(api.POST("/api/v1/people", { body }))
export const changePerson = (person_id: number, body: shape.PersonChanges) =>
  answer(api.PATCH("/api/v1/people/{person_id}", { params: { path: { person_id } }, body }))
export const invitePerson = (person_id: number) =>
  answer(
    api.POST("/api/v1/people/{person_id}/invitation", { params: { path: { person_id } } }),
  )
/** What the server fills in itself is part of the generated type of these two bodies. */
export const addTeam = (team: shape.NewTeam) =>
  answer(api.POST("/api/v1/teams", { body: team as shape.Team }))
export const changeTeam = (team_id: number, body: shape.TeamChanges) =>
  answer(api.PATCH("/api/v1/teams/{team_id}", { params: { path: { team_id } }, body }))
export const changeAccount = (account_id: number, body: shape.AccountChanges) =>
  answer(api.PATCH("/api/v1/accounts/{account_id}", { params: { path: { account_id } }, body }))
export const getDeputyships = () => answer(api.GET("/api/v1/deputyships"))
export const addDeputyship = (deputyship: shape.NewDeputyship) =>
  answer(api.POST("/api/v1/deputyships", { body: deputyship as shape.Deputyship }))
export const endDeputyship = (deputyship_id: number) =>
  answer(
    api.DELETE("/api/v1/deputyships/{deputyship_id}", { params: { path: { deputyship_id } } }),
  )
export const getAudit = (filters: shape.AuditFilters, cursor: string | null) =>
  answer(
    api.GET("/api/v1/audit-entries", {
      params: { query: { ...filters, cursor: cursor ?? undefined } },
    }),
  )
