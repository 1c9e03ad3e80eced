import createClient from "openapi-fetch"
import { learnServerTime } from "@/clock/now"
import { config } from "@/config"
import { idleSeconds } from "@/shell/idle"
import { Problem } from "./problem"
import type { paths } from "./schema"

/** Every address and shape of the API, from its own description. */
export const api = createClient<paths>({ credentials: "same-origin" })

api.use({
  onRequest({ request }) {
    request.headers.set("Accept-Language", document.documentElement.lang)
    request.headers.set("X-Idle", String(idleSeconds()))
    if (request.method !== "GET")
      request.headers.set("X-CSRFToken", readCookie(config.csrfCookie))
    return request
  },
  onResponse({ response }) {
    learnServerTime(response.headers.get("Date"))
  },
})

/** Called once an answer says that the session is over. */
let onLoggedOut: () => void = () => undefined

export function whenLoggedOut(callback: () => void): void {
  onLoggedOut = callback
}

interface Outcome<Data> {
  data?: Data
  error?: unknown
  response: Response
}

/** The answer of a call. Throws `Problem`; with status 0 when the network gave no answer. */
export async function answer<Data>(call: Promise<Outcome<Data>>): Promise<Data> {
  const { data, error, response } = await call.catch((failure: unknown) => {
    if (failure instanceof DOMException && failure.name === "AbortError") throw failure
    throw new Problem(0)
  })
  if (response.ok) return data as Data
  const problem = new Problem(
    response.status,
    typeof error === "object" && error !== null ? (error as Problem["body"]) : {},
  )
  if (problem.loggedOut) onLoggedOut()
  throw problem
}

export function readCookie(name: string): string {
  const found = document.cookie.split("; ").find((cookie) => cookie.startsWith(`${name}=`))
  return found ? decodeURIComponent(found.slice(name.length + 1)) : ""
}
