import type { components, operations } from "./schema"

/** Short names for what the generated description of the API holds (schema.d.ts, `npm run api`). */
type Schemas = components["schemas"]

export type Role = Schemas["RolesEnum"]
export type Me = Schemas["Me"]
export type LengthRule = Schemas["LengthRule"]
export type Account = Schemas["Account"]
export type Colleague = Schemas["Colleague"]
export type Choice = Schemas["Choice"]
export type Organisation = Schemas["Organisation"]

export interface Page<Item> {
  items: Item[]
  next: string | null
}

export type ClockKind = Schemas["ClockKind"]
export type Clock = Schemas["ClockShape"]
export type ReplyState = Schemas["ReplyState"]
export type ReplyKind = Schemas["ReplyKind"]
export type CloseReason = Schemas["CloseReason"]
export type CaseItem = Schemas["CaseItem"]
export type CaseCounts = Schemas["CaseCounts"]
export type CaseEvent = Schemas["EventShape"]
export type Note = Schemas["NoteShape"]
export type Seal = Schemas["SealShape"]
export type Labels = Schemas["Labels"]
export type LabelHead = Schemas["HeadEnum"]
export type Why = Schemas["Why"]
export type WhyWord = Schemas["WhyWord"]
export type Labelling = Schemas["LabellingShape"]
export type LabellingTask = Schemas["TaskShape"]
/** Null says that the machine is right. */
export interface LabelAnswer {
  head: LabelHead
  value: string | string[] | boolean | null
}
export type Viewer = Schemas["Viewer"]
export type ReplyShape = Schemas["ReplyShape"]

type Shape = Schemas["MessageShape"]
type Shared = Pick<Shape, "id" | "text" | "url" | "record">

/** A message of a resident (or of our own account, made outside the desk). */
export type MentionMessage = { type: "mention" } & Shared &
  Required<
    Pick<
      Shape,
      | "author"
      | "currentText"
      | "deleted"
      | "lang"
      | "postedAt"
      | "collectedAt"
      | "private"
      | "own"
      | "canReply"
      | "media"
      | "place"
      | "revisions"
      | "revisionCount"
      | "labels"
    >
  >

/** An answer of ours, wherever it is on its way. */
export type ReplyMessage = { type: "reply" } & Shared & Omit<ReplyShape, "type">

export type Message = MentionMessage | ReplyMessage

/** The API describes its two kinds of message as one shape; here `type` tells them apart. */
export type Case = Omit<Schemas["CaseDetail"], "messages" | "pinned"> & {
  messages: Message[]
  pinned: Message[]
}

type CaseQuery = NonNullable<operations["listCases"]["parameters"]["query"]>
export type CaseFilters = Omit<CaseQuery, "cursor" | "limit" | "state"> & { state: "open" | "closed" }

export type Tenor = Schemas["TenorEnum"]
export type TenorCounts = Schemas["TenorShape"]
export type Town = Schemas["TownReport"]
export type TenorShare = Schemas["TenorShareShape"]
export type TownTheme = Schemas["ThemeShape"]
export type Period = NonNullable<
  NonNullable<operations["getTown"]["parameters"]["query"]>["period"]
>
export type Mention = Schemas["TownMention"]
export type MentionFilters = Omit<
  NonNullable<operations["listMentions"]["parameters"]["query"]>,
  "cursor" | "limit"
>

export type ImportPreview = Schemas["ImportPreview"]
export type ImportResult = Schemas["ImportResult"]
export type Rejection = Schemas["RejectionShape"]

export type Source = Schemas["Source"]
export type Sources = Schemas["Sources"]
export type Platform = Schemas["Platform"]
export type NewSource = Schemas["NewSource"]
export type SourceCheck = Schemas["SourceCheck"]
export type CheckResult = Schemas["CheckResult"]
export type SourceChanges = Schemas["PatchedSourceChanges"]
export type Person = Schemas["Person"]
export type NewPerson = Schemas["NewPerson"]
export type PersonChanges = Schemas["PatchedPersonChanges"]
export type Team = Schemas["Team"]
export type NewTeam = Pick<Team, "name" | "central">
export type TeamChanges = Schemas["PatchedTeamChanges"]
export type AccountChanges = Omit<Schemas["PatchedAccountTargets"], "id" | "name" | "handle">
export type Deputyship = Schemas["Deputyship"]
export type NewDeputyship = Omit<Deputyship, "id">
export type AuditEntry = Schemas["AuditEntry"]
export type AuditFilters = Omit<
  NonNullable<operations["listAuditEntries"]["parameters"]["query"]>,
  "cursor" | "limit"
>
