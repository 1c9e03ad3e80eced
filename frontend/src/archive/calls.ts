import { answer, api } from "@/api/client"
import type { components, operations } from "@/api/schema"

type Schemas = components["schemas"]
export type LogState = Schemas["LogState"]
export type RecordItem = Schemas["RecordItem"]
export type RecordDetail = Schemas["RecordDetail"]
export type Proof = Schemas["Proof"]
export type RecordFilters = Omit<
  NonNullable<operations["listRecords"]["parameters"]["query"]>,
  "cursor" | "limit"
>

export const getLog = () => answer(api.GET("/api/v1/archive-log"))
export const getRecords = (filters: RecordFilters, cursor: string | null) =>
  answer(
    api.GET("/api/v1/records", {
      params: { query: { ...filters, cursor: cursor ? Number(cursor) : undefined } },
    }),
  )
const at = (attribute: string) => ({ params: { path: { attribute } } })
export const getRecord = (attribute: string) =>
  answer(api.GET("/api/v1/records/{attribute}", at(attribute)))
export const askErasure = (attribute: string, ground: Schemas["ErasureAsked"]["ground"]) =>
  answer(api.POST("/api/v1/records/{attribute}/erasure", { ...at(attribute), body: { ground } }))
export const answerErasure = (attribute: string, approve: boolean) =>
  answer(api.PUT("/api/v1/records/{attribute}/erasure", { ...at(attribute), body: { approve } }))
