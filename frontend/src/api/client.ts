import { config } from "@/config"
import { learnServerTime } from "@/clock/now"
import { Problem } from "./problem"

type Query = Record<string, string | number | boolean | null | undefined>

interface Options {
  query?: Query
  body?: unknown
  /** Sent as it is, for files. */
  form?: FormData
  ifMatch?: string
  signal?: AbortSignal
}

/** Called once an answer says that the session is over. */
let onLoggedOut: () => void = () => undefined

export function whenLoggedOut(callback: () => void): void {
  onLoggedOut = callback
}

/** One call to the API. Throws `Problem`; status 0 when the network gave no answer. */
export async function call<Answer>(
  method: string,
  path: string,
  { query = {}, body, form, ifMatch, signal }: Options = {},
): Promise<Answer> {
  const headers: Record<string, string> = {
    Accept: "application/json",
    "Accept-Language": document.documentElement.lang,
  }
  if (body !== undefined) headers["Content-Type"] = "application/json"
  if (ifMatch) headers["If-Match"] = ifMatch
  if (method !== "GET") headers["X-CSRFToken"] = readCookie(config.csrfCookie)
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      value === undefined || value === null || value === "" ? [] : [[name, String(value)]],
    ),
  ).toString()
  const answer = await fetch(`${config.apiUrl}${path}${search ? `?${search}` : ""}`, {
    method,
    headers,
    body: form ?? (body === undefined ? undefined : JSON.stringify(body)),
    signal,
    credentials: "same-origin",
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error
    throw new Problem(0)
  })
  learnServerTime(answer.headers.get("Date"))
  const text = await answer.text()
  const isJson = /json/.test(answer.headers.get("Content-Type") ?? "")
  const data: unknown = text && isJson ? JSON.parse(text) : undefined
  if (answer.ok) return data as Answer
  const problem = new Problem(answer.status, data as Problem["body"] | undefined)
  if (problem.loggedOut) onLoggedOut()
  throw problem
}

function readCookie(name: string): string {
  const found = document.cookie.split("; ").find((cookie) => cookie.startsWith(`${name}=`))
  return found ? decodeURIComponent(found.slice(name.length + 1)) : ""
}
