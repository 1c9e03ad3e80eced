/** What the API says, in its own words (docs/api of the back end; camelCase on the wire). */

export type Role =
  | "agent"
  | "team_lead"
  | "adviser"
  | "archivist"
  | "privacy_officer"
  | "administrator"

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface Me {
  id: number
  name: string
  initials: string
  email: string
  language: string
  roles: Role[]
  municipality: { id: number; slug: string; name: string }
  teams: number[]
  deputyFor: number[]
  liveUrl: string
  mode: "demo" | "production"
}

export interface Team {
  id: number
  slug: string
  name: string
  central: boolean
}

export interface LengthRule {
  limit: number
  urlLength: number | null
  unit: "characters" | "graphemes" | "weighted"
}

export interface Capabilities {
  publishes: boolean
  privateReply: boolean
  edit: boolean
  delete: boolean
  media: boolean
  length: LengthRule | null
}

export interface Account {
  id: number
  name: string
  handle: string
  platform: string
  teamId: number
  firstReactionMinutes: number
  answerMinutes: number
  capabilities: Capabilities
  trouble: string
}

export interface Colleague {
  id: number
  name: string
  initials: string
  roles: Role[]
  teamIds: number[]
  active: boolean
}

export interface Choice {
  value: string
  label: string
}

export interface Organisation {
  teams: Team[]
  accounts: Account[]
  people: Colleague[]
  intents: Choice[]
  tenors: Choice[]
  themes: Choice[]
  emotions: Choice[]
  closeReasons: Choice[]
}

export type ClockKind = "first_reaction" | "answer"
export type ReplyState = "queued" | "sending" | "sent" | "failed" | "unknown" | "withdrawn"
export type ReplyKind = "answer" | "acknowledgement"

export interface CaseItem {
  id: number
  version: number
  state: "open" | "closed"
  closeReason: string
  closedAt: string | null
  openedAt: string
  lastMessageAt: string
  deadline: string | null
  clock: ClockKind | null
  platform: string
  accountId: number | null
  teamId: number
  assigneeId: number | null
  author: { handle: string; name: string }
  preview: string
  messageCount: number
  intent: string
  tenor: string
  themes: string[]
  urgent: boolean
  unclassified: boolean
  replyState: ReplyState | null
}

export interface CaseCounts {
  open: number
  mine: number
  unassigned: number
  overdue: number
  trouble: number
  byTeam: Record<string, number>
}

export interface Seal {
  attribute: string
  sha256: string
}

export interface Labels {
  intent: string
  intentP: number | null
  tenor: string
  tenorP: number | null
  themes: { theme: string; p: number | null }[]
  emotions: Record<string, number>
  urgent: number
  abuse: number
  aboutUs: number
  places: { text: string; start: number; end: number; kind: string }[]
  lang: string
  model: string
  setBy: number | null
  corrected: string[]
  unsure: boolean
}

export interface MentionMessage {
  type: "mention"
  id: number
  author: { handle: string; name: string; followers: number | null }
  text: string
  currentText: string
  deleted: boolean
  lang: string
  postedAt: string
  collectedAt: string
  url: string
  private: boolean
  own: boolean
  canReply: boolean
  media: { url: string; alt: string; kind: string }[]
  revisions: { kind: "edited" | "deleted"; text: string; seenAt: string }[]
  labels: Labels | null
  inCase: boolean
  record: Seal | null
}

export interface ReplyMessage {
  type: "reply"
  id: number
  kind: ReplyKind
  text: string
  authorId: number
  initials: string
  state: ReplyState
  trouble: string
  createdAt: string
  sendAt: string
  sentAt: string | null
  url: string
  closeAfter: boolean
  record: Seal | null
}

export type Message = MentionMessage | ReplyMessage

export interface Clock {
  kind: ClockKind
  round: number
  startedAt: string
  dueAt: string
  stoppedAt: string | null
  metByReply: boolean | null
}

export interface CaseEvent {
  id: number
  kind: string
  actorId: number | null
  at: string
  data: Record<string, unknown>
}

export interface Note {
  id: number
  authorId: number
  text: string
  at: string
}

export interface Case extends CaseItem {
  firstReactionMinutes: number | null
  answerMinutes: number | null
  canAnswer: boolean
  place: string
  clocks: Clock[]
  messages: Message[]
  notes: Note[]
  events: CaseEvent[]
  earlier: CaseItem[]
  undo: { eventId: number; kind: string; until: string } | null
}

export interface Viewer {
  personId: number
  typing: boolean
}

export type LabelHead = "intent" | "tenor" | "themes" | "urgent" | "abuse" | "about_us"

export interface CaseFilters {
  state: "open" | "closed"
  team?: number
  account?: number
  intent?: string
  theme?: string
  tenor?: string
  assignee?: string
  platform?: string
  q?: string
}

export interface Mention {
  id: number
  platform: string
  source: string
  author: { handle: string; name: string }
  text: string
  postedAt: string
  url: string
  intent: string
  tenor: string
  themes: string[]
  caseId: number | null
}

export type Tenor = "support" | "criticism" | "neutral" | "mixed"
export type TenorCounts = Record<Tenor, number>
export type Period = "day" | "week" | "month"

export interface TownTheme {
  theme: string
  count: number
  previous: number
  tenor: TenorCounts
  authors: number
  topAuthorsShare: number
}

export interface Town {
  since: string
  until: string
  previousSince: string
  previousUntil: string
  total: number
  previousTotal: number
  authors: number
  previousAuthors: number
  topAuthorsShare: number
  tenor: TenorCounts
  platforms: { platform: string; count: number }[]
  themes: TownTheme[]
  series: { at: string; count: number }[]
  gaps: { sourceId: number; source: string; since: string; until: string; reason: string }[]
  labels: { model: string; unsureShare: number }
}

export interface RejectedLine {
  line: number
  reason: string
}

export interface ImportPreview {
  rows: Record<string, unknown>[]
  total: number
  valid: number
  repeated: number
  rejected: RejectedLine[]
}

export interface ImportResult {
  imported: number
  repeated: number
  rejected: RejectedLine[]
}

export interface Source {
  id: number
  platform: string
  name: string
  active: boolean
  trouble: string
  lastRound: string | null
  nextRound: string | null
  purpose: string
  config: Record<string, unknown>
}

export interface SourceCheck {
  ok: boolean
  sample: { text: string; postedAt: string; url: string }[]
  problem: string | null
}

export interface AuditEntry {
  id: number
  at: string
  actorId: number | null
  action: string
  objectType: string
  objectId: string
  result: string
  origin: string
  detail: Record<string, unknown>
}

export interface Person extends Colleague {
  email: string
}

export interface Deputyship {
  id: number
  absentId: number
  deputyId: number
  starts: string
  ends: string
}
